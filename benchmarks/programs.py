"""Networks on sequences and pictures as users of Keras write them, in any library shaped like it, and their data.

``peers/torch_programs.py`` has the same networks as users of PyTorch write them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]

CLASSES, WORDS, STEPS = 10, 10_000, 100


@dataclass(frozen=True)
class Program:
    """A network, made-up data of its kind, and the work of a sample.

    Args:
        build: the network, from a library.
        data: inputs and targets of so many rows.
        multiply_adds: of forward's products for a sample.
        first: those of them whose gradient at the inputs nobody asks for.
        channels: whether the last axis of a sample is that of channels, which PyTorch has first.
    """

    build: Callable[[Any], Any]
    data: Callable[[int], tuple[Array, Array]]
    multiply_adds: int
    first: int = 0
    channels: bool = False


def _numbers(*shape: int) -> Callable[[int], tuple[Array, Array]]:
    """Sequences of numbers, and a class for each."""

    def data(rows: int) -> tuple[Array, Array]:
        rng = np.random.default_rng(1)
        x = rng.normal(size=(rows, *shape)).astype(np.float32)
        return x, np.argmax(x.reshape(rows, -1)[:, :CLASSES], axis=1)

    return data


def _texts(steps: int, least: int) -> Callable[[int], tuple[Array, Array]]:
    """Numbers of words, padded at the front to the longest, and whether a text is positive."""

    def data(rows: int) -> tuple[Array, Array]:
        rng = np.random.default_rng(1)
        x = rng.integers(1, WORDS, (rows, steps), dtype=np.int32)
        for row, length in enumerate(rng.integers(least, steps + 1, rows)):
            x[row, : steps - length] = 0
        return x, (x[:, -1] % 2).astype(np.float32)[:, np.newaxis]

    return data


def _pictures(rows: int) -> tuple[Array, Array]:
    """Pictures that are their own targets."""
    x = np.random.default_rng(1).random((rows, 28, 28, 1), dtype=np.float32)
    return x, x


def _lstm(k: Any) -> Any:
    return k.Sequential([k.Input((50, 16)), k.layers.LSTM(64), k.layers.Dense(CLASSES, activation="softmax")])


def _gru(k: Any) -> Any:
    return k.Sequential([k.Input((50, 16)), k.layers.GRU(64), k.layers.Dense(CLASSES, activation="softmax")])


def _words_lstm(k: Any) -> Any:
    return k.Sequential(
        [
            k.Input((STEPS,)),
            k.layers.Embedding(WORDS, 32, mask_zero=True),
            k.layers.LSTM(100),
            k.layers.Dense(1, activation="sigmoid"),
        ]
    )


def _bidirectional(k: Any) -> Any:
    return k.Sequential(
        [
            k.Input((50, 16)),
            k.layers.Bidirectional(k.layers.LSTM(64, return_sequences=True)),
            k.layers.Bidirectional(k.layers.LSTM(64)),
            k.layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def _transformer(k: Any) -> Any:
    layers = k.layers

    class WordsAndPlaces(layers.Layer):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.words, self.places = layers.Embedding(WORDS, 128), layers.Embedding(STEPS, 128)

        def call(self, x: Any) -> Any:
            return self.words(x) + self.places(k.ops.arange(0, STEPS))

    x = k.Input((STEPS,))
    h = WordsAndPlaces()(x)
    h = layers.LayerNormalization(epsilon=1e-6)(h + layers.MultiHeadAttention(num_heads=4, key_dim=32)(h, h))
    inner = layers.Dense(128)(layers.Dense(128, activation="relu")(h))
    h = layers.LayerNormalization(epsilon=1e-6)(h + inner)
    h = layers.Dense(20, activation="relu")(layers.GlobalAveragePooling1D()(h))
    return k.Model(x, layers.Dense(1, activation="sigmoid")(h))


def _conv1d(k: Any) -> Any:
    return k.Sequential(
        [
            k.Input((128, 9)),
            k.layers.Conv1D(64, 3, activation="relu"),
            k.layers.Conv1D(64, 3, activation="relu"),
            k.layers.MaxPooling1D(2),
            k.layers.Flatten(),
            k.layers.Dense(100, activation="relu"),
            k.layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def _autoencoder(k: Any) -> Any:
    return k.Sequential(
        [
            k.Input((28, 28, 1)),
            k.layers.Conv2D(32, 3, activation="relu", padding="same"),
            k.layers.MaxPooling2D(2),
            k.layers.Conv2D(32, 3, activation="relu", padding="same"),
            k.layers.MaxPooling2D(2),
            k.layers.Conv2DTranspose(32, 3, strides=2, activation="relu", padding="same"),
            k.layers.Conv2DTranspose(32, 3, strides=2, activation="relu", padding="same"),
            k.layers.Conv2D(1, 3, activation="sigmoid", padding="same"),
        ]
    )


def _text(k: Any) -> Any:
    return k.Sequential(
        [
            k.Input((256,)),
            k.layers.Embedding(WORDS, 16),
            k.layers.GlobalAveragePooling1D(),
            k.layers.Dense(16, activation="relu"),
            k.layers.Dense(1, activation="sigmoid"),
        ]
    )


def _steps(steps: int, inputs: int, units: int, gates: int) -> int:
    """Multiply-adds of a recurrent layer."""
    return steps * gates * units * (inputs + units)


#: By the names that ``--suite`` takes.
PROGRAMS = {
    "lstm": Program(_lstm, _numbers(50, 16), _steps(50, 16, 64, 4), 50 * 4 * 64 * 16),
    "gru": Program(_gru, _numbers(50, 16), _steps(50, 16, 64, 3), 50 * 3 * 64 * 16),
    "words-lstm": Program(_words_lstm, _texts(STEPS, 50), _steps(STEPS, 32, 100, 4)),
    "bidirectional": Program(
        _bidirectional, _numbers(50, 16), 2 * (_steps(50, 16, 64, 4) + _steps(50, 128, 64, 4)), 2 * 50 * 4 * 64 * 16
    ),
    "transformer": Program(_transformer, _texts(STEPS, STEPS), STEPS * (6 * 128 * 128 + 2 * STEPS * 128)),
    "conv1d": Program(
        _conv1d, _numbers(128, 9), 126 * 64 * 27 + 124 * 64 * 192 + 62 * 64 * 100 + 1000, 126 * 64 * 27, True
    ),
    "autoencoder": Program(
        _autoencoder, _pictures, 9 * 32 * (784 + 196 * 32 + 49 * 32 + 196 * 32 + 784), 9 * 32 * 784, True
    ),
    "text": Program(_text, _texts(256, 256), 16 * 16 + 16),
}  # fmt: skip
