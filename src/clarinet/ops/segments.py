"""What the rows of each segment come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clarinet.arrays import scatter_add
from clarinet.ops.axes import expand_dims
from clarinet.ops.dispatch import Operand, apply, converted, numbers_of, refuse_symbolic, shape_of, whole_numbers
from clarinet.ops.indexing import scatter
from clarinet.ops.operation import Gradients, Operation, made
from clarinet.ops.specs import Batch, TensorSpec
from clarinet.types import AnyTensor, Array, Arrays, Namespace, TensorLike

__all__ = [
    "segment_max",
    "segment_min",
    "segment_prod",
    "segment_sum",
]


@dataclass(eq=False, repr=False)
class _Segments(Operation):
    """Base of operations on the rows of each segment; inputs are the rows and, of each, the number of its segment.

    Args:
        count: of segments. A row of another number belongs to none.
    """

    arity = 2

    count: int

    def start(self, dtype: object, xp: Namespace) -> float:
        """What a segment without rows comes to."""
        raise NotImplementedError

    def joined(self, total: Array, rows: Array, ids: Array, xp: Namespace) -> Array:
        """The segments with the rows added, each to that of its number."""
        raise NotImplementedError

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        rows, ids = xs
        inside = (ids >= 0) & (ids < self.count)
        ids = xp.where(inside, ids, xp.full_like(ids, self.count))  # the others go to one more, which is dropped
        start = xp.full((self.count + 1, *rows.shape[1:]), self.start(rows.dtype, xp), dtype=rows.dtype)
        whole = self.joined(start, rows, ids, xp)
        return whole[: self.count, ...], (rows, ids, whole)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        rows, ids = specs
        if (
            ids.rank != 1
            or not rows.rank
            or (ids.shape[0] != rows.shape[0] and None not in (ids.shape[0], rows.shape[0]))
        ):
            raise ValueError(f"{self.name}: expected rows (n, …) and ids (n,), received {rows.shape} and {ids.shape}")
        return rows.reshaped((self.count, *rows.shape[1:]))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "mixes"


def _limits(dtype: object) -> tuple[int, int]:
    """The least and the greatest whole number."""
    known = np.iinfo(str(dtype).rpartition(".")[2])
    return int(known.min), int(known.max)


def _one_by_one(function: Any, total: Array, rows: Array, ids: Array, xp: Namespace) -> Array:
    """A function of two numbers over the rows of each segment."""
    if hasattr(total, "at"):  # JAX's arrays
        return getattr(total.at[ids], function)(rows)  # type: ignore[no-any-return]
    total = xp.asarray(total, copy=True)
    if xp is np:
        numpy: Any = {"max": np.maximum, "min": np.minimum, "multiply": np.multiply}[function]
        numpy.at(total, ids, rows)
        return total
    two = {"max": xp.maximum, "min": xp.minimum, "multiply": xp.multiply}[function]
    for i in range(rows.shape[0]):
        total[int(ids[i]), ...] = two(total[int(ids[i]), ...], rows[i, ...])
    return total


class _Extreme(_Segments):
    """Base of the extremes; those that are equal to it share its gradient."""

    def backward(self, cache: tuple[Array, Array, Array], dy: Array, xp: Namespace = np) -> Gradients:
        rows, ids, whole = cache
        zero = xp.zeros((1, *dy.shape[1:]), dtype=dy.dtype)
        best = xp.astype(rows == xp.take(whole, ids, axis=0), dy.dtype)
        counts = _sums(best, ids, self.count + 1, xp)
        share = xp.concat([dy, zero]) / xp.where(counts == 0, xp.ones_like(counts), counts)
        return best * xp.take(share, ids, axis=0), None


def _sums(rows: Array, ids: Array, count: int, xp: Namespace) -> Array:
    flat = scatter_add(xp.reshape(rows, (rows.shape[0], -1)), ids, count, xp)
    return xp.reshape(flat, (count, *rows.shape[1:]))


class SegmentSum(_Segments):
    """y = the sum of the rows of each segment; dx = dy of its segment. For rows whose sizes are not known."""

    def start(self, dtype: object, xp: Namespace) -> float:
        return 0

    def joined(self, total: Array, rows: Array, ids: Array, xp: Namespace) -> Array:
        return _sums(rows, ids, self.count + 1, xp)

    def backward(self, cache: tuple[Array, Array, Array], dy: Array, xp: Namespace = np) -> Gradients:
        outside = xp.zeros((1, *dy.shape[1:]), dtype=dy.dtype)
        return xp.take(xp.concat([dy, outside]), cache[1], axis=0), None


class SegmentMax(_Extreme):
    """y = the greatest row of each segment, entry by entry; the least number there is where it has none."""

    def start(self, dtype: object, xp: Namespace) -> float:
        return -np.inf if xp.isdtype(dtype, "real floating") else _limits(dtype)[0]

    def joined(self, total: Array, rows: Array, ids: Array, xp: Namespace) -> Array:
        return _one_by_one("max", total, rows, ids, xp)


class SegmentMin(_Extreme):
    """y = the least row of each segment, entry by entry; the greatest number there is where it has none."""

    def start(self, dtype: object, xp: Namespace) -> float:
        return np.inf if xp.isdtype(dtype, "real floating") else _limits(dtype)[1]

    def joined(self, total: Array, rows: Array, ids: Array, xp: Namespace) -> Array:
        return _one_by_one("min", total, rows, ids, xp)


class SegmentProd(_Segments):
    """y = the product of the rows of each segment, 1 where it has none; dx = dy times the product of the others."""

    def start(self, dtype: object, xp: Namespace) -> float:
        return 1

    def joined(self, total: Array, rows: Array, ids: Array, xp: Namespace) -> Array:
        return _one_by_one("multiply", total, rows, ids, xp)

    def backward(self, cache: tuple[Array, Array, Array], dy: Array, xp: Namespace = np) -> Gradients:
        rows, ids, _ = cache
        ones = xp.ones((self.count + 1, *rows.shape[1:]), dtype=rows.dtype)
        zero = rows == 0
        product = self.joined(ones, xp.where(zero, xp.ones_like(rows), rows), ids, xp)  # of those that are not 0
        zeros = xp.take(_sums(xp.astype(zero, rows.dtype), ids, self.count + 1, xp), ids, axis=0)
        others = xp.take(product, ids, axis=0) / xp.where(zero, xp.ones_like(rows), rows)
        alone = zeros - xp.astype(zero, rows.dtype) == 0  # no other one is 0
        dy = xp.concat([dy, xp.zeros((1, *dy.shape[1:]), dtype=dy.dtype)])
        return xp.take(dy, ids, axis=0) * xp.where(alone, others, xp.zeros_like(others)), None


def _ready(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None, what: str
) -> tuple[Operand, Operand, int]:
    data, ids = converted(data), whole_numbers(segment_ids, what)
    if num_segments is None:
        refuse_symbolic(f"{what} without num_segments", ids)
        num_segments = int(numbers_of(ids).max(initial=-1)) + 1
    return data, ids, int(num_segments)


def segment_sum(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> AnyTensor:
    """For each segment the sum of its rows.

    Args:
        data: (n, …).
        segment_ids: (n,), which segment each row belongs to.
        num_segments: how many there are; default: as many as the ids say.
        sorted: the ids are in order, which makes no difference here.

    Example:
        >>> segment_sum([1.0, 2.0, 4.0], [1, 0, 1]).tolist()
        [2.0, 5.0]
    """
    data, ids, count = _ready(data, segment_ids, num_segments, "segment_sum")
    if None in shape_of(data)[1:]:
        return apply(made(SegmentSum, count), data, ids)
    return scatter(expand_dims(ids, -1), data, (count, *shape_of(data)[1:]))


def segment_max(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> AnyTensor:
    """For each segment the greatest of its rows, entry by entry; minus infinity, or the least whole number, for none.

    Arguments as of :func:`segment_sum`. Those that are equal share the gradient.

    Example:
        >>> segment_max([1.0, 2.0, 4.0], [1, 0, 1]).tolist()
        [2.0, 4.0]
    """
    data, ids, count = _ready(data, segment_ids, num_segments, "segment_max")
    return apply(made(SegmentMax, count), data, ids)


def segment_min(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> AnyTensor:
    """For each segment the least of its rows, entry by entry; infinity, or the greatest whole number, for none.

    Arguments as of :func:`segment_sum`. Those that are equal share the gradient.
    """
    data, ids, count = _ready(data, segment_ids, num_segments, "segment_min")
    return apply(made(SegmentMin, count), data, ids)


def segment_prod(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> AnyTensor:
    """For each segment the product of its rows, entry by entry; 1 for none; arguments as of :func:`segment_sum`."""
    data, ids, count = _ready(data, segment_ids, num_segments, "segment_prod")
    return apply(made(SegmentProd, count), data, ids)
