"""Pooling: every output summarises a window of its own channel."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, prod
from typing import TYPE_CHECKING, ClassVar

from clarinet import aliases
from clarinet.arrays import crop, pad, scatter_windows, windows
from clarinet.fields import Field
from clarinet.layers.channels import DataFormatField, Spatial, or_by_parts
from clarinet.layers.context import Context
from clarinet.layers.geometry import (
    Margins,
    Sizes,
    SizesField,
    check_padding,
    check_rank,
    margins,
    output_sizes,
    per_axis,
)
from clarinet.types import Array, Namespace, Shape


class _StridesField(Field[Sizes | None, Shape]):
    """Steps between windows; None: as long as the windows, so that they do not overlap."""

    def convert(self, value: Sizes | None, owner: object) -> Shape:
        assert isinstance(owner, _Pooling)
        return owner.pool_size if value is None else per_axis(value, owner.rank, self.what(owner))


@dataclass(eq=False, repr=False)
class _Pooling(Spatial):
    """Windows without weights, for any number of spatial axes."""

    rank: ClassVar[int]

    pool_size: SizesField = SizesField(2)
    strides: _StridesField = _StridesField(None)
    padding: str = "valid"
    data_format: DataFormatField = DataFormatField(None)

    def check(self) -> None:
        self.padding = check_padding(self.padding, f"{type(self).__name__}: padding")

    @property
    def _window(self) -> tuple[Shape, Shape, Shape]:
        """Size, strides and dilation."""
        return self.pool_size, self.strides, (1,) * self.rank

    @or_by_parts
    def output_shape(self, input_shape: Shape) -> Shape:
        name = type(self).__name__
        check_rank(input_shape, self.rank, name)
        return (*output_sizes(input_shape[:-1], *self._window, self.padding, name), input_shape[-1])

    def _margins(self, x: Array) -> Margins:
        return margins(tuple(x.shape[1:-1]), *self._window, self.padding)

    def _gather(self, parts: list[Array], x: Array, edges: Margins, xp: Namespace) -> Array:
        """Gradients at the inputs from those at every place in the window."""
        padded = [size + sum(edge) for size, edge in zip(x.shape[1:-1], edges, strict=True)]
        return crop(scatter_windows(parts, padded, *self._window, xp), edges)


class _MaxPooling(_Pooling):
    """The largest entry of each window; the gradient goes to the first entry that is as large."""

    @or_by_parts
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        seen = windows(pad(x, self._margins(x), -inf, ctx.xp), *self._window)
        y = seen[0]
        for part in seen[1:]:
            y = ctx.xp.maximum(y, part)
        return y, (x, y, ctx.xp), {}

    @or_by_parts
    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        x, y, xp = cache
        edges, nothing = self._margins(x), xp.zeros_like(dy)
        parts, left = [], xp.ones_like(dy, dtype=xp.bool)
        for part in windows(pad(x, edges, -inf, xp), *self._window):
            chosen = xp.logical_and(left, part == y)
            left = xp.logical_and(left, xp.logical_not(chosen))
            parts.append(xp.where(chosen, dy, nothing))
        return self._gather(parts, x, edges, xp), {}


class _AveragePooling(_Pooling):
    """The mean of each window over those of its entries that are in the sample, without the padding."""

    @or_by_parts
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        counts = self._sums(ctx.xp.ones_like(x[:1, ...]), ctx.xp)
        return self._sums(x, ctx.xp) / counts, (x, counts, ctx.xp), {}

    def _sums(self, x: Array, xp: Namespace) -> Array:
        seen = windows(pad(x, self._margins(x), xp=xp), *self._window)
        return sum(seen[1:], start=seen[0])

    @or_by_parts
    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        x, counts, xp = cache
        return self._gather([dy / counts] * prod(self.pool_size), x, self._margins(x), xp), {}


@dataclass(eq=False, repr=False)
class MaxPooling2D(_MaxPooling):
    """The largest entry of every window: ``y[i, j, c] = max over u, v of x[si + u, sj + v, c]`` with stride ``s``.

    Shapes: ``x`` (n, height, width, channels), output (n, new height, new width, channels). With padding ``"valid"`` a
    new size is ``floor((size - pool) / s) + 1``, with ``"same"`` it is ``ceil(size / s)``; the padding never wins.
    Gradient: ``dy`` goes to the entry that won, the first one among equals.

    Args:
        pool_size: height and width of the window, or one number for both; default 2.
        strides: step between windows; default (None) ``pool_size``, so that they do not overlap.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: a size that is no positive whole number; when built, samples that have no three axes or
            are smaller than the window.

    Example:
        >>> MaxPooling2D().output_shape((26, 26, 32))
        (13, 13, 32)
    """

    rank = 2


@dataclass(eq=False, repr=False)
class MaxPooling1D(_MaxPooling):
    """The largest entry of every window of a sequence: ``y[t, c] = max over u of x[st + u, c]``.

    Shapes: ``x`` (n, steps, channels), output (n, new steps, channels). Sizes and gradient as in :class:`MaxPooling2D`.

    Args:
        pool_size: steps of a window; default 2.
        strides: step between windows; default (None) ``pool_size``, so that they do not overlap.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: as for :class:`MaxPooling2D`.

    Example:
        >>> MaxPooling1D(3).output_shape((10, 4))
        (3, 4)
    """

    rank = 1


@dataclass(eq=False, repr=False)
class AveragePooling2D(_AveragePooling):
    """The mean of every window: ``y[i, j, c] = mean over u, v of x[si + u, sj + v, c]`` with stride ``s``.

    Shapes: ``x`` (n, height, width, channels), output (n, new height, new width, channels), sizes as in
    :class:`MaxPooling2D`. What padding ``"same"`` adds around an image does not count. Gradient: the entries of a
    window share its ``dy`` equally.

    Args:
        pool_size: height and width of the window, or one number for both; default 2.
        strides: step between windows; default (None) ``pool_size``, so that they do not overlap.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: as for :class:`MaxPooling2D`.

    Example:
        >>> AveragePooling2D((2, 3), padding="same").output_shape((5, 6, 4))
        (3, 2, 4)
    """

    rank = 2


@dataclass(eq=False, repr=False)
class AveragePooling1D(_AveragePooling):
    """The mean of every window of a sequence: ``y[t, c] = mean over u of x[st + u, c]``.

    Shapes: ``x`` (n, steps, channels), output (n, new steps, channels). Sizes and gradient as in
    :class:`AveragePooling2D`.

    Args:
        pool_size: steps of a window; default 2.
        strides: step between windows; default (None) ``pool_size``, so that they do not overlap.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: as for :class:`MaxPooling2D`.

    Example:
        >>> AveragePooling1D(2, strides=1).output_shape((10, 4))
        (9, 4)
    """

    rank = 1


@dataclass(eq=False, repr=False)
class MaxPooling3D(_MaxPooling):
    """The largest entry of every window of a volume.

    Shapes: ``x`` (n, depth, height, width, channels), output (n, new depth, new height, new width, channels). Sizes and
    gradient as in :class:`MaxPooling2D`.

    Args:
        pool_size: depth, height and width of the window, or one number for all; default 2.
        strides: step between windows; default (None) ``pool_size``, so that they do not overlap.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: as for :class:`MaxPooling2D`.

    Example:
        >>> MaxPooling3D().output_shape((16, 26, 26, 32))
        (8, 13, 13, 32)
    """

    rank = 3


@dataclass(eq=False, repr=False)
class AveragePooling3D(_AveragePooling):
    """The mean of every window of a volume.

    Shapes: ``x`` (n, depth, height, width, channels), output (n, new depth, new height, new width, channels). Sizes and
    gradient as in :class:`AveragePooling2D`.

    Args:
        pool_size: depth, height and width of the window, or one number for all; default 2.
        strides: step between windows; default (None) ``pool_size``, so that they do not overlap.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: as for :class:`MaxPooling2D`.

    Example:
        >>> AveragePooling3D((1, 2, 3), padding="same").output_shape((4, 5, 6, 4))
        (4, 3, 2, 4)
    """

    rank = 3


if not TYPE_CHECKING:  # a program of earlier times asks here for names of the package
    __getattr__ = aliases.within_package(__name__)
