"""An activation of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from clarinet.activations.base import Activation
from clarinet.configurable import encode
from clarinet.registry import function_config, function_of
from clarinet.types import Array, Json, Namespace


@dataclass(eq=False, repr=False)
class Function(Activation):
    """A Python function of a tensor as an activation; it derives itself.

    Args:
        function: ``a = function(z)``, of functions of :mod:`clarinet.ops` and operators.
    """

    #: Gives ``function(z)``, and what makes the gradient at ``z`` of the one there; :mod:`clarinet.ops` fills it.
    derived: ClassVar[Callable[[Callable[..., object], Array], tuple[Array, Callable[[Array], Array]]]]
    #: Functions of :mod:`clarinet.ops` that are activations, by name; that module fills it.
    known: ClassVar[dict[str, Callable[..., object]]] = {}
    traces = True

    function: Callable[..., object]

    @property
    def name(self) -> str:
        """The function's own name."""
        return getattr(self.function, "__name__", "function")

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return type(self).derived(self.function, z)[0]

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        return type(self).derived(self.function, z)[1](dy)

    def encoded(self) -> Json:
        return self.name if self.known.get(self.name) is self.function else function_config(self.function)


def _restored(described: Mapping[str, object]) -> Function:
    return Function(function_of(described))


Activation.restorer = staticmethod(_restored)


@dataclass(eq=False, repr=False)
class Custom(Activation):
    """A Python function with its derivative; runs on the reference engine.

    ``clarinet.check_gradients`` checks that the two belong together. It cannot be saved with a model: a file holds no
    code.

    Args:
        function: ``a = function(z)``, elementwise, on arrays.
        derivative: ``da/dz = derivative(z)``, elementwise.

    Raises:
        TypeError: one of the two cannot be called.

    Example:
        >>> cube = Custom(lambda z: z**3, lambda z: 3 * z**2)
        >>> cube([-1.0, 2.0]).tolist()
        [-1.0, 8.0]
    """

    function: Callable[[Array], Array]
    derivative: Callable[[Array], Array]

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not callable(value):
                raise TypeError(f"activations.Custom: {name}: expected a function of an array, received {value!r}")

    @property
    def name(self) -> str:
        """The function's own name."""
        return getattr(self.function, "__name__", "custom")

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return self.function(z)

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        return dy * self.derivative(z)

    def encoded(self) -> Json:
        return encode(self.function)  # refused, with the same words as every Python function
