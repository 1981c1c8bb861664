"""Functions of ``tf`` that take tensors apart, by place, and put them together again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from clarinet import ops
from clarinet.names import public
from clarinet.ops.dtypes import as_dtype
from clarinet.types import AnyTensor, DTypeArg, ShapeLike, TensorLike

__all__ = [
    "dynamic_partition",
    "dynamic_stitch",
    "ensure_shape",
    "identity_n",
    "reverse_sequence",
    "saturate_cast",
    "shape_n",
    "slice",
    "strided_slice",
    "tensor_scatter_nd_add",
    "tensor_scatter_nd_max",
    "tensor_scatter_nd_min",
    "tensor_scatter_nd_sub",
    "unique_with_counts",
    "unravel_index",
]
_slice = slice


def __dir__() -> list[str]:
    return public(globals())


def ensure_shape(x: TensorLike, shape: ShapeLike, name: object = None) -> AnyTensor:
    """The tensor, whose shape must be this one; None is any size.

    Raises:
        ValueError: the shape is another one.

    Example:
        >>> ensure_shape([1.0, 2.0], (None,)).tolist()
        [1.0, 2.0]
    """
    tensor = ops.convert_to_tensor(x)
    have, want = tuple(tensor.shape), (shape,) if isinstance(shape, int) else tuple(shape)
    fits = len(have) == len(want) and all(a is None or b is None or a == b for a, b in zip(have, want))
    if not fits:
        raise ValueError(f"tf.ensure_shape: the tensor has shape {have}, expected {want}")
    return tensor


def identity_n(input: Sequence[TensorLike], name: object = None) -> list[AnyTensor]:
    """The tensors of a list."""
    return [ops.convert_to_tensor(one) for one in input]


def shape_n(input: Sequence[TensorLike], out_type: DTypeArg = "int32", name: object = None) -> list[AnyTensor]:
    """The shape of each tensor of a list."""
    return [ops.convert_to_tensor(ops.shape(one), out_type) for one in input]


def slice(input_: TensorLike, begin: TensorLike, size: TensorLike, name: object = None) -> AnyTensor:
    """A part of a tensor: where it begins along each axis, and how long it is; -1 stands for all that is left.

    Example:
        >>> slice([[1, 2, 3], [4, 5, 6]], [0, 1], [-1, 2]).tolist()
        [[2, 3], [5, 6]]
    """
    starts, sizes = ([int(one) for one in np.asarray(each)] for each in (begin, size))
    keys = tuple(_slice(start, None if long == -1 else start + long) for start, long in zip(starts, sizes))
    return ops.convert_to_tensor(input_)[keys]


def strided_slice(
    input_: TensorLike, begin: TensorLike, end: TensorLike, strides: TensorLike = None, name: object = None
) -> AnyTensor:
    """A part of a tensor, as ``tensor[begin:end:stride]`` along each of the first axes."""
    starts, ends = ([int(one) for one in np.asarray(each)] for each in (begin, end))
    steps = [1] * len(starts) if strides is None else [int(one) for one in np.asarray(strides)]
    return ops.convert_to_tensor(input_)[tuple(map(_slice, starts, ends, steps))]


def tensor_scatter_nd_add(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, name: object = None
) -> AnyTensor:
    """The tensor, to which entries are added at the places in the last axis of ``indices``.

    Example:
        >>> tensor_scatter_nd_add([1, 1, 1], [[0], [2]], [5, 6]).tolist()
        [6, 1, 7]
    """
    return ops.scatter_update(tensor, indices, updates, reduction="add")


def tensor_scatter_nd_sub(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, name: object = None
) -> AnyTensor:
    """The tensor, from which entries are taken at the places in the last axis of ``indices``."""
    return ops.scatter_update(tensor, indices, ops.negative(updates), reduction="add")


def tensor_scatter_nd_max(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, name: object = None
) -> AnyTensor:
    """The tensor, with the larger of its entry and the new one at the places in the last axis of ``indices``."""
    return _extreme(tensor, indices, updates, ops.maximum, ops.segment_max)


def tensor_scatter_nd_min(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, name: object = None
) -> AnyTensor:
    """The tensor, with the smaller of its entry and the new one at the places in the last axis of ``indices``."""
    return _extreme(tensor, indices, updates, ops.minimum, ops.segment_min)


def _extreme(
    tensor: TensorLike,
    indices: TensorLike,
    updates: TensorLike,
    choose: Callable[[TensorLike, TensorLike], AnyTensor],
    among: Callable[[TensorLike, TensorLike, int], AnyTensor],
) -> AnyTensor:
    """The tensor, with the larger or smaller number at some places; a place may come several times."""
    places, shape = np.asarray(indices), tuple(int(one or 0) for one in ops.shape(tensor))
    deep = places.shape[-1]
    numbers = np.ravel_multi_index(tuple(np.moveaxis(places, -1, 0).reshape(deep, -1)), shape[:deep])
    kept, where = np.unique(numbers, return_inverse=True)
    best = among(ops.reshape(updates, (-1, *shape[deep:])), where, len(kept))
    flat = ops.reshape(tensor, (-1, *shape[deep:]))
    chosen = choose(ops.take(flat, kept, 0), best)
    return ops.reshape(ops.scatter_update(flat, kept[:, None], chosen), shape)


def unravel_index(indices: TensorLike, dims: ShapeLike, name: object = None) -> AnyTensor:
    """The places, axis by axis, of entries that are numbered through: one column for each number."""
    return ops.stack(list(ops.unravel_index(indices, tuple(int(one) for one in np.asarray(dims)))))


def unique_with_counts(
    x: TensorLike, out_idx: DTypeArg = "int32", name: object = None
) -> tuple[AnyTensor, AnyTensor, AnyTensor]:
    """The different entries in the order of their first places, where each entry is among them, and how often.

    Example:
        >>> [each.tolist() for each in unique_with_counts([5, 2, 5])]
        [[5, 2], [0, 1, 0], [2, 1]]
    """
    from clarinet.tf.arrays import unique

    values, places = unique(x, out_idx)
    counts = np.bincount(np.asarray(places).ravel(), minlength=len(np.asarray(values)))
    return values, places, ops.convert_to_tensor(counts, out_idx)


def dynamic_partition(
    data: TensorLike, partitions: TensorLike, num_partitions: int, name: object = None
) -> list[AnyTensor]:
    """The rows of a tensor in as many tensors as there are parts; ``partitions`` says which part each belongs to.

    Example:
        >>> [part.tolist() for part in dynamic_partition([10, 20, 30], [0, 1, 0], 2)]
        [[10, 30], [20]]
    """
    parts = np.asarray(partitions)
    rows = ops.reshape(data, (-1, *ops.shape(data)[parts.ndim :]))
    places = [np.flatnonzero(parts.ravel() == part) for part in range(num_partitions)]
    return [ops.take(rows, each, 0) for each in places]


def dynamic_stitch(indices: Sequence[TensorLike], data: Sequence[TensorLike], name: object = None) -> AnyTensor:
    """Rows of several tensors in one; ``indices`` says which row each becomes, and the last one that does is kept.

    Example:
        >>> dynamic_stitch([[2, 0], [1]], [[30, 10], [20]]).tolist()
        [10, 20, 30]
    """
    flat = [np.asarray(each) for each in indices]
    places = np.concatenate([each.ravel() for each in flat])
    rows = [ops.reshape(one, (-1, *ops.shape(one)[each.ndim :])) for each, one in zip(flat, data)]
    stitched = ops.concatenate(rows, 0)
    zeros = ops.zeros((int(places.max(initial=-1)) + 1, *ops.shape(stitched)[1:]), ops.dtype(stitched))
    return ops.scatter_update(zeros, places[:, None], stitched)


def reverse_sequence(
    input: TensorLike, seq_lengths: TensorLike, seq_axis: int = 1, batch_axis: int = 0, name: object = None
) -> AnyTensor:
    """Sequences with their first ``seq_lengths`` steps in reverse order.

    Example:
        >>> reverse_sequence([[1, 2, 3], [4, 5, 6]], [2, 3]).tolist()
        [[2, 1, 3], [6, 5, 4]]
    """
    tensor = ops.moveaxis(input, (batch_axis, seq_axis), (0, 1))
    steps, lengths = np.arange(int(tensor.shape[1] or 0)), np.asarray(seq_lengths)[:, None]
    places = np.where(steps < lengths, lengths - 1 - steps, steps)
    places = places.reshape(*places.shape, *(1,) * (ops.ndim(tensor) - 2))
    return ops.moveaxis(ops.take_along_axis(tensor, places, 1), (0, 1), (batch_axis, seq_axis))


def saturate_cast(value: TensorLike, dtype: DTypeArg, name: object = None) -> AnyTensor:
    """Numbers in another dtype; those that it cannot hold become its smallest or largest.

    Example:
        >>> saturate_cast([300.0, -1.0], "uint8").tolist()
        [255, 0]
    """
    want = as_dtype(dtype)
    if want.kind in "iu":
        limits = np.iinfo(want)
        value = ops.clip(value, limits.min, limits.max)
    return ops.cast(value, want)
