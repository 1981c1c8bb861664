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
from clarinet.configurable import Value, check_number, resolve
from clarinet.names import snake_case
from clarinet.params import Array


@dataclass(eq=False, repr=False)
class Activation(Value):
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


@dataclass(eq=False, repr=False)
class Linear(Activation):
    """a = z; da/dz = 1.

    Example:
        >>> linear([-1.0, 2.0]).tolist()
        [-1.0, 2.0]
    """

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return dy


@dataclass(eq=False, repr=False)
class Relu(Activation):
    """a = max(z, 0), da/dz = 1 where z > 0, else 0 (Nair and Hinton, ICML 2010).

    With settings: a = min(z, max_value) where z > threshold, else negative_slope (z - threshold).

    Args:
        negative_slope: at least 0; default 0.
        max_value: at least 0; default None, no limit.
        threshold: at least 0; default 0.

    Example:
        >>> relu([-2.0, 3.0, 9.0], max_value=6).tolist()
        [0.0, 3.0, 6.0]
    """

    negative_slope: float = 0.0
    max_value: float | None = None
    threshold: float = 0.0

    def __post_init__(self) -> None:
        for key, value in vars(self).items():
            if value is not None:
                check_number(value, f"relu: {key}", low=0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        above = z if self.max_value is None else xp.clip(z, None, self.max_value)
        below = (z - self.threshold) * self.negative_slope if self.negative_slope else xp.zeros_like(z)
        return xp.where(z > self.threshold, above, below)  # type: ignore[no-any-return]

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        nothing = xp.zeros_like(dy)
        above = dy if self.max_value is None else xp.where(z < self.max_value, dy, nothing)
        below = dy * self.negative_slope if self.negative_slope else nothing
        return xp.where(z > self.threshold, above, below)  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class LeakyRelu(Activation):
    """a = z where z > 0, else negative_slope z; da/dz = 1 or negative_slope (Maas, Hannun, Ng, ICML 2013).

    Args:
        negative_slope: default 0.2.

    Example:
        >>> leaky_relu([-10.0, 2.0]).tolist()
        [-2.0, 2.0]
    """

    negative_slope: float = 0.2

    def __post_init__(self) -> None:
        check_number(self.negative_slope, "leaky_relu: negative_slope")

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.where(z > 0, z, z * self.negative_slope)  # type: ignore[no-any-return]

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return xp.where(z > 0, dy, dy * self.negative_slope)  # type: ignore[no-any-return]


def _below_zero(z: Array, xp: Any) -> Array:
    """min(z, 0), so that an exponential of it never overflows."""
    return xp.where(z > 0, xp.zeros_like(z), z)  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class Elu(Activation):
    """a = z where z > 0, else alpha (exp(z) - 1); da/dz = 1 or a + alpha (Clevert, Unterthiner, Hochreiter, ICLR 2016).

    Args:
        alpha: default 1.

    Example:
        >>> elu([-1.0, 1.0]).round(4).tolist()
        [-0.6321, 1.0]
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        check_number(self.alpha, "elu: alpha")

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.where(z > 0, z, self.alpha * xp.expm1(_below_zero(z, xp)))  # type: ignore[no-any-return]

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return xp.where(z > 0, dy, dy * (a + self.alpha))  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class Selu(Activation):
    """a = s z where z > 0, else s alpha (exp(z) - 1); da/dz = s or a + s alpha.

    With s and alpha such that mean 0 and variance 1 are kept from layer to layer (Klambauer, Unterthiner, Mayr,
    Hochreiter, NeurIPS 2017).

    Example:
        >>> selu([-1.0, 1.0]).round(4).tolist()
        [-1.1113, 1.0507]
    """

    scale: ClassVar[float] = 1.0507009873554805
    alpha: ClassVar[float] = 1.6732632423543772

    def forward(self, z: Array, xp: Any = np) -> Array:
        return self.scale * xp.where(z > 0, z, self.alpha * xp.expm1(_below_zero(z, xp)))  # type: ignore[no-any-return]

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return xp.where(z > 0, dy * self.scale, dy * (a + self.scale * self.alpha))  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z)); da/dz = a (1 - a).

    Example:
        >>> sigmoid([0.0, 1000.0, -1000.0]).tolist()
        [0.5, 1.0, 0.0]
    """

    def forward(self, z: Array, xp: Any = np) -> Array:
        small = xp.exp(-xp.abs(z))  # never overflows
        return xp.where(z >= 0, 1 / (1 + small), small / (1 + small))  # type: ignore[no-any-return]

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return dy * a * (1 - a)  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class Tanh(Activation):
    """a = tanh(z); da/dz = 1 - a^2.

    Example:
        >>> tanh([0.0, 1000.0]).tolist()
        [0.0, 1.0]
    """

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.tanh(z)  # type: ignore[no-any-return]

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return dy * (1 - a * a)  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class Softplus(Activation):
    """a = log(1 + exp(z)), a smooth ReLU; da/dz = sigmoid(z) (Glorot, Bordes, Bengio, AISTATS 2011).

    Example:
        >>> softplus([0.0, 1000.0]).round(4).tolist()
        [0.6931, 1000.0]
    """

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.where(z > 0, z, xp.zeros_like(z)) + xp.log1p(xp.exp(-xp.abs(z)))  # type: ignore[no-any-return]

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return dy * sigmoid.forward(z, xp)


@dataclass(eq=False, repr=False)
class Silu(Activation):
    """a = z s, s = sigmoid(z); da/dz = s (1 + z (1 - s)); also called swish (Ramachandran et al., arXiv:1710.05941).

    Example:
        >>> silu([0.0, 1.0]).round(4).tolist()
        [0.0, 0.7311]
    """

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z * sigmoid.forward(z, xp)

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        s = sigmoid.forward(z, xp)
        return dy * s * (1 + z * (1 - s))  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class Softmax(Activation):
    """a_i = exp(z_i) / sum_j exp(z_j) over the last axis; dz_i = a_i (dy_i - sum_j dy_j a_j).

    Example:
        >>> softmax([0.0, 0.0, 0.0, 0.0]).tolist()
        [0.25, 0.25, 0.25, 0.25]
    """

    def forward(self, z: Array, xp: Any = np) -> Array:
        e = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
        return e / xp.sum(e, axis=-1, keepdims=True)  # type: ignore[no-any-return]

    def backward(self, dy: Array, z: Array, a: Array, xp: Any = np) -> Array:
        return a * (dy - xp.sum(dy * a, axis=-1, keepdims=True))  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class Gelu(Activation):
    """a = z Phi(z), Phi the normal distribution function (Hendrycks and Gimpel, arXiv:1606.08415).

    Args:
        approximate: use the form with tanh; default False, the exact one with erf.

    Example:
        >>> gelu([-1.0, 1.0]).round(4).tolist()
        [-0.1587, 0.8413]
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
        return dy * (phi + z * slope)  # type: ignore[no-any-return]


linear, sigmoid, tanh, softmax = Linear(), Sigmoid(), Tanh(), Softmax()
relu, leaky_relu, elu, selu = Relu(), LeakyRelu(), Elu(), Selu()
gelu, silu, softplus = Gelu(), Silu(), Softplus()
swish = silu


@dataclass(eq=False, repr=False)
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


__all__ = [
    "elu",
    "gelu",
    "leaky_relu",
    "linear",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "swish",
    "tanh",
]
