"""Monte Carlo dropout: a layer that always drops, and a model called with training=True, many times."""

# Style: pabloquihui/PCa_WebPage static/models/mcdropout.py; ageron/handson-ml2 11_training_deep_neural_networks.ipynb
import keras
import numpy as np

from tests.programs.common import start

tolerance = 0.025  # means and spreads over random passes
PASSES = 600

rng = np.random.default_rng(119)
x = rng.normal(size=(3, 4)).astype("float32")


class MCDropout(keras.layers.Dropout):
    def call(self, inputs):
        return super().call(inputs, training=True)


def network(dropout):
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="relu"),
            dropout,
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


plain, always = network(keras.layers.Dropout(0.3)), network(MCDropout(0.3))
start(plain, always)

repeated = np.repeat(x, PASSES, axis=0)
with_training = np.asarray(plain(repeated, training=True)).reshape(3, PASSES)
without = np.asarray(always(repeated, training=False)).reshape(3, PASSES)
predicted = always.predict(repeated, verbose=0).reshape(3, PASSES)
few = np.stack([np.asarray(plain(x, training=True)) for _ in range(4)])

results = {
    "quiet": plain(x),
    "means": [with_training.mean(axis=1), without.mean(axis=1), predicted.mean(axis=1)],
    "spreads": [with_training.std(axis=1), without.std(axis=1), predicted.std(axis=1)],
    "differ": [bool(few.std(axis=0).max() > 0), bool(predicted.std(axis=1).min() > 0)],
}
