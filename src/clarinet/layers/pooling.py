"""Pooling: every output summarises a window of its own channel."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, prod
from typing import ClassVar

from clarinet.arrays import crop, pad, scatter_windows, windows
from clarinet.fields import Field
from clarinet.layers.base import Layer
from clarinet.layers.context import Context
from clarinet.layers.geometry import (
    Margins,
    Sizes,
    SizesField,
    check_data_format,
    check_padding,
    check_rank,
    margins,
    output_sizes,
    per_axis,
)
from clarinet.types import Array, Namespace, Shape, TensorLike


class _Pooling(Layer):
    """Windows without weights, for any number of spatial axes."""

    rank: ClassVar[int]

    pool_size: Shape
    strides: Shape
    padding: str
    data_format: str | None

    def check(self) -> None:
        name = type(self).__name__
        self.padding = check_padding(self.padding, f"{name}: padding")
        self.data_format = check_data_format(self.data_format, name)

    @property
    def _window(self) -> tuple[Shape, Shape, Shape]:
        """Size, strides and dilation."""
        return self.pool_size, self.strides, (1,) * self.rank

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


class _StridesField(Field[Sizes | None, Shape]):
    """Steps between windows; None: as long as the windows, so that they do not overlap."""

    def convert(self, value: Sizes | None, owner: object) -> Shape:
        assert isinstance(owner, _Pooling)
        return owner.pool_size if value is None else per_axis(value, owner.rank, self.what(owner))


class _MaxPooling(_Pooling):
    """The largest entry of each window; the gradient goes to the first entry that is as large."""

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        seen = windows(pad(x, self._margins(x), -inf, ctx.xp), *self._window)
        y = seen[0]
        for part in seen[1:]:
            y = ctx.xp.maximum(y, part)
        return y, (x, y, ctx.xp), {}

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

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        counts = self._sums(ctx.xp.ones_like(x[:1, ...]), ctx.xp)
        return self._sums(x, ctx.xp) / counts, (x, counts, ctx.xp), {}

    def _sums(self, x: Array, xp: Namespace) -> Array:
        seen = windows(pad(x, self._margins(x), xp=xp), *self._window)
        return sum(seen[1:], start=seen[0])

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
        data_format: None or ``"channels_last"``.

    Raises:
        TypeError, ValueError: a size that is no positive whole number; when built, samples that have no three axes or
            are smaller than the window.

    Example:
        >>> MaxPooling2D().output_shape((26, 26, 32))
        (13, 13, 32)
    """

    rank = 2

    pool_size: SizesField = SizesField(2)
    strides: _StridesField = _StridesField(None)
    padding: str = "valid"
    data_format: str | None = None


@dataclass(eq=False, repr=False)
class MaxPooling1D(_MaxPooling):
    """The largest entry of every window of a sequence: ``y[t, c] = max over u of x[st + u, c]``.

    Shapes: ``x`` (n, steps, channels), output (n, new steps, channels). Sizes and gradient as in :class:`MaxPooling2D`.

    Args:
        pool_size: steps of a window; default 2.
        strides: step between windows; default (None) ``pool_size``, so that they do not overlap.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: None or ``"channels_last"``.

    Raises:
        TypeError, ValueError: as for :class:`MaxPooling2D`.

    Example:
        >>> MaxPooling1D(3).output_shape((10, 4))
        (3, 4)
    """

    rank = 1

    pool_size: SizesField = SizesField(2)
    strides: _StridesField = _StridesField(None)
    padding: str = "valid"
    data_format: str | None = None


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
        data_format: None or ``"channels_last"``.

    Raises:
        TypeError, ValueError: as for :class:`MaxPooling2D`.

    Example:
        >>> AveragePooling2D((2, 3), padding="same").output_shape((5, 6, 4))
        (3, 2, 4)
    """

    rank = 2

    pool_size: SizesField = SizesField(2)
    strides: _StridesField = _StridesField(None)
    padding: str = "valid"
    data_format: str | None = None


@dataclass(eq=False, repr=False)
class AveragePooling1D(_AveragePooling):
    """The mean of every window of a sequence: ``y[t, c] = mean over u of x[st + u, c]``.

    Shapes: ``x`` (n, steps, channels), output (n, new steps, channels). Sizes and gradient as in
    :class:`AveragePooling2D`.

    Args:
        pool_size: steps of a window; default 2.
        strides: step between windows; default (None) ``pool_size``, so that they do not overlap.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: None or ``"channels_last"``.

    Raises:
        TypeError, ValueError: as for :class:`MaxPooling2D`.

    Example:
        >>> AveragePooling1D(2, strides=1).output_shape((10, 4))
        (9, 4)
    """

    rank = 1

    pool_size: SizesField = SizesField(2)
    strides: _StridesField = _StridesField(None)
    padding: str = "valid"
    data_format: str | None = None


class _GlobalPooling(Layer):
    """One number for each channel of a sample."""

    rank: ClassVar[int]

    data_format: str | None
    keepdims: bool

    def check(self) -> None:
        self.data_format = check_data_format(self.data_format, type(self).__name__)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(input_shape, self.rank, type(self).__name__)
        return (*((1,) * self.rank if self.keepdims else ()), input_shape[-1])

    def _shaped(self, y: Array, x: Array, xp: Namespace) -> Array:
        return xp.reshape(y, (x.shape[0], *self.output_shape(tuple(x.shape[1:]))))

    @property
    def _axes(self) -> tuple[int, ...]:
        return tuple(range(1, self.rank + 1))


class _GlobalAveragePooling(_GlobalPooling):
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp, shape = ctx.xp, tuple(x.shape)
        if ctx.mask is None:
            return self._shaped(xp.mean(x, axis=self._axes), x, xp), (shape, None, xp), {}
        kept = xp.astype(ctx.mask, x.dtype)[..., None]
        count = xp.sum(kept, axis=1, keepdims=True)
        share = kept / xp.where(count > 0, count, xp.ones_like(count))
        return (
            self._shaped(xp.sum(xp.where(kept > 0, x, xp.zeros_like(x)) * share, axis=1), x, xp),
            (shape, share, xp),
            {},
        )

    def backward(
        self, params: dict[str, Array], cache: tuple[tuple[int, ...], Array | None, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        shape, share, xp = cache
        dy = xp.reshape(dy, (shape[0], *(1,) * self.rank, shape[-1]))
        return (xp.broadcast_to(dy / prod(shape[1:-1]), shape) if share is None else dy * share), {}


class _GlobalMaxPooling(_GlobalPooling):
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return self._shaped(ctx.xp.max(x, axis=self._axes), x, ctx.xp), (x, ctx.xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        x, xp = cache
        wide = (x.shape[0], *(1,) * self.rank, x.shape[-1])
        largest = xp.astype(x == xp.max(x, axis=self._axes, keepdims=True), dy.dtype)
        return largest * (xp.reshape(dy, wide) / xp.sum(largest, axis=self._axes, keepdims=True)), {}


@dataclass(eq=False, repr=False)
class GlobalAveragePooling2D(_GlobalAveragePooling):
    """The mean of every channel of an image (Lin, Chen, Yan, ICLR 2014).

    Shapes: ``x`` (n, height, width, channels), output (n, channels). Gradient: all
    entries of a channel get ``dy`` divided by their number.

    Args:
        data_format: None or ``"channels_last"``.
        keepdims: keep the axes that were pooled, with size 1; default False.

    Raises:
        ValueError: another data format; when built, samples of another rank.

    Example:
        >>> GlobalAveragePooling2D().output_shape((7, 7, 64))
        (64,)
    """

    rank = 2

    data_format: str | None = None
    keepdims: bool = False


@dataclass(eq=False, repr=False)
class GlobalAveragePooling1D(_GlobalAveragePooling):
    """The mean of every channel of a sequence, over the steps that its mask leaves.

    Shapes: ``x`` (n, steps, channels), output (n, channels); 0 where no step is left. Gradient: all entries that count
    get ``dy`` divided by their number.

    Args:
        data_format: None or ``"channels_last"``.
        keepdims: keep the axes that were pooled, with size 1; default False.

    Raises:
        ValueError: another data format; when built, samples of another rank.

    Example:
        >>> GlobalAveragePooling1D(keepdims=True).output_shape((10, 4))
        (1, 4)
    """

    uses_mask = True
    rank = 1

    data_format: str | None = None
    keepdims: bool = False

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """None: there are no steps any more."""


@dataclass(eq=False, repr=False)
class GlobalMaxPooling2D(_GlobalMaxPooling):
    """The largest entry of every channel of an image.

    Shapes: ``x`` (n, height, width, channels), output (n, channels). Gradient: the
    entries that are as large share ``dy`` equally.

    Args:
        data_format: None or ``"channels_last"``.
        keepdims: keep the axes that were pooled, with size 1; default False.

    Raises:
        ValueError: another data format; when built, samples of another rank.

    Example:
        >>> GlobalMaxPooling2D().output_shape((7, 7, 64))
        (64,)
    """

    rank = 2

    data_format: str | None = None
    keepdims: bool = False


@dataclass(eq=False, repr=False)
class GlobalMaxPooling1D(_GlobalMaxPooling):
    """The largest entry of every channel of a sequence.

    Shapes: ``x`` (n, steps, channels), output (n, channels). Gradient: the
    entries that are as large share ``dy`` equally.

    Args:
        data_format: None or ``"channels_last"``.
        keepdims: keep the axes that were pooled, with size 1; default False.

    Raises:
        ValueError: another data format; when built, samples of another rank.

    Example:
        >>> GlobalMaxPooling1D().output_shape((10, 4))
        (4,)
    """

    rank = 1

    data_format: str | None = None
    keepdims: bool = False
