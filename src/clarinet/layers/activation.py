"""Layers that apply an activation function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clarinet import activations
from clarinet.layers.base import Context, Layer
from clarinet.params import Array


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


@dataclass(eq=False, repr=False)
class ReLU(Layer):
    """Rectified linear unit: ``x`` above ``threshold`` (at most ``max_value``), else ``negative_slope (x -
    threshold)``.

    Shapes: output as ``x``. Gradient: ``dy`` where ``threshold < x < max_value``, ``negative_slope dy`` at or below the
    threshold, 0 at or above ``max_value``.

    Args:
        max_value: at least 0; default None, no limit.
        negative_slope: at least 0; default 0.
        threshold: at least 0; default 0.

    Raises:
        TypeError, ValueError: a number out of range.

    Example:
        >>> ReLU(max_value=6).output_shape((3, 2))
        (3, 2)
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def check(self) -> None:
        self._relu()

    def _relu(self) -> activations.Relu:
        return activations.Relu(self.negative_slope or 0.0, self.max_value, self.threshold or 0.0)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, Any, dict[str, Array]]:
        return self.parts()[0].forward(params, state, x, ctx)

    def backward(self, params: dict[str, Array], cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return self.parts()[0].backward(params, cache, dy)

    def parts(self) -> tuple[Layer, ...]:
        return (Activation(self._relu(), name=self.name),)
