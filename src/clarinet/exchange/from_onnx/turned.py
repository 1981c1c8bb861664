"""Tensors whose rows are not in front, as recurrent operators of ONNX have them, kept with their rows in front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from clarinet import ops
from clarinet.types import AnyTensor, Array


class Turned:
    """A tensor with its axes in another order.

    Args:
        base: with the rows in front.
        order: which axis of it stands where.
    """

    def __init__(self, base: AnyTensor, order: Sequence[int]) -> None:
        self.base, self.order = base, tuple(order)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Sizes in the order that is said."""
        return tuple(self.base.shape[axis] for axis in self.order)

    def transposed(self, order: Sequence[int]) -> Turned | AnyTensor:
        """Axes in another order again."""
        return turned(self.base, [self.order[axis] for axis in order])

    def base_of(self, order: Sequence[int]) -> AnyTensor:
        """The tensor of which this is the one with axes in such an order."""
        inverse = [self.order[list(order).index(axis)] for axis in range(len(order))]
        return settled(turned(self.base, inverse))

    def squeezed(self, axes: Sequence[int]) -> Turned | AnyTensor:
        """Without axes of size 1."""
        gone = {self.order[axis] for axis in axes}
        kept = [axis for axis in self.order if axis not in gone]
        base = ops.squeeze(self.base, axis=tuple(sorted(gone)))
        return turned(base, [axis - sum(each < axis for each in gone) for axis in kept])

    def gathered(self, places: Array, axis: int) -> Turned | AnyTensor:
        """Entries at places along an axis; one place takes the axis away."""
        own = self.order[axis]
        if places.ndim:
            return Turned(ops.take(self.base, places.astype(np.int64), axis=own), self.order)
        cut = ops.take(self.base, np.array([int(places)]), axis=own)
        return Turned(cut, self.order).squeezed([axis % len(self.order)])

    def cut(self, cuts: dict[int, slice]) -> Turned:
        """Slices along axes."""
        key = [cuts.get(self.order.index(axis), slice(None)) for axis in range(len(self.order))]
        return Turned(self.base[tuple(key)], self.order)

    def merged(self, sizes: Sequence[object]) -> Turned | None:
        """The last two axes as one, where a shape asks for that alone; None where it does not."""
        last = len(self.order)
        whole = self.order[-2:] == (last - 2, last - 1) and len(sizes) == last - 1
        if not whole or any(size not in (0, None, -1, own) for size, own in zip(sizes[:-1], self.shape)):
            return None
        sizes_of_base = [-1 if size is None else size for size in self.base.shape[1:-2]]
        tail = cast(int, self.base.shape[-2]) * cast(int, self.base.shape[-1])
        return Turned(ops.reshape(self.base, (None, *sizes_of_base, tail)), self.order[:-1])


def turned(base: AnyTensor, order: Sequence[int]) -> Turned | AnyTensor:
    """Axes in another order: a tensor where the rows stay in front."""
    if [*order] == sorted(order):
        return base
    return ops.transpose(base, tuple(order)) if order[0] == 0 else Turned(base, order)


def settled(value: object) -> AnyTensor:
    """A value as it is said to be, whatever that does to the rows."""
    return ops.transpose(value.base, value.order) if isinstance(value, Turned) else cast(AnyTensor, value)
