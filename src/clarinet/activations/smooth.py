"""Activations with exponentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from clarinet.activations.base import Activation
from clarinet.arrays import erf
from clarinet.configurable import check_number
from clarinet.types import Array, Namespace


def below_zero(z: Array, xp: Namespace) -> Array:
    """min(z, 0), so that an exponential of it never overflows."""
    return xp.where(z > 0, xp.zeros_like(z), z)


def logistic(z: Array, xp: Namespace) -> Array:
    """``1 / (1 + exp(-z))`` without overflow."""
    small = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, 1 / (1 + small), small / (1 + small))


def softplus(z: Array, xp: Namespace) -> Array:
    """``log(1 + exp(z))`` without overflow."""
    return xp.where(z > 0, z, xp.zeros_like(z)) + xp.log1p(xp.exp(-xp.abs(z)))


@dataclass(eq=False, repr=False)
class Elu(Activation):
    """a = z where z > 0, else alpha (exp(z) - 1); da/dz = 1 or a + alpha (Clevert, Unterthiner, Hochreiter, ICLR 2016).

    Args:
        alpha: default 1.

    Example:
        >>> Elu()([-1.0, 1.0]).round(4).tolist()
        [-0.6321, 1.0]
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        check_number(self.alpha, "elu: alpha")

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return xp.where(z > 0, z, self.alpha * xp.expm1(below_zero(z, xp)))

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        return xp.where(z > 0, dy, dy * (a + self.alpha))


@dataclass(eq=False, repr=False)
class Celu(Activation):
    """a = z where z > 0, else alpha (exp(z / alpha) - 1); da/dz = 1 or 1 + a / alpha (Barron, arXiv:1704.07483).

    Unlike ELU its derivative is continuous for every alpha.

    Args:
        alpha: not 0; default 1.

    Example:
        >>> Celu()([-1.0, 1.0]).round(4).tolist()
        [-0.6321, 1.0]
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        if check_number(self.alpha, "celu: alpha") == 0:
            raise ValueError("celu: alpha: expected a number other than 0, received 0; relu is the limit")

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        below = self.alpha * xp.expm1(below_zero(z, xp) * (1 / self.alpha))
        return xp.where(z > 0, z, below)

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        return xp.where(z > 0, dy, dy * (1 + a * (1 / self.alpha)))


class Selu(Activation):
    """a = s z where z > 0, else s alpha (exp(z) - 1); da/dz = s or a + s alpha.

    With s and alpha such that mean 0 and variance 1 are kept from layer to layer (Klambauer, Unterthiner, Mayr,
    Hochreiter, NeurIPS 2017).

    Example:
        >>> Selu()([-1.0, 1.0]).round(4).tolist()
        [-1.1113, 1.0507]
    """

    scale: ClassVar[float] = 1.0507009873554805
    alpha: ClassVar[float] = 1.6732632423543772

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return self.scale * xp.where(z > 0, z, self.alpha * xp.expm1(below_zero(z, xp)))

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        return xp.where(z > 0, dy * self.scale, dy * (a + self.scale * self.alpha))


class Exponential(Activation):
    """a = exp(z); da/dz = a. Infinite beyond z = 88 in float32.

    Example:
        >>> Exponential()([0.0, 1.0]).round(4).tolist()
        [1.0, 2.7183]
    """

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return xp.exp(z)

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        return dy * a


class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z)); da/dz = a (1 - a).

    Example:
        >>> Sigmoid()([0.0, 1000.0, -1000.0]).tolist()
        [0.5, 1.0, 0.0]
    """

    outputs = "probability"
    saturates_at = (0.0, 1.0)

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return logistic(z, xp)

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        dz: Array = dy * a * (1 - a)
        return dz


class Tanh(Activation):
    """a = tanh(z); da/dz = 1 - a^2.

    Example:
        >>> Tanh()([0.0, 1000.0]).tolist()
        [0.0, 1.0]
    """

    saturates_at = (-1.0, 1.0)

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return xp.tanh(z)

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        dz: Array = dy * (1 - a * a)
        return dz


class Softsign(Activation):
    """a = z / (1 + |z|); da/dz = 1 / (1 + |z|)^2 (Bergstra, Desjardins, Lamblin, Bengio, 2009).

    Example:
        >>> Softsign()([-1.0, 0.0, 3.0]).tolist()
        [-0.5, 0.0, 0.75]
    """

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        a: Array = z / (1 + xp.abs(z))
        return a

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        dz: Array = dy / (1 + xp.abs(z)) ** 2
        return dz


class Softplus(Activation):
    """a = log(1 + exp(z)), a smooth ReLU; da/dz = sigmoid(z) (Glorot, Bordes, Bengio, AISTATS 2011).

    Example:
        >>> Softplus()([0.0, 1000.0]).round(4).tolist()
        [0.6931, 1000.0]
    """

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return softplus(z, xp)

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        return dy * logistic(z, xp)


class Silu(Activation):
    """a = z s, s = sigmoid(z); da/dz = s (1 + z (1 - s)); also called swish (Ramachandran et al., arXiv:1710.05941).

    Example:
        >>> Silu()([0.0, 1.0]).round(4).tolist()
        [0.0, 0.7311]
    """

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return z * logistic(z, xp)

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        s = logistic(z, xp)
        dz: Array = dy * s * (1 + z * (1 - s))
        return dz


class Mish(Activation):
    """a = z t, t = tanh(softplus(z)); da/dz = t + z sigmoid(z) (1 - t^2) (Misra, BMVC 2020).

    Example:
        >>> Mish()([-1.0, 0.0, 1.0]).round(4).tolist()
        [-0.3034, 0.0, 0.8651]
    """

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return z * xp.tanh(softplus(z, xp))

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        t = xp.tanh(softplus(z, xp))
        dz: Array = dy * (t + z * logistic(z, xp) * (1 - t * t))
        return dz


@dataclass(eq=False, repr=False)
class Gelu(Activation):
    """a = z Phi(z), Phi the normal distribution function (Hendrycks and Gimpel, arXiv:1606.08415).

    Args:
        approximate: use the form with tanh; default False, the exact one with erf.

    Example:
        >>> Gelu()([-1.0, 1.0]).round(4).tolist()
        [-0.1587, 0.8413]
    """

    approximate: bool = False

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return z * self._phi(z, xp)

    def _phi(self, z: Array, xp: Namespace) -> Array:
        if self.approximate:
            return 0.5 * (1 + xp.tanh(0.7978845608028654 * (z + 0.044715 * z**3)))
        return 0.5 * (1 + erf(z * 0.7071067811865476, xp))

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        phi = self._phi(z, xp)
        if self.approximate:
            slope = 2 * phi * (1 - phi) * 0.7978845608028654 * (1 + 3 * 0.044715 * z * z)
        else:
            slope = 0.3989422804014327 * xp.exp(-0.5 * z * z)
        dz: Array = dy * (phi + z * slope)
        return dz
