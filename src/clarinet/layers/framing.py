"""Zeros around samples, their ends cut off, and entries repeated: numbers that only move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from clarinet.arrays import crop, pad
from clarinet.fields import Field
from clarinet.layers.channels import DataFormatField, Spatial, or_by_parts
from clarinet.layers.context import Context
from clarinet.layers.geometry import Margins, SizesField, check_rank
from clarinet.types import Array, Namespace, Shape

#: One number for all ends, one for both ends of each axis, or one for each end.
Ends = int | Sequence[int | Sequence[int]]


class _Moving(Spatial):
    """Base of layers over spatial axes without weights."""

    rank: ClassVar[int]

    def sizes(self, spatial: Shape) -> Shape:
        """The spatial sizes of the output."""
        raise NotImplementedError

    @or_by_parts
    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(input_shape, self.rank, type(self).__name__)
        return (*self.sizes(input_shape[:-1]), input_shape[-1])


class _EndsField(Field[Ends, Margins]):
    """A whole number of at least 0 for each end of each spatial axis."""

    def convert(self, value: Ends, owner: object) -> Margins:
        rank: int = getattr(owner, "rank", 2)
        each = value if isinstance(value, (list, tuple)) else (value,) * max(rank, 2)
        if rank == len(each) == 1 and isinstance(each[0], (list, tuple)):  # as a configuration holds it
            each = each[0]
        pairs = (
            (tuple(each),) if rank == 1 else tuple(tuple(p) if isinstance(p, (list, tuple)) else (p, p) for p in each)
        )
        sizes = [size for pair in pairs for size in pair]
        if [len(pair) for pair in pairs] != [2] * rank or not all(
            isinstance(size, (int, np.integer)) and not isinstance(size, bool) and size >= 0 for size in sizes
        ):
            forms = "or (before, after)" if rank == 1 else f"{rank} of them, or {rank} pairs (before, after)"
            raise ValueError(f"{self.what(owner)} is a whole number of at least 0, {forms}; received {value!r}")
        return tuple((int(before), int(after)) for before, after in pairs)


class _ZeroPadding(_Moving):
    """Zeros around every sample."""

    padding: Margins

    def sizes(self, spatial: Shape) -> Shape:
        return tuple(size + sum(edge) for size, edge in zip(spatial, self.padding, strict=True))

    @or_by_parts
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return pad(x, self.padding, xp=ctx.xp), None, {}

    @or_by_parts
    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Array, dict[str, Array]]:
        return crop(dy, self.padding), {}


class _Cropping(_Moving):
    """Every sample without its ends."""

    cropping: Margins

    def sizes(self, spatial: Shape) -> Shape:
        found = tuple(size - sum(edge) for size, edge in zip(spatial, self.cropping, strict=True))
        if min(found) < 1:
            raise ValueError(
                f"{type(self).__name__}: cropping={self.cropping} leaves nothing of samples of "
                f"{' x '.join(map(str, spatial))}; take less away"
            )
        return found

    @or_by_parts
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        self.sizes(tuple(x.shape[1:-1]))
        return crop(x, self.cropping), ctx.xp, {}

    @or_by_parts
    def backward(self, params: dict[str, Array], cache: Namespace, dy: Array) -> tuple[Array, dict[str, Array]]:
        return pad(dy, self.cropping, xp=cache), {}


class _Repeating(_Moving):
    """Every entry several times along each spatial axis."""

    size: Shape

    def sizes(self, spatial: Shape) -> Shape:
        return tuple(n * factor for n, factor in zip(spatial, self.size, strict=True))

    @or_by_parts
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        for axis, factor in enumerate(self.size, 1):
            x = ctx.xp.repeat(x, factor, axis=axis)
        return x, ctx.xp, {}

    @or_by_parts
    def backward(self, params: dict[str, Array], cache: Namespace, dy: Array) -> tuple[Array, dict[str, Array]]:
        for axis, factor in enumerate(self.size, 1):
            shape = (*dy.shape[:axis], dy.shape[axis] // factor, factor, *dy.shape[axis + 1 :])
            dy = cache.sum(cache.reshape(dy, shape), axis=axis + 1)
        return dy, {}


@dataclass(eq=False, repr=False)
class ZeroPadding1D(_ZeroPadding):
    """Surrounds sequences with zeros.

    Shapes: ``x`` (n, steps, channels), output (n, before + steps + after, channels).
    Gradient: ``dy`` without the margins.

    Args:
        padding: one number for both ends, or (before, after); default 1.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        ValueError: not such numbers, or negative ones; when built, samples that have no two axes.

    Example:
        >>> ZeroPadding1D((0, 2)).output_shape((5, 4))
        (7, 4)
    """

    rank = 1

    padding: _EndsField = _EndsField(1)
    data_format: DataFormatField = DataFormatField(None)


@dataclass(eq=False, repr=False)
class ZeroPadding2D(_ZeroPadding):
    """Surrounds images with zeros.

    Shapes: ``x`` (n, height, width, channels), output (n, top + height + bottom, left + width + right, channels).
    Gradient: ``dy`` without the margins.

    Args:
        padding: one number for all sides, (rows, columns), or ((top, bottom), (left, right)); default 1.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        ValueError: not such numbers, or negative ones; when built, samples that have no three axes.

    Example:
        >>> ZeroPadding2D(((0, 1), (2, 3))).output_shape((5, 5, 4))
        (6, 10, 4)
    """

    rank = 2

    padding: _EndsField = _EndsField(1)
    data_format: DataFormatField = DataFormatField(None)


@dataclass(eq=False, repr=False)
class ZeroPadding3D(_ZeroPadding):
    """Surrounds volumes with zeros.

    Shapes: ``x`` (n, depth, height, width, channels), output the same with longer axes.
    Gradient: ``dy`` without the margins.

    Args:
        padding: one number for all sides, one for each axis, or three pairs (before, after); default 1 at both ends.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        ValueError: not such numbers, or negative ones; when built, samples that have no four axes.

    Example:
        >>> ZeroPadding3D((1, 0, 2)).output_shape((5, 5, 5, 4))
        (7, 5, 9, 4)
    """

    rank = 3

    padding: _EndsField = _EndsField(((1, 1), (1, 1), (1, 1)))
    data_format: DataFormatField = DataFormatField(None)


@dataclass(eq=False, repr=False)
class Cropping1D(_Cropping):
    """The inner part of sequences.

    Shapes: ``x`` (n, steps, channels), output (n, steps - before - after, channels).
    Gradient: ``dy`` with zeros around it.

    Args:
        cropping: one number for both ends, or (before, after); default 1.

    Raises:
        ValueError: not such numbers, or negative ones; when built, samples that have no two axes, or of which
            nothing would be left.

    Example:
        >>> Cropping1D((0, 2)).output_shape((5, 4))
        (3, 4)
    """

    rank = 1

    cropping: _EndsField = _EndsField(1)


@dataclass(eq=False, repr=False)
class Cropping2D(_Cropping):
    """The inner part of images.

    Shapes: ``x`` (n, height, width, channels), output (n, height - top - bottom, width - left - right, channels).
    Gradient: ``dy`` with zeros around it.

    Args:
        cropping: one number for all sides, (rows, columns), or ((top, bottom), (left, right)); default 0 everywhere.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        ValueError: not such numbers, or negative ones; when built, samples that have no three axes, or of which
            nothing would be left.

    Example:
        >>> Cropping2D(((0, 1), (2, 1))).output_shape((5, 5, 4))
        (4, 2, 4)
    """

    rank = 2

    cropping: _EndsField = _EndsField(((0, 0), (0, 0)))
    data_format: DataFormatField = DataFormatField(None)


@dataclass(eq=False, repr=False)
class Cropping3D(_Cropping):
    """The inner part of volumes.

    Shapes: ``x`` (n, depth, height, width, channels), output the same with shorter axes.
    Gradient: ``dy`` with zeros around it.

    Args:
        cropping: one number for all sides, one for each axis, or three pairs (before, after); default 1 at both ends.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        ValueError: not such numbers, or negative ones; when built, samples that have no four axes, or of which
            nothing would be left.

    Example:
        >>> Cropping3D((1, 0, 2)).output_shape((5, 5, 5, 4))
        (3, 5, 1, 4)
    """

    rank = 3

    cropping: _EndsField = _EndsField(((1, 1), (1, 1), (1, 1)))
    data_format: DataFormatField = DataFormatField(None)


@dataclass(eq=False, repr=False)
class UpSampling1D(_Repeating):
    """Sequences ``size`` times as long: every step ``size`` times.

    Shapes: ``x`` (n, steps, channels), output (n, steps * size, channels). Gradient: ``dx`` is the sum of ``dy`` over
    the repeated steps.

    Args:
        size: how often, a whole number; default 2.

    Raises:
        TypeError, ValueError: no positive whole number; when built, samples that have no two axes.

    Example:
        >>> UpSampling1D(3).output_shape((5, 4))
        (15, 4)
    """

    rank = 1
    size: SizesField = SizesField(2)


@dataclass(eq=False, repr=False)
class UpSampling3D(_Repeating):
    """Volumes ``size`` times as large: every entry several times along each axis.

    Shapes: ``x`` (n, depth, height, width, channels), output (n, depth * size[0], height * size[1], width * size[2],
    channels). Gradient: ``dx`` is the sum of ``dy`` over the repeated entries.

    Args:
        size: factors of depth, height and width, or one whole number for all; default 2.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: no positive whole numbers; when built, samples that have no four axes.

    Example:
        >>> UpSampling3D((1, 2, 3)).output_shape((5, 5, 5, 4))
        (5, 10, 15, 4)
    """

    rank = 3

    size: SizesField = SizesField(2)
    data_format: DataFormatField = DataFormatField(None)
