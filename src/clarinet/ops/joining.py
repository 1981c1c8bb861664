"""Operations that join tensors and take them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, cast

import numpy as np

from clarinet.ops.basic import split_off
from clarinet.ops.operation import Gradients, Operation, require_one_dtype
from clarinet.ops.specs import Batch, TensorSpec, place, whole_axes
from clarinet.types import Array, Namespace


def _cut(x: Array, ends: Sequence[int], axis: int) -> tuple[Array, ...]:
    """The pieces of ``x`` between some places of an axis."""
    before: Any = (slice(None),) * (axis % x.ndim)
    return tuple(x[(*before, slice(a, b), ...)] for a, b in pairwise(ends))


#: Tensors that an operation gives, at most.
_MOST_PIECES = 100_000


@dataclass(eq=False, repr=False)
class Concatenate(Operation):
    """y = the inputs one after the other along an axis; dx_i = the piece of dy at x_i.

    Args:
        axis: default 0.
    """

    arity = None
    moves = True

    axis: int = 0

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        sizes = [x.shape[self.axis] for x in xs]
        return xp.concat(xs, axis=self.axis), [0, *accumulate(sizes)]

    def backward(self, cache: list[int], dy: Array, xp: Namespace = np) -> Gradients:
        return _cut(dy, cache, self.axis)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        require_one_dtype(specs, "concatenate")
        axis = place(self.axis, specs[0].rank, "concatenate")
        shape = list(specs[0].shape)
        for spec in specs[1:]:
            pairs = list(zip(shape, spec.shape))
            if spec.rank != len(shape) or any(
                m != n and None not in (m, n) for i, (m, n) in enumerate(pairs) if i != axis
            ):
                raise ValueError(
                    f"concatenate: shapes {specs[0].shape} and {spec.shape} do not go together along axis {self.axis}: "
                    "all other axes have to be equal"
                )
            shape = [n if m is None else m for m, n in pairs]
        along = [spec.shape[axis] for spec in specs]
        shape[axis] = None if None in along else sum(n for n in along if n)
        return specs[0].reshaped(shape)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        inside = place(self.axis, specs[0].rank, "concatenate") > 0
        return "keeps" if inside and all(spec.batched for spec in specs) else "mixes"


@dataclass(eq=False, repr=False)
class Split(Operation):
    """y_i = the pieces of x along an axis; dx = the dy_i one after the other.

    Args:
        parts: into how many equal pieces; or a tuple: the places where it is cut.
        axis: default 0.
    """

    moves = True

    parts: int | tuple[int, ...]
    axis: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.parts, int):
            object.__setattr__(self, "parts", whole_axes(self.parts, "split: indices_or_sections"))

    def ends(self, size: int | None) -> list[int]:
        """Where the pieces begin, and the last one ends."""
        if size is None:
            raise ValueError(
                f"split: the size of axis {self.axis} is not known, so it cannot be cut; split another axis"
            )
        if isinstance(self.parts, int):
            if self.parts > _MOST_PIECES:
                raise ValueError(f"split: {self.parts} pieces, at most {_MOST_PIECES} are allowed; use indices instead")
            if self.parts < 1 or size % self.parts:
                raise ValueError(
                    f"split: {size} entries do not make {self.parts} equal pieces; array_split makes unequal ones"
                )
            return list(range(0, size + 1, size // self.parts)) if size else [0] * (self.parts + 1)
        ends = [slice(cut).indices(size)[1] for cut in self.parts]
        return [0, *accumulate([*ends, size], max)]

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[tuple[Array, ...], object]:
        place(self.axis, xs[0].ndim, "split")
        return _cut(xs[0], self.ends(xs[0].shape[self.axis]), self.axis), None

    def backward(self, cache: None, dy: tuple[Array, ...], xp: Namespace = np) -> Gradients:
        return (xp.concat(dy, axis=self.axis),)

    def result(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        shape = specs[0].shape
        axis = place(self.axis, len(shape), "split")
        sizes = [b - a for a, b in pairwise(self.ends(shape[axis]))]
        return tuple(specs[0].reshaped((*shape[:axis], size, *shape[axis + 1 :])) for size in sizes)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps" if place(self.axis, specs[0].rank, "split") else "mixes"


@dataclass(eq=False, repr=False)
class Unstack(Operation):
    """y_i = the entries of x along an axis, without it; dx = the dy_i side by side.

    Args:
        axis: default 0.
    """

    moves = True

    axis: int = 0

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[tuple[Array, ...], object]:
        place(self.axis, xs[0].ndim, "unstack")
        return split_off(xs[0], self.axis), None

    def backward(self, cache: None, dy: tuple[Array, ...], xp: Namespace = np) -> Gradients:
        return (xp.stack(dy, axis=self.axis),)

    def result(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        shape = specs[0].shape
        axis = place(self.axis, len(shape), "unstack")
        size = shape[axis]
        if size is None:
            raise ValueError(f"unstack: the size of axis {self.axis} is not known; unstack another axis")
        if size > _MOST_PIECES:
            raise ValueError(f"unstack: {size} tensors, at most {_MOST_PIECES} are allowed; use indices instead")
        return tuple(specs[0].reshaped((*shape[:axis], *shape[axis + 1 :])) for _ in range(size))

    def infer(self, specs: Sequence[TensorSpec]) -> tuple[TensorSpec, ...]:
        found, rows = cast("tuple[TensorSpec, ...]", super().infer(specs)), specs[0].moved
        axis = place(self.axis, specs[0].rank, "unstack")
        if rows is None or rows[0] == axis:
            return found
        return tuple(spec.with_rows_at(rows[0] - (axis < rows[0]), rows[1]) for spec in found)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps" if place(self.axis, specs[0].rank, "unstack") else "mixes"
