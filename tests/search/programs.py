"""Models and rows for searches, and a program that searches, to be killed."""

import sys
import time

import numpy as np

import clarinet
from clarinet.search import search

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5]], np.float32)).astype("float32")
SPACE = {"learning_rate": (1e-3, 0.3, "log"), "units": (2, 16)}


def build(learning_rate, units=4, activation="relu"):
    """A small regression."""
    model = clarinet.Sequential(
        [clarinet.Input((3,)), clarinet.layers.Dense(units, activation=activation), clarinet.layers.Dense(1)]
    )
    model.compile(clarinet.optimizers.SGD(learning_rate), "mse")
    return model


class Slow(clarinet.callbacks.Callback):
    """Epochs long enough to be killed in."""

    def on_epoch_end(self, epoch, logs=None):
        time.sleep(0.02)


if __name__ == "__main__":  # a search of so many trials in a store, by so many workers
    folder, trials, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    store = clarinet.runs.Store(folder)
    settings = {"trials": trials, "workers": workers, "epochs": 4, "callbacks": [Slow()], "name": "killed"}
    search(build, SPACE, X, Y, store=store, resume=True, verbose=2, **settings)
