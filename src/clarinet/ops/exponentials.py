"""Exponentials, logarithms and the error function."""

from __future__ import annotations

from math import log as _log
from math import pi

from clarinet.activations import exponential
from clarinet.arrays import erf as _erf
from clarinet.arrays import erfc as _erfc
from clarinet.ops.activated import Activated
from clarinet.ops.dispatch import apply, floats
from clarinet.ops.operation import Unary, made
from clarinet.types import AnyTensor, Array, Namespace, TensorLike

__all__ = [
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
]


class Exp2(Unary):
    """y = 2^x; dx = dy y log 2."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return 2.0**x

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * y * _log(2)


class Expm1(Unary):
    """y = exp(x) - 1, exact near 0; dx = dy (y + 1)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.expm1(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * (y + 1)  # type: ignore[no-any-return]


class Log(Unary):
    """y = log x; dx = dy / x."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.log(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy / x


class Log2(Unary):
    """y = log x / log 2; dx = dy / (x log 2)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.log2(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy / x * (1 / _log(2))


class Log10(Unary):
    """y = log x / log 10; dx = dy / (x log 10)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.log10(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy / x * (1 / _log(10))


class Log1p(Unary):
    """y = log(1 + x), exact near 0; dx = dy / (1 + x)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.log1p(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy / (1 + x)  # type: ignore[no-any-return]


class Erf(Unary):
    """y = the error function of x; dx = dy exp(-x^2) 2 / sqrt(pi)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return _erf(x, xp)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * _bell(x, xp)


class Erfc(Unary):
    """y = 1 - erf(x), exact far above 0; dx = -dy exp(-x^2) 2 / sqrt(pi)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return _erfc(x, xp)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return -dy * _bell(x, xp)


def _bell(x: Array, xp: Namespace) -> Array:
    """The derivative of the error function."""
    return xp.exp(-x * x) * (2 / pi**0.5)  # type: ignore[no-any-return]


class Erfinv(Unary):
    """y = the number whose error function is x; dx = dy exp(y^2) sqrt(pi) / 2.

    Giles's approximation (*Approximating the erfinv function*, GPU Computing Gems, 2011), beyond its last interval what
    erfc(y) = exp(-y^2) / (y sqrt(pi)) gives, and two of Halley's steps.
    """

    def value(self, x: Array, xp: Namespace) -> Array:
        w = -xp.log((1 - x) * (1 + x))
        y = x * xp.where(w < 5, _polynomial(w - 2.5, _CENTRE), _polynomial(xp.sqrt(xp.clip(w, 5.0, 16.0)) - 3, _TAIL))
        rest = 1 - xp.abs(x)
        beyond = xp.sqrt(-xp.log(rest * xp.sqrt(-xp.log(rest) * pi)))
        y = xp.where(w > 16, xp.sign(x) * beyond, y)
        for _ in range(2):  # of Halley's steps, where what is missing to 1 has more digits than x
            tail = xp.where(y > 0, (1 - x) - _erfc(y, xp), _erfc(-y, xp) - (1 + x))
            step = xp.where(xp.abs(x) < 0.5, _erf(y, xp) - x, tail) / _bell(y, xp)
            y = y - step / (1 + y * step)
        return xp.where(xp.abs(x) == 1, x * float("inf"), y)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy / _bell(y, xp)


#: Coefficients of polynomials in what is called w there, highest power first.
_CENTRE = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164,
    0.246640727, 1.50140941,
)  # fmt: skip
_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
    1.00167406, 2.83297682,
)  # fmt: skip


def _polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    total = x * 0.0 + coefficients[0]
    for coefficient in coefficients[1:]:
        total = total * x + coefficient
    return total


def exp(x: TensorLike) -> AnyTensor:
    """The exponential; infinite beyond 88 in float32."""
    return apply(_EXP, floats(x))


def exp2(x: TensorLike) -> AnyTensor:
    """``2**x``."""
    return apply(_EXP2, floats(x))


def expm1(x: TensorLike) -> AnyTensor:
    """``exp(x) - 1``, exact near 0."""
    return apply(_EXPM1, floats(x))


def log(x: TensorLike) -> AnyTensor:
    """The natural logarithm; minus infinity at 0, NaN below."""
    return apply(_LOG, floats(x))


def log2(x: TensorLike) -> AnyTensor:
    """The logarithm to base 2."""
    return apply(_LOG2, floats(x))


def log10(x: TensorLike) -> AnyTensor:
    """The logarithm to base 10."""
    return apply(_LOG10, floats(x))


def log1p(x: TensorLike) -> AnyTensor:
    """``log(1 + x)``, exact near 0."""
    return apply(_LOG1P, floats(x))


def erf(x: TensorLike) -> AnyTensor:
    """The error function: ``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to ``x``."""
    return apply(_ERF, floats(x))


def erfc(x: TensorLike) -> AnyTensor:
    """``1 - erf(x)``, with its digits far above 0 too."""
    return apply(_ERFC, floats(x))


def erfinv(x: TensorLike) -> AnyTensor:
    """The number whose error function is ``x``; NaN beyond -1 and 1.

    Example:
        >>> print(erfinv([0.0, 0.5, 1.0]).round(4))
        [0.     0.4769    inf]
    """
    return apply(_ERFINV, floats(x))


_EXP, _EXP2, _EXPM1 = made(Activated, exponential), made(Exp2), made(Expm1)
_LOG, _LOG2, _LOG10, _LOG1P, _ERF, _ERFC, _ERFINV = map(made, (Log, Log2, Log10, Log1p, Erf, Erfc, Erfinv))
