"""Operations that mix the rows of a batch: both engines, any number of threads, and batches as the user says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import ops
from clarinet.engines import Data, NativeEngine, Steps
from clarinet.layers import BatchNormalization, Dense, Input
from clarinet.optimizers import OptimizerState

X = np.random.default_rng(0).normal(size=(70, 3)).astype(np.float32)
Y = np.tanh(X[:, :1])
ENGINES = pytest.mark.parametrize("engine", ["native", "reference"])


def centred(engine: str = "auto") -> clarinet.Model:
    clarinet.utils.set_random_seed(1)
    x = Input((3,))
    h = Dense(4, "tanh")(x)
    model = clarinet.Model(x, Dense(1)(h - ops.mean(h, axis=0, keepdims=True)))
    model.compile("sgd", "mse", engine=engine)
    return model


def pieces(model: clarinet.Model, size: int) -> Any:
    return np.concatenate([model.predict(X[first : first + size]) for first in range(0, len(X), size)])


@ENGINES
def test_predictions_are_of_batches_as_they_are_said(engine: str) -> None:
    model = centred(engine)
    assert model.make_plan().mixes_rows and model.engine == engine
    assert np.array_equal(model.predict(X, batch_size=7), pieces(model, 7))
    assert np.array_equal(model.predict(X), pieces(model, 32))
    assert not np.allclose(model.predict(X), model.predict(X, batch_size=70))

    def batches() -> Iterator[Any]:
        yield from (X[:50], X[50:])

    expected = np.concatenate([model.predict(X[:50], batch_size=50), model.predict(X[50:])])
    assert np.array_equal(model.predict(batches()), expected)


def test_engines_agree_and_threads_change_no_bit() -> None:
    reference, found = centred("reference"), []
    reference.fit(X, Y, batch_size=32, shuffle=False, verbose=0)
    for threads in (1, 2, 3):
        model = centred()
        plan = model.make_plan()
        state = OptimizerState.new(plan.optimizer, model.store.layout, np.float32)
        engine = NativeEngine(plan, model.store, state, threads=threads)
        engine.train(Data(X, Y), Steps(None, 0, len(X), 32, np.full(3, 0.01), None))
        found.append([w.tobytes() for w in model.get_weights()])
        for ours, theirs in zip(model.get_weights(), reference.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    assert found[0] == found[1] == found[2]


def test_who_mixes() -> None:
    x = Input((3,))
    plain = clarinet.Model(x, ops.mean(BatchNormalization()(x), axis=1))
    assert not plain.make_plan().mixes_rows


@ENGINES
@pytest.mark.parametrize("loss", ["mse", "sparse_categorical_crossentropy"])
def test_rows_of_weight_0_may_have_any_labels(engine: str, loss: str) -> None:
    counts = np.arange(70) % 3 != 0
    numbers = loss == "mse"
    whole: Any = Y if numbers else (Y[:, 0] > 0).astype(int)
    missing = np.where(counts[:, None], whole, np.nan) if numbers else np.where(counts, whole, -1)
    found = []
    for labels in (whole, missing):
        clarinet.utils.set_random_seed(1)
        model = clarinet.Sequential([Input((3,)), Dense(4, "relu"), Dense(1 if numbers else 2)])
        model.add(clarinet.layers.Activation("linear" if numbers else "softmax"))
        model.compile("sgd", loss, weighted_metrics=["mae" if numbers else "accuracy"], engine=engine)
        history = model.fit(X, labels, sample_weight=counts.astype(float), batch_size=8, epochs=2, verbose=0).history
        found.append([*history.values(), *model.evaluate(X, labels, sample_weight=counts.astype(float))])
    assert found[0] == found[1]
