"""Layers that apply an activation function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clarinet import activations
from clarinet.layers.base import Array, Context, Layer


@dataclass(eq=False, repr=False)
class Activation(Layer):
    """Applies an activation function: ``a = f(x)``, of the shape of ``x``.

    Args:
        activation: name or object, e.g. ``"relu"``.

    Raises:
        ValueError: unknown name. TypeError: a Python function without its derivative.

    Example:
        >>> from clarinet.layers import Activation
        >>> Activation("relu").output_shape((3, 2))
        (3, 2)
    """

    activation: Any

    def check(self) -> None:
        self.activation = activations.get(self.activation)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, Any, dict[str, Array]]:
        a = self.activation.forward(x, ctx.xp)
        return a, (x, a, ctx.xp), {}

    def backward(self, params: dict[str, Array], cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, a, xp = cache
        return self.activation.backward(dy, x, a, xp), {}
