"""Layers that a model has and its ``call`` leaves out are not built, as in Keras, and take nothing from the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import clarinet
from clarinet import Model, Sequential, layers


class LeavesOut(Model):
    """Makes more layers than its ``call`` uses."""

    def __init__(self) -> None:
        super().__init__()
        self.used = layers.Dense(2)
        self.unused = layers.Dense(3)
        self.others = Sequential([layers.Dense(3), layers.LSTM(2)])
        self.attention = layers.MultiHeadAttention(1, 2)

    def call(self, x: object) -> object:
        return self.used(x)


def test_layers_that_call_leaves_out_have_no_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, x = LeavesOut(), np.ones((8, 4), np.float32)
    model(x)
    assert (len(model.get_weights()), model.count_params()) == (2, 10)
    model.compile("sgd", "mse")
    model.fit(x, np.ones((8, 2)), verbose=0)
    model.summary()
    assert capsys.readouterr().out.count("unbuilt") == 3
    model.save(tmp_path / "m.clarinet")
    np.testing.assert_array_equal(clarinet.load(tmp_path / "m.clarinet").predict(x), model.predict(x))


def test_a_model_that_call_leaves_out_can_be_called_alone() -> None:
    model = LeavesOut()
    model(np.ones((8, 4), np.float32))
    model.others(np.ones((2, 5, 2), np.float32))
    assert len(model.others.get_weights()) == 5
