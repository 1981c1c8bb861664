"""``tf.math.segment_...``: the rows of a tensor combined by the segment that each belongs to."""

from __future__ import annotations

import numpy as np

from clarinet import ops
from clarinet.names import public
from clarinet.types import AnyTensor, TensorLike

__all__ = [
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_prod",
    "unsorted_segment_max",
    "unsorted_segment_mean",
    "unsorted_segment_min",
    "unsorted_segment_prod",
    "unsorted_segment_sqrt_n",
]


def __dir__() -> list[str]:
    return public(globals())


def _count(segment_ids: TensorLike, num_segments: TensorLike) -> int:
    """How many segments there are: as many as are asked for, or one more than the largest number of one."""
    if num_segments is not None:
        return int(np.asarray(num_segments))
    return int(np.asarray(segment_ids).max(initial=-1)) + 1


def unsorted_segment_max(
    data: TensorLike, segment_ids: TensorLike, num_segments: TensorLike = None, name: object = None
) -> AnyTensor:
    """The largest row of each segment, entry by entry; the smallest number there is where a segment is empty.

    Args:
        data: a tensor, of which ``segment_ids`` are along the first axis.
        segment_ids: the segment of each row.
        num_segments: how many segments there are; default one more than the largest id.

    Example:
        >>> unsorted_segment_max([1.0, 5.0, 2.0], [0, 0, 1], 2).tolist()
        [5.0, 2.0]
    """
    rows = ops.segment_max(data, segment_ids, _count(segment_ids, num_segments))
    return _filled(rows, segment_ids, float(limits_of(rows).min))


def unsorted_segment_min(
    data: TensorLike, segment_ids: TensorLike, num_segments: TensorLike = None, name: object = None
) -> AnyTensor:
    """The smallest row of each segment, entry by entry; the largest number there is where a segment is empty."""
    rows = ops.segment_min(data, segment_ids, _count(segment_ids, num_segments))
    return _filled(rows, segment_ids, float(limits_of(rows).max))


def unsorted_segment_prod(
    data: TensorLike, segment_ids: TensorLike, num_segments: TensorLike = None, name: object = None
) -> AnyTensor:
    """The product of the rows of each segment; 1 where a segment is empty."""
    return ops.segment_prod(data, segment_ids, _count(segment_ids, num_segments))


def _sums(data: TensorLike, segment_ids: TensorLike, count: int) -> tuple[AnyTensor, AnyTensor]:
    """The sum of the rows of each segment, and how many there are, 1 at least."""
    sums = ops.segment_sum(data, segment_ids, count)
    sizes = ops.segment_sum(ops.ones_like(ops.cast(segment_ids, "float32")), segment_ids, count)
    return sums, ops.reshape(ops.maximum(sizes, 1.0), (-1, *(1,) * (ops.ndim(sums) - 1)))


def unsorted_segment_mean(
    data: TensorLike, segment_ids: TensorLike, num_segments: TensorLike = None, name: object = None
) -> AnyTensor:
    """The mean of the rows of each segment; 0 where a segment is empty.

    Example:
        >>> unsorted_segment_mean([[1.0], [5.0], [2.0]], [0, 0, 2], 3).tolist()
        [[3.0], [0.0], [2.0]]
    """
    sums, sizes = _sums(data, segment_ids, _count(segment_ids, num_segments))
    return ops.divide(sums, sizes)


def unsorted_segment_sqrt_n(
    data: TensorLike, segment_ids: TensorLike, num_segments: TensorLike = None, name: object = None
) -> AnyTensor:
    """The sum of the rows of each segment, divided by the square root of how many there are."""
    sums, sizes = _sums(data, segment_ids, _count(segment_ids, num_segments))
    return ops.divide(sums, ops.sqrt(sizes))


def limits_of(rows: AnyTensor) -> np.finfo[np.floating] | np.iinfo:
    """The smallest and the largest number of a tensor's dtype."""
    dtype = np.dtype(str(ops.dtype(rows)))
    return np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)


def _filled(rows: AnyTensor, segment_ids: TensorLike, empty: float = 0) -> AnyTensor:
    """A number for segments that are empty."""
    present = np.isin(np.arange(int(rows.shape[0] or 0)), np.asarray(segment_ids))
    return ops.where(present.reshape(-1, *(1,) * (ops.ndim(rows) - 1)), rows, ops.full_like(rows, empty))


def segment_max(data: TensorLike, segment_ids: TensorLike, name: object = None) -> AnyTensor:
    """The largest row of each segment; 0 where a segment is empty."""
    return _filled(unsorted_segment_max(data, segment_ids), segment_ids)


def segment_min(data: TensorLike, segment_ids: TensorLike, name: object = None) -> AnyTensor:
    """The smallest row of each segment; 0 where a segment is empty."""
    return _filled(unsorted_segment_min(data, segment_ids), segment_ids)


def segment_prod(data: TensorLike, segment_ids: TensorLike, name: object = None) -> AnyTensor:
    """The product of the rows of each segment; 1 where a segment is empty."""
    return unsorted_segment_prod(data, segment_ids)


def segment_mean(data: TensorLike, segment_ids: TensorLike, name: object = None) -> AnyTensor:
    """The mean of the rows of each segment; 0 where a segment is empty."""
    return unsorted_segment_mean(data, segment_ids)
