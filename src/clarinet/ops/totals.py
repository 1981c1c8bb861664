"""Sums, means, extremes and what else turns many numbers into fewer."""

from __future__ import annotations

from clarinet.ops.arithmetic import maximum, minimum, subtract
from clarinet.ops.comparisons import not_equal, truths
from clarinet.ops.dispatch import converted, dtype_of, floats, typed
from clarinet.ops.dtypes import as_dtype, summed_dtype
from clarinet.ops.elementwise import sqrt
from clarinet.ops.reductions import (
    AllTrue,
    AnyTrue,
    Argmax,
    Argmin,
    Logsumexp,
    Max,
    Mean,
    Min,
    Prod,
    Sum,
    Var,
    reduced,
)
from clarinet.types import AnyTensor, Axes, DTypeArg, TensorLike

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "logsumexp",
    "max",
    "mean",
    "min",
    "prod",
    "ptp",
    "std",
    "sum",
    "var",
]


def sum(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The sum over some axes; truth values are counted, small whole numbers are added in 32 bits.

    Args:
        axis: one, several in a tuple, or None for all; default None.
        keepdims: leave the axes there, with size 1; default False.

    Example:
        >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=0).tolist()
        [4.0, 6.0]
    """
    x = converted(x)
    return reduced(Sum, typed(x, summed_dtype(dtype_of(x))), axis, keepdims)


def prod(x: TensorLike, axis: Axes = None, keepdims: bool = False, dtype: DTypeArg = None) -> AnyTensor:
    """The product over some axes; arguments as of :func:`sum`.

    Args:
        dtype: of the product; default that of ``x``, of at least 32 bits.
    """
    x = converted(x)
    return reduced(
        Prod, typed(x, as_dtype(dtype, "prod: dtype") if dtype else summed_dtype(dtype_of(x))), axis, keepdims
    )


def mean(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The mean over some axes, a float; arguments as of :func:`sum`.

    Example:
        >>> mean([[1, 2], [3, 4]], axis=1).tolist()
        [1.5, 3.5]
    """
    return reduced(Mean, floats(x), axis, keepdims)


def max(x: TensorLike, axis: Axes = None, keepdims: bool = False, initial: TensorLike = None) -> AnyTensor:
    """The greatest number over some axes; equals share the gradient; arguments as of :func:`sum`.

    Args:
        initial: the result is at least this.
    """
    greatest = reduced(Max, converted(x), axis, keepdims)
    return greatest if initial is None else maximum(greatest, initial)


def min(x: TensorLike, axis: Axes = None, keepdims: bool = False, initial: TensorLike = None) -> AnyTensor:
    """The least number over some axes; equals share the gradient; arguments as of :func:`sum`.

    Args:
        initial: the result is at most this.
    """
    least = reduced(Min, converted(x), axis, keepdims)
    return least if initial is None else minimum(least, initial)


def amax(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """Another name of :func:`max`."""
    return max(x, axis, keepdims)


def amin(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """Another name of :func:`min`."""
    return min(x, axis, keepdims)


def ptp(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The greatest less the least number over some axes; arguments as of :func:`sum`."""
    x = converted(x)
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


def var(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The mean of the squared distances to the mean, over some axes; arguments as of :func:`sum`.

    Example:
        >>> float(var([1.0, 3.0]))
        1.0
    """
    return reduced(Var, floats(x), axis, keepdims)


def std(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The square root of :func:`var`; its gradient is NaN where all numbers are equal."""
    return sqrt(var(x, axis, keepdims))


def logsumexp(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """``log(sum(exp(x)))`` over some axes, without overflow; arguments as of :func:`sum`."""
    return reduced(Logsumexp, floats(x), axis, keepdims)


def all(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """Whether all are true over some axes; numbers are where they are not 0; arguments as of :func:`sum`."""
    return reduced(AllTrue, truths(x), axis, keepdims)


def any(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """Whether any is true over some axes; numbers are where they are not 0; arguments as of :func:`sum`."""
    return reduced(AnyTrue, truths(x), axis, keepdims)


def argmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> AnyTensor:
    """The place of the greatest number along an axis, the first of equals, as int32.

    Args:
        axis: one, or None: all numbers in one row; default None.
        keepdims: leave the axis there, with size 1; default False.

    Example:
        >>> argmax([[1, 5, 2], [7, 0, 7]], axis=1).tolist()
        [1, 0]
    """
    return reduced(Argmax, converted(x), axis, keepdims)


def argmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> AnyTensor:
    """The place of the least number along an axis, the first of equals, as int32; arguments as of :func:`argmax`."""
    return reduced(Argmin, converted(x), axis, keepdims)


def count_nonzero(x: TensorLike, axis: Axes = None) -> AnyTensor:
    """How many numbers are not 0, over some axes."""
    return sum(not_equal(x, 0), axis)
