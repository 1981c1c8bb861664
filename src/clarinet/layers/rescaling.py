"""Inputs brought to another range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clarinet.configurable import check_number
from clarinet.layers.base import Context, Layer
from clarinet.params import Array


@dataclass(eq=False, repr=False)
class Rescaling(Layer):
    """``y = x * scale + offset``; pixels 0 … 255 become 0 … 1 with ``Rescaling(1 / 255)``.

    Shapes: output as ``x``. Gradient: ``dx = dy * scale``.

    Args:
        scale: a number.
        offset: a number; default 0.

    Raises:
        TypeError, ValueError: not a finite number.

    Example:
        >>> Rescaling(1 / 255).output_shape((28, 28))
        (28, 28)
    """

    scale: float
    offset: float = 0.0

    def check(self) -> None:
        self.scale = check_number(self.scale, "Rescaling: scale")
        self.offset = check_number(self.offset, "Rescaling: offset")

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, Any, dict[str, Array]]:
        return x * self.scale + self.offset, None, {}

    def backward(self, params: dict[str, Array], cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy * self.scale, {}
