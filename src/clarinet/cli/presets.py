"""Networks that are known to work and how to train them: ``--preset``."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clarinet import layers
from clarinet.types import Array


@dataclass(frozen=True)
class Preset:
    """The settings of ``clarinet train`` without options.

    Attributes:
        hidden: units of the dense layers before the last.
        epochs, batch_size: as in ``fit``.
        filters: of the convolutions, each followed by pooling; empty for a network of dense layers.
        dropout: in front of the dense layers and of the last one.
        shift: pictures are moved by up to so many pixels, at random in every epoch.
    """

    hidden: tuple[int, ...]
    epochs: int
    batch_size: int
    filters: tuple[int, ...] = ()
    dropout: float = 0.0
    shift: int = 0

    @property
    def falls(self) -> bool:
        """Whether the learning rate falls to nothing over the epochs, which is worth the last tenth of a percent."""
        return bool(self.filters)


PRESETS = {
    "mlp": Preset(hidden=(128, 64), epochs=10, batch_size=32),
    "cnn": Preset(hidden=(128,), epochs=10, batch_size=64, filters=(32, 64), dropout=0.4),
    "cnn-augmented": Preset(hidden=(256,), epochs=20, batch_size=64, filters=(32, 64), dropout=0.4, shift=2),
}


def hidden_layers(preset: Preset, shape: tuple[int, ...], hidden: tuple[int, ...]) -> list[layers.Layer]:
    """The layers between the scaled inputs and the last one.

    Raises:
        ArgumentTypeError: convolutions of data that are no pictures.
    """
    dense = [layers.Dense(units, activation="relu") for units in hidden]
    if not preset.filters:
        return [layers.Flatten(), *dense] if len(shape) > 1 else list(dense)
    if len(shape) not in (2, 3):
        raise ArgumentTypeError("this preset is for pictures; leave --preset out, or say --preset mlp")
    stack: list[layers.Layer] = [layers.Reshape((*shape, 1))] if len(shape) == 2 else []
    for filters in preset.filters:
        stack += [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]
    stack.append(layers.Flatten())
    for layer in dense:
        stack += [layers.Dropout(preset.dropout), layer]
    return [*stack, layers.Dropout(preset.dropout)]


def falling(rate: float, epochs: int) -> Callable[[int], float]:
    """Learning rates that follow half a cosine from ``rate`` down to nearly nothing."""
    return lambda epoch: rate * 0.5 * (1 + math.cos(math.pi * epoch / epochs))


class Shifted:
    """Batches of pictures, each moved by up to ``shift`` pixels in both directions, in another order every epoch.

    Args:
        x, y: pictures (n, height, width) or (n, height, width, channels), and their labels.
        batch_size: pictures in a batch.
        shift: pixels; the edges are filled with 0.
        seed: of order and shifts; None for others every time.
    """

    def __init__(self, x: Array, y: Array, batch_size: int, shift: int, seed: int | None = None) -> None:
        edges = ((0, 0), (shift, shift), (shift, shift), *((0, 0),) * (x.ndim - 3))
        self._windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, edges), x.shape[1:3], axis=(1, 2))
        self._y, self._batch_size, self._moves = y, batch_size, 2 * shift + 1
        self._rng = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self._y) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        down, right = self._rng.integers(0, self._moves, (2, len(rows)))
        x = self._windows[rows, down, right]
        return np.moveaxis(x, 1, -1) if x.ndim == 4 else x, self._y[rows]

    def on_epoch_end(self) -> None:
        self._order = self._rng.permutation(len(self._y))
