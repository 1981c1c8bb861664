"""Sums, means, extremes and quantiles of what is not NaN."""

from __future__ import annotations

from collections.abc import Callable

from clarinet.ops.arithmetic import add, divide, maximum, multiply, subtract
from clarinet.ops.comparisons import isnan, less, logical_not, where
from clarinet.ops.cumulative import cumprod, cumsum
from clarinet.ops.dispatch import Operand, converted, dtype_of, floats, numbers_of, refuse_symbolic, typed
from clarinet.ops.dtypes import INT
from clarinet.ops.elementwise import ceil, floor, sqrt, square
from clarinet.ops.indexing import take_along_axis
from clarinet.ops.statistics import put_first, shares_of, sorted_rows
from clarinet.ops.totals import all as every
from clarinet.ops.totals import argmax, argmin, prod
from clarinet.ops.totals import max as greatest
from clarinet.ops.totals import min as least
from clarinet.ops.totals import sum as total
from clarinet.types import AnyTensor, Axes, DTypeArg, TensorLike

__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
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


def nanargmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> AnyTensor:
    """The place of the greatest number that is not NaN, or -1 where all are; arguments as of :func:`argmax`.

    Example:
        >>> int(nanargmax([1.0, float("nan"), 3.0]))
        2
    """
    return _place(argmax, x, float("-inf"), axis, keepdims)


def nanargmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> AnyTensor:
    """The place of the least number that is not NaN, or -1 where all are; arguments as of :func:`argmin`."""
    return _place(argmin, x, float("inf"), axis, keepdims)


def _place(
    function: Callable[..., AnyTensor], x: TensorLike, instead: float, axis: int | None, keepdims: bool
) -> AnyTensor:
    x = converted(x)
    found = function(_filled(x, instead), axis, keepdims)
    return where(every(isnan(x), axis, keepdims), -1, found) if dtype_of(x).kind == "f" else found


def nanquantile(
    x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False
) -> AnyTensor:
    """:func:`quantile` of what is not NaN; NaN where all are.

    Example:
        >>> float(nanquantile([1.0, float("nan"), 2.0], 0.5))
        1.5
    """
    shares = shares_of(q, method, "nanquantile")
    rows, axes = sorted_rows(x, axis)  # NaN comes last
    last = subtract(total(logical_not(isnan(rows)), axis=-1, keepdims=True), 1)
    at = multiply(maximum(last, 0), shares.reshape(-1).astype(dtype_of(rows)))
    low, high = floor(at), ceil(at)
    if method == "nearest":
        low = high = ceil(subtract(at, 0.5))
    low, high = (high if method == "higher" else low), (low if method == "lower" else high)
    share = 0.5 if method == "midpoint" else subtract(at, low) if method == "linear" else 0.0
    first, second = (take_along_axis(rows, typed(place, INT), axis=-1) for place in (low, high))
    found = add(multiply(first, subtract(1, share)), multiply(second, share))
    found = where(less(last, 0), float("nan"), found)
    return put_first(found, axes, keepdims, bool(shares.ndim))


def nanpercentile(
    x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False
) -> AnyTensor:
    """:func:`nanquantile` with shares in percent."""
    refuse_symbolic("nanpercentile with q of a graph", q)
    return nanquantile(x, numbers_of(q) / 100, axis, method, keepdims)


def nanmedian(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """:func:`median` of what is not NaN; NaN where all are."""
    return nanquantile(x, 0.5, axis, "linear", keepdims)
