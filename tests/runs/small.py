"""A training that has everything that a checkpoint has to hold, in a fraction of a second."""

from __future__ import annotations

from typing import Any

import numpy as np

import clarinet
from clarinet import callbacks, layers, optimizers

ROWS, FEATURES = 203, 6
X = np.random.default_rng(0).normal(size=(ROWS, FEATURES)).astype("float32")
Y = (X.sum(axis=1) > 0).astype(int) + (X[:, 0] > 1)
#: 162 rows to train on in batches of 16.
STEPS_PER_EPOCH, EPOCHS = 11, 4


class Interruption(Exception):
    """Stands for whatever ends a program."""


class StopAt(callbacks.Callback):
    """Raises once so many steps have been done; 0 never does."""

    def __init__(self, step: int = 0) -> None:
        self.step = step

    def on_chunk(self, chunk: Any) -> None:
        if self.step and chunk.first_step + len(chunk) > self.step:
            raise Interruption


def build(engine: str = "auto", dtype: str = "float32", optimizer: Any = None) -> clarinet.Sequential:
    model = clarinet.Sequential(
        [
            clarinet.Input((FEATURES,)),
            layers.Dense(16, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    rate = optimizer or optimizers.Adam(0.02)
    model.compile(rate, "sparse_categorical_crossentropy", ["accuracy"], engine=engine, dtype=dtype)
    return model


def watchers() -> list[Any]:
    """Callbacks that remember something."""
    return [
        callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        callbacks.EarlyStopping(patience=2),
    ]


def fit(name: str, stop_at: int = 0, *, engine: str = "auto", dtype: str = "float32", **arguments: Any) -> Any:
    """Train as the arguments say, with a checkpoint every seven steps; returns the model and what to compare."""
    model = build(engine, dtype, arguments.pop("optimizer", None))
    own = arguments.pop("callbacks", None)
    settings = {"batch_size": 16, "epochs": EPOCHS, "validation_split": 0.2, "verbose": 0, "checkpoint": 7, "seed": 1}
    x, y = arguments.pop("data", (X, Y))
    given = (watchers() if own is None else own) + [StopAt(stop_at)]
    history = model.fit(x, y, run=name, callbacks=given, **(settings | arguments))
    return model, history


def outcome(trained: Any) -> tuple[list[bytes], Any, list[int]]:
    """Weights and history, to be compared bit for bit."""
    model, history = trained
    return [w.tobytes() for w in model.get_weights()], history.history, history.epoch
