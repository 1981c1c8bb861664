"""Sums, means and extremes of what is not NaN."""

from __future__ import annotations

from collections.abc import Callable

from clarinet.ops.arithmetic import divide, subtract
from clarinet.ops.comparisons import isnan, logical_not, where
from clarinet.ops.cumulative import cumprod, cumsum
from clarinet.ops.dispatch import Operand, converted, dtype_of, floats
from clarinet.ops.elementwise import sqrt, square
from clarinet.ops.totals import all as every
from clarinet.ops.totals import max as greatest
from clarinet.ops.totals import min as least
from clarinet.ops.totals import prod
from clarinet.ops.totals import sum as total
from clarinet.types import AnyTensor, Axes, DTypeArg, TensorLike

__all__ = [
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]


def _filled(x: TensorLike, value: float) -> Operand:
    """``x`` with a number in place of NaN."""
    x = converted(x)
    return where(isnan(x), value, x) if dtype_of(x).kind == "f" else x


def nansum(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The sum of what is not NaN; arguments as of :func:`clarinet.ops.sum`.

    Example:
        >>> float(nansum([1.0, float("nan"), 2.0]))
        3.0
    """
    return total(_filled(x, 0.0), axis, keepdims)


def nanprod(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The product of what is not NaN; arguments as of :func:`clarinet.ops.sum`."""
    return prod(_filled(x, 1.0), axis, keepdims)


def nancumsum(x: TensorLike, axis: int | None = None, dtype: DTypeArg = None) -> AnyTensor:
    """:func:`clarinet.ops.cumsum`, to which NaN adds nothing."""
    return cumsum(_filled(x, 0.0), axis, dtype)


def nancumprod(x: TensorLike, axis: int | None = None, dtype: DTypeArg = None) -> AnyTensor:
    """:func:`clarinet.ops.cumprod`, in which NaN counts as 1."""
    return cumprod(_filled(x, 1.0), axis, dtype)


def nanmax(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The greatest number that is not NaN, or NaN where all are; arguments as of :func:`clarinet.ops.sum`."""
    return _extreme(greatest, x, float("-inf"), axis, keepdims)


def nanmin(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The least number that is not NaN, or NaN where all are; arguments as of :func:`clarinet.ops.sum`."""
    return _extreme(least, x, float("inf"), axis, keepdims)


def _extreme(
    function: Callable[..., AnyTensor], x: TensorLike, instead: float, axis: Axes, keepdims: bool
) -> AnyTensor:
    x = converted(x)
    found = function(_filled(x, instead), axis, keepdims)
    return where(every(isnan(x), axis, keepdims), float("nan"), found) if dtype_of(x).kind == "f" else found


def nanmean(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The mean of what is not NaN; arguments as of :func:`clarinet.ops.sum`."""
    x = floats(x)
    return divide(nansum(x, axis, keepdims), total(logical_not(isnan(x)), axis, keepdims))


def nanvar(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The variance of what is not NaN; arguments as of :func:`clarinet.ops.sum`."""
    x = floats(x)
    away = subtract(x, nanmean(x, axis, keepdims=True))
    squares = total(square(where(isnan(x), 0.0, away)), axis, keepdims)
    return divide(squares, total(logical_not(isnan(x)), axis, keepdims))


def nanstd(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The standard deviation of what is not NaN; arguments as of :func:`clarinet.ops.sum`."""
    return sqrt(nanvar(x, axis, keepdims))
