"""A shared encoder with batch normalisation: each branch of a step moves its running statistics."""

# Style: eriklindernoren/Keras-GAN cogan (shared layers); keras-team/keras-io examples/vision/siamese_network.py
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(11)
anchors = rng.normal(size=(18, 4)).astype("float32")
others = (anchors + rng.normal(1.0, 0.3, size=(18, 4))).astype("float32")
y = rng.normal(size=(18, 1)).astype("float32")

encoder_input = keras.Input((4,))
e = layers.Dense(5)(encoder_input)
e = layers.BatchNormalization(momentum=0.8)(e)
e = layers.LeakyReLU(negative_slope=0.2)(e)
encoder = keras.Model(encoder_input, e, name="encoder")

a = keras.Input((4,), name="anchor")
b = keras.Input((4,), name="other")
both = layers.Concatenate()([encoder(a), encoder(b)])
model = keras.Model([a, b], layers.Dense(1)(both))
model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
start(model)

steps, watcher = record(keras)
model.fit([anchors, others], y, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "encoder": encoder.get_weights(),
    "predictions": model.predict([anchors, others], verbose=0),
    "evaluated": model.evaluate([anchors, others], y, verbose=0),
}
