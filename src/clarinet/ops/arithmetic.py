"""Sums, products, powers and what else two numbers give."""

from __future__ import annotations

from math import log
from typing import cast

from clarinet.ops.comparisons import equal, greater, isnan, less, logical_or, where
from clarinet.ops.dispatch import apply, converted, dtype_of, promoted, typed
from clarinet.ops.elementwise import square
from clarinet.ops.operation import Binary, made
from clarinet.types import AnyTensor, Array, Namespace, TensorLike

__all__ = [
    "add",
    "arctan2",
    "clip",
    "divide",
    "divide_no_nan",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "heaviside",
    "hypot",
    "ldexp",
    "logaddexp",
    "logaddexp2",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "power",
    "subtract",
    "true_divide",
]


class Add(Binary):
    """y = a + b; da = dy, db = dy."""

    keeps = False

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a + b

    def left(self, dy: Array, a: object, b: object, y: object, xp: Namespace) -> Array:
        return dy

    right = left


class Subtract(Binary):
    """y = a - b; da = dy, db = -dy."""

    keeps = False

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a - b

    def left(self, dy: Array, a: object, b: object, y: object, xp: Namespace) -> Array:
        return dy

    def right(self, dy: Array, a: object, b: object, y: object, xp: Namespace) -> Array:
        return -dy


class Multiply(Binary):
    """y = a b; da = dy b, db = dy a."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a * b

    def left(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return dy * b

    def right(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return dy * a


class Divide(Binary):
    """y = a / b; da = dy / b, db = -dy a / b^2."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a / b

    def left(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return dy / b

    def right(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return -dy * y / b


class FloorDivide(Binary):
    """y = floor(a / b); no slope."""

    keeps = False

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a // b

    def left(self, dy: Array, a: object, b: object, y: object, xp: Namespace) -> Array:
        return xp.zeros_like(dy)

    right = left


class Mod(Binary):
    """y = a - b floor(a / b), of the sign of b; da = dy, db = -dy floor(a / b)."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a % b

    def left(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return dy

    def right(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return -dy * xp.floor(a / b)


class Fmod(Binary):
    """y = a - b trunc(a / b), of the sign of a; da = dy, db = -dy trunc(a / b)."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return xp.sign(a) * (xp.abs(a) % xp.abs(b))  # type: ignore[no-any-return]

    def left(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return dy

    def right(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return -dy * xp.trunc(a / b)


class Power(Binary):
    """y = a^b; da = dy b a^(b-1), which is 0 for b = 0; db = dy y log a, which is 0 at a = 0."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a**b

    def left(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        one = xp.ones_like(b)
        slope = b * a ** xp.where(b == 0, one, b - one)
        return dy * xp.where(b == 0, xp.zeros_like(slope), slope)

    def right(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return dy * y * xp.log(xp.where(a == 0, xp.ones_like(a), a))


class Maximum(Binary):
    """y = max(a, b); the gradient goes to the greater one, half of it to each where they are equal."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return xp.maximum(a, b)

    def left(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return _winner(dy, a > b, a == b, xp)

    def right(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return _winner(dy, b > a, a == b, xp)


class Minimum(Binary):
    """y = min(a, b); the gradient goes to the smaller one, half of it to each where they are equal."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return xp.minimum(a, b)

    def left(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return _winner(dy, a < b, a == b, xp)

    def right(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return _winner(dy, b < a, a == b, xp)


def _winner(dy: Array, wins: Array, ties: Array, xp: Namespace) -> Array:
    return xp.where(wins, dy, xp.where(ties, dy * 0.5, xp.zeros_like(dy)))


class Arctan2(Binary):
    """y = the angle of the point (b, a); da = dy b / (a^2 + b^2), db = -dy a / (a^2 + b^2)."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return xp.atan2(a, b)

    def left(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return dy * (b / (a * a + b * b))  # type: ignore[no-any-return]

    def right(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return dy * (-a / (a * a + b * b))  # type: ignore[no-any-return]


class Hypot(Binary):
    """y = sqrt(a^2 + b^2) without overflow; da = dy a / y, db = dy b / y."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return xp.hypot(a, b)

    def left(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return _over(dy * a, y, xp)

    def right(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return _over(dy * b, y, xp)


def _over(top: Array, y: Array, xp: Namespace) -> Array:
    """The quotient, 0 where both are 0."""
    return xp.where(y == 0, xp.zeros_like(top), top / xp.where(y == 0, xp.ones_like(y), y))


class Logaddexp(Binary):
    """y = log(exp(a) + exp(b)) without overflow; da = dy exp(a - y), db = dy exp(b - y)."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return xp.logaddexp(a, b)

    def left(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return dy * _share(a, y, xp)

    def right(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        return dy * _share(b, y, xp)


def _share(a: Array, y: Array, xp: Namespace) -> Array:
    """``exp(a - y)``, where two infinities count as equal."""
    return xp.exp(xp.where(a == y, xp.zeros_like(y), a - y))


def add(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """``x1 + x2``.

    Example:
        >>> add([1, 2], 0.5).tolist()
        [1.5, 2.5]
    """
    return apply(_ADD, *promoted(x1, x2))


def subtract(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """``x1 - x2``."""
    return apply(_SUBTRACT, *promoted(x1, x2))


def multiply(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """``x1 * x2``, entry by entry."""
    return apply(_MULTIPLY, *promoted(x1, x2))


def divide(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """``x1 / x2``; whole numbers give floats.

    Example:
        >>> divide([1, 3], 2).tolist()
        [0.5, 1.5]
    """
    return apply(_DIVIDE, *promoted(x1, x2, least=float))


def true_divide(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """Another name of :func:`divide`."""
    return divide(x1, x2)


def divide_no_nan(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """``x1 / x2``, but 0 where ``x2`` is 0.

    Example:
        >>> divide_no_nan([1.0, 3.0], [2.0, 0.0]).tolist()
        [0.5, 0.0]
    """
    a, b = promoted(x1, x2, least=float)
    nothing = equal(b, 0)
    return where(nothing, 0, divide(a, where(nothing, 1, b)))


def floor_divide(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """``x1 / x2`` rounded down; its gradient is 0."""
    return apply(_FLOOR_DIVIDE, *promoted(x1, x2, least=int))


def mod(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The rest of ``x1 / x2`` rounded down: it has the sign of ``x2``, as in Python.

    Example:
        >>> mod([-3, 4], 3).tolist()
        [0, 1]
    """
    return apply(_MOD, *promoted(x1, x2, least=int))


def fmod(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The rest of ``x1 / x2`` rounded towards 0: it has the sign of ``x1``, as in C.

    Example:
        >>> fmod([-4.0, 4.0], 3.0).tolist()
        [-1.0, 1.0]
    """
    return apply(_FMOD, *promoted(x1, x2, least=int))


def power(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """``x1`` to the power ``x2``; whole numbers to one that is not negative give whole numbers.

    Example:
        >>> power([2, 3], 3).tolist(), power(4.0, [-1.0, 0.5]).tolist()
        ([8, 27], [0.25, 2.0])
    """
    if type(x2) is int and x2 == 2:
        return square(promoted(x1, least=int)[0])
    return apply(_POWER, *promoted(x1, x2, least=int))


def maximum(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The greater of two numbers; where they are equal each gets half of the gradient.

    Example:
        >>> maximum([-1.0, 2.0], 0).tolist()
        [0.0, 2.0]
    """
    return apply(_MAXIMUM, *promoted(x1, x2))


def minimum(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The smaller of two numbers; where they are equal each gets half of the gradient."""
    return apply(_MINIMUM, *promoted(x1, x2))


def fmax(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The greater of two numbers, or the one that is not NaN; where they are equal ``x2`` gets the gradient."""
    a, b = promoted(x1, x2)
    return where(logical_or(greater(a, b), isnan(b)), a, b)


def fmin(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The smaller of two numbers, or the one that is not NaN; where they are equal ``x2`` gets the gradient."""
    a, b = promoted(x1, x2)
    return where(logical_or(less(a, b), isnan(b)), a, b)


def clip(x: TensorLike, x_min: TensorLike, x_max: TensorLike) -> AnyTensor:
    """``x`` brought into ``[x_min, x_max]``: ``min(max(x, x_min), x_max)``; the gradient is 0 outside, half at a bound.

    A bound that is None is none.

    Example:
        >>> clip([-2.0, 0.5, 9.0], 0, 1).tolist()
        [0.0, 0.5, 1.0]
    """
    above = x if x_min is None else maximum(x, x_min)
    return cast(AnyTensor, converted(above)) if x_max is None else minimum(above, x_max)


def arctan2(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The angle of the point with the coordinates ``(x2, x1)``, from -π to π."""
    return apply(_ARCTAN2, *promoted(x1, x2, least=float))


def hypot(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """``sqrt(x1**2 + x2**2)`` without overflow."""
    return apply(_HYPOT, *promoted(x1, x2, least=float))


def logaddexp(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """``log(exp(x1) + exp(x2))`` without overflow."""
    return apply(_LOGADDEXP, *promoted(x1, x2, least=float))


def logaddexp2(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """``log2(2**x1 + 2**x2)`` without overflow."""
    a, b = promoted(x1, x2, least=float)
    return multiply(logaddexp(multiply(a, log(2)), multiply(b, log(2))), 1 / log(2))


def heaviside(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """0 where ``x1`` is negative, 1 where it is positive, ``x2`` where it is 0.

    Example:
        >>> heaviside([-2.0, 0.0, 3.0], 0.5).tolist()
        [0.0, 0.5, 1.0]
    """
    a, b = promoted(x1, x2, least=float)
    step = where(equal(a, 0), b, where(greater(a, 0), 1.0, 0.0))
    return where(isnan(a), a, step)


def ldexp(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """``x1 * 2**x2`` with whole numbers ``x2``.

    Example:
        >>> ldexp([1.0, 3.0], [3, -1]).tolist()
        [8.0, 1.5]
    """
    (a,) = promoted(x1, least=float)
    return multiply(a, power(2.0, typed(converted(x2), dtype_of(a))))


_ADD, _SUBTRACT, _MULTIPLY, _DIVIDE = made(Add), made(Subtract), made(Multiply), made(Divide)
_FLOOR_DIVIDE, _MOD, _FMOD, _POWER = made(FloorDivide), made(Mod), made(Fmod), made(Power)
_MAXIMUM, _MINIMUM, _HYPOT, _LOGADDEXP = made(Maximum), made(Minimum), made(Hypot), made(Logaddexp)
_ARCTAN2 = made(Arctan2)
