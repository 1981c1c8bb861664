"""Activation functions, each with its derivative beside it.

Notation: ``z`` pre-activation, ``a`` activation, ``dy`` the gradient of the loss at ``a``; ``backward`` returns the
gradient at ``z``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from clarinet.arrays import erf, namespace
from clarinet.configurable import Configurable, resolve
from clarinet.names import snake_case
from clarinet.params import Array


@dataclass(frozen=True)
class Activation(Configurable):
    """Base class: a function of one array and its derivative. Instances are pure configuration."""

    kind: ClassVar[str] = "activation"

    @property
    def name(self) -> str:
        """The name that ``Dense(activation=...)`` takes."""
        return snake_case(type(self).__name__)

    def forward(self, z: Array, xp: Any = np) -> Array:
        """The activation, of the shape of ``z``."""
        raise NotImplementedError

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        """The gradient of the loss at ``z``, given the one at ``a = forward(z)``."""
        raise NotImplementedError

    def __call__(self, x: Any, **changes: Any) -> Array:
        """Apply the function to an array, e.g. ``leaky_relu(x, negative_slope=0.1)``."""
        x = np.asarray(x)
        x = x if x.dtype.kind == "f" else x.astype(np.float32)
        return (replace(self, **changes) if changes else self).forward(x, namespace(x))

    def encoded(self) -> Any:
        """The plain name where all settings are the defaults."""
        return self.name if self == type(self)() else super().encoded()


@dataclass(frozen=True)
class Linear(Activation):
    """a = z; da/dz = 1."""

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return dy


@dataclass(frozen=True)
class Relu(Activation):
    """a = max(z, 0), da/dz = 1 where z > 0, else 0 (Nair and Hinton, ICML 2010)."""

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.where(z > 0, z, xp.zeros_like(z))  # type: ignore[no-any-return]

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return xp.where(z > 0, dy, xp.zeros_like(dy))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z)); da/dz = a (1 - a)."""

    def forward(self, z: Array, xp: Any = np) -> Array:
        small = xp.exp(-xp.abs(z))  # never overflows
        return xp.where(z >= 0, 1 / (1 + small), small / (1 + small))  # type: ignore[no-any-return]

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return dy * a * (1 - a)


@dataclass(frozen=True)
class Softmax(Activation):
    """a_i = exp(z_i) / sum_j exp(z_j) over the last axis; dz_i = a_i (dy_i - sum_j dy_j a_j)."""

    def forward(self, z: Array, xp: Any = np) -> Array:
        e = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
        return e / xp.sum(e, axis=-1, keepdims=True)  # type: ignore[no-any-return]

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return a * (dy - xp.sum(dy * a, axis=-1, keepdims=True))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Gelu(Activation):
    """a = z Phi(z), Phi the normal distribution function (Hendrycks and Gimpel, arXiv:1606.08415).

    Args:
        approximate: use the form with tanh; default False, the exact one with erf.
    """

    approximate: bool = False

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z * self._phi(z, xp)

    def _phi(self, z: Array, xp: Any) -> Array:
        if self.approximate:
            return 0.5 * (1 + xp.tanh(0.7978845608028654 * (z + 0.044715 * z**3)))  # type: ignore[no-any-return]
        return 0.5 * (1 + erf(z * 0.7071067811865476, xp))

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        phi = self._phi(z, xp)
        if self.approximate:
            slope = 2 * phi * (1 - phi) * 0.7978845608028654 * (1 + 3 * 0.044715 * z * z)
        else:
            slope = 0.3989422804014327 * xp.exp(-0.5 * z * z)
        return dy * (phi + z * slope)


linear, relu, sigmoid, softmax, gelu = Linear(), Relu(), Sigmoid(), Softmax(), Gelu()


@dataclass(frozen=True)
class Custom(Activation):
    """A Python function with its derivative; runs on the reference engine.

    Args:
        function: ``a = function(z)``.
        derivative: ``da/dz = derivative(z)``, elementwise.
    """

    function: Callable[[Array], Array] = np.asarray
    derivative: Callable[[Array], Array] = np.ones_like

    @property
    def name(self) -> str:
        """The function's own name."""
        return getattr(self.function, "__name__", "custom")

    def forward(self, z: Array, xp: Any = np) -> Array:
        return self.function(z)

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return dy * self.derivative(z)


def _refuse(function: Callable[..., Any]) -> Activation:
    raise TypeError(
        f"activation {getattr(function, '__name__', function)!r} is a Python function without a derivative: "
        "use clarinet.activations.Custom(function, derivative)"
    )


def get(identifier: Any) -> Activation:
    """The activation that a name, object, or configuration stands for; None means linear."""
    if identifier is None:
        return linear
    if isinstance(identifier, dict) and "class_name" in identifier:
        classes = {c.__name__: c for c in Activation.__subclasses__()}
        return resolve(identifier, Activation, classes)
    return resolve(identifier, Activation, {name: globals()[name] for name in __all__}, _refuse)


__all__ = ["gelu", "linear", "relu", "sigmoid", "softmax"]
