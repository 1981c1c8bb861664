"""Operations that put numbers into places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from clarinet.arrays import bincount, scatter_add
from clarinet.ops.dtypes import FLOAT
from clarinet.ops.gathering import replaced
from clarinet.ops.operation import Gradients, Operation, require_one_dtype
from clarinet.ops.shapes import whole_shape
from clarinet.ops.specs import Batch, Shape, TensorSpec, whole_axes
from clarinet.types import Array, Namespace


def _rows(indices: Array, shape: Sequence[int], xp: Namespace) -> tuple[Array, int, int]:
    """Which row each of the indices means: of how many rows of how many numbers the shape consists."""
    depth = indices.shape[-1]
    row = xp.zeros(indices.shape[:-1], dtype=indices.dtype)
    for axis in range(depth):
        place = indices[..., axis]
        row = row * shape[axis] + xp.where(place < 0, place + shape[axis], place)
    return xp.reshape(row, (-1,)), prod(shape[:depth]), prod(shape[depth:])


def _check(what: str, shape: Shape, indices: TensorSpec, values: TensorSpec) -> None:
    """Raise unless there is a value for each of the indices."""
    depth = indices.shape[-1] if indices.rank else None
    if depth is None or depth > len(shape) or indices.dtype.kind not in "iu":
        raise ValueError(
            f"{what}: indices are whole numbers of shape (n, axes), the places in the first axes of {shape}; "
            f"received {indices.dtype} of shape {indices.shape}"
        )
    expected = (*indices.shape[:-1], *shape[depth:])
    if len(expected) != values.rank or any(m != n and None not in (m, n) for m, n in zip(expected, values.shape)):
        raise ValueError(f"{what}: expected values of shape {expected} for these indices, received {values.shape}")


def _check_places(what: str, row: Array, count: int, xp: Namespace) -> None:
    """NumPy alone can be asked for numbers while it computes."""
    if xp is np and row.size and not 0 <= row.min() <= row.max() < count:
        raise IndexError(f"{what}: an index is out of range")


@dataclass(eq=False, repr=False)
class Scatter(Operation):
    """y = zeros with the values added at the indices; dvalues = dy there.

    Args:
        shape: of y.
    """

    arity = 2

    shape: Shape

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", whole_shape(self.shape, "scatter"))

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        indices, values = xs
        row, count, size = _rows(indices, self.shape, xp)  # type: ignore[arg-type]
        _check_places("scatter", row, count, xp)
        summed = scatter_add(xp.reshape(values, (row.shape[0], size)), row, count, xp) if size else values
        return xp.reshape(summed, self.shape), (row, values.shape, count, size)

    def backward(self, cache: tuple[Array, tuple[int, ...], int, int], dy: Array, xp: Namespace = np) -> Gradients:
        row, shape, count, size = cache
        return None, xp.reshape(xp.take(xp.reshape(dy, (count, size)), row, axis=0), shape)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        _check("scatter", self.shape, *specs)
        return specs[1].reshaped(self.shape)


def _in_place(old: Array, row: Array, new: Array, xp: Namespace) -> Array:
    """Rows with some replaced by others."""
    if xp is np:
        y = old.copy()
        y[row] = new
        return y
    taken = bincount(row, None, old.shape[0], xp) > 0
    return xp.where(xp.expand_dims(taken, axis=1), scatter_add(new, row, old.shape[0], xp), old)


@dataclass(eq=False, repr=False)
class ScatterUpdate(Operation):
    """y = x with the updates in place of what stands at the indices, or added to it; their gradient is dy there.

    Args:
        reduction: None: in place; ``"add"``: added.
    """

    arity = 3

    reduction: str | None = None

    def __post_init__(self) -> None:
        if self.reduction not in (None, "add"):
            raise ValueError(f"scatter_update: reduction is None or 'add', received {self.reduction!r}")

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        x, indices, updates = xs
        row, count, size = _rows(indices, x.shape, xp)
        _check_places("scatter_update", row, count, xp)
        old, new = xp.reshape(x, (count, size)), xp.reshape(updates, (row.shape[0], size))
        y = _in_place(old, row, new, xp) if self.reduction is None else old + scatter_add(new, row, count, xp)
        return xp.reshape(y, x.shape), (row, updates.shape, (count, size))

    def backward(
        self, cache: tuple[Array, tuple[int, ...], tuple[int, int]], dy: Array, xp: Namespace = np
    ) -> Gradients:
        row, shape, flat = cache
        rows = xp.reshape(dy, flat)
        found = xp.reshape(xp.take(rows, row, axis=0), shape)
        if self.reduction is not None:
            return dy, None, found
        kept = _in_place(rows, row, xp.zeros((row.shape[0], flat[1]), dtype=dy.dtype), xp)
        return xp.reshape(kept, dy.shape), None, found

    def result(self, *specs: TensorSpec) -> TensorSpec:
        require_one_dtype((specs[0], specs[2]), "scatter_update")
        _check("scatter_update", specs[0].shape, specs[1], specs[2])
        return specs[0]


@dataclass(eq=False, repr=False)
class SliceUpdate(Operation):
    """y = x with the updates in place of a block of it; dx = dy with zeros there, dupdates = dy there.

    Args:
        start: where the block begins, on each axis.
    """

    arity = 2
    moves = True

    start: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", whole_axes(self.start, "slice_update: start_indices"))

    def _block(self, shape: Sequence[int]) -> tuple[slice, ...]:
        return tuple(slice(start, start + size) for start, size in zip(self.start, shape))

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        x, updates = xs
        self.result(*(TensorSpec(one.shape, FLOAT) for one in xs))
        return replaced(x, self._block(updates.shape), updates, xp), updates.shape

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        block = self._block(cache)
        return replaced(dy, block, xp.zeros(cache, dtype=dy.dtype), xp), dy[block]

    def result(self, *specs: TensorSpec) -> TensorSpec:
        x, updates = specs
        require_one_dtype(specs, "slice_update")
        ends = [None if n is None else start + n for start, n in zip(self.start, updates.shape)]
        inside = all(None in (m, end) or (start >= 0 and end <= m) for start, end, m in zip(self.start, ends, x.shape))  # type: ignore[operator]
        fits = len(self.start) == x.rank == updates.rank and inside
        if not fits:
            raise ValueError(
                f"slice_update: a block of shape {updates.shape} that begins at {self.start} does not lie in {x.shape}"
            )
        return x

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps" if self.start[0] == 0 and all(spec.batched for spec in specs) else "mixes"
