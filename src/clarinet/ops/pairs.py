"""Functions of two whole numbers, of neighbouring floats, and of two rows of numbers."""

from __future__ import annotations

import numpy as np

from clarinet.ops.arithmetic import clip, divide, floor_divide, multiply, power, subtract
from clarinet.ops.arranging import flip, pad
from clarinet.ops.axes import expand_dims, moveaxis, reshape
from clarinet.ops.comparisons import equal, where
from clarinet.ops.creation import arange, linspace
from clarinet.ops.diagonals import diagonal
from clarinet.ops.dispatch import apply, converted, dtype_of, floats, promoted, shape_of, sizes_of, typed
from clarinet.ops.dtypes import as_dtype
from clarinet.ops.elementwise import absolute, sqrt, square
from clarinet.ops.linear import matmul
from clarinet.ops.operation import Binary, made
from clarinet.ops.ordering import argsort
from clarinet.ops.sliding import Windows
from clarinet.ops.totals import mean
from clarinet.ops.totals import sum as total
from clarinet.types import AnyTensor, Array, DTypeArg, Namespace, TensorLike

__all__ = [
    "argpartition",
    "cdist",
    "corrcoef",
    "correlate",
    "gcd",
    "geomspace",
    "lcm",
    "nextafter",
    "vander",
]


#: Euclid's steps for two neighbours of Fibonacci's with 64 bits, which take the most.
_STEPS = 93


class Gcd(Binary):
    """y = the greatest common divisor of whole numbers, by Euclid; no slope."""

    keeps = False

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        a, b = xp.abs(a) + xp.zeros_like(b), xp.abs(b) + xp.zeros_like(a)
        for _ in range(_STEPS):
            nothing = b == 0
            a, b = xp.where(nothing, a, b), xp.where(nothing, b, a % xp.where(nothing, xp.ones_like(b), b))
        return a

    def left(self, dy: Array, a: object, b: object, y: object, xp: Namespace) -> Array:
        return xp.zeros_like(dy)

    right = left


class Nextafter(Binary):
    """y = the number next to a in the direction of b; no slope."""

    keeps = False

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return xp.nextafter(a, b)

    def left(self, dy: Array, a: object, b: object, y: object, xp: Namespace) -> Array:
        return xp.zeros_like(dy)

    right = left


def gcd(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The greatest common divisor of whole numbers.

    Raises:
        TypeError: floats.

    Example:
        >>> gcd([12, 7], 18).tolist()
        [6, 1]
    """
    a, b = promoted(x1, x2, least=int)
    if dtype_of(a).kind not in "iu":
        raise TypeError(f"gcd: expected whole numbers, received {dtype_of(a)}; ops.cast makes some")
    return apply(made(Gcd), a, b)


def lcm(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The least common multiple of whole numbers; 0 where one of them is."""
    a, b = promoted(x1, x2, least=int)
    divisor = gcd(a, b)
    return absolute(multiply(floor_divide(a, where(equal(divisor, 0), 1, divisor)), b))


def nextafter(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The number next to ``x1`` in the direction of ``x2``.

    Example:
        >>> float(nextafter(np.float32(1), 2.0)) - 1 == float(np.finfo("float32").eps)
        True
    """
    return apply(made(Nextafter), *promoted(x1, x2, least=float))


def argpartition(x: TensorLike, kth: int, axis: int | None = -1) -> AnyTensor:
    """Places such that the entry of number ``kth`` is where it would be in order: here all are in order, as int32.

    Args:
        kth: the number. axis: default -1; None: all numbers in one row.
    """
    return argsort(x, axis)


def cdist(x: TensorLike, y: TensorLike) -> AnyTensor:
    """The distance of every row of ``x`` to every row of ``y``.

    Args:
        x: (…, m, d). y: (…, n, d).

    Returns:
        (…, m, n).

    Raises:
        ValueError: fewer than two axes, or rows of several lengths.

    Example:
        >>> cdist([[0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]]).tolist()
        [[5.0, 1.0]]
    """
    a, b = promoted(x, y, least=float)
    m, n = shape_of(a), shape_of(b)
    if len(m) < 2 or len(n) < 2 or m[-1] != n[-1]:
        raise ValueError(f"cdist: expected rows of one length, (…, m, d) and (…, n, d); received {m} and {n}")
    return sqrt(total(square(subtract(expand_dims(a, -2), expand_dims(b, -3))), axis=-1))


def corrcoef(x: TensorLike) -> AnyTensor:
    """The correlations of the rows of a matrix with each other.

    Args:
        x: (variables, observations), or (observations,).

    Example:
        >>> corrcoef([[1.0, 2.0], [4.0, 2.0]]).tolist()
        [[1.0, -1.0], [-1.0, 1.0]]
    """
    x = floats(x)
    rows = expand_dims(x, 0) if len(shape_of(x)) == 1 else x
    away = subtract(rows, mean(rows, axis=1, keepdims=True))
    count = (shape_of(rows)[1] or 0) - 1
    covariance = divide(matmul(away, moveaxis(away, 0, 1)), count)
    deviations = sqrt(diagonal(covariance))
    found = divide(divide(covariance, expand_dims(deviations, 1)), deviations)
    found = clip(found, -1.0, 1.0)
    return found if len(shape_of(x)) > 1 else reshape(found, ())


def correlate(x1: TensorLike, x2: TensorLike, mode: str = "valid") -> AnyTensor:
    """``y_k = sum_i x1_{k + i} x2_i`` of two rows of numbers.

    Args:
        mode: ``"valid"`` (default): where they lie on each other as a whole; ``"same"``: as many as the longer has;
            ``"full"``: wherever they touch.

    Example:
        >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0, 0.5]).tolist()
        [3.5]
    """
    a, b = promoted(x1, x2)
    m, n = sizes_of(a, "correlate"), sizes_of(b, "correlate")
    if len(m) != 1 or len(n) != 1 or mode not in ("valid", "same", "full"):
        raise ValueError(
            f"correlate: expected two rows of numbers and mode 'valid', 'same' or 'full'; received {m}, {n}, {mode!r}"
        )
    if m[0] < n[0]:
        return flip(correlate(b, a, mode))
    size = n[0]
    ends = {"valid": (0, 0), "same": (size // 2, size - size // 2 - 1), "full": (size - 1, size - 1)}[mode]
    return matmul(apply(made(Windows, 0, size), pad(a, [ends])), b)


def geomspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DTypeArg = None,
    axis: int = 0,
) -> AnyTensor:
    """Numbers with equal quotients from ``start`` to ``stop``, both of one sign; arguments as of :func:`linspace`.

    Example:
        >>> geomspace(1.0, 8.0, 4).tolist()
        [1.0, 2.0, 4.0, 8.0]
    """
    a, b = promoted(start, stop, least=float)
    share = linspace(np.zeros((), dtype_of(a)), 1.0, num, endpoint)
    share = reshape(share, (num, *(1,) * max(len(shape_of(a)), len(shape_of(b)))))
    line = multiply(a, power(divide(b, a), share))
    line = moveaxis(line, 0, axis) if axis else line
    return typed(line, as_dtype(dtype)) if dtype else line


def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> AnyTensor:
    """The powers of each number in a row.

    Args:
        x: (n,).
        N: how many powers; default n.
        increasing: from the power 0 on; default False: down to it.

    Example:
        >>> vander([2, 3], 3).tolist()
        [[4, 2, 1], [9, 3, 1]]
    """
    x = converted(x)
    count = shape_of(x)[0] if N is None else N
    if len(shape_of(x)) != 1 or count is None:
        raise ValueError(f"vander: expected a row of numbers of a known length, received a shape {shape_of(x)}")
    powers = arange(count) if increasing else flip(arange(count))
    return power(expand_dims(x, 1), typed(powers, dtype_of(x)) if dtype_of(x).kind == "f" else powers)
