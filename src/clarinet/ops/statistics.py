"""Averages with weights, medians and quantiles, norms, differences; means and extremes without NaN."""

from __future__ import annotations

from math import inf

import numpy as np

from clarinet.ops.arithmetic import add, divide, multiply, power, subtract
from clarinet.ops.axes import expand_dims, moveaxis, reshape, squeeze
from clarinet.ops.comparisons import isnan, not_equal, where
from clarinet.ops.dispatch import (
    Operand,
    apply,
    as_tensor,
    converted,
    dtype_of,
    floats,
    numbers_of,
    promoted,
    refuse_symbolic,
    shape_of,
    typed,
)
from clarinet.ops.elementwise import absolute, sqrt, square
from clarinet.ops.indexing import get_item, take
from clarinet.ops.matrices import SingularValues
from clarinet.ops.operation import made
from clarinet.ops.ordering import sort
from clarinet.ops.specs import place, places, whole_axes
from clarinet.ops.totals import any as any_
from clarinet.ops.totals import max as greatest
from clarinet.ops.totals import mean
from clarinet.ops.totals import min as least
from clarinet.ops.totals import sum as total
from clarinet.problems import shown
from clarinet.types import AnyTensor, Array, Axes, TensorLike

__all__ = [
    "average",
    "diff",
    "median",
    "norm",
    "percentile",
    "quantile",
    "trapezoid",
]


def average(x: TensorLike, axis: Axes = None, weights: TensorLike = None) -> AnyTensor:
    """The mean over some axes, or ``sum(weights x) / sum(weights)``.

    Args:
        axis: one, several in a tuple, or None for all; default None.
        weights: of the shape of ``x``; or one for each entry along the one axis.

    Example:
        >>> float(average([1.0, 4.0], weights=[2, 1]))
        2.0
    """
    if weights is None:
        return mean(x, axis)
    x, weights = promoted(x, weights, least=float)
    shape, given = shape_of(x), shape_of(weights)
    if shape == given:
        return divide(total(multiply(x, weights), axis), total(weights, axis))
    axes = places(whole_axes(axis, "average"), len(shape), "average")
    if len(axes) != 1 or len(given) != 1 or (None not in (given[0], shape[axes[0]]) and given[0] != shape[axes[0]]):
        raise ValueError(
            f"average: weights of shape {given} for numbers of shape {shape}: expected the same shape, or one weight "
            "for each entry along one axis"
        )
    along = reshape(weights, (-1, *(1,) * (len(shape) - 1 - axes[0])))
    return divide(total(multiply(x, along), axis), total(weights))


#: How a quantile between two numbers is made of them.
_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantile(
    x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False
) -> AnyTensor:
    """The number below which a share ``q`` of the numbers lies, over some axes.

    Args:
        q: a share from 0 to 1, or several, which stand along a new first axis.
        axis: one, several in a tuple, or None for all; default None.
        method: between two numbers: ``"linear"`` (default), ``"lower"``, ``"higher"``, ``"midpoint"``, ``"nearest"``.
        keepdims: leave the axes there, with size 1; default False.

    Raises:
        ValueError: a share out of range, an unknown method.

    Example:
        >>> quantile([1.0, 2.0, 4.0], [0.5, 0.75]).tolist()
        [2.0, 3.0]
    """
    shares = shares_of(q, method, "quantile")
    rows, axes = sorted_rows(x, axis)
    found = _between(rows, shares * ((shape_of(rows)[-1] or 0) - 1), method)
    found = where(expand_dims(any_(isnan(rows), axis=-1), -1), float("nan"), found)
    return put_first(found, axes, keepdims, bool(shares.ndim))


def shares_of(q: TensorLike, method: str, what: str) -> Array:
    """The shares that were asked for.

    Raises:
        ValueError: one out of range, or an unknown method.
    """
    refuse_symbolic(f"{what} with q of a graph", q)
    shares = numbers_of(q).astype(np.float64)
    if method not in _METHODS or shares.ndim > 1 or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(
            f"{what}: expected q from 0 to 1 and a method of {', '.join(_METHODS)}; received {shown(q)}, {method!r}"
        )
    return shares


def sorted_rows(x: TensorLike, axis: Axes) -> tuple[AnyTensor, tuple[int, ...]]:
    """The numbers of some axes in order, along the last one, and these axes."""
    x = floats(x)
    shape = shape_of(x)
    axes = places(whole_axes(axis, "quantile"), len(shape), "quantile")
    rest = [size for i, size in enumerate(shape) if i not in axes]
    rows = moveaxis(x, axes, tuple(range(len(rest), len(shape))))
    rows = sort(reshape(rows, (*rest, -1)), axis=-1)
    if not shape_of(rows)[-1]:
        raise ValueError(f"quantile: expected a known number of numbers, at least one; received the shape {shape}")
    return rows, axes


def put_first(found: TensorLike, axes: tuple[int, ...], keepdims: bool, several: bool) -> AnyTensor:
    """The last axis, which has one entry for each share, in front; without it where there is one share."""
    found = moveaxis(found, -1, 0)
    if keepdims:
        found = expand_dims(found, tuple(axis + 1 for axis in axes))
    return found if several else squeeze(found, 0)


def _between(rows: Operand, at: Array, method: str) -> AnyTensor:
    """The numbers of sorted rows at places that may lie between two."""
    if method == "nearest":
        return take(rows, np.ceil(at - 0.5).astype(int).reshape(-1), axis=-1)
    low, high = np.floor(at).astype(int).reshape(-1), np.ceil(at).astype(int).reshape(-1)
    if method in ("lower", "higher"):
        return take(rows, low if method == "lower" else high, axis=-1)
    share = (np.full(at.size, 0.5) if method == "midpoint" else (at - np.floor(at)).reshape(-1)).astype(dtype_of(rows))
    first, second = take(rows, low, axis=-1), take(rows, high, axis=-1)
    return add(multiply(first, 1 - share), multiply(second, share))


def percentile(
    x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False
) -> AnyTensor:
    """:func:`quantile` with shares in percent."""
    refuse_symbolic("percentile with q of a graph", q)
    return quantile(x, numbers_of(q) / 100, axis, method, keepdims)


def median(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The number in the middle, or the mean of the two there, over some axes; arguments as of :func:`quantile`.

    Example:
        >>> float(median([3.0, 1.0, 2.0, 9.0]))
        2.5
    """
    return quantile(x, 0.5, axis, "linear", keepdims)


def norm(x: TensorLike, ord: float | str | None = None, axis: Axes = None, keepdims: bool = False) -> AnyTensor:
    """The length of vectors, or the size of matrices.

    Args:
        ord: of vectors: 2 (the default), 1, another number p (``sum(|x|**p)**(1/p)``), 0 (how many are not 0), ``inf``
            or ``-inf`` (the greatest or least ``|x|``). Of matrices: ``"fro"`` (the default), 1 or -1 (the greatest or
            least sum of a column), ``inf`` or ``-inf`` (of a row), 2 or -2 (the greatest or least singular value),
            ``"nuc"`` (their sum).
        axis: one: that of the vectors; two: those of the matrices; default None: all numbers as one vector where no
            ``ord`` is given, else the axes that ``x`` has.
        keepdims: leave the axes there, with size 1; default False.

    Raises:
        ValueError: an unknown ``ord``.

    Example:
        >>> float(norm([3.0, 4.0])), float(norm([3.0, -4.0], ord=1))
        (5.0, 7.0)
    """
    x = floats(x)
    rank = len(shape_of(x))
    axes = places(whole_axes(axis, "norm"), rank, "norm")
    if ord is None or (axis is None and rank == 0):
        return sqrt(total(square(x), axes, keepdims))
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise ValueError(f"norm: ord={ord!r} is of vectors or matrices: give one axis, or two; received axis {axis}")
    return _matrix_norm(x, ord, axes, keepdims)


def _vector_norm(x: Operand, ord: float | str, axis: int, keepdims: bool) -> AnyTensor:
    if isinstance(ord, str):
        raise ValueError(f"norm: ord={ord!r} is of matrices; give two axes, or a number for ord")
    size = absolute(x)
    if ord in (inf, -inf):
        return (greatest if ord > 0 else least)(size, axis, keepdims)
    if ord == 0:
        return total(typed(not_equal(x, 0), dtype_of(x)), axis, keepdims)
    if ord == 1:
        return total(size, axis, keepdims)
    if ord == 2:
        return sqrt(total(square(x), axis, keepdims))
    return power(total(power(size, float(ord)), axis, keepdims), 1 / float(ord))


def _matrix_norm(x: Operand, ord: float | str, axes: tuple[int, ...], keepdims: bool) -> AnyTensor:
    if ord == "fro":
        return sqrt(total(square(x), axes, keepdims))
    if ord in ("nuc", 2, -2):
        values = apply(made(SingularValues), moveaxis(x, axes, (-2, -1)))
        function = total if ord == "nuc" else least if ord == -2 else greatest
        found = function(values, axis=-1)
        return expand_dims(found, tuple(sorted(axes))) if keepdims else found
    if ord not in (1, -1, inf, -inf):
        raise ValueError(f"norm: of matrices ord is 'fro', 'nuc', 1, -1, 2, -2, inf or -inf; received {ord!r}")
    added, chosen = axes if abs(ord) == 1 else reversed(axes)
    sums = total(absolute(x), added, keepdims=True)
    found = (greatest if ord > 0 else least)(sums, chosen, keepdims=True)
    return found if keepdims else reshape(found, [n for i, n in enumerate(shape_of(found)) if i not in axes])


def diff(a: TensorLike, n: int = 1, axis: int = -1) -> AnyTensor:
    """The differences of neighbours along an axis, ``n`` times.

    Example:
        >>> diff([1, 4, 9]).tolist(), diff([1, 4, 9], n=2).tolist()
        ([3, 5], [2])
    """
    a = converted(a)
    at = place(axis, len(shape_of(a)), "diff")
    if n < 0:
        raise ValueError(f"diff: expected n of at least 0, received {n}")
    whole = (slice(None),) * at
    for _ in range(n):
        a = subtract(get_item(a, (*whole, slice(1, None))), get_item(a, (*whole, slice(None, -1))))
    return as_tensor(a)


def trapezoid(y: TensorLike, x: TensorLike = None, dx: float = 1.0, axis: int = -1) -> AnyTensor:
    """The area below straight lines between the points, along an axis.

    Args:
        y: heights. x: their places; default at distances of ``dx``.

    Example:
        >>> float(trapezoid([0.0, 1.0, 0.0]))
        1.0
    """
    y = floats(y)
    at = place(axis, len(shape_of(y)), "trapezoid")
    whole = (slice(None),) * at
    middle = multiply(add(get_item(y, (*whole, slice(1, None))), get_item(y, (*whole, slice(None, -1)))), 0.5)
    if x is None:
        return total(multiply(middle, dx), at)
    x = floats(x)
    one = len(shape_of(x)) == 1
    steps = reshape(diff(x), (-1, *(1,) * (len(shape_of(y)) - 1 - at))) if one else diff(x, axis=at)
    return total(multiply(middle, steps), at)
