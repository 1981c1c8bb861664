"""Functions of one number: signs, rounding, squares and roots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clarinet.ops.dispatch import apply, as_tensor, converted, dtype_of, floats, promoted, typed
from clarinet.ops.operation import Flat, Unary, made
from clarinet.types import AnyTensor, Array, Namespace, TensorLike

__all__ = [
    "abs",
    "absolute",
    "cbrt",
    "ceil",
    "fabs",
    "floor",
    "nan_to_num",
    "negative",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "sqrt",
    "square",
    "trunc",
]


class Negative(Unary):
    """y = -x; dx = -dy."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return -x

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return -dy


class Absolute(Unary):
    """y = |x|; dx = dy where x >= 0, else -dy."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.abs(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return xp.where(x >= 0, dy, -dy)


class Sign(Flat):
    """y = -1, 0 or 1; no slope."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.sign(x)


class Floor(Flat):
    """y = x rounded down; no slope."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.floor(x)


class Ceil(Flat):
    """y = x rounded up; no slope."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.ceil(x)


class Trunc(Flat):
    """y = x rounded towards 0; no slope."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.trunc(x)


@dataclass(eq=False, repr=False)
class Round(Flat):
    """y = x rounded to some decimals, a half to the even neighbour; no slope.

    Args:
        decimals: may be negative; default 0.
    """

    decimals: int = 0

    def value(self, x: Array, xp: Namespace) -> Array:
        scale = 10.0**self.decimals
        return xp.round(x) if self.decimals == 0 else xp.round(x * scale) / scale


class Square(Unary):
    """y = x^2; dx = 2 x dy."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return x * x

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * (x + x)  # type: ignore[no-any-return]


class Sqrt(Unary):
    """y = sqrt(x); dx = dy / (2 y)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.sqrt(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * 0.5 / y


class Rsqrt(Unary):
    """y = 1 / sqrt(x); dx = -dy y / (2 x)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return 1 / xp.sqrt(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * (-0.5 * y / x)


class Cbrt(Unary):
    """y = the cube root of x, of its sign; dx = dy / (3 y^2)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        size = xp.abs(x)
        root = xp.cbrt(size) if hasattr(xp, "cbrt") else size ** (1 / 3)
        return xp.sign(x) * root

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * (1 / 3) / (y * y)  # type: ignore[no-any-return]


class Reciprocal(Unary):
    """y = 1 / x; dx = -dy y^2."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return 1 / x

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return -dy * y * y


@dataclass(eq=False, repr=False)
class NanToNum(Unary):
    """y = x, or a number in place of NaN and of the infinities, where dx = 0.

    Args:
        nan: default 0.
        posinf, neginf: default the greatest and the least number of the dtype.
    """

    nan: float = 0.0
    posinf: float | None = None
    neginf: float | None = None

    def value(self, x: Array, xp: Namespace) -> Array:
        limits: Any = xp.finfo(x.dtype)
        y = xp.where(xp.isnan(x), xp.full_like(x, self.nan), x)
        high = float(limits.max) if self.posinf is None else self.posinf
        low = float(limits.min) if self.neginf is None else self.neginf
        y = xp.where(x == float("inf"), xp.full_like(x, high), y)
        return xp.where(x == float("-inf"), xp.full_like(x, low), y)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return xp.where(xp.isfinite(x), dy, xp.zeros_like(dy))


def negative(x: TensorLike) -> AnyTensor:
    """``-x``."""
    return apply(_NEGATIVE, promoted(x, least=int)[0])


def absolute(x: TensorLike) -> AnyTensor:
    """``|x|``; the slope at 0 is 1, as in JAX."""
    x = converted(x)
    return as_tensor(x) if dtype_of(x).kind in "bu" else apply(_ABSOLUTE, x)


def abs(x: TensorLike) -> AnyTensor:
    """Another name of :func:`absolute`."""
    return absolute(x)


def fabs(x: TensorLike) -> AnyTensor:
    """``|x|`` as a float."""
    return apply(_ABSOLUTE, floats(x))


def sign(x: TensorLike) -> AnyTensor:
    """-1, 0 or 1; the gradient is 0."""
    return apply(_SIGN, promoted(x, least=int)[0])


def floor(x: TensorLike) -> AnyTensor:
    """``x`` rounded down, as a float; the gradient is 0."""
    return apply(_FLOOR, floats(x))


def ceil(x: TensorLike) -> AnyTensor:
    """``x`` rounded up, as a float; the gradient is 0."""
    return apply(_CEIL, floats(x))


def trunc(x: TensorLike) -> AnyTensor:
    """``x`` rounded towards 0; whole numbers stay as they are; the gradient is 0."""
    x = converted(x)
    return apply(_TRUNC, x) if dtype_of(x).kind == "f" else as_tensor(x)


def round(x: TensorLike, decimals: int = 0) -> AnyTensor:
    """``x`` rounded to some decimals, a half to the even neighbour; the gradient is 0.

    Example:
        >>> round([0.5, 1.5, 2.4]).tolist(), round([123], decimals=-1).tolist()
        ([0.0, 2.0, 2.0], [120])
    """
    x = promoted(x, least=int)[0]
    if dtype_of(x).kind == "f":
        return apply(made(Round, decimals), x)
    return as_tensor(x) if decimals >= 0 else typed(apply(made(Round, decimals), floats(x)), dtype_of(x))


def square(x: TensorLike) -> AnyTensor:
    """``x**2``."""
    return apply(_SQUARE, promoted(x, least=int)[0])


def sqrt(x: TensorLike) -> AnyTensor:
    """The square root; the gradient at 0 is infinite."""
    return apply(_SQRT, floats(x))


def rsqrt(x: TensorLike) -> AnyTensor:
    """``1 / sqrt(x)``."""
    return apply(_RSQRT, floats(x))


def cbrt(x: TensorLike) -> AnyTensor:
    """The cube root, which has the sign of ``x``.

    Example:
        >>> cbrt([-8.0, 27.0]).numpy().round(3).tolist()
        [-2.0, 3.0]
    """
    return apply(_CBRT, floats(x))


def reciprocal(x: TensorLike) -> AnyTensor:
    """``1 / x``."""
    return apply(_RECIPROCAL, floats(x))


def nan_to_num(x: TensorLike, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> AnyTensor:
    """``x`` with numbers in place of NaN and of the infinities.

    Args:
        nan: stands for NaN; default 0.
        posinf, neginf: stand for the infinities; default the greatest and the least number of the dtype.

    Example:
        >>> nan_to_num([float("nan"), float("inf"), 1.0], posinf=9.0).tolist()
        [0.0, 9.0, 1.0]
    """
    x = converted(x)
    return apply(made(NanToNum, nan, posinf, neginf), x) if dtype_of(x).kind == "f" else as_tensor(x)


_NEGATIVE, _ABSOLUTE, _SIGN, _FLOOR, _CEIL, _TRUNC = map(made, (Negative, Absolute, Sign, Floor, Ceil, Trunc))
_SQUARE, _SQRT, _RSQRT, _CBRT, _RECIPROCAL = map(made, (Square, Sqrt, Rsqrt, Cbrt, Reciprocal))
