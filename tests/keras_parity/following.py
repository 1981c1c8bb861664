"""Train the same network on the same batches here and in Keras 3 on JAX, and compare every step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import clarinet

ENGINES = ("reference", "native")


@dataclass(frozen=True)
class Program:
    """A model, how it is compiled, and what it is fitted to: written once for Keras and for Clarinet.

    Attributes:
        id: of the test.
        layers, optimizer: made from the module ``keras`` or ``clarinet``.
        loss: name or object, made likewise where it is callable.
        x, y: all 58 rows.
        held_out: how many of them, from the end, are for validation; 13 leave a last batch of five rows, 10 a full one.
        compiling, fitting: further arguments of ``compile`` and ``fit``; weights are cut like the rows.
        metrics: made likewise, if any.
        tolerance: relative, on losses and weights; in float32 the order of sums alone costs about 1e-6 a step.
    """

    id: str
    layers: Callable[[Any], list[Any]]
    x: Any
    y: Any
    loss: Callable[[Any], Any]
    optimizer: Callable[[Any], Any] = lambda k: k.optimizers.SGD(0.05)
    compiling: dict[str, Any] = field(default_factory=dict)
    fitting: dict[str, Any] = field(default_factory=dict)
    metrics: Callable[[Any], list[Any]] | None = None
    held_out: int = 10
    tolerance: float = 2e-5

    def __repr__(self) -> str:
        return self.id

    def model(self, k: Any, **more: Any) -> Any:
        """The compiled model of Keras or of Clarinet."""
        model = k.Sequential([k.Input(self.x.shape[1:]), *self.layers(k)])
        metrics = {} if self.metrics is None else {"metrics": self.metrics(k)}
        model.compile(self.optimizer(k), self.loss(k), **metrics, **self.compiling, **more)
        return model

    def data(self, rows: slice) -> tuple[Any, ...]:
        """Inputs, labels and, where there are any, sample weights."""
        weight = self.fitting.get("sample_weight")
        return (self.x[rows], self.y[rows], *([] if weight is None else [weight[rows]]))

    def run(self, model: Any, callback: Any) -> dict[str, Any]:
        """Fit for nine epochs of six steps; then evaluate and call."""
        x, y, *weight = self.data(slice(0, -self.held_out))
        held_out = self.data(slice(-self.held_out, None))
        arguments = {"validation_batch_size": 13} | self.fitting | {"sample_weight": weight[0] if weight else None}
        history = model.fit(
            x, y, batch_size=8, epochs=9, shuffle=False, verbose=0, validation_data=held_out, callbacks=[callback],
            **arguments,
        )  # fmt: skip
        epochs = [flat(dict(zip(history.history, values))) for values in zip(*history.history.values())]
        return {
            "history": {name: [epoch[name] for epoch in epochs] for name in epochs[0]},
            "steps": callback.steps,
            "weights": [np.asarray(w) for w in model.get_weights()],
            "evaluated": flat(model.evaluate(*held_out[:2], batch_size=13, verbose=0, return_dict=True)),
            "predicted": np.asarray(model(self.x)),
        }


def flat(logs: Any) -> dict[str, float]:
    """Numbers by name; a metric of several has an entry for each."""
    numbers = {}
    for name, value in logs.items():
        several = np.ndim(value) > 0
        numbers |= {f"{name}_{i}" if several else name: float(v) for i, v in enumerate(np.ravel(value))}
    return numbers


def watching(k: Any) -> Any:
    """A callback that keeps the running loss and metrics of every step."""

    class Watch(k.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.steps: list[dict[str, float]] = []

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.steps.append(flat(logs))

    return Watch()


_ORACLE: dict[str, dict[str, Any]] = {}


def oracle(program: Program) -> dict[str, Any]:
    """What Keras did; each program runs there once, whatever the number of engines."""
    if program.id not in _ORACLE:
        import keras

        keras.utils.set_random_seed(4)
        model = program.model(keras)
        rng = np.random.default_rng(1)  # nowhere exactly zero, where derivatives of |w| are a matter of taste
        start = [np.asarray(w) + rng.normal(0, 0.03, w.shape).astype(np.float32) for w in model.get_weights()]
        model.set_weights(start)
        _ORACLE[program.id] = {"start": start, **program.run(model, watching(keras))}
    return _ORACLE[program.id]


def assert_follows(program: Program, engine: str) -> None:
    """Every step's loss and metrics, the history with validation, weights, evaluation and predictions agree."""
    expected = oracle(program)
    model = program.model(clarinet, engine="auto" if engine == "native" else engine)
    if model.engine != engine:
        pytest.skip(f"no native form: {model.engine_reason}")
    model.set_weights(expected["start"])
    ours = program.run(model, watching(clarinet))
    close = {"rtol": program.tolerance, "atol": program.tolerance}
    assert len(ours["steps"]) == len(expected["steps"]) == 54
    for step, (a, b) in enumerate(zip(ours["steps"], expected["steps"]), 1):
        _assert_same_numbers(a, b, f"step {step}", close)
    assert {k: len(v) for k, v in ours["history"].items()} == {k: len(v) for k, v in expected["history"].items()}
    for name, values in expected["history"].items():
        np.testing.assert_allclose(ours["history"][name], values, **close, err_msg=name)
    _assert_same_numbers(ours["evaluated"], expected["evaluated"], "evaluate", close)
    for number, (a, b) in enumerate(zip(ours["weights"], expected["weights"], strict=True)):
        np.testing.assert_allclose(a, b, **close, err_msg=f"weight {number}")
    np.testing.assert_allclose(ours["predicted"], expected["predicted"], **close)
    np.testing.assert_allclose(model.predict(program.x, batch_size=16, verbose=0), expected["predicted"], **close)


def _assert_same_numbers(ours: dict[str, float], theirs: dict[str, float], what: str, close: dict[str, float]) -> None:
    assert set(ours) == set(theirs), what
    np.testing.assert_allclose([ours[name] for name in theirs], list(theirs.values()), **close, err_msg=what)
