"""Steps that do not count."""

from __future__ import annotations

from dataclasses import dataclass

from clarinet import ops
from clarinet.configurable import check_number
from clarinet.layers.base import Layer
from clarinet.layers.context import Context
from clarinet.types import Array, Namespace, Shape, TensorLike


@dataclass(eq=False, repr=False)
class Masking(Layer):
    """Marks the steps of a sequence that do not count: those in which all numbers are ``mask_value``.

    Layers behind leave out these steps: recurrent layers keep their state, means and losses are of the others. The
    numbers themselves become 0 there.

    Shapes: ``x`` (n, steps, …), output as ``x``; the mask is without the last axis. Gradient: ``dx = dy`` at the steps
    that count, 0 at the others.

    Args:
        mask_value: default 0.

    Raises:
        TypeError, ValueError: ``mask_value`` is not a finite number; when built, samples without axes.

    Example:
        >>> Masking().compute_mask([[[1.0, 2.0], [0.0, 3.0], [0.0, 0.0]]]).tolist()
        [[True, True, False]]
    """

    mask_value: float = 0.0

    def check(self) -> None:
        self.mask_value = check_number(self.mask_value, "Masking: mask_value")

    def output_shape(self, input_shape: Shape) -> Shape:
        if not input_shape:
            raise ValueError("Masking: samples have no axes; expected sequences (steps, …)")
        return input_shape

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """Which steps have a number that is not ``mask_value``."""
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp = ctx.xp
        counts = xp.any(x != self.mask_value, axis=-1, keepdims=True)
        return xp.where(counts, x, xp.zeros_like(x)), (counts, xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        counts, xp = cache
        return xp.where(counts, dy, xp.zeros_like(dy)), {}
