"""Pooling over the whole of a sample: one number for each channel."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from clarinet.layers.channels import DataFormatField, Spatial, or_by_parts
from clarinet.layers.context import Context
from clarinet.layers.geometry import check_rank
from clarinet.types import Array, Namespace, Shape, TensorLike


@dataclass(eq=False, repr=False)
class _GlobalPooling(Spatial):
    """One number for each channel of a sample."""

    rank: ClassVar[int]

    data_format: DataFormatField = DataFormatField(None)
    keepdims: bool = False

    @property
    def keeps_axes(self) -> bool:
        return self.keepdims

    @or_by_parts
    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(input_shape, self.rank, type(self).__name__)
        return (*((1,) * self.rank if self.keepdims else ()), input_shape[-1])

    def _shaped(self, y: Array, x: Array, xp: Namespace) -> Array:
        return xp.reshape(y, (x.shape[0], *self.output_shape(tuple(x.shape[1:]))))

    @property
    def _axes(self) -> tuple[int, ...]:
        return tuple(range(1, self.rank + 1))


class _GlobalAveragePooling(_GlobalPooling):
    @or_by_parts
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

    @or_by_parts
    def backward(
        self, params: dict[str, Array], cache: tuple[tuple[int, ...], Array | None, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        shape, share, xp = cache
        dy = xp.reshape(dy, (shape[0], *(1,) * self.rank, shape[-1]))
        return (xp.broadcast_to(dy / prod(shape[1:-1]), shape) if share is None else dy * share), {}


class _GlobalMaxPooling(_GlobalPooling):
    @or_by_parts
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return self._shaped(ctx.xp.max(x, axis=self._axes), x, ctx.xp), (x, ctx.xp), {}

    @or_by_parts
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
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        keepdims: keep the axes that were pooled, with size 1; default False.

    Raises:
        ValueError: another data format; when built, samples of another rank.

    Example:
        >>> GlobalAveragePooling2D().output_shape((7, 7, 64))
        (64,)
    """

    rank = 2


@dataclass(eq=False, repr=False)
class GlobalAveragePooling1D(_GlobalAveragePooling):
    """The mean of every channel of a sequence, over the steps that its mask leaves.

    Shapes: ``x`` (n, steps, channels), output (n, channels); 0 where no step is left. Gradient: all entries that count
    get ``dy`` divided by their number.

    Args:
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        keepdims: keep the axes that were pooled, with size 1; default False.

    Raises:
        ValueError: another data format; when built, samples of another rank.

    Example:
        >>> GlobalAveragePooling1D(keepdims=True).output_shape((10, 4))
        (1, 4)
    """

    uses_mask = True
    rank = 1

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """None: there are no steps any more."""


@dataclass(eq=False, repr=False)
class GlobalMaxPooling2D(_GlobalMaxPooling):
    """The largest entry of every channel of an image.

    Shapes: ``x`` (n, height, width, channels), output (n, channels). Gradient: the
    entries that are as large share ``dy`` equally.

    Args:
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        keepdims: keep the axes that were pooled, with size 1; default False.

    Raises:
        ValueError: another data format; when built, samples of another rank.

    Example:
        >>> GlobalMaxPooling2D().output_shape((7, 7, 64))
        (64,)
    """

    rank = 2


@dataclass(eq=False, repr=False)
class GlobalMaxPooling1D(_GlobalMaxPooling):
    """The largest entry of every channel of a sequence.

    Shapes: ``x`` (n, steps, channels), output (n, channels). Gradient: the
    entries that are as large share ``dy`` equally.

    Args:
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        keepdims: keep the axes that were pooled, with size 1; default False.

    Raises:
        ValueError: another data format; when built, samples of another rank.

    Example:
        >>> GlobalMaxPooling1D().output_shape((10, 4))
        (4,)
    """

    rank = 1


@dataclass(eq=False, repr=False)
class GlobalAveragePooling3D(_GlobalAveragePooling):
    """The mean of every channel of a volume.

    Shapes: ``x`` (n, depth, height, width, channels), output (n, channels). Gradient: all
    entries of a channel get ``dy`` divided by their number.

    Args:
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        keepdims: keep the axes that were pooled, with size 1; default False.

    Raises:
        ValueError: another data format; when built, samples of another rank.

    Example:
        >>> GlobalAveragePooling3D().output_shape((7, 7, 7, 64))
        (64,)
    """

    rank = 3


@dataclass(eq=False, repr=False)
class GlobalMaxPooling3D(_GlobalMaxPooling):
    """The largest entry of every channel of a volume.

    Shapes: ``x`` (n, depth, height, width, channels), output (n, channels). Gradient: the
    entries that are as large share ``dy`` equally.

    Args:
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        keepdims: keep the axes that were pooled, with size 1; default False.

    Raises:
        ValueError: another data format; when built, samples of another rank.

    Example:
        >>> GlobalMaxPooling3D().output_shape((7, 7, 7, 64))
        (64,)
    """

    rank = 3
