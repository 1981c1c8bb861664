"""Small networks that are stepped through without choosing anything first: layers of every kind, on data at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

import clarinet
from clarinet import layers
from clarinet.datasets import mnist
from clarinet.types import Array

_ROWS, _WORDS, _LENGTH = 400, 12, 6

Example = tuple[clarinet.Model, Array, Array]


def digits() -> Example:
    """Convolution, pooling, normalisation and dense layers, on MNIST's digits."""
    (x, y), _ = mnist.load_data()
    pictures, y = x[:_ROWS, :, :, None].astype(np.float32) / 255, y[:_ROWS]
    stack = [
        layers.Input((28, 28, 1)),
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ]
    return _trained(clarinet.Sequential(stack), pictures, y, "sparse_categorical_crossentropy")


def sequence() -> Example:
    """An embedding and a recurrent layer: does a sequence hold word 1 more often than word 2?"""
    x, y = _sequences()
    stack = [
        layers.Input((_LENGTH,)),
        layers.Embedding(_WORDS, 3),
        layers.GRU(4),
        layers.Dense(1, activation="sigmoid"),
    ]
    return _trained(clarinet.Sequential(stack), x, y, "binary_crossentropy")


def attention() -> Example:
    """Attention over the same sequences, as a graph."""
    x, y = _sequences()
    words = layers.Input((_LENGTH,))
    found = layers.Embedding(_WORDS, 4)(words)
    seen = layers.MultiHeadAttention(2, 3)(found, found)  # type: ignore[arg-type]  # query and value
    flat = layers.Flatten()(layers.LayerNormalization()(seen))
    return _trained(clarinet.Model(words, layers.Dense(1, activation="sigmoid")(flat)), x, y, "binary_crossentropy")


#: By the names that addresses hold.
EXAMPLES: Mapping[str, Callable[[], Example]] = {"digits": digits, "sequence": sequence, "attention": attention}


def _sequences() -> tuple[Array, Array]:
    x = np.random.default_rng(0).integers(0, _WORDS, (_ROWS, _LENGTH))
    x[:, 0] = np.arange(_ROWS) % 2 + 1
    more = (x == 1).sum(axis=1) > (x == 2).sum(axis=1)
    return x, more.astype(np.int64)


def _trained(model: clarinet.Model, x: Array, y: Array, loss: str) -> Example:
    """The same, trained a little, so that its weights are no longer those of chance alone."""
    clarinet.utils.set_random_seed(0)
    model.compile(clarinet.optimizers.SGD(0.1), loss)
    model.fit(x, y, epochs=3, batch_size=20, verbose=0)
    return model, x, y
