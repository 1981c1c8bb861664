"""The classic GAN: D is compiled, frozen, and stacked behind G; both train in turn with train_on_batch."""

# Style: eriklindernoren/Keras-GAN gan/gan.py; mbivaud/1D-anomaly-GAN model/gan.py
import numpy as np
from keras.layers import Dense, Input, LeakyReLU
from keras.models import Model, Sequential
from keras.optimizers import Adam

from tests.programs.common import start

LATENT = 3
BATCH = 8

rng = np.random.default_rng(35)
real = (rng.normal(size=(32, 2)) * [0.5, 0.2] + [1.0, -1.0]).astype("float32")


def build_generator():
    model = Sequential([Input((LATENT,)), Dense(6), LeakyReLU(negative_slope=0.2), Dense(2, activation="tanh")])
    noise = Input(shape=(LATENT,))
    return Model(noise, model(noise))


def build_discriminator():
    model = Sequential([Input((2,)), Dense(6), LeakyReLU(negative_slope=0.2), Dense(1, activation="sigmoid")])
    img = Input(shape=(2,))
    return Model(img, model(img))


discriminator = build_discriminator()
discriminator.compile(loss="binary_crossentropy", optimizer=Adam(0.01, 0.5), metrics=["accuracy"])
generator = build_generator()
z = Input(shape=(LATENT,))
img = generator(z)
discriminator.trainable = False
validity = discriminator(img)
combined = Model(z, validity)
combined.compile(loss="binary_crossentropy", optimizer=Adam(0.01, 0.5))
start(generator, discriminator)

valid, fake = np.ones((BATCH, 1)), np.zeros((BATCH, 1))
d_losses, g_losses = [], []
for epoch in range(4):
    imgs = real[BATCH * epoch :][:BATCH]
    noise = rng.normal(0, 1, (BATCH, LATENT)).astype("float32")
    gen_imgs = generator.predict(noise, verbose=0)
    d_loss_real = discriminator.train_on_batch(imgs, valid)
    d_loss_fake = discriminator.train_on_batch(gen_imgs, fake)
    d_losses.append(0.5 * np.add(d_loss_real, d_loss_fake))
    g_losses.append(combined.train_on_batch(noise, valid))

results = {
    "d_losses": d_losses,
    "g_losses": g_losses,
    "generator": generator.get_weights(),
    "discriminator": discriminator.get_weights(),
    "trainable": [len(combined.trainable_weights), len(combined.non_trainable_weights)],
    "generated": generator.predict(rng.normal(size=(5, LATENT)).astype("float32"), verbose=0),
}
