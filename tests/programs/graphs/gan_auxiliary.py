"""A GAN whose discriminator also names the class: two outputs, two losses, trainable switched back and forth."""

# Style: keras-team/keras examples/cifar10_acgan.py; eriklindernoren/Keras-GAN acgan/acgan.py
import keras
import numpy as np
from keras.layers import Dense, Embedding, Flatten, Input, multiply
from keras.models import Model

from tests.programs.common import start

CLASSES, LATENT, BATCH = 3, 4, 6

rng = np.random.default_rng(36)
labels = rng.integers(0, CLASSES, size=24)
images = (np.eye(CLASSES)[labels] + rng.normal(0, 0.1, (24, CLASSES))).astype("float32")

noise, label = Input((LATENT,)), Input((1,), dtype="int32")
embedded = Flatten()(Embedding(CLASSES, LATENT)(label))
g = Dense(5, activation="relu")(multiply([noise, embedded]))
generator = Model([noise, label], Dense(CLASSES, activation="sigmoid")(g))

image = Input((CLASSES,))
features = Dense(6, activation="tanh")(image)
validity = Dense(1, activation="sigmoid", name="validity")(features)
auxiliary = Dense(CLASSES, activation="softmax", name="auxiliary")(features)
discriminator = Model(image, [validity, auxiliary])

losses = ["binary_crossentropy", "sparse_categorical_crossentropy"]
discriminator.compile(loss=losses, optimizer=keras.optimizers.SGD(0.1))
discriminator.trainable = False
combined = Model([noise, label], discriminator(generator([noise, label])))
combined.compile(loss=losses, optimizer=keras.optimizers.SGD(0.1))
start(generator, discriminator)

history = []
for step in range(4):
    rows = slice(BATCH * step, BATCH * (step + 1))
    z = rng.uniform(-1, 1, (BATCH, LATENT)).astype("float32")
    sampled = rng.integers(0, CLASSES, (BATCH, 1))
    made = generator.predict([z, sampled], verbose=0)
    x = np.concatenate([images[rows], made])
    y = np.array([1.0] * BATCH + [0.0] * BATCH)
    kinds = np.concatenate([labels[rows], sampled[:, 0]])
    d_loss = discriminator.train_on_batch(x, [y, kinds])
    g_loss = combined.train_on_batch([z, sampled], [np.ones(BATCH), sampled])
    history.append(
        [d_loss, g_loss[0], g_loss[2]]
    )  # both outputs have one name, and Keras gives the last one's loss twice

results = {
    "history": history,
    "generator": generator.get_weights(),
    "discriminator": discriminator.get_weights(),
    "judged": discriminator.predict(images[:4], verbose=0),
}
