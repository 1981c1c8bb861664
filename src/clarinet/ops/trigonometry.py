"""Functions of angles, and their hyperbolic sisters."""

from __future__ import annotations

from math import pi

from clarinet import activations
from clarinet.ops.activated import Activated
from clarinet.ops.arithmetic import multiply
from clarinet.ops.dispatch import apply, floats
from clarinet.ops.operation import Unary, made
from clarinet.types import AnyTensor, Array, Namespace, TensorLike

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "cos",
    "cosh",
    "deg2rad",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
]


class Sin(Unary):
    """y = sin x; dx = dy cos x."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.sin(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * xp.cos(x)


class Cos(Unary):
    """y = cos x; dx = -dy sin x."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.cos(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return -dy * xp.sin(x)


class Tan(Unary):
    """y = tan x; dx = dy (1 + y^2)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.tan(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * (1 + y * y)  # type: ignore[no-any-return]


class Arcsin(Unary):
    """y = arcsin x; dx = dy / sqrt(1 - x^2)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.asin(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy / xp.sqrt(1 - x * x)


class Arccos(Unary):
    """y = arccos x; dx = -dy / sqrt(1 - x^2)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.acos(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return -dy / xp.sqrt(1 - x * x)


class Arctan(Unary):
    """y = arctan x; dx = dy / (1 + x^2)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.atan(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy / (1 + x * x)  # type: ignore[no-any-return]


class Sinh(Unary):
    """y = sinh x; dx = dy cosh x."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.sinh(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * xp.cosh(x)


class Cosh(Unary):
    """y = cosh x; dx = dy sinh x."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.cosh(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * xp.sinh(x)


class Arcsinh(Unary):
    """y = arcsinh x; dx = dy / sqrt(x^2 + 1)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.asinh(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy / xp.sqrt(x * x + 1)


class Arccosh(Unary):
    """y = arccosh x; dx = dy / sqrt(x^2 - 1)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.acosh(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy / xp.sqrt((x - 1) * (x + 1))


class Arctanh(Unary):
    """y = arctanh x; dx = dy / (1 - x^2)."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.atanh(x)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy / (1 - x * x)  # type: ignore[no-any-return]


class Sinc(Unary):
    """y = sin(pi x) / (pi x), 1 at 0; dx = dy (cos(pi x) - y) / x, 0 at 0."""

    def value(self, x: Array, xp: Namespace) -> Array:
        angle = xp.where(x == 0, xp.ones_like(x), x * pi)
        return xp.where(x == 0, xp.ones_like(x), xp.sin(angle) / angle)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        near = xp.abs(x) < 0.02  # where the difference would lose its digits: the first terms of a series
        square = (pi * x) ** 2
        series = pi * pi * x * (-1 / 3 + square * (1 / 30 - square / 840))
        return dy * xp.where(near, series, (xp.cos(x * pi) - y) / xp.where(near, xp.ones_like(x), x))


def sin(x: TensorLike) -> AnyTensor:
    """The sine of an angle."""
    return apply(_SIN, floats(x))


def cos(x: TensorLike) -> AnyTensor:
    """The cosine of an angle."""
    return apply(_COS, floats(x))


def tan(x: TensorLike) -> AnyTensor:
    """The tangent of an angle."""
    return apply(_TAN, floats(x))


def arcsin(x: TensorLike) -> AnyTensor:
    """The angle from -π/2 to π/2 whose sine is ``x``; NaN beyond -1 and 1."""
    return apply(_ARCSIN, floats(x))


def arccos(x: TensorLike) -> AnyTensor:
    """The angle from 0 to π whose cosine is ``x``; NaN beyond -1 and 1."""
    return apply(_ARCCOS, floats(x))


def arctan(x: TensorLike) -> AnyTensor:
    """The angle from -π/2 to π/2 whose tangent is ``x``."""
    return apply(_ARCTAN, floats(x))


def sinh(x: TensorLike) -> AnyTensor:
    """``(exp(x) - exp(-x)) / 2``."""
    return apply(_SINH, floats(x))


def cosh(x: TensorLike) -> AnyTensor:
    """``(exp(x) + exp(-x)) / 2``."""
    return apply(_COSH, floats(x))


def arcsinh(x: TensorLike) -> AnyTensor:
    """The number whose ``sinh`` is ``x``."""
    return apply(_ARCSINH, floats(x))


def arccosh(x: TensorLike) -> AnyTensor:
    """The number from 0 on whose ``cosh`` is ``x``; NaN below 1."""
    return apply(_ARCCOSH, floats(x))


def arctanh(x: TensorLike) -> AnyTensor:
    """The number whose ``tanh`` is ``x``; NaN beyond -1 and 1."""
    return apply(_ARCTANH, floats(x))


def tanh(x: TensorLike) -> AnyTensor:
    """``sinh(x) / cosh(x)``, between -1 and 1."""
    return apply(_TANH, floats(x))


def sinc(x: TensorLike) -> AnyTensor:
    """``sin(pi x) / (pi x)``, and 1 at 0."""
    return apply(_SINC, floats(x))


def deg2rad(x: TensorLike) -> AnyTensor:
    """Degrees as radians: ``x pi / 180``."""
    return multiply(floats(x), pi / 180)


def rad2deg(x: TensorLike) -> AnyTensor:
    """Radians as degrees: ``x 180 / pi``."""
    return multiply(floats(x), 180 / pi)


_SIN, _COS, _TAN, _SINC, _TANH = made(Sin), made(Cos), made(Tan), made(Sinc), made(Activated, activations.tanh)
_ARCSIN, _ARCCOS, _ARCTAN, _SINH, _COSH = map(made, (Arcsin, Arccos, Arctan, Sinh, Cosh))
_ARCSINH, _ARCCOSH, _ARCTANH = map(made, (Arcsinh, Arccosh, Arctanh))
