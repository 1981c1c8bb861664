"""Windows that slide along an axis, and their transpose: entries of windows added up where they lie on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from clarinet.arrays import scatter_windows, window_count, windows
from clarinet.ops.dtypes import FLOAT
from clarinet.ops.operation import Gradients, Operation
from clarinet.ops.specs import Batch, Shape, TensorSpec, place
from clarinet.types import Array, Arrays, Namespace


def _as_row(x: Array, axis: int, axes: int, xp: Namespace) -> Array:
    """``x`` with all axes before some as one, and all after them as one."""
    shape = x.shape
    return xp.reshape(x, (prod(shape[:axis]), *shape[axis : axis + axes], prod(shape[axis + axes :])))


@dataclass(eq=False, repr=False)
class _Sliding(Operation):
    """Base of both directions.

    Args:
        axis: along which windows slide, from 0 on. size: of a window.
        stride: from one window to the next. dilation: from one entry of a window to the next.
    """

    axis: int
    size: int
    stride: int = 1
    dilation: int = 1

    def opened(self, x: Array, xp: Namespace) -> Array:
        """The windows: (…, count, size, …)."""
        row = _as_row(x, self.axis, 1, xp)
        found = xp.stack(windows(row, [self.size], [self.stride], [self.dilation]), axis=2)
        return xp.reshape(found, (*x.shape[: self.axis], *found.shape[1:3], *x.shape[self.axis + 1 :]))

    def closed(self, x: Array, length: int, xp: Namespace) -> Array:
        """Windows (…, count, size, …) added up on an axis of this length."""
        row = _as_row(x, self.axis, 2, xp)
        parts = [row[:, :, k, :] for k in range(self.size)]
        found = scatter_windows(parts, [length], [self.size], [self.stride], [self.dilation], xp)
        return xp.reshape(found, (*x.shape[: self.axis], length, *x.shape[self.axis + 2 :]))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps" if self.axis else "mixes"


class Windows(_Sliding):
    """y[…, i, k, …] = x[…, i stride + k dilation, …]; dx = dy added up."""

    moves = True

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        (x,) = xs
        self.result(TensorSpec(x.shape, FLOAT))
        return self.opened(x, xp), x.shape[self.axis]

    def backward(self, cache: int, dy: Array, xp: Namespace = np) -> Gradients:
        return (self.closed(dy, cache, xp),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        shape: Shape = specs[0].shape
        length = shape[place(self.axis, len(shape), "windows")]
        count = None if length is None else window_count(length, self.size, self.stride, self.dilation)
        if count == 0:
            raise ValueError(
                f"a window of {(self.size - 1) * self.dilation + 1} entries does not fit into an axis of {length}; "
                "make it smaller, or use padding='same'"
            )
        return specs[0].reshaped((*shape[: self.axis], count, self.size, *shape[self.axis + 1 :]))


@dataclass(eq=False, repr=False)
class OverlapAdd(_Sliding):
    """y[…, i stride + k dilation, …] = the sum of x[…, i, k, …]; dx = the windows of dy.

    Args:
        length: of y along the axis; default: as long as the windows reach.
    """

    length: int | None = None

    def reach(self, count: int) -> int:
        """The length of y."""
        return (count - 1) * self.stride + (self.size - 1) * self.dilation + 1 if self.length is None else self.length

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        (x,) = xs
        return self.closed(x, self.reach(x.shape[self.axis]), xp), None

    def backward(self, cache: None, dy: Array, xp: Namespace = np) -> Gradients:
        return (self.opened(dy, xp),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        shape = specs[0].shape
        count = shape[self.axis]
        length = self.length if count is None else self.reach(count)
        return specs[0].reshaped((*shape[: self.axis], length, *shape[self.axis + 2 :]))
