"""A store of the test's own, and a small training."""

from __future__ import annotations

import numpy as np
import pytest

import clarinet
from clarinet.layers import Dense, Input
from clarinet.runs import Store

rng = np.random.default_rng(0)
X = rng.normal(size=(70, 4)).astype(np.float32)
Y = (X @ rng.normal(size=(4, 3))).argmax(1)


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """No test writes beside the code."""
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "home"))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


@pytest.fixture
def train():
    """Train a small classifier; keywords go to ``fit``."""

    def train(engine="auto", seed=5, learning_rate=0.001, **arguments):
        clarinet.utils.set_random_seed(seed)
        model = clarinet.Sequential([Input((4,)), Dense(8, activation="relu"), Dense(3, activation="softmax")])
        adam = clarinet.optimizers.Adam(learning_rate)
        model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"], engine=engine)
        model.fit(X, Y, **({"epochs": 2, "verbose": 0, "validation_split": 0.2} | arguments))
        return model

    return train
