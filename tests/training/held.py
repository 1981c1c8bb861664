"""What the tests of events share: a network, and a callback that writes down what it is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.callbacks import Callback
from clarinet.layers import BatchNormalization, Dense, Dropout, Input

X = np.linspace(-1, 1, 240, dtype=np.float32).reshape(60, 4)
Y = X[:, :1] ** 2
ENGINES = pytest.mark.parametrize("engine", ["native", "reference"])
SETTINGS: dict[str, Any] = {"epochs": 3, "batch_size": 16, "verbose": 0, "seed": 1}


def network(engine: str = "auto", optimizer: Any = "adam") -> clarinet.Sequential:
    clarinet.utils.set_random_seed(2)
    made = clarinet.Sequential([Input((4,)), Dense(8, "relu"), BatchNormalization(), Dropout(0.2), Dense(1)])
    made.compile(optimizer, "mse", metrics=["mae"], engine=engine)
    return made


def names(events: Any) -> list[str]:
    return [type(event).__name__ for event in events]


def same(one: clarinet.Sequential, other: clarinet.Sequential) -> bool:
    assert one.history is not None and other.history is not None
    weights = all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))
    return weights and one.history.history == other.history.history


class Told(Callback):
    """Writes down what it is told, in the words of the events."""

    def __init__(self, log: list[str], batches: bool = False) -> None:
        self.log, self.looks_at_batches = log, batches

    def on_train_begin(self, logs: Any = None) -> None:
        self.log.append("TrainBegin")

    def on_train_end(self, logs: Any = None) -> None:
        self.log.append("TrainEnd")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.log.append("EpochBegin")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.log.append("EpochEnd")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.log.append("StepEnd")

    def on_chunk(self, chunk: Any) -> None:
        self.log.append("ChunkEnd")

    def on_test_end(self, logs: Any = None) -> None:
        self.log.append("ValidationEnd")
