"""The same logs fed to Keras's callbacks and to ours: they decide alike, epoch by epoch."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarinet import callbacks
from tests.properties import examples

#: Keras compares in float32, Clarinet as Python does: numbers that both hold.
SOME = [float(np.float32(value)) for value in (1.0, 0.5, 0.5005, 0.2, float("nan"))]
VALUES = st.lists(
    st.one_of(st.sampled_from(SOME), st.floats(0, 2, width=32, allow_subnormal=False)),
    min_size=1,
    max_size=12,
)


class Model:
    """What a callback sees of a model; its weights are the number of the epoch."""

    def __init__(self) -> None:
        self.optimizer = SimpleNamespace(learning_rate=0.1)
        self.stop_training = False
        self.weights = [np.array(-1.0)]
        self.saved: list[str] = []

    def get_weights(self) -> list[Any]:
        return [w.copy() for w in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        self.weights = [np.array(w) for w in weights]

    def save(self, path: Any, **_: Any) -> None:
        self.saved.append(str(path))


def run(callback: Any, values: list[float], name: str = "val_loss") -> tuple[list[Any], Model]:
    """Feed the values and note what is to be seen after every epoch."""
    model = Model()
    callback.set_model(model)
    callback.set_params({"epochs": len(values)})
    callback.on_train_begin()
    seen: list[Any] = []
    for epoch, value in enumerate(values):
        model.weights = [np.array(float(epoch))]
        logs = {"loss": 1.0, name: value}
        callback.on_epoch_begin(epoch, logs)
        callback.on_epoch_end(epoch, logs)
        seen.append((round(float(model.optimizer.learning_rate), 9), model.stop_training, logs.get("learning_rate")))
        if model.stop_training:
            break
    callback.on_train_end()
    return seen, model


@examples(60)
@given(
    VALUES,
    st.sampled_from([0.0, 0.01, -0.3]),
    st.integers(0, 3),
    st.sampled_from(["min", "max", "auto"]),
    st.sampled_from([None, 0.4]),
    st.booleans(),
    st.integers(0, 2),
)
def test_early_stopping(
    values: Any, delta: float, patience: int, mode: str, baseline: Any, restore: bool, start: int
) -> None:
    arguments = {
        "min_delta": delta,
        "patience": patience,
        "mode": mode,
        "baseline": baseline,
        "restore_best_weights": restore,
        "start_from_epoch": start,
    }
    theirs, ours = keras.callbacks.EarlyStopping(**arguments), callbacks.EarlyStopping(**arguments)
    (seen1, model1), (seen2, model2) = run(theirs, values), run(ours, values)
    assert seen1 == seen2
    assert model1.weights == model2.weights
    assert theirs.stopped_epoch == ours.stopped_epoch


@examples(60)
@given(
    VALUES,
    st.sampled_from([0.1, 0.5]),
    st.integers(0, 3),
    st.sampled_from(["min", "max", "auto"]),
    st.sampled_from([0.0, 1e-4, 0.1]),
    st.integers(0, 2),
    st.sampled_from([0.0, 0.02]),
)
def test_reduce_on_plateau(
    values: Any, factor: float, patience: int, mode: str, delta: float, cooldown: int, least: float
) -> None:
    arguments = {
        "factor": factor,
        "patience": patience,
        "mode": mode,
        "min_delta": delta,
        "cooldown": cooldown,
        "min_lr": least,
    }
    seen1, _ = run(keras.callbacks.ReduceLROnPlateau(**arguments), values)
    seen2, _ = run(callbacks.ReduceLROnPlateau(**arguments), values)
    assert [s[:2] for s in seen1] == [s[:2] for s in seen2]
    assert np.allclose([s[2] for s in seen1], [s[2] for s in seen2])


@examples(30)
@given(VALUES, st.booleans(), st.sampled_from(["min", "max", "auto"]), st.sampled_from([None, 0.4]))
def test_checkpoint(values: Any, best: bool, mode: str, threshold: Any) -> None:
    path = "a-{epoch:02d}-{val_loss:.2f}"
    arguments = {"save_best_only": best, "mode": mode, "initial_value_threshold": threshold}
    _, model1 = run(keras.callbacks.ModelCheckpoint(f"{path}.keras", **arguments), values)
    _, model2 = run(callbacks.ModelCheckpoint(f"{path}.clarinet", **arguments), values)
    assert [saved.replace(".keras", ".clarinet") for saved in model1.saved] == model2.saved


@pytest.mark.parametrize("schedule", [lambda epoch, rate: rate * 0.5**epoch, lambda epoch: 0.1 / (epoch + 1)])
def test_scheduler(schedule: Any) -> None:
    values = [1.0, 0.5, 0.2]
    seen1, _ = run(keras.callbacks.LearningRateScheduler(schedule), values)
    seen2, _ = run(callbacks.LearningRateScheduler(schedule), values)
    assert np.allclose(np.array(seen1, float), np.array(seen2, float))


@pytest.mark.parametrize("name", ["val_loss", "accuracy"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_csv_logger(tmp_path: Path, name: str, separator: str) -> None:
    for append in (False, True):
        run(keras.callbacks.CSVLogger(str(tmp_path / "theirs"), separator, append), [0.5, 0.25], name)
        run(callbacks.CSVLogger(tmp_path / "ours", separator, append), [0.5, 0.25], name)
        theirs, ours = (tmp_path / "theirs").read_text(), (tmp_path / "ours").read_text()
        assert ours.splitlines() == theirs.splitlines()


def test_history() -> None:
    theirs, ours = keras.callbacks.History(), callbacks.History()
    run(theirs, [0.5, 0.25])
    run(ours, [0.5, 0.25])
    assert (ours.history, ours.epoch) == (theirs.history, theirs.epoch)
