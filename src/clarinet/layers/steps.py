"""Some of the steps of a sequence, in some order."""

from __future__ import annotations

from dataclasses import dataclass

from clarinet.layers.base import Layer
from clarinet.layers.context import Context
from clarinet.types import Array, Namespace, Shape


@dataclass(eq=False, repr=False)
class TakeSteps(Layer):
    """``y = x[:, first:last]``, or the same from the last to the first, or the single step ``x[:, first]``.

    Args:
        first, last: as in a slice.
        backwards: in reverse order.
        single: step ``first`` alone, without its axis.
    """

    first: int | None = None
    last: int | None = None
    backwards: bool = False
    single: bool = False

    def steps(self, count: int) -> list[int]:
        """The numbers of the steps that come out, where so many come in."""
        if self.single:
            return [range(count)[self.first or 0]]
        kept = range(count)[self.first : self.last]
        return list(reversed(kept) if self.backwards else kept)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (() if self.single else (len(self.steps(input_shape[0])),)) + tuple(input_shape[1:])

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        steps, xp = self.steps(x.shape[1]), ctx.xp
        y = x[:, min(steps) : max(steps) + 1, ...]
        y = xp.squeeze(y, axis=1) if self.single else xp.flip(y, axis=1) if self.backwards else y
        return y, (x.shape, steps, xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[Shape, list[int], Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        (n, count, *rest), steps, xp = cache
        dy = xp.expand_dims(dy, axis=1) if self.single else xp.flip(dy, axis=1) if self.backwards else dy
        before, after = (xp.zeros((n, size, *rest), dtype=dy.dtype) for size in (min(steps), count - 1 - max(steps)))
        return xp.concat([before, dy, after], axis=1), {}
