"""Pooling: every output summarises a window of its own channel."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

from clarinet.arrays import crop, pad, scatter_windows, windows
from clarinet.layers.base import Context, Layer, Shape
from clarinet.layers.geometry import check_data_format, check_padding, check_rank, margins, output_sizes, per_axis
from clarinet.params import Array


class _Pooling(Layer):
    """Windows without weights, for any number of spatial axes."""

    rank: ClassVar[int]

    pool_size: Any
    strides: Any
    padding: str
    data_format: str | None

    def check(self) -> None:
        name = type(self).__name__
        self.pool_size = per_axis(self.pool_size, self.rank, f"{name}: pool_size")
        strides = self.pool_size if self.strides is None else self.strides
        self.strides = per_axis(strides, self.rank, f"{name}: strides")
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

    def _margins(self, x: Array) -> tuple[tuple[int, int], ...]:
        return margins(tuple(x.shape[1:-1]), *self._window, self.padding)

    def _gather(self, parts: list[Array], x: Array, edges: tuple[tuple[int, int], ...], xp: Any) -> Array:
        """Gradients at the inputs from those at every place in the window."""
        padded = [size + sum(edge) for size, edge in zip(x.shape[1:-1], edges, strict=True)]
        return crop(scatter_windows(parts, padded, *self._window, xp), edges)


class _MaxPooling(_Pooling):
    """The largest entry of each window; the gradient goes to the first entry that is as large."""

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, Any, dict[str, Array]]:
        seen = windows(pad(x, self._margins(x), -inf, ctx.xp), *self._window)
        y = seen[0]
        for part in seen[1:]:
            y = ctx.xp.maximum(y, part)
        return y, (x, y, ctx.xp), {}

    def backward(self, params: dict[str, Array], cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, y, xp = cache
        edges, nothing = self._margins(x), xp.zeros_like(dy)
        parts, left = [], xp.ones_like(dy, dtype=xp.bool)
        for part in windows(pad(x, edges, -inf, xp), *self._window):
            chosen = xp.logical_and(left, part == y)
            left = xp.logical_and(left, xp.logical_not(chosen))
            parts.append(xp.where(chosen, dy, nothing))
        return self._gather(parts, x, edges, xp), {}


@dataclass(eq=False, repr=False)
class MaxPooling2D(_MaxPooling):
    """The largest entry of every window: ``y[i, j, c] = max over u, v of x[si + u, sj + v, c]`` with stride ``s``.

    Shapes: ``x`` (n, height, width, channels), output (n, new height, new width, channels). With padding ``"valid"`` a
    new size is ``floor((size - pool) / s) + 1``, with ``"same"`` it is ``ceil(size / s)``; what is added around an
    image never wins. Gradient: ``dy`` goes to the entry that won, the first one among equals.

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

    pool_size: Any = 2
    strides: Any = None
    padding: str = "valid"
    data_format: str | None = None
