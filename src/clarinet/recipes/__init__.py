"""Which network for which data: layers, head, loss, scaling, for everything that has to choose."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clarinet import layers
from clarinet.datasets.coding import TableCoding
from clarinet.model import Sequential
from clarinet.optimizers import Adam
from clarinet.recipes.scaling import standardised, statistics, unscaled
from clarinet.recipes.tables import Fitted, TableSettings, fit_table, in_words
from clarinet.types import Array
from clarinet.wording import option

__all__ = [
    "PRESETS",
    "TABLE",
    "Augmented",
    "Fitted",
    "Preset",
    "Shifted",
    "TableSettings",
    "class_weights",
    "falling",
    "filters_for",
    "fit_table",
    "hidden_layers",
    "in_words",
    "network",
    "preset_for",
    "statistics",
]

#: The shorter side of pictures that a convolution with pooling still takes, and of maps that need no further one.
_LEAST_SIDE, _SMALL_MAP = 6, 8
_MOST_FILTERS = 256
#: The name of :func:`fit_table`'s recipe, beside those of :data:`PRESETS`, which are of one network.
TABLE = "table"


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


def preset_for(kind: str, shape: tuple[int, ...]) -> str:
    """The preset where none is asked for: convolutions for people's own pictures and for CIFAR-10. Of one network;
    tables have :func:`fit_table` beside it.

    Args:
        kind: of the data, as in a model's metadata: ``"images"``, ``"table"`` or a data set's name.
        shape: of a sample.

    Example:
        >>> preset_for("images", (64, 48, 3)), preset_for("images", (4, 4)), preset_for("table", (9,))
        ('cnn', 'mlp', 'mlp')
    """
    return "cnn" if kind in ("images", "cifar10") and min(shape[:2]) >= _LEAST_SIDE else "mlp"


def network(
    x: Array,
    y: Array,
    classes: int,
    *,
    table: TableCoding | None = None,
    preset: str = "mlp",
    hidden: tuple[int, ...] | None = None,
    learning_rate: float = 1e-3,
    engine: str = "auto",
) -> Sequential:
    """A compiled network: inputs scaled, hidden layers with ReLU, softmax over the classes or one number.

    Args:
        x: rows to learn from (n, features), or pictures (n, height, width[, channels]) of bytes.
        y: class numbers (n,), or amounts (n, 1).
        classes: how many; 0 for amounts.
        table: how the rows were coded, if they come from a table: its columns are standardised in the first layer.
            Other rows are pixels, and divided by 255.
        preset: one of :data:`PRESETS`.
        hidden: units of the hidden layers in place of the preset's.
        learning_rate: Adam's.
        engine: as in ``compile``.

    Raises:
        ValueError: convolutions of rows that are no pictures.

    Example:
        >>> model = network(np.zeros((4, 2), np.float32), np.array([[1.0], [2], [3], [4]]), 0, hidden=(8,))
        >>> model.loss.name, model.count_params()
        ('mean_squared_error', 33)
    """
    chosen = PRESETS[preset]
    between = hidden_layers(chosen, x.shape[1:], chosen.hidden if hidden is None else hidden)
    first = layers.Rescaling(1 / 255) if table is None else standardised()
    last: list[layers.Layer]
    if classes:
        last = [layers.Dense(classes, activation="softmax")]
        loss, metrics = "sparse_categorical_crossentropy", ["accuracy"]
    else:
        last = [layers.Dense(1), unscaled(float(y.mean()), float(y.std()) or 1.0)]
        loss, metrics = "mse", ["mae"]
    model = Sequential([layers.Input(x.shape[1:]), first, *between, *last])
    if table is not None:
        model.layers[0].set_weights(statistics(x, table))
    model.compile(Adam(learning_rate=learning_rate), loss, metrics, engine=engine)
    return model


def class_weights(y: Array, classes: int) -> dict[int, float]:
    """Weights with which all classes count alike: rows / (classes · rows of the class). (King and Zeng, 2001.)

    Example:
        >>> class_weights(np.array([0, 0, 0, 1]), 2)
        {0: 0.6666666666666666, 1: 2.0}
    """
    counts = np.bincount(y, minlength=classes)
    present = int((counts > 0).sum())
    return {i: len(y) / (present * count) for i, count in enumerate(counts.tolist()) if count}


def hidden_layers(preset: Preset, shape: tuple[int, ...], hidden: tuple[int, ...]) -> list[layers.Layer]:
    """The layers between the scaled inputs and the last one.

    Raises:
        ValueError: convolutions of data that are no pictures.
    """
    dense = [layers.Dense(units, activation="relu") for units in hidden]
    if not preset.filters:
        return [layers.Flatten(), *dense] if len(shape) > 1 else list(dense)
    if len(shape) not in (2, 3):
        raise ValueError(f"this preset is for pictures; leave it out, or say {option('preset', 'mlp')}")
    stack: list[layers.Layer] = [layers.Reshape((*shape, 1))] if len(shape) == 2 else []
    for filters in filters_for(preset, shape):
        stack += [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]
    stack.append(layers.Flatten())
    for layer in dense:
        stack += [layers.Dropout(preset.dropout), layer]
    return [*stack, layers.Dropout(preset.dropout)]


def filters_for(preset: Preset, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The filters of a preset's convolutions for pictures of this shape.

    Each convolution with its pooling halves a picture: small ones take fewer, and large ones more, each of twice as
    many filters, until 8 pixels or fewer remain.

    Example:
        >>> [filters_for(PRESETS["cnn"], (side, side, 3)) for side in (8, 28, 64, 128)]
        [(32,), (32, 64), (32, 64, 128), (32, 64, 128, 256)]
    """
    found: list[int] = []
    side = min(shape[:2])
    while side >= _LEAST_SIDE and (len(found) < len(preset.filters) or side > _SMALL_MAP):
        more = preset.filters[len(found)] if len(found) < len(preset.filters) else 2 * found[-1]
        found.append(min(more, _MOST_FILTERS))
        side = (side - 2) // 2
    return tuple(found)


def falling(rate: float, epochs: int) -> Callable[[int], float]:
    """Learning rates that follow half a cosine from ``rate`` down to nearly nothing."""
    return lambda epoch: rate * 0.5 * (1 + math.cos(math.pi * epoch / epochs))


class _Batches:
    """Rows and labels batch by batch, in another order every epoch."""

    def __init__(self, y: Array, batch_size: int, seed: int | None) -> None:
        self._y, self._batch_size = y, batch_size
        self._rng = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return math.ceil(len(self._y) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._pictures(rows), self._y[rows]

    def _pictures(self, rows: Array) -> Array:
        raise NotImplementedError

    def on_epoch_end(self) -> None:
        """Another order for the next epoch."""
        self._order = self._rng.permutation(len(self._y))


class Shifted(_Batches):
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
        self._moves = 2 * shift + 1
        super().__init__(y, batch_size, seed)

    def _pictures(self, rows: Array) -> Array:
        down, right = self._rng.integers(0, self._moves, (2, len(rows)))
        x = self._windows[rows, down, right]
        return np.moveaxis(x, 1, -1) if x.ndim == 4 else x


class Augmented(_Batches):
    """Batches of pictures that are moved, turned, zoomed, and made lighter or darker a little, in another way and order
    every epoch.

    Args:
        x, y: pictures (n, height, width) or (n, height, width, channels) from 0 to 255, and their labels.
        batch_size: pictures in a batch.
        mirror: mirror every second one, for things whose mirror image is as good, unlike letters.
        seed: of the order; None for another every time. What is done to a picture follows
            ``clarinet.utils.set_random_seed``.
    """

    def __init__(self, x: Array, y: Array, batch_size: int, mirror: bool = False, seed: int | None = None) -> None:
        self._x = x
        self._layers = [
            layers.RandomTranslation(0.08, 0.08, fill_mode="nearest"),
            layers.RandomRotation(0.03, fill_mode="nearest"),  # of a full turn
            layers.RandomZoom(0.12, fill_mode="nearest"),
            layers.RandomBrightness(0.1),
            layers.RandomContrast((0.2, 0.2)),
            *([layers.RandomFlip("horizontal")] if mirror else []),
        ]
        super().__init__(y, batch_size, seed)

    def _pictures(self, rows: Array) -> Array:
        x: Array = self._x[rows].astype(np.float32)
        grey = x.ndim == 3
        for layer in self._layers:
            x = np.asarray(layer(x[..., None] if x.ndim == 3 else x, training=True))
        return x[..., 0] if grey else x
