"""Several tensors into one: the last part of containers."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from types import EllipsisType
from typing import ClassVar

from clarinet.layers.base import Context, Layer
from clarinet.names import lookup
from clarinet.types import Array, Namespace, Shape

MERGES = ("add", "average", "concatenate", "maximum", "multiply")


@dataclass(eq=False, repr=False)
class Merge(Layer):
    """One tensor of several: ``y = x_1 + x_2 + ...``, their mean, product or maximum, or side by side along an axis.

    Shapes: for ``"concatenate"`` equal except along ``axis``, else all equal, as is the output's. Gradients: of a sum
    ``dx_j = dy``, of a mean ``dy / count``, of a product ``dy`` times the others; of a maximum, taken two by two,
    ``dy`` goes to the larger and half of it to each of two equal ones, as in JAX.

    Args:
        merge: ``"add"``, ``"average"``, ``"concatenate"``, ``"maximum"`` or ``"multiply"``.
        axis: for ``"concatenate"``: counts the batch axis as 0, as in Keras; default -1.

    Raises:
        ValueError: another merge or the batch axis; shapes that do not fit.
    """

    merges: ClassVar[bool] = True

    merge: str
    axis: int = -1

    def check(self) -> None:
        if self.merge not in MERGES:
            lookup(self.merge, "merge", {name: name for name in MERGES})
        if isinstance(self.axis, bool) or not isinstance(self.axis, int) or self.axis == 0:
            raise ValueError(
                f"merge={self.merge!r}: axis is a whole number, not 0, which is the batch's; received {self.axis!r}"
            )

    def output_shape(self, input_shape: Shape | tuple[Shape, ...]) -> Shape:
        shapes = _several(input_shape)
        first = shapes[0]
        if self.merge != "concatenate":
            if any(shape != first for shape in shapes):
                raise ValueError(
                    f"merge={self.merge!r} takes branches of one shape, received {', '.join(map(str, shapes))}; give "
                    "them the same number of units, or a shortcut such as [Dense(units)]"
                )
            return first
        axis = self.sample_axis(len(first))
        if any(len(s) != len(first) or s[:axis] + s[axis + 1 :] != first[:axis] + first[axis + 1 :] for s in shapes):
            raise ValueError(
                f"merge='concatenate' takes shapes that differ along axis {self.axis} alone, received "
                f"{', '.join(map(str, shapes))}"
            )
        return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])

    def sample_axis(self, rank: int) -> int:
        """The axis for samples of this rank."""
        axis = self.axis + rank if self.axis < 0 else self.axis - 1
        if not 0 <= axis < rank:
            raise ValueError(f"merge='concatenate': samples with {rank} axes have no axis {self.axis}")
        return axis

    def runs(self, shapes: tuple[Shape, ...]) -> dict[str, float]:
        """For ``"concatenate"`` how many runs of numbers a sample holds, and how long each input's are."""
        if self.merge != "concatenate":
            return {}
        axis = self.sample_axis(len(shapes[0]))
        return {"outer": float(prod(shapes[0][:axis]))} | {str(j): float(prod(s[axis:])) for j, s in enumerate(shapes)}

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array | tuple[Array, ...], ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp, inputs = ctx.xp, tuple(x)
        y = inputs[0]
        if self.merge == "concatenate":
            axis = 1 + self.sample_axis(y.ndim - 1)
            return xp.concat(inputs, axis=axis), ([a.shape[axis] for a in inputs], axis), {}
        for other in inputs[1:]:
            y = _JOIN[self.merge](y, other, xp)
        return (y / len(inputs) if self.merge == "average" else y), (inputs, xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[list[int], int] | tuple[tuple[Array, ...], Namespace], dy: Array
    ) -> tuple[tuple[Array, ...], dict[str, Array]]:
        if isinstance(cache[0], list):
            return _split(dy, *cache), {}
        x, xp = cache
        return _SLOPES[self.merge](dy, x, xp), {}


def _several(input_shape: Shape | tuple[Shape, ...]) -> tuple[Shape, ...]:
    shapes = tuple(shape for shape in input_shape if isinstance(shape, tuple))
    if not shapes or len(shapes) < len(input_shape):
        raise TypeError(f"a merge takes the shapes of several inputs, ((3,), (4,)), received {input_shape}")
    return shapes


def _split(dy: Array, sizes: list[int], axis: int) -> tuple[Array, ...]:
    found, start = [], 0
    for size in sizes:
        index: tuple[slice | EllipsisType, ...] = (*(slice(None),) * axis, slice(start, start + size), ...)
        found.append(dy[index])
        start += size
    return tuple(found)


def _of_product(dy: Array, x: tuple[Array, ...], xp: Namespace) -> tuple[Array, ...]:
    found = []
    for j in range(len(x)):
        others = xp.ones_like(dy)
        for k, other in enumerate(x):
            others = others * other if k != j else others
        found.append(dy * others)
    return tuple(found)


def _of_maximum(dy: Array, x: tuple[Array, ...], xp: Namespace) -> tuple[Array, ...]:
    so_far = [x[0]]
    for other in x[1:]:
        so_far.append(xp.maximum(so_far[-1], other))
    found: list[Array] = []
    for before, other in zip(reversed(so_far[:-1]), reversed(x[1:])):
        share = (xp.astype(other > before, dy.dtype) + xp.astype(other >= before, dy.dtype)) * 0.5
        found.append(dy * share)
        dy = dy * (1 - share)
    return (dy, *reversed(found))


_JOIN = {
    "add": lambda a, b, xp: a + b,
    "average": lambda a, b, xp: a + b,
    "multiply": lambda a, b, xp: a * b,
    "maximum": lambda a, b, xp: xp.maximum(a, b),
}
_SLOPES = {
    "add": lambda dy, x, xp: (dy,) * len(x),
    "average": lambda dy, x, xp: (dy / len(x),) * len(x),
    "multiply": _of_product,
    "maximum": _of_maximum,
}
