"""A training program as data, so that a fault is one small change of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from clarinet import Input, Sequential, initializers, layers, losses, optimizers, regularizers

Array = np.ndarray


@dataclass(frozen=True)
class Part:
    """A layer, optimizer or loss: its class and its arguments."""

    name: str
    config: Mapping[str, Any] = field(default_factory=dict)

    def with_(self, **config: object) -> Part:
        """A copy with other arguments."""
        return Part(self.name, {**self.config, **config})

    def get(self, name: str, default: Any = None) -> Any:
        """An argument."""
        return self.config.get(name, default)


def part(name: str, **config: object) -> Part:
    """Short for a layer in a list of them."""
    return Part(name, config)


def dense(units: int, activation: object = None, **config: object) -> Part:
    """A dense layer."""
    return Part("Dense", {"units": units, **({"activation": activation} if activation else {}), **config})


@dataclass(frozen=True)
class Data:
    """Rows to train on and rows to judge on.

    Attributes:
        x, y: what ``fit`` is given; ``x`` is a dictionary of arrays for a graph with several inputs.
        test_x, truth: rows to judge on: class numbers, amounts, or bits.
        validation: what ``fit`` is given as ``validation_data``, or None.
    """

    x: Any
    y: Any
    test_x: Any
    truth: Array
    validation: tuple[Any, Any] | None = None

    def changed(self, **changes: Any) -> Data:
        """A copy with other contents."""
        return replace(self, **changes)


Maker = Callable[[np.random.Generator], tuple[Any, Array]]
Change = Callable[[Data, np.random.Generator], Data]


@dataclass(frozen=True)
class Spec:
    """A sound program, or a variant of one.

    Attributes:
        name, family: programs of one family are alike and are in the same third of the benchmark.
        layers: in a row; empty if ``graph`` builds the model.
        loss, optimizer, fit, metrics, compiled: arguments of ``compile`` and ``fit``.
        data: makes all rows, of which the last ``test`` are judged on (0: the training rows are).
        measure: ``"accuracy"``, ``"R2"`` or ``"rows"``.
        threshold: of a single output, above which the answer is yes.
        changes: of the data, one after the other.
        graph: builds an uncompiled model, for graphs.
        code: of the labels: turns those that ``data`` makes, class numbers say, into what ``fit`` is given.
    """

    name: str
    family: str
    layers: tuple[Part, ...]
    loss: Any
    optimizer: Part
    fit: Mapping[str, Any]
    data: Maker
    measure: str
    test: int = 500
    threshold: float = 0.5
    metrics: tuple[str, ...] = ()
    compiled: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    graph: Callable[[], Any] | None = None
    code: Callable[[Array], Array] | None = None
    validated: bool = False

    def changed(self, **changes: Any) -> Spec:
        """A copy with other contents."""
        return replace(self, **changes)

    def made(self, seed: int) -> Data:
        """The data of a seed, with the changes of the variant."""
        x, y = self.data(np.random.default_rng(1000 + seed))
        count = len(y) - self.test
        labels = y if self.code is None else self.code(y)
        if self.test == 0:
            data = Data(x, labels, x, y)
        else:
            data = Data(rows(x, slice(count)), labels[:count], rows(x, slice(count, None)), y[count:])
        if self.validated:
            data = data.changed(validation=(data.test_x, labels[count:]))
        for number, change in enumerate(self.changes):
            data = change(data, np.random.default_rng((2000 + seed, number)))
        return data

    def model(self, seed: int, shape: tuple[int, ...] | None) -> Any:
        """The compiled model of a seed."""
        model = self.graph() if self.graph else Sequential([Input(shape), *map(_layer, self.layers)])
        model.seed = seed
        own = self.loss
        loss = getattr(losses, own.name)(**own.config) if isinstance(own, Part) else own() if callable(own) else own
        optimizer = getattr(optimizers, self.optimizer.name)(**_settings(self.optimizer))
        model.compile(optimizer, loss, list(self.metrics) or None, **self.compiled)
        return model


def rows(x: Any, chosen: Any) -> Any:
    """Some rows of an array, or of each input's."""
    return {name: array[chosen] for name, array in x.items()} if isinstance(x, dict) else x[chosen]


def shape_of(data: Data) -> tuple[int, ...] | None:
    """Of one row."""
    return None if isinstance(data.x, dict) else tuple(data.x.shape[1:])


def _settings(own: Part) -> dict[str, Any]:
    """Arguments; those that are parts are built."""
    return {k: v() if callable(v) and not isinstance(v, type) else v for k, v in own.config.items()}


def _layer(own: Part) -> Any:
    return getattr(layers, own.name)(**{k: _argument(v) for k, v in own.config.items()})


#: Arguments written as ``"name:number"``.
_MADE: Mapping[str, Callable[[float], Any]] = {
    "l1": regularizers.L1,
    "l2": regularizers.L2,
    "normal": lambda deviation: initializers.RandomNormal(0.0, deviation),
    "constant": initializers.Constant,
}


def _argument(value: Any) -> Any:
    if isinstance(value, str) and ":" in value:
        name, _, number = value.partition(":")
        return _MADE[name](float(number))
    return _layer(value) if isinstance(value, Part) else value


def score(spec: Spec, model: Any, data: Data) -> float:
    """Accuracy, R² (at least -1) or share of rows right altogether, on the rows to judge on."""
    worst = -1.0 if spec.measure == "R2" else 0.0
    predicted = np.asarray(model.predict(data.test_x, verbose=0), np.float64)
    predicted, truth = predicted.reshape(len(predicted), -1), np.asarray(data.truth).reshape(len(data.truth), -1)
    if not np.isfinite(predicted).all():
        return worst
    if spec.measure == "R2":
        if predicted.shape != truth.shape:
            return worst
        spread = float(((truth - truth.mean(axis=0)) ** 2).sum())
        return max(worst, 1 - float(((truth - predicted) ** 2).sum()) / spread)
    if spec.measure == "rows":
        return float(((predicted > spec.threshold) == truth).all(axis=1).mean())
    answers = predicted.argmax(axis=1) if predicted.shape[1] > 1 else (predicted[:, 0] > spec.threshold).astype(int)
    return float((answers == truth[:, 0]).mean())
