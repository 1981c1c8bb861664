"""Functions as penalties on weights: natively as on the reference engine, each once, and not in halves of a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops, regularizers
from clarinet.engines import NativeEngine, ReferenceEngine
from clarinet.optimizers import OptimizerState

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(70, 5)).astype(np.float32), RNG.normal(size=(70, 2)).astype(np.float32)


class Cubes(regularizers.Regularizer):
    def __init__(self, share: float = 0.01) -> None:
        self.share = share

    def __call__(self, w: Any) -> Any:
        return self.share * ops.sum(ops.abs(w) ** 3)


PENALTIES = {
    "function": lambda w: 0.01 * ops.sum(ops.square(w)),
    "class": Cubes(),
    "of columns": lambda w: 0.01 * ops.logsumexp(w, axis=0),
}


def network(penalty: Any, shared: bool = False, engine: str = "native", optimizer: Any = "adam") -> clarinet.Model:
    clarinet.utils.set_random_seed(1)
    inputs = layers.Input((5,))
    dense = layers.Dense(5, "tanh", kernel_regularizer=penalty)
    hidden = dense(dense(inputs)) if shared else dense(inputs)
    model = clarinet.Model(inputs, layers.Dense(2, bias_regularizer=penalty)(hidden))
    model.compile(optimizer, "mse", engine=engine)
    return model


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("shared", [False, True])
def test_both_engines_agree(name: str, shared: bool) -> None:
    found = []
    for engine in ("native", "reference"):
        optimizer = clarinet.optimizers.SGD(0.05, gradient_accumulation_steps=2, clipnorm=0.5)
        model = network(PENALTIES[name], shared, engine, optimizer)
        history = model.fit(X, Y, epochs=3, batch_size=16, verbose=0).history["loss"]
        weights = np.concatenate([w.ravel() for w in model.get_weights()])
        found.append((history, model.evaluate(X, Y, verbose=0), weights))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_a_step_in_halves_adds_them_when_it_is_applied() -> None:
    found = []
    for kind in (NativeEngine, ReferenceEngine):
        model = network(PENALTIES["class"], optimizer="sgd")
        plan = model.make_plan()
        model.get_weights()
        engine = kind(plan, model.store, OptimizerState.new(plan.optimizer, model.store.layout, np.float32))
        outputs, handle = engine.forward(X, training=True)
        flat = engine.backward(handle, outputs - Y)
        engine.apply(flat, 0.1)
        found.append((flat, np.concatenate([w.ravel() for w in model.get_weights()])))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_what_cannot_be_traced_runs_on_the_reference_engine() -> None:
    def by_value(w: Any) -> Any:
        return ops.sum(w) if float(ops.sum(w)) > 0 else -ops.sum(w)

    model = network(by_value, engine="auto")
    model.fit(X, Y, verbose=0)
    assert "'by_value on the kernel of layer 1' cannot be traced" in model.engine_reason
