"""Batches side by side, as they go to a device: several steps' rows at once."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clarinet.engines.base import Data
from clarinet.types import Array, DType, Shape

#: Bytes of a block, about, and its batches, at most.
_BYTES, _MOST = 2**24, 256
_ALIGNMENT = 64


class Block(NamedTuple):
    """Some batches.

    Attributes:
        xs, ys, weights: as of :class:`clarinet.engines.base.Data`, each array of shape (room, rows, …).
        filled: how many batches there are; what is in the room behind them counts for nothing.
        rows: of each batch.
    """

    xs: tuple[Array, ...]
    ys: tuple[Array | None, ...]
    weights: tuple[Array | None, ...]
    filled: int
    rows: int

    @property
    def arrays(self) -> tuple[tuple[Array, ...], tuple[Array | None, ...], tuple[Array | None, ...]]:
        """The arrays without the counts."""
        return self.xs, self.ys, self.weights

    @property
    def form(self) -> tuple[object, ...]:
        """The shapes and types of all arrays: blocks of one form share what is compiled."""
        return tuple(None if a is None else (a.shape, a.dtype.str) for part in self.arrays for a in part)

    def batch(self, number: int) -> Data:
        """One of the batches."""
        ys, weights = (tuple(None if a is None else a[number] for a in part) for part in self[1:3])
        return Data(tuple(x[number] for x in self.xs), ys, weights)


class Blocks:
    """The batches of some rows, each of the same size but for the last.

    A block has room for a number of batches that the data alone decide, not how many are asked for: what a step
    computes must not depend on how the steps are grouped.

    Args:
        data: the rows.
        dtype: the plan's; inputs of wider numbers are cast before they are sent.
        batch_size: rows of a batch.
        order, first, stop: as of :class:`clarinet.engines.base.Steps`; by default all rows as they are stored.
        alone: whether each batch is in a block of its own.
        rounded: makes the number of rows of the last batch a larger one, whose last row is repeated; default: as it is.
    """

    def __init__(
        self,
        data: Data,
        dtype: DType,
        batch_size: int,
        order: NDArray[np.int64] | None = None,
        first: int = 0,
        stop: int | None = None,
        alone: bool = False,
        rounded: Callable[[int], int] = int,
    ) -> None:
        self.data, self.dtype, self.size, self.order = data, dtype, batch_size, order
        self.first, self.stop, self._rounded = first, len(data) if stop is None else stop, rounded
        self.room = 1 if alone else _room(data, batch_size)

    def __len__(self) -> int:
        return (self.stop - self.first + self.size - 1) // self.size

    def whole(self, at: int) -> int:
        """How many batches of one size follow from number ``at`` on, and have room in a block."""
        left = (self.stop - self.first) // self.size - at
        return max(1, min(left, self.room))

    def take(self, at: int, count: int) -> Block:
        """``count`` batches from number ``at`` on, as many as :meth:`whole` allows."""
        start = self.first + at * self.size
        stop = min(start + count * self.size, self.stop)
        index = slice(start, stop) if self.order is None else self.order[start:stop]
        partial = stop - start < self.size
        rows, room = (self._rounded(stop - start), 1) if partial else (self.size, self.room)

        def sent(array: Array, inputs: bool = False) -> Array:
            found = zeros((room, rows, *array.shape[1:]), self._kind(array.dtype, inputs))
            _fill(found.reshape((-1, *array.shape[1:])), array, index, stop - start, count * rows)
            return found

        xs = tuple(sent(x, inputs=True) for x in self.data.xs)
        ys, weights = (
            tuple(None if a is None else sent(a) for a in part) for part in (self.data.ys, self.data.weights)
        )
        return Block(xs, ys, weights, count, rows)

    def _kind(self, dtype: DType, inputs: bool) -> DType:
        """What is sent of numbers of some type: no wider one than the plan's, of inputs, nor than JAX has."""
        widest = self.dtype if inputs else np.dtype(np.float64)
        return widest if dtype.itemsize > widest.itemsize else dtype.newbyteorder("=")


def _fill(into: Array, array: Array, index: slice | NDArray[np.int64], count: int, stop: int) -> None:
    """Write some rows of an array, and the last of them again until ``stop``."""
    if type(array) is np.ndarray and into.dtype == array.dtype and not isinstance(index, slice):
        np.take(array, index, axis=0, out=into[:count], mode="clip")  # which takes no copy between
    else:
        into[:count] = np.asarray(array[index])
    into[count:stop] = into[count - 1]


def zeros(shape: Shape, dtype: DType) -> Array:
    """New zeros where a processor's JAX need not copy them."""
    raw = np.zeros(prod(shape) * dtype.itemsize + _ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % _ALIGNMENT
    return raw[start : start + prod(shape) * dtype.itemsize].view(dtype).reshape(shape)


def power_above(number: int) -> int:
    """The least power of two that is no smaller.

    Example:
        >>> power_above(5), power_above(8)
        (8, 8)
    """
    return 1 << max(0, number - 1).bit_length()


def _room(data: Data, size: int) -> int:
    """How many batches a block has room for."""
    arrays = [a for a in (*data.xs, *data.ys, *data.weights) if a is not None]
    row = sum(prod(a.shape[1:]) * a.dtype.itemsize for a in arrays)
    most = max(1, min(_MOST, _BYTES // max(1, row * size)))
    return min(power_above(most + 1) // 2, power_above(len(data) // size))
