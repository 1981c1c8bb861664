"""Layers that spread the tones of images over their range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, cast

import numpy as np

from clarinet import ops
from clarinet.arrays import scatter_add
from clarinet.configurable import check_number, check_whole
from clarinet.layers.augmentation import Factor, factors
from clarinet.layers.geometry import per_axis
from clarinet.layers.image_layers import BYTES, ImageLayer, Range, rescaled, sizes
from clarinet.ops.dispatch import apply
from clarinet.ops.dtypes import FLOAT
from clarinet.ops.operation import Gradients, Operation, made
from clarinet.ops.specs import Batch, TensorSpec
from clarinet.types import AnyTensor, Array, Namespace

_TONES = 256


@dataclass(eq=False, repr=False)
class Counts(Operation):
    """How often each whole number from 0 on is along the last axis, as floats, which have no gradient.

    Args:
        bins: how many numbers there are.
    """

    bins: int

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        rows, length = int(np.prod(x.shape[:-1])), x.shape[-1]
        ids = xp.reshape(x, (rows, length)) + xp.reshape(xp.arange(rows), (rows, 1)) * self.bins
        ones = xp.ones((rows * length, 1), dtype=xp.float32)
        counts = scatter_add(ones, xp.reshape(ids, (-1,)), rows * self.bins, xp)
        return xp.reshape(counts, (*x.shape[:-1], self.bins)), None

    def backward(self, cache: object, dy: Array, xp: Namespace = np) -> Gradients:
        return (None,)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        (x,) = specs
        return replace(x.reshaped((*x.shape[:-1], self.bins)), dtype=FLOAT)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps"


@dataclass(eq=False, repr=False)
class AutoContrast(ImageLayer):
    """Stretches every channel of an image so that its darkest pixel gets the least number of the range and the lightest
    the greatest, in training and in use; a channel of one tone stays.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        value_range: least and greatest number of an image; default (0, 255).
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> AutoContrast()([[[[10.0], [20.0], [30.0]]]]).tolist()
        [[[[0.0], [127.5], [255.0]]]]
    """

    always: ClassVar[bool] = True

    value_range: Range = (0, 255)
    data_format: str | None = None

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        low, high = (f(images, (1, 2), keepdims=True) for f in (ops.min, ops.max))
        spread = ops.subtract(high, low)
        flat = ops.equal(spread, 0)
        share = ops.divide(ops.subtract(images, low), ops.where(flat, 1.0, spread))
        return ops.where(flat, images, rescaled(ops.clip(share, 0.0, 1.0), (0, 1), self.value_range))


@dataclass(eq=False, repr=False)
class Equalization(ImageLayer):
    """While training spreads the tones of each channel so that all are about as frequent, over the whole batch.

    With the share ``F(t)`` of pixels whose tone is at most ``t``, and ``t_0`` the least tone:
    ``y = 255 (F(t) - F(t_0)) / (1 - F(t_0))``, for values from 0 to 255.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``. No gradient.

    Args:
        value_range: least and greatest number of an image; default (0, 255).
        bins: how many tones are told apart; default 256.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> Equalization()([[[[10.0], [11.0], [12.0]]]]).tolist()
        [[[[0.0], [128.0], [255.0]]]]
    """

    value_range: Range = (0, 255)
    bins: int = _TONES
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        self.bins = check_whole(self.bins, "Equalization: bins", low=2)

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        x = rescaled(images, self.value_range, BYTES)
        scaled = ops.clip(ops.multiply(x, (self.bins - 1) / 255), 0, self.bins - 1)
        height, width, channels = sizes(images)
        tones = ops.reshape(ops.moveaxis(ops.cast(scaled, "int32"), -1, 0), (channels, -1))
        counts = apply(made(Counts, self.bins), tones)
        table = ops.take_along_axis(_spread(counts), tones, axis=1)
        found = ops.moveaxis(ops.reshape(table, (channels, -1, height, width)), 0, -1)
        return rescaled(found, BYTES, self.value_range)


def _spread(counts: AnyTensor) -> AnyTensor:
    """For each tone the one that takes its place, rounded: (channels, bins)."""
    below = ops.cumsum(counts, axis=1)
    whole = below[:, -1:]
    least = ops.min(ops.where(ops.greater(below, 0), below, whole), axis=1, keepdims=True)
    several = ops.maximum(ops.subtract(whole, least), 1.0)
    return ops.clip(ops.round(ops.divide(ops.multiply(ops.subtract(below, least), 255.0), several)), *BYTES)


@dataclass(eq=False, repr=False)
class Solarization(ImageLayer):
    """While training adds a number to every pixel of an image and turns those from a threshold on into their negative:
    ``y = x + a``, and ``255 - (x + a)`` from the threshold on, for values from 0 to 255.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        addition_factor: (low, high) of which ``a`` is drawn, ``high`` as a share of 255; a number stands for (0,
            number); default 0.
        threshold_factor: the same for the threshold.
        value_range: least and greatest number of an image; default (0, 255).
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> Solarization()([[[[10.0], [200.0]]]]).tolist()
        [[[[245.0], [55.0]]]]
    """

    addition_factor: Factor = 0.0
    threshold_factor: Factor = 0.0
    value_range: Range = (0, 255)
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        for name in ("addition_factor", "threshold_factor"):
            setattr(self, name, factors(getattr(self, name), f"Solarization: {name}", 0, 1))

    def drawn(self, images: AnyTensor) -> tuple[AnyTensor, AnyTensor]:
        ranges = (cast("tuple[float, float]", f) for f in (self.addition_factor, self.threshold_factor))
        added, threshold = (self.for_each(images, (low, high * 255)) for low, high in ranges)
        return added, threshold

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        added, threshold = cast("tuple[AnyTensor, AnyTensor]", drawn)
        x = ops.clip(ops.add(rescaled(images, self.value_range, BYTES), added), *BYTES)
        return rescaled(ops.where(ops.less(x, threshold), x, ops.subtract(255.0, x)), BYTES, self.value_range)


@dataclass(eq=False, repr=False)
class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Spreads the tones of every part of an image by themselves, no tone counting for more than a limit, in training
    and in use (Pizer et al., Computer Vision, Graphics, and Image Processing 39, 1987).

    An image is cut into tiles. In each, frequencies above the limit are spread over all tones, and ``t`` becomes
    ``255 (F(t) - F(0)) / (pixels - F(0))`` with ``F(t)`` the pixels up to ``t``; between the middles of tiles a pixel's
    value is that of the four nearest tiles, linearly.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``. No gradient.

    Args:
        value_range: least and greatest number of an image; default (0, 255).
        clip_limit: how often a tone may be there, as a multiple of the mean; 0 for no limit; default 4.
        tile_grid_size: tiles down and across; default (8, 8).
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2)).tile_grid_size
        (2, 2)
    """

    always: ClassVar[bool] = True

    value_range: Range = (0, 255)
    clip_limit: float = 4.0
    tile_grid_size: Sequence[int] = (8, 8)
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        name = type(self).__name__
        self.clip_limit = check_number(self.clip_limit, f"{name}: clip_limit", low=0)
        self.tile_grid_size = per_axis(self.tile_grid_size, 2, f"{name}: tile_grid_size")

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        height, width, channels = sizes(images)
        down, across = self.tile_grid_size
        high, wide = -(-height // down), -(-width // across)
        x = rescaled(images, self.value_range, BYTES)
        x = ops.pad(x, [(0, 0), (0, high * down - height), (0, wide * across - width), (0, 0)], mode="symmetric")
        pixels = ops.clip(ops.cast(x, "int32"), 0, 255)
        tiles = ops.reshape(pixels, (-1, down, high, across, wide, channels))
        tiles = ops.reshape(ops.transpose(tiles, (0, 1, 3, 5, 2, 4)), (-1, down, across, channels, high * wide))
        tables = self._tables(apply(made(Counts, _TONES), tiles), high * wide)
        found = self._looked_up(tables, pixels, (high, wide))
        return rescaled(found[:, :height, :width, :], BYTES, self.value_range)

    def _tables(self, counts: AnyTensor, pixels: int) -> AnyTensor:
        """For each tone of each tile what takes its place: (n, down, across, channels, tones)."""
        if self.clip_limit > 0:
            kept = ops.minimum(counts, self.clip_limit * pixels / _TONES)
            counts = ops.add(kept, ops.divide(ops.sum(ops.subtract(counts, kept), -1, keepdims=True), _TONES))
        below = ops.cumsum(counts, axis=-1)
        least = below[..., :1]
        others = ops.subtract(float(pixels), least)
        others = ops.where(ops.equal(others, 0), 1.0, others)
        return ops.clip(ops.divide(ops.multiply(ops.subtract(below, least), 255.0), others), *BYTES)

    def _looked_up(self, tables: AnyTensor, pixels: AnyTensor, size: tuple[int, int]) -> AnyTensor:
        """The pixels by the tables of the four tiles that are nearest."""
        down, across = self.tile_grid_size
        height, width, channels = sizes(pixels)
        flat = ops.reshape(tables, (-1, down * across * channels * _TONES))
        total: AnyTensor | None = None
        for rows, row_shares in _neighbours(height, size[0], down):
            for columns, column_shares in _neighbours(width, size[1], across):
                tile = rows[:, None, None] * across + columns[None, :, None]
                first = (tile * channels + np.arange(channels)) * _TONES
                place = ops.reshape(ops.add(pixels, first.astype(np.int32)), (-1, height * width * channels))
                found = ops.reshape(ops.take_along_axis(flat, place, axis=1), (-1, height, width, channels))
                shares = (row_shares[:, None, None] * column_shares[None, :, None]).astype(np.float32)
                weighted = ops.multiply(found, shares)
                total = weighted if total is None else ops.add(total, weighted)
        assert total is not None
        return total


def _neighbours(length: int, size: int, count: int) -> list[tuple[Array, Array]]:
    """For each place on an axis the tiles before and behind it, and how much each counts."""
    at = (np.arange(length) - size / 2) / size
    before = np.floor(at)
    tiles = (np.clip(before + step, 0, count - 1).astype(np.int64) for step in (0, 1))
    return list(zip(tiles, (1 - (at - before), at - before)))
