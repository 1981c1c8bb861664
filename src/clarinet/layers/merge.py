"""Several tensors into one: what containers end with, and what merging layers are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from types import EllipsisType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clarinet import aliases
from clarinet.layers.base import Layer
from clarinet.layers.context import Context
from clarinet.names import lookup
from clarinet.types import Array, Namespace, Shape

#: Each with its formula.
MERGES = {
    "add": "y = x_1 + x_2 + ...",
    "average": "y = (x_1 + ... + x_k) / k",
    "concatenate": "y = [x_1, x_2, ...]",
    "maximum": "y = max(x_1, x_2, ...)",
    "minimum": "y = min(x_1, x_2, ...)",
    "multiply": "y = x_1 x_2 ...",
    "subtract": "y = x_1 - x_2",
}


@dataclass(eq=False, repr=False)
class Merge(Layer):
    """One tensor of several: their sum, difference, product, mean, …, or side by side along an axis.

    Shapes: for ``"concatenate"`` equal but along ``axis``. Else those of a container's branches are all equal, and the
    output's too. Others are stretched to one another, as NumPy does with samples: from the last axis on, an axis of
    size 1 and one that is not there are repeated.

    Gradients: of a sum ``dx_j = dy``, of a difference ``dy`` and ``-dy``, of a mean ``dy / count``, of a product ``dy``
    times the others; of a maximum or minimum, taken two by two, ``dy`` goes to the larger or smaller, and half of it to
    each of two equal ones, as in JAX. Where ``x_j`` was repeated, the sum over its repetitions.

    Args:
        merge: ``"add"``, ``"average"``, ``"concatenate"``, ``"maximum"``, ``"minimum"``, ``"multiply"`` or
            ``"subtract"``, which takes two.
        axis: for ``"concatenate"``: counts the batch axis as 0, as in Keras; default -1.
        branches: whether it ends a container (default), or is a layer of its own.

    Raises:
        ValueError: another merge or the batch axis; shapes that do not fit.
    """

    merges: ClassVar[bool] = True

    merge: str
    axis: int = -1
    branches: bool = True

    def check(self) -> None:
        if self.merge not in MERGES:
            lookup(self.merge, "merge", MERGES)
        if isinstance(self.axis, bool) or not isinstance(self.axis, int) or self.axis == 0:
            raise ValueError(
                f"{self._what}: axis is a whole number, not 0, which is the batch's; received {self.axis!r}"
            )

    @property
    def equation(self) -> str:
        """Its formula."""
        return MERGES[self.merge]

    @property
    def _what(self) -> str:
        """What messages call it."""
        return f"merge={self.merge!r}" if self.branches else self.merge.title()

    def output_shape(self, input_shape: Shape | tuple[Shape, ...]) -> Shape:
        shapes = several(self._what, input_shape)
        if self.merge == "concatenate":
            return self._side_by_side(shapes)
        if self.merge == "subtract" and len(shapes) != 2:
            raise ValueError(f"{self._what} takes two tensors, received {len(shapes)}")
        if self.branches and any(shape != shapes[0] for shape in shapes):
            raise ValueError(
                f"{self._what} takes branches of one shape, received {', '.join(map(str, shapes))}; give "
                "them the same number of units, or a shortcut such as [Dense(units)]"
            )
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError:
            raise ValueError(
                f"{self._what}: samples of shapes {', '.join(map(str, shapes))} do not fit: from the last axis on, "
                "sizes are equal or 1; bring them to one shape first, e.g. with Dense(units) or Reshape"
            ) from None

    def _side_by_side(self, shapes: tuple[Shape, ...]) -> Shape:
        first = shapes[0]
        axis = self.sample_axis(len(first))
        if any(len(s) != len(first) or s[:axis] + s[axis + 1 :] != first[:axis] + first[axis + 1 :] for s in shapes):
            raise ValueError(
                f"{self._what} takes shapes that differ along axis {self.axis} alone, received "
                f"{', '.join(map(str, shapes))}"
            )
        return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])

    def sample_axis(self, rank: int) -> int:
        """The axis for samples of this rank."""
        axis = self.axis + rank if self.axis < 0 else self.axis - 1
        if not 0 <= axis < rank:
            raise ValueError(f"{self._what}: samples with {rank} axes have no axis {self.axis}")
        return axis

    def runs(self, shapes: tuple[Shape, ...]) -> dict[str, object]:
        """How the numbers of samples of these shapes lie to each other.

        For ``"concatenate"`` how many runs of numbers a sample holds, and how long each input's are. Else, where some
        are stretched, the sizes of the output's axes, those that the same inputs have made one, and which each has.
        """
        if self.merge == "concatenate":
            axis = self.sample_axis(len(shapes[0]))
            return {"outer": prod(shapes[0][:axis]), **{str(j): prod(s[axis:]) for j, s in enumerate(shapes)}}
        groups = axes_in_common(shapes)
        if all(all(has) for _, has in groups):
            return {}
        own = {str(j): [has[j] for _, has in groups] for j in range(len(shapes))}
        return {"sizes": [size for size, _ in groups], **own}

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array | tuple[Array, ...], ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp, inputs = ctx.xp, tuple(x)
        y = inputs[0]
        if self.merge == "concatenate":
            axis = 1 + self.sample_axis(y.ndim - 1)
            return xp.concat(inputs, axis=axis), ([a.shape[axis] for a in inputs], axis), {}
        rank = max(a.ndim for a in inputs)
        whole = tuple(_of_rank(a, rank, xp) for a in inputs)
        y = whole[0]
        for other in whole[1:]:
            y = _JOIN[self.merge](y, other, xp)
        return (y / len(inputs) if self.merge == "average" else y), (whole, [a.shape for a in inputs], xp), {}

    def backward(
        self,
        params: dict[str, Array],
        cache: tuple[list[int], int] | tuple[tuple[Array, ...], list[Shape], Namespace],
        dy: Array,
    ) -> tuple[tuple[Array, ...], dict[str, Array]]:
        if len(cache) == 2:
            return _split(dy, *cache), {}
        x, shapes, xp = cache
        found = zip(_SLOPES[self.merge](dy, x, xp), x, shapes, strict=True)
        return tuple(_added_up(delta, own.shape, shape, xp) for delta, own, shape in found), {}


def several(what: str, input_shape: Shape | tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The shapes of samples of several tensors.

    Raises:
        ValueError: it is the shape of one; the message starts with ``what``.
    """
    shapes = tuple(tuple(shape) for shape in input_shape if isinstance(shape, (tuple, list)))
    if not shapes or len(shapes) < len(input_shape):
        raise ValueError(
            f"{what} takes a list of tensors such as [a, b], received one, of samples of shape {input_shape}"
        )
    return shapes


def axes_in_common(shapes: tuple[Shape, ...]) -> list[tuple[int, tuple[bool, ...]]]:
    """The axes of what these shapes are stretched to: sizes, and which inputs have them; those alike in a row are one.

    Example:
        >>> axes_in_common(((3, 5, 4), (4,)))
        [(15, (True, False)), (4, (True, True))]
    """
    rank = max(map(len, shapes))
    columns = zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True)
    found: list[tuple[int, tuple[bool, ...]]] = []
    for sizes in columns:
        size, has = max(sizes), tuple(own != 1 for own in sizes)
        if found and found[-1][1] == has:
            size *= found.pop()[0]
        if size > 1:
            found.append((size, has))
    return found


def _of_rank(x: Array, rank: int, xp: Namespace) -> Array:
    """The same numbers with axes of size 1 after the batch's."""
    return x if x.ndim == rank else xp.reshape(x, (x.shape[0], *(1,) * (rank - x.ndim), *x.shape[1:]))


def _added_up(delta: Array, stretched: Shape, shape: Shape, xp: Namespace) -> Array:
    """The gradient at an input, of this shape once axes are added, from that at what it was stretched to."""
    repeated = tuple(axis for axis in range(1, delta.ndim) if delta.shape[axis] != stretched[axis])
    if repeated:
        delta = xp.sum(delta, axis=repeated, keepdims=True)
    return xp.reshape(delta, shape) if delta.ndim != len(shape) else delta


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


def _of_minimum(dy: Array, x: tuple[Array, ...], xp: Namespace) -> tuple[Array, ...]:
    return _of_maximum(dy, tuple(-a for a in x), xp)


_JOIN: dict[str, Callable[[Array, Array, Namespace], Array]] = {
    "add": lambda a, b, xp: a + b,
    "average": lambda a, b, xp: a + b,
    "maximum": lambda a, b, xp: xp.maximum(a, b),
    "minimum": lambda a, b, xp: xp.minimum(a, b),
    "multiply": lambda a, b, xp: a * b,
    "subtract": lambda a, b, xp: a - b,
}
_SLOPES: dict[str, Callable[[Array, tuple[Array, ...], Namespace], tuple[Array, ...]]] = {
    "add": lambda dy, x, xp: (dy,) * len(x),
    "average": lambda dy, x, xp: (dy / len(x),) * len(x),
    "maximum": _of_maximum,
    "minimum": _of_minimum,
    "multiply": _of_product,
    "subtract": lambda dy, x, xp: (dy, -dy),
}


if not TYPE_CHECKING:  # a program of earlier times asks here for names of the package
    __getattr__ = aliases.within_package(__name__)
    aliases.refuse_calls(__name__)
