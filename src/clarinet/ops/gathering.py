"""Operations that choose entries by their places, and put some into place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, cast

import numpy as np

from clarinet.arrays import bincount, scatter_add
from clarinet.ops.dtypes import FLOAT
from clarinet.ops.operation import Gradients, Operation
from clarinet.ops.specs import Batch, Shape, TensorSpec, broadcast, place
from clarinet.types import Array, Index, Namespace

#: One part of what stands in brackets: a place, a slice as its three numbers, None for a new axis, ``"..."``, or
#: ``"array"``, whose places are an input.
Part = int | tuple[int | None, int | None, int | None] | str | None


def added_up(numbers: Array, positions: Array, shape: Sequence[int], xp: Namespace) -> Array:
    """An array of this shape, each entry the sum of the numbers that are sent to its position in one row of all."""
    flat = bincount(xp.reshape(positions, (-1,)), xp.reshape(numbers, (-1,)), prod(shape), xp)
    return xp.reshape(xp.astype(flat, numbers.dtype), tuple(shape))


def _all_positions(shape: Sequence[int], xp: Namespace) -> Array:
    return xp.reshape(xp.arange(prod(shape)), tuple(shape))


def replaced(x: Array, key: Index, numbers: Array, xp: Namespace) -> Array:
    """A copy of ``x`` with other numbers in a block."""
    if hasattr(x, "at"):  # JAX's arrays never change
        return x.at[key].set(numbers)  # type: ignore[no-any-return]
    y = xp.asarray(x, copy=True)
    y[key] = numbers
    return y


@dataclass(eq=False, repr=False)
class GetItem(Operation):
    """y = x[key]; dx = 0 but for what was chosen, where it is dy, added up where an entry was chosen several times.

    Args:
        key: the parts of what stands in brackets; arrays of places are further inputs, in their order.
    """

    arity = None
    moves = True

    key: tuple[Part, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", tuple(map(_part, self.key)))

    @property
    def name(self) -> str:
        return "get_item"

    def index(self, arrays: Sequence[Array]) -> Index:
        """What stands in brackets, as NumPy takes it."""
        rest = iter(arrays)
        found: list[Any] = []
        for part in self.key if "..." in self.key else (*self.key, "..."):  # the standard wants every axis named
            if part == "array":
                found.append(next(rest))
            else:
                found.append(slice(*part) if isinstance(part, tuple) else ... if part == "..." else part)
        return tuple(found)

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        index = self.index(xs[1:])
        return xs[0][index], (xs[0].shape, index)

    def backward(self, cache: tuple[tuple[int, ...], Index], dy: Array, xp: Namespace = np) -> Gradients:
        shape, index = cache
        others = (None,) * self.key.count("array")
        if others:
            return (added_up(dy, _all_positions(shape, xp)[index], shape, xp), *others)
        if None in self.key:  # axes of size 1 that x does not have
            old = GetItem(tuple(part for part in self.key if part is not None))
            dy = xp.reshape(dy, old.result(TensorSpec(shape, FLOAT)).shape)
            index = old.index(())
        return (replaced(xp.zeros(shape, dtype=dy.dtype), index, dy, xp),)

    def expanded(self, rank: int) -> list[Part]:
        """The parts, with a whole slice for every axis that is not named."""
        taken = sum(part is not None and part != "..." for part in self.key)
        if taken > rank or self.key.count("...") > 1:
            raise ValueError(f"indexing: {taken} places for a tensor with {rank} axes, and at most one `...`")
        at = self.key.index("...") if "..." in self.key else len(self.key)
        return [*self.key[:at], *[_WHOLE] * (rank - taken), *self.key[at + 1 :]]

    def result(self, *specs: TensorSpec) -> TensorSpec:
        spec, *arrays = specs
        parts, sizes = self.expanded(spec.rank), iter(spec.shape)
        chosen, apart = _chosen(parts)
        kept: list[int | None] = []
        front = 0
        for i, part in enumerate(parts):
            size = 1 if part is None else next(sizes)
            front = len(kept) if i == chosen and not apart else front
            if part is None:
                kept.append(1)
            elif isinstance(part, tuple):
                kept.append(None if size is None else len(range(*slice(*part).indices(size))))
            elif isinstance(part, int) and size is not None and not -size <= part < size:
                raise ValueError(f"indexing: there is no entry {part} in an axis of {size}")
        if arrays:
            kept[front:front] = broadcast([array.shape for array in arrays], "indexing")
        return spec.reshaped(kept)

    def infer(self, specs: Sequence[TensorSpec]) -> TensorSpec:
        found, rows = cast(TensorSpec, super().infer(specs)), specs[0].moved
        if rows is None or len(specs) > 1 or None in self.key:
            return found
        parts = self.expanded(specs[0].rank)
        kept = rows[0] - sum(isinstance(part, int) for part in parts[: rows[0]])
        return found.with_rows_at(kept, rows[1]) if parts[rows[0]] == _WHOLE else found

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        parts = self.expanded(specs[0].rank)
        apart = _chosen(parts)[1] or any(spec.batched for spec in specs[1:])
        return "keeps" if parts[:1] == [_WHOLE] and not apart else "mixes"


_WHOLE = (None, None, None)


def _part(part: Part | list[int | None]) -> Part:
    """A part as it is compared: a slice is a tuple, and what takes all is always the same."""
    if not isinstance(part, (list, tuple)):
        return part
    start, stop, step = part
    return _WHOLE if start in (0, None) and stop is None and step in (1, None) else (start, stop, step)


def _chosen(parts: Sequence[Part]) -> tuple[int | None, bool]:
    """The first part that is an array, and whether NumPy finds them apart, so that their axes go to the front.

    A single place counts as an array where there are arrays.
    """
    if "array" not in parts:
        return None, False
    found = [i for i, part in enumerate(parts) if part == "array" or isinstance(part, int)]
    return found[0], found[-1] - found[0] >= len(found)


def _counted(places: Array, size: int, xp: Namespace) -> Array:
    """Places counted from the front, for libraries that know no others; NumPy does, and refuses what is too far."""
    return places if xp is np else xp.where(places < 0, places + size, places)


@dataclass(eq=False, repr=False)
class Take(Operation):
    """y = the entries of x at some places along an axis; dx = dy added up at the places.

    Args:
        axis: default 0.
    """

    arity = 2
    moves = True

    axis: int = 0

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        x, places = xs
        axis = place(self.axis, x.ndim, "take")
        if xp is np:
            return np.take(x, places, axis=axis), (x.shape, places)
        y = xp.take(x, _counted(xp.reshape(places, (-1,)), x.shape[axis], xp), axis=axis)
        return xp.reshape(y, (*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])), (x.shape, places)

    def backward(self, cache: tuple[tuple[int, ...], Array], dy: Array, xp: Namespace = np) -> Gradients:
        shape, places = cache
        axis = self.axis % len(shape)
        if 0 in dy.shape:
            return xp.zeros(shape, dtype=dy.dtype), None
        inner = range(axis, axis + places.ndim)
        outer = [i for i in range(dy.ndim) if i not in inner]
        rows = xp.reshape(xp.permute_dims(dy, (*inner, *outer)), (prod(places.shape), -1))
        summed = scatter_add(rows, xp.reshape(places, (-1,)) % shape[axis], shape[axis], xp)
        others = [n for i, n in enumerate(shape) if i != axis]
        back = [*range(1, axis + 1), 0, *range(axis + 1, len(shape))]
        return xp.permute_dims(xp.reshape(summed, (shape[axis], *others)), tuple(back)), None

    def result(self, *specs: TensorSpec) -> TensorSpec:
        x, places = specs
        axis = place(self.axis, x.rank, "take")
        if places.dtype.kind not in "iu":
            raise ValueError(f"take: indices are whole numbers, received {places.dtype}")
        return x.reshaped((*x.shape[:axis], *places.shape, *x.shape[axis + 1 :]))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        x, places = specs
        along = place(self.axis, x.rank, "take")
        if places.batched:
            return "keeps" if along == 0 and not x.batched else "mixes"
        return "keeps" if along else "mixes"


@dataclass(eq=False, repr=False)
class TakeAlongAxis(Operation):
    """y = for each row along an axis, its entries at its own places; dx = dy added up at the places.

    Args:
        axis: default -1.
    """

    arity = 2
    moves = True

    axis: int = -1

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        x, places = xs
        shape = self._shape(x.shape, places.shape)
        axis = self.axis % x.ndim
        along = (*shape[:axis], x.shape[axis], *shape[axis + 1 :])
        places = _counted(xp.broadcast_to(places, shape), x.shape[axis], xp)
        return xp.take_along_axis(xp.broadcast_to(x, along), places, axis=axis), (x.shape, along, places)

    def _shape(self, x: Shape, places: Shape) -> Shape:
        """The shape of y."""
        axis = place(self.axis, len(x), "take_along_axis")
        if len(x) != len(places):
            raise ValueError(f"take_along_axis: expected indices with as many axes as x, received {places} for {x}")
        others = broadcast(
            [(*x[:axis], 1, *x[axis + 1 :]), (*places[:axis], 1, *places[axis + 1 :])], "take_along_axis"
        )
        return (*others[:axis], places[axis], *others[axis + 1 :])

    def backward(
        self, cache: tuple[tuple[int, ...], tuple[int, ...], Array], dy: Array, xp: Namespace = np
    ) -> Gradients:
        shape, along, places = cache
        positions = xp.broadcast_to(_all_positions(shape, xp), along)
        chosen = xp.take_along_axis(positions, places, axis=self.axis)
        return added_up(dy, chosen, shape, xp), None

    def result(self, *specs: TensorSpec) -> TensorSpec:
        x, places = specs
        if places.dtype.kind not in "iu":
            raise ValueError(f"take_along_axis: indices are whole numbers, received {places.dtype}")
        return x.reshaped(self._shape(x.shape, places.shape))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        x, places = specs
        steady = all(spec.batched or spec.shape[0] == 1 for spec in (x, places))
        return "keeps" if place(self.axis, x.rank, "take_along_axis") and steady else "mixes"
