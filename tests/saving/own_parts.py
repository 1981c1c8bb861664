"""Models with parts of one's own, of every kind that a file keeps."""

from __future__ import annotations

from typing import Any

import numpy as np

import clarinet
from clarinet import initializers, layers, losses, ops


class Scaled(layers.Layer):
    """Weights of its own, trained and not, a layer within, and a ``call`` that asks whether it is in training."""

    def __init__(self, units: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.units, self.drop, self.norm = units, layers.Dropout(0.3), layers.BatchNormalization()

    def build(self, input_shape: Any) -> None:
        self.w = self.add_weight(shape=(input_shape[-1], self.units), name="w", regularizer="l2", constraint="max_norm")
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

    def call(self, inputs: Any, training: bool = False) -> Any:
        y = ops.matmul(inputs, ops.square(self.w))
        if training:
            y = y * 2
            self.count.assign(self.count + 1)
        return self.norm(self.drop(y, training=training))


class Penalised(clarinet.Model):
    """A model and a layer within it that add to the loss."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.out = Adding(), layers.Dense(2)

    def call(self, inputs: Any) -> Any:
        y = self.out(self.hidden(inputs))
        self.add_loss(0.1 * ops.mean(y**2))
        return y


class Adding(layers.Layer):
    """A layer that adds to the loss."""

    def build(self, input_shape: Any) -> None:
        self.w = self.add_weight(shape=(input_shape[-1], 3), name="w")

    def call(self, inputs: Any) -> Any:
        y = ops.matmul(inputs, self.w)
        self.add_loss(ops.mean(ops.abs(y)))
        return y


class Mixed(layers.Layer):
    """Several tensors, by place and by name, a plain argument, and a structure of results."""

    def call(self, a: Any, b: Any = None, scale: float = 1.0) -> Any:
        return {"sum": a * scale + b, "rest": [a - b]}


class Net(clarinet.Model):
    """A model that says in ``call`` what it computes."""

    def __init__(self, units: int = 4) -> None:
        super().__init__()
        self.hidden, self.scaled, self.out = layers.Dense(units, "relu"), Scaled(3), layers.Dense(2)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        h = self.hidden(inputs)
        return self.out(self.scaled(h, training=training) + ops.mean(h, axis=-1, keepdims=True))


class Tens(initializers.Initializer):
    """First values of one's own."""

    def values(self, shape: Any, key: Any) -> Any:
        return np.full(shape, 0.1)


class Quartic(losses.Loss):
    """A loss as a class, with an argument."""

    def __init__(self, factor: float = 1.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.factor = factor

    def get_config(self) -> Any:
        return {**super().get_config(), "factor": self.factor}

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.factor * ops.mean((y_true - y_pred) ** 4, axis=-1)


def huber(y_true: Any, y_pred: Any) -> Any:
    error = ops.abs(y_true - y_pred)
    return ops.mean(ops.where(error < 0.5, error**2 / 2, error / 2 - 0.125), axis=-1)


def worst(y_true: Any, y_pred: Any) -> Any:
    return ops.max(ops.abs(y_true - y_pred), axis=-1)


def swish(x: Any) -> Any:
    return x * ops.sigmoid(1.5 * x)


def squared(w: Any) -> Any:
    return 0.01 * ops.sum(ops.square(w))


def chain() -> clarinet.Model:
    own = layers.Dense(3, swish, kernel_initializer=Tens(), kernel_regularizer=squared, bias_constraint=ops.abs)
    model = clarinet.Sequential([layers.Input((4,)), Scaled(3), own, layers.Lambda(ops.sin), layers.Dense(2)])
    model.compile(clarinet.optimizers.Adam(0.01), huber, metrics=[worst, "mae"], weighted_metrics=[worst])
    return model


def subclass() -> clarinet.Model:
    model = Net()
    model.compile("sgd", Quartic(0.5))
    return model


def penalised() -> clarinet.Model:
    model = Penalised()
    model.compile(clarinet.optimizers.SGD(0.1), "mse")
    return model


def graph() -> clarinet.Model:
    """Several inputs and outputs, layers shared in it and in models within, operations between layers."""
    a, b = layers.Input((4,), name="a"), layers.Input((4,), name="b")
    mixed = Mixed()(a, b=b, scale=2.0)
    table = np.arange(4, dtype=np.float32)
    h = layers.Lambda(lambda x: ops.sin(x) * table)(mixed["sum"]) * 2 + layers.Dense(4)(mixed["rest"][0])
    shared, inner, twice = Scaled(4), layers.Input((4,)), layers.Dense(4)
    first, second = (clarinet.Model(inner, twice(inner), name=name) for name in ("first", "second"))
    ends = layers.Concatenate()([shared(first(h)), shared(second(b))])
    model = clarinet.Model([a, b], {"net": Net()(h), "both": ends})
    model.compile(
        clarinet.optimizers.Adam(0.01),
        {"net": huber, "both": "mse"},
        metrics={"net": [worst]},
        loss_weights={"both": 0.5},
    )
    return model


RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 16, 4)).astype(np.float32)
Y = RNG.normal(size=(16, 10)).astype(np.float32)

#: By name: what makes the model, and data for it.
MODELS: dict[str, tuple[Any, Any, Any]] = {
    "chain": (chain, X[0], Y[:, :2]),
    "penalised": (penalised, X[0], Y[:, :2]),
    "subclass": (subclass, X[0], Y[:, :2]),
    "graph": (graph, [X[0], X[1]], {"net": Y[:, :2], "both": Y[:, 2:]}),
}
