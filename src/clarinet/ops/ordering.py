"""Sorting, and what needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clarinet.ops.axes import expand_dims, ravel
from clarinet.ops.comparisons import greater, isnan, less_equal, where
from clarinet.ops.dispatch import apply, converted, floats, promoted, shape_of
from clarinet.ops.dtypes import INT
from clarinet.ops.gathering import TakeAlongAxis
from clarinet.ops.indexing import take_along_axis
from clarinet.ops.operation import Gradients, Operation, made, require_one_dtype
from clarinet.ops.specs import Batch, TensorSpec, place
from clarinet.ops.totals import sum as total
from clarinet.types import AnyTensor, Array, Namespace, TensorLike

__all__ = [
    "argsort",
    "digitize",
    "in_top_k",
    "searchsorted",
    "sort",
    "top_k",
]


@dataclass(eq=False, repr=False)
class Argsort(Operation):
    """y = the places of the entries along an axis in their order; equals keep theirs.

    Args:
        axis: default -1.
        descending: the greatest first; default False.
        count: only so many of the first; default all.
    """

    axis: int = -1
    descending: bool = False
    count: int | None = None

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        self.result(TensorSpec(x.shape, INT))
        if self.descending:  # of the array backwards, so that equals keep their order
            order = xp.flip(xp.argsort(xp.flip(x, axis=self.axis), axis=self.axis, stable=True), axis=self.axis)
            order = x.shape[self.axis] - 1 - order
        else:
            order = xp.argsort(x, axis=self.axis, stable=True)
        if self.count is not None:
            before: Any = (slice(None),) * (self.axis % x.ndim)
            order = order[(*before, slice(self.count), ...)]
        return xp.astype(order, xp.int32), None

    def backward(self, cache: None, dy: Array, xp: Namespace = np) -> Gradients:
        return (None,)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        shape = list(specs[0].shape)
        axis = place(self.axis, len(shape), self.name)
        size = shape[axis]
        if self.count is not None:
            if self.count < 0 or (size is not None and self.count > size):
                raise ValueError(f"top_k: there are {size} numbers on the axis; k={self.count} is not among 0 … {size}")
            shape[axis] = self.count
        return TensorSpec(tuple(shape), INT)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps" if place(self.axis, specs[0].rank, self.name) else "mixes"


@dataclass(eq=False, repr=False)
class Searchsorted(Operation):
    """y = where each of the values b would go in the sorted row a.

    Args:
        side: before (``"left"``, the default) or after (``"right"``) what is equal.
    """

    arity = 2

    side: str = "left"

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        row, values = xs
        return xp.astype(xp.searchsorted(row, values, side=self.side), xp.int32), None

    def backward(self, cache: None, dy: Array, xp: Namespace = np) -> Gradients:
        return None, None

    def result(self, *specs: TensorSpec) -> TensorSpec:
        require_one_dtype(specs, "searchsorted")
        if specs[0].rank != 1 or self.side not in ("left", "right"):
            raise ValueError(
                f"searchsorted: expected one sorted row and side 'left' or 'right', received a shape {specs[0].shape} "
                f"and side {self.side!r}"
            )
        return TensorSpec(specs[1].shape, INT)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "mixes" if specs[0].batched else "keeps"


def argsort(x: TensorLike, axis: int | None = -1) -> AnyTensor:
    """The places of the entries along an axis in their order, as int32; equals keep theirs.

    Args:
        axis: default -1; None: all numbers in one row.

    Example:
        >>> argsort([3, 1, 2]).tolist()
        [1, 2, 0]
    """
    x = converted(x)
    if axis is None or not shape_of(x):
        return apply(made(Argsort, 0), ravel(x))
    return apply(made(Argsort, axis), x)


def sort(x: TensorLike, axis: int = -1) -> AnyTensor:
    """The numbers along an axis in their order.

    Args:
        axis: default -1.
    """
    x = converted(x)
    return apply(made(TakeAlongAxis, axis), x, apply(made(Argsort, axis), x))


def top_k(x: TensorLike, k: int, sorted: bool = True) -> tuple[AnyTensor, AnyTensor]:
    """The greatest numbers along the last axis, and their places.

    Args:
        k: how many.
        sorted: the greatest first, which they are in any case.

    Returns:
        values and int32 places, of the shape of ``x`` with ``k`` for the last size.

    Example:
        >>> values, places = top_k([1.0, 5.0, 3.0], k=2)
        >>> values.tolist(), places.tolist()
        ([5.0, 3.0], [1, 2])
    """
    x = converted(x)
    places = apply(made(Argsort, -1, True, k), x)
    return apply(made(TakeAlongAxis, -1), x, places), places


def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> AnyTensor:
    """Whether the target is among the ``k`` greatest predictions; those equal to the last count as well.

    Args:
        targets: (n,), whole numbers.
        predictions: (n, classes).
    """
    predictions = floats(predictions)
    chosen = take_along_axis(predictions, expand_dims(targets, -1), axis=-1)
    chosen = where(isnan(chosen), float("-inf"), chosen)
    return less_equal(total(greater(predictions, chosen), axis=-1), k - 1)


def searchsorted(sorted_sequence: TensorLike, values: TensorLike, side: str = "left") -> AnyTensor:
    """Where each value would go in a sorted row, as int32.

    Args:
        side: before (``"left"``, the default) or after (``"right"``) what is equal.

    Example:
        >>> searchsorted([1, 3, 5], [0, 3, 9]).tolist()
        [0, 1, 3]
    """
    return apply(made(Searchsorted, side), *promoted(sorted_sequence, values))


def digitize(x: TensorLike, bins: TensorLike) -> AnyTensor:
    """How many of the sorted limits ``bins`` are at most ``x``, as int32.

    Example:
        >>> digitize([0.5, 1.0, 7.0], [1.0, 2.0]).tolist()
        [0, 1, 2]
    """
    return searchsorted(bins, x, side="right")
