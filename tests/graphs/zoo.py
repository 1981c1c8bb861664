"""Graphs as people build them: for each a compiled model, rows and labels.

Whatever takes a model has to do with all of these; a new graph enrols with a function here.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

import clarinet
from clarinet import Input, Model, layers, ops

Built = tuple[clarinet.Model, Any, Any]
_ROWS = 24


def _numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=(_ROWS, *shape)).astype(np.float32)


def _classes(count: int) -> np.ndarray:
    return np.arange(_ROWS) % count


def two_inputs() -> Built:
    """A table and another one, joined."""
    a, b = Input((4,), name="left"), Input((3,), name="right")
    joined = layers.Concatenate(name="joined")([layers.Dense(5, "relu", name="of_left")(a), b])
    model = Model([a, b], layers.Dense(3, "softmax", name="species")(joined), name="two_inputs")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, [_numbers(4), _numbers(3)], _classes(3)


def two_outputs() -> Built:
    """A class and a number of one table, by name."""
    x = Input((4,), name="table")
    hidden = layers.Dense(6, "tanh", name="hidden")(x)
    heads = {
        "species": layers.Dense(3, "softmax", name="species")(hidden),
        "size": layers.Dense(1, name="size")(hidden),
    }
    model = Model(x, heads, name="two_outputs")
    model.compile(
        "adam",
        {"species": "sparse_categorical_crossentropy", "size": "mse"},
        loss_weights={"species": 1.0, "size": 0.5},
        metrics={"species": ["accuracy"], "size": ["mae"]},
    )
    return model, {"table": _numbers(4)}, {"species": _classes(3), "size": _numbers(1)}


def residual() -> Built:
    """A block with a way around it."""
    x = Input((4,))
    inside = layers.Dense(4, name="inside")(layers.Dense(8, "relu", name="wide")(x))
    y = layers.Activation("relu", name="after")(layers.Add(name="around")([x, inside]))
    model = Model(x, layers.Dense(1, "sigmoid", name="answer")(y), name="residual")
    model.compile(clarinet.optimizers.SGD(0.1, momentum=0.9), "binary_crossentropy", metrics=["accuracy"])
    return model, _numbers(4), _classes(2)


def siamese() -> Built:
    """One layer for two inputs, and the distance of what it makes of them."""
    a, b = Input((4,), name="first"), Input((4,), name="second")
    encoder = layers.Dense(3, "tanh", name="encoder")
    gone = ops.sum(ops.square(encoder(a) - encoder(b)), axis=-1, keepdims=True)
    model = Model([a, b], layers.Dense(1, "sigmoid", name="same")(gone), name="siamese")
    model.compile("adam", "binary_crossentropy")
    return model, [_numbers(4), _numbers(4)[::-1].copy()], _classes(2)


def nested() -> Built:
    """An autoencoder of two models."""
    x = Input((6,))
    encoder = Model(x, layers.Dense(2, "tanh", name="code")(x), name="encoder")
    decoder = clarinet.Sequential([Input((2,)), layers.Dense(6, name="again")], name="decoder")
    model = Model(x, decoder(encoder(x)), name="autoencoder")
    model.compile("adam", "mse")
    return model, _numbers(6), _numbers(6)


def u_shaped() -> Built:
    """Pictures down and up again, with a bridge."""
    x = Input((8, 8, 1), name="picture")
    fine = layers.Conv2D(4, 3, padding="same", activation="relu", name="fine")(x)
    coarse = layers.Conv2D(6, 3, padding="same", activation="relu", name="coarse")(
        layers.MaxPooling2D(name="down")(fine)
    )
    bridge = layers.Concatenate(name="bridge")([layers.UpSampling2D(name="up")(coarse), fine])
    model = Model(x, layers.Conv2D(1, 1, activation="sigmoid", name="mask")(bridge), name="u_shaped")
    model.compile("adam", "binary_crossentropy", metrics=["binary_accuracy"])
    return model, np.abs(_numbers(8, 8, 1)), (_numbers(8, 8, 1) > 0).astype(np.float32)


class Block(clarinet.Model):
    """A model by a class."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.first, self.second = layers.Dense(5, "relu", name="first"), layers.Dense(2, "softmax", name="second")

    def call(self, inputs: Any) -> Any:
        return self.second(self.first(inputs) * 2.0)


def subclassed() -> Built:
    """A model by a class."""
    model = Block(name="by_class")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = _numbers(4)
    model.predict(x, verbose=0)
    return model, x, _classes(2)


def _off_by(y_true: Any, y_pred: Any) -> Any:
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def custom() -> Built:
    """A function as a layer, and one as the loss."""
    x = Input((4,))
    scaled = layers.Lambda(lambda t: t / (1.0 + ops.abs(t)), name="squash")(layers.Dense(5, name="hidden")(x))
    model = Model(x, layers.Dense(2, name="answer")(scaled), name="custom")
    model.compile("adam", _off_by)
    return model, _numbers(4), _numbers(2)


def multi_task() -> Built:
    """Two inputs and two outputs in lists, with batch normalisation and dropout on the way."""
    a, b = Input((4,), name="left"), Input((3,), name="right")
    joined = layers.Concatenate()([layers.Dense(4)(a), layers.Dense(4)(b)])
    hidden = layers.Dropout(0.25)(layers.BatchNormalization()(joined))
    model = Model([a, b], [layers.Dense(1, name="price")(hidden), layers.Dense(1, "sigmoid", name="sold")(hidden)])
    model.compile("sgd", ["mse", "binary_crossentropy"])
    return model, [_numbers(4), _numbers(3)], [_numbers(1), _classes(2)]


GRAPHS: dict[str, Callable[[], Built]] = {
    build.__name__: build
    for build in (two_inputs, two_outputs, residual, siamese, nested, u_shaped, subclassed, custom, multi_task)
}
