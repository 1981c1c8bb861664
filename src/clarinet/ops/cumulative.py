"""Running sums and products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from clarinet.ops.axes import ravel
from clarinet.ops.dispatch import apply, converted, dtype_of, typed
from clarinet.ops.dtypes import BOOL, INT, as_dtype
from clarinet.ops.operation import Gradients, Operation, made
from clarinet.ops.specs import Batch, TensorSpec, place, whole_axes
from clarinet.types import AnyTensor, Array, Axes, DTypeArg, Namespace, TensorLike

__all__ = [
    "cumprod",
    "cumsum",
]


@dataclass(eq=False, repr=False)
class Running(Operation):
    """Base of operations that go along one axis.

    Args:
        axis: default 0.
    """

    axis: int = 0

    def result(self, *specs: TensorSpec) -> TensorSpec:
        place(self.axis, specs[0].rank, self.name)
        return specs[0]

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps" if place(self.axis, specs[0].rank, self.name) else "mixes"


class Cumsum(Running):
    """y_i = x_0 + … + x_i; dx_i = dy_i + dy_(i+1) + …"""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xp.cumulative_sum(xs[0], axis=self.axis, dtype=xs[0].dtype), None

    def backward(self, cache: None, dy: Array, xp: Namespace = np) -> Gradients:
        return (_from_the_end(dy, self.axis, xp),)


class Cumprod(Running):
    """y_i = x_0 … x_i; dx_i = (dy_i y_i + dy_(i+1) y_(i+1) + …) / x_i, and its limit where numbers are 0."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        y = xp.cumulative_prod(xs[0], axis=self.axis, dtype=xs[0].dtype)
        return y, (xs[0], y)

    def backward(self, cache: tuple[Array, Array], dy: Array, xp: Namespace = np) -> Gradients:
        x, y = cache
        zero, one, nothing = x == 0, xp.ones_like(x), xp.zeros_like(x)
        zeros = xp.cumulative_sum(xp.astype(zero, xp.int32), axis=self.axis, dtype=xp.int32)
        usual = _from_the_end(dy * y, self.axis, xp) / xp.where(zero, one, x)
        # Only the first 0 of a row, and what stands before it, can change anything: beyond, all products stay 0.
        first = zero & (zeros == 1)
        without = xp.cumulative_prod(xp.where(first, one, x), axis=self.axis, dtype=x.dtype)
        at_first = _from_the_end(dy * without, self.axis, xp)
        return (xp.where(first, at_first, xp.where(zeros > 0, nothing, usual)),)


def _from_the_end(x: Array, axis: int, xp: Namespace) -> Array:
    summed = xp.cumulative_sum(xp.flip(x, axis=axis), axis=axis, dtype=x.dtype)
    return xp.flip(summed, axis=axis)


def _run(kind: Callable[..., Operation], x: TensorLike, axis: Axes, dtype: DTypeArg, what: str) -> AnyTensor:
    x = converted(x)
    default = INT if dtype_of(x) == BOOL else dtype_of(x)
    x = typed(x, as_dtype(dtype, f"{what}: dtype") if dtype else default)
    if axis is None:
        return apply(made(kind, 0), ravel(x))
    (axis,) = whole_axes(axis, what) or ()
    return apply(made(kind, axis), x)


def cumsum(x: TensorLike, axis: int | None = None, dtype: DTypeArg = None) -> AnyTensor:
    """The sums of all numbers up to each, along an axis.

    Args:
        axis: one; default None: all numbers in one row.
        dtype: of the sums; default that of ``x``.

    Example:
        >>> cumsum([1, 2, 3]).tolist()
        [1, 3, 6]
    """
    return _run(Cumsum, x, axis, dtype, "cumsum")


def cumprod(x: TensorLike, axis: int | None = None, dtype: DTypeArg = None) -> AnyTensor:
    """The products of all numbers up to each, along an axis; arguments as of :func:`cumsum`."""
    return _run(Cumprod, x, axis, dtype, "cumprod")
