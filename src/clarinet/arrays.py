"""The few array primitives that the array API standard lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from types import EllipsisType
from typing import overload

import numpy as np
from numpy.typing import DTypeLike

from clarinet.types import Array, HasNamespace, Namespace, Scalar

#: The smallest probability, length or divisor that counts, as in Keras.
EPSILON = 1e-7


def namespace(x: object) -> Namespace:
    """The array namespace that ``x`` belongs to; NumPy for numbers and lists.

    Raises:
        ImportError: a PyTorch tensor or CuPy array without the package ``array-api-compat``, which smooths out their
            differences from the standard.
    """
    if isinstance(x, (np.ndarray, np.generic)) or not hasattr(x, "shape"):
        return np
    if type(x).__module__.partition(".")[0] in ("torch", "cupy"):
        import array_api_compat

        found: Namespace = array_api_compat.array_namespace(x)
        return found
    return x.__array_namespace__() if isinstance(x, HasNamespace) else np


def widest(xp: Namespace, kind: str = "float") -> DTypeLike:
    """The widest dtype of a kind, ``"float"`` or ``"int"``: of 64 bits, or 32 where the library has no more, as in JAX.

    Example:
        >>> import numpy as np
        >>> widest(np)
        <class 'numpy.float64'>
    """
    if xp is np:
        return np.float64 if kind == "float" else np.int64
    return xp.result_type(getattr(xp, f"{kind}32"), getattr(xp, f"{kind}64"))


@overload
def choose(condition: object, a: Array, b: Array, xp: Namespace = np) -> Array: ...
@overload
def choose(condition: object, a: Scalar, b: Scalar, xp: Namespace = np) -> Scalar: ...
def choose(condition: object, a: Scalar, b: Scalar, xp: Namespace = np) -> Scalar:
    """``a`` where the one truth value ``condition`` holds, else ``b``; where it is traced both are computed.

    Example:
        >>> choose(1 > 2, 0.25, 0.5)
        0.5
    """
    return (a if condition else b) if isinstance(condition, (bool, np.bool_)) else xp.where(condition, a, b)


def number(x: Scalar) -> Scalar:
    """A float of one of NumPy's numbers; a number of another library, which may be traced, stays as it is.

    Example:
        >>> import numpy as np
        >>> number(np.float32(0.5))
        0.5
    """
    return float(x) if namespace(x) is np else x


def summed(x: Scalar) -> Scalar:
    """A number; where functions of a user's gave several, in an array of NumPy's, their sum."""
    return float(np.sum(x)) if isinstance(x, (np.ndarray, np.generic)) else x


# Cody's rational Chebyshev approximations, highest power first: erf(x) = x N(x^2)/D(x^2) for |x| <= 0.46875, and
# erfc(x) = exp(-x^2) N(x)/D(x) beyond.
_ERF_TOP = (
    1.85777706184603153e-1,
    3.16112374387056560,
    1.13864154151050156e2,
    3.77485237685302021e2,
    3.20937758913846947e3,
)
_ERF_BOTTOM = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
_ERFC_TOP = (
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
    8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
)  # fmt: skip
_ERFC_BOTTOM = (
    1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
    3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
)  # fmt: skip
_SPLIT = 0.46875
_FLAT = 6.0  # 1 - erf(6) = 2e-17: below the last digit of float64
_NOTHING = 28.0  # erfc(28) is below the least number of float64


def erf(x: Array, xp: Namespace = np) -> Array:
    """The error function, elementwise: ``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to ``x``.

    Absolute error about 1e-15 in float64 and 1e-7 in float32; ``erf(-x) == -erf(x)`` exactly; NaN stays NaN. Formula:
    W. J. Cody, *Rational Chebyshev approximations for the error function*, Mathematics of Computation 23 (1969).

    Args:
        x: floating-point array of any shape.
        xp: array namespace of ``x``.

    Returns:
        An array of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np
        >>> erf(np.array([0.0, 1.0, -np.inf])).round(12).tolist()
        [0.0, 0.84270079295, -1.0]
    """
    size = xp.clip(xp.abs(x), 0.0, _FLAT)
    near = xp.clip(size, 0.0, _SPLIT)
    inner = near * _ratio(near * near, _ERF_TOP, _ERF_BOTTOM)
    outer = 1.0 - xp.exp(-size * size) * _ratio(size, _ERFC_TOP, _ERFC_BOTTOM)
    return xp.sign(x) * xp.where(size <= _SPLIT, inner, outer)


def erfc(x: Array, xp: Namespace = np) -> Array:
    """The complement ``1 - erf(x)``, elementwise, with its digits where it is tiny; formula as in :func:`erf`.

    Relative error about 1e-15 up to 4, 1e-12 at 6 and 1e-7 at 26, beyond which it is 0; NaN stays NaN.

    Args:
        x: floating-point array of any shape.
        xp: array namespace of ``x``.

    Returns:
        An array of the shape and dtype of ``x``.

    Example:
        >>> import numpy as np
        >>> f"{erfc(np.array(5.0)):.6e}"
        '1.537460e-12'
    """
    size = xp.clip(xp.abs(x), _SPLIT, _NOTHING)
    tail = xp.exp(-size * size) * _ratio(size, _ERFC_TOP, _ERFC_BOTTOM)
    tail = xp.where(x < 0, 2.0 - tail, tail)
    return xp.where(xp.abs(x) > _SPLIT, tail, 1.0 - erf(x, xp))


def _ratio(x: Array, top: tuple[float, ...], bottom: tuple[float, ...]) -> Array:
    """Quotient of two polynomials by Horner's rule."""
    numerator, denominator = x * 0.0 + top[0], x * 0.0 + bottom[0]
    for a, b in zip(top[1:], bottom[1:]):
        numerator, denominator = numerator * x + a, denominator * x + b
    return numerator / denominator


# Windows that slide over the axes between the first (samples) and the last (channels).

Sizes = Sequence[int]


def pad(x: Array, margins: Sequence[tuple[int, int]], value: float = 0.0, xp: Namespace = np) -> Array:
    """``x`` with ``(before, after)`` entries of ``value`` around axes 1, 2, …, as many as there are margins.

    Example:
        >>> import numpy as np
        >>> pad(np.ones((1, 2, 1)), [(1, 2)]).ravel().tolist()
        [0.0, 1.0, 1.0, 0.0, 0.0]
    """
    for axis, sizes in enumerate(margins, 1):
        shapes = [(*x.shape[:axis], size, *x.shape[axis + 1 :]) for size in sizes]
        edges = [xp.full(shape, value, dtype=x.dtype) for shape in shapes]
        x = xp.concat([edges[0], x, edges[1]], axis=axis) if any(sizes) else x
    return x


def crop(x: Array, margins: Sequence[tuple[int, int]]) -> Array:
    """``x`` without ``(before, after)`` entries at the ends of axes 1, 2, …: what :func:`pad` added.

    Example:
        >>> import numpy as np
        >>> crop(np.arange(5).reshape(1, 5, 1), [(1, 2)]).ravel().tolist()
        [1, 2]
    """
    inner = [slice(before, size - after) for (before, after), size in zip(margins, x.shape[1:])]
    return x[_at(inner)]


def _at(spatial: Sequence[slice]) -> tuple[slice | EllipsisType, ...]:
    """The index of a part of every sample, with all channels."""
    return (slice(None), *spatial, ...)


def window_count(size: int, window: int, stride: int, dilation: int) -> int:
    """How many places a window has on an axis of ``size`` entries; 0 where it does not fit."""
    return max(0, (size - (window - 1) * dilation - 1) // stride + 1)


def _places(spatial: Sizes, window: Sizes, strides: Sizes, dilation: Sizes) -> Iterator[tuple[slice, ...]]:
    counts = [window_count(*sizes) for sizes in zip(spatial, window, strides, dilation, strict=True)]
    for place in product(*(range(size) for size in window)):
        starts = [p * d for p, d in zip(place, dilation, strict=True)]
        yield tuple(slice(a, a + (n - 1) * s + 1, s) for a, n, s in zip(starts, counts, strides, strict=True))


def windows(x: Array, window: Sizes, strides: Sizes, dilation: Sizes) -> list[Array]:
    """The entries of ``x`` under a sliding window: one view for every place in the window, row by row.

    Args:
        x: (n, *spatial, channels).
        window, strides, dilation: one number for each spatial axis.

    Returns:
        as many views (n, *counts, channels) as the window has places; stacked they are known as im2col.

    Example:
        >>> import numpy as np
        >>> [v.ravel().tolist() for v in windows(np.arange(5).reshape(1, 5, 1), [2], [2], [1])]
        [[0, 2], [1, 3]]
    """
    return [x[_at(place)] for place in _places(x.shape[1:-1], window, strides, dilation)]


def scatter_windows(
    parts: Iterable[Array], spatial: Sizes, window: Sizes, strides: Sizes, dilation: Sizes, xp: Namespace = np
) -> Array:
    """The transpose of :func:`windows`: every entry goes back to where it was read; entries that meet there are added.

    Args:
        parts: one array (n, *counts, channels) for each place in the window.
        spatial: sizes of the result's spatial axes.

    Returns:
        array (n, *spatial, channels).

    Example:
        >>> import numpy as np
        >>> scatter_windows(np.ones((2, 1, 4, 1)), [5], [2], [1], [1]).ravel().tolist()
        [1.0, 2.0, 2.0, 2.0, 1.0]
    """
    total: Array | None = None
    for part, place in zip(parts, _places(spatial, window, strides, dilation), strict=True):
        if total is None:
            total = xp.zeros((part.shape[0], *spatial, part.shape[-1]), dtype=part.dtype)
        if xp is np:
            total[_at(place)] += part
        else:
            total = total + _spread(part, spatial, place, xp)
    assert total is not None  # a window has places
    return total


def _spread(part: Array, spatial: Sizes, place: tuple[slice, ...], xp: Namespace) -> Array:
    """Zeros (n, *spatial, channels) with ``part`` at ``place``."""
    margins = []
    for axis, (size, where) in enumerate(zip(spatial, place, strict=True), 1):
        if where.step > 1:  # zeros between, and one gap too many at the end
            gaps = xp.zeros((*part.shape[: axis + 1], where.step - 1, *part.shape[axis + 1 :]), dtype=part.dtype)
            apart = xp.concat([xp.expand_dims(part, axis=axis + 1), gaps], axis=axis + 1)
            part = xp.reshape(apart, (*part.shape[:axis], -1, *part.shape[axis + 1 :]))
            part = part[(slice(None),) * axis + (slice(0, part.shape[axis] + 1 - where.step), ...)]
        margins.append((where.start, size - where.start - part.shape[axis]))
    return pad(part, margins, xp=xp)


def bincount(index: Array, weight: Array | None, count: int, xp: Namespace = np) -> Array:
    """For each whole number below ``count`` the sum of the weights (or the number) of the places where it stands.

    Args:
        index: (n,), whole numbers from 0 to ``count - 1``.
        weight: (n,), or None.

    Example:
        >>> import numpy as np
        >>> bincount(np.array([2, 0, 2]), np.array([1.0, 2.0, 4.0]), 3).tolist()
        [2.0, 0.0, 5.0]
    """
    if xp is np:
        return np.bincount(index, weight, count)
    weight = xp.ones(index.shape, dtype=widest(xp)) if weight is None else weight
    return scatter_add(xp.expand_dims(weight, axis=1), index, count, xp)[:, 0]


def scatter_add(rows: Array, index: Array, count: int, xp: Namespace = np) -> Array:
    """``count`` rows, each the sum of those ``rows`` that ``index`` sends there, in their order.

    Args:
        rows: (n, size). index: (n,), whole numbers from 0 to ``count - 1``.

    Example:
        >>> import numpy as np
        >>> scatter_add(np.array([[1.0], [2.0], [4.0]]), np.array([2, 0, 2]), 3).ravel().tolist()
        [2.0, 0.0, 5.0]
    """
    if xp is not np:
        chosen = xp.expand_dims(xp.arange(count), axis=1) == xp.expand_dims(index, axis=0)
        return xp.matmul(xp.astype(chosen, rows.dtype), rows)
    if rows.shape[-1] <= 4:  # sorting would cost more than a pass for each column
        sums = [np.bincount(index, column, count) for column in rows.T]
        return np.stack(sums, axis=1).astype(rows.dtype)
    total = np.zeros((count, rows.shape[-1]), rows.dtype)
    if len(index):
        order = np.argsort(index, kind="stable")
        found, starts = np.unique(index[order], return_index=True)
        total[found] = np.add.reduceat(rows[order], starts, axis=0)
    return total


def spread(weight: object, values: Array, xp: Namespace = np) -> Array:
    """Sample weights in the shape of the loss values: (n,), (n, 1) or the values' own shape.

    Raises:
        ValueError: weights of another shape.
    """
    weight = xp.asarray(weight, dtype=values.dtype)
    if weight.ndim == values.ndim + 1 and weight.shape[-1] == 1:
        weight = weight[..., 0]
    shape = tuple(weight.shape) + (1,) * (values.ndim - weight.ndim)
    if len(shape) != values.ndim or any(own not in (1, size) for own, size in zip(shape, values.shape, strict=True)):
        raise ValueError(
            f"loss: weights (or a mask) of shape {tuple(weight.shape)} do not fit its values, of shape "
            f"{tuple(values.shape)}; leave the weights out, or let the loss give one value a row"
        )
    return xp.broadcast_to(xp.reshape(weight, shape), values.shape)
