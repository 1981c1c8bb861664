"""Functions of ``tf`` whose meaning or whose defaults are not those of one operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import cast as cast_type

import numpy as np

from clarinet import ops
from clarinet.ops.control import Value
from clarinet.ops.dtypes import as_dtype
from clarinet.ops.texts import as_bytes, texts
from clarinet.tf.halves import halves_of
from clarinet.tf.strings import as_string
from clarinet.types import AnyTensor, Array, Axes, DTypeArg, ShapeLike, TensorLike


def constant(
    value: TensorLike, dtype: DTypeArg = None, shape: ShapeLike | None = None, name: object = None
) -> AnyTensor | Array:
    """Numbers as a tensor, in another shape perhaps, to which a single one is spread; texts as an array of texts.

    Example:
        >>> constant(2.0, shape=(2,))
        Tensor([2., 2.], dtype=float32)
    """
    if np.asarray(value).dtype.kind in "SUO":
        found = texts(as_bytes(np.array(value, object)))
        return found if shape is None else np.broadcast_to(found, cast_type("tuple[int, ...]", shape), subok=True)
    made = ops.convert_to_tensor(value, dtype)
    if shape is None:
        return made
    return ops.reshape(made, shape) if (ops.size(made) or 0) > 1 else ops.broadcast_to(ops.reshape(made, ()), shape)


def cast(x: TensorLike, dtype: DTypeArg, name: object = None) -> AnyTensor | Array:
    """Numbers in another dtype, cut off towards 0 where whole ones are wanted; or as texts, with ``tf.string``.

    Example:
        >>> cast([1.7], "int32").tolist(), cast([1, 2], "string").numpy().tolist()
        ([1], [b'1', b'2'])
    """
    if dtype in ("string", "str", str) or (isinstance(dtype, np.dtype) and dtype.kind in "OSU"):
        return as_string(x)
    if isinstance(dtype, np.dtype) and dtype.kind == "c":  # for data before training: an array of NumPy's
        return halves_of(x) or np.asarray(x).astype(dtype)  # type: ignore[return-value]  # two tensors are one here
    return ops.cast(x, dtype)


def argmax(input: TensorLike, axis: int | None = 0, output_type: DTypeArg = "int64", name: object = None) -> AnyTensor:
    """The place of the largest entry, along axis 0 unless another is given.

    Example:
        >>> argmax([[1, 5], [3, 2]]).tolist(), argmax([[1, 5], [3, 2]], axis=1).tolist()
        ([1, 0], [1, 0])
    """
    return ops.cast(ops.argmax(input, 0 if axis is None else axis), as_dtype(output_type))


def argmin(input: TensorLike, axis: int | None = 0, output_type: DTypeArg = "int64", name: object = None) -> AnyTensor:
    """The place of the smallest entry, along axis 0 unless another is given."""
    return ops.cast(ops.argmin(input, 0 if axis is None else axis), as_dtype(output_type))


def matmul(
    a: TensorLike, b: TensorLike, transpose_a: bool = False, transpose_b: bool = False, **settings: object
) -> AnyTensor:
    """The product of matrices, each perhaps transposed.

    Args:
        a, b: (..., n, m) and (..., m, k).
        transpose_a, transpose_b: whether the last two axes change places first; so do ``adjoint_a`` and ``adjoint_b``,
            which is the same for real numbers.
        settings: others of TensorFlow, which change nothing here.

    Example:
        >>> matmul([[1.0, 2.0]], [[3.0, 4.0]], transpose_b=True).tolist()
        [[11.0]]
    """
    first = ops.swapaxes(a, -1, -2) if transpose_a or settings.get("adjoint_a") else a
    return ops.matmul(first, ops.swapaxes(b, -1, -2) if transpose_b or settings.get("adjoint_b") else b)


def split(
    value: TensorLike, num_or_size_splits: int | Sequence[int] | Array, axis: int = 0, name: object = None
) -> list[AnyTensor]:
    """Parts of equal size, as many as a number says, or of the sizes in a list, one of which may be -1: the rest.

    Example:
        >>> [part.tolist() for part in split([1, 2, 3, 4], [1, -1])]
        [[1], [2, 3, 4]]
    """
    if np.ndim(num_or_size_splits) == 0:
        return ops.split(value, int(np.asarray(num_or_size_splits)), axis)
    sizes = [int(size) for size in np.asarray(num_or_size_splits)]
    if -1 in sizes:
        sizes[sizes.index(-1)] = int(ops.convert_to_tensor(value).shape[axis] or 0) - sum(
            size for size in sizes if size != -1
        )
    return ops.split(value, [*accumulate(sizes)][:-1], axis)


def gather(
    params: TensorLike, indices: TensorLike, axis: int | None = None, batch_dims: int = 0, name: object = None
) -> AnyTensor:
    """The entries at ``indices`` along an axis, default ``batch_dims``; the first ``batch_dims`` axes go in step.

    Example:
        >>> gather([[1, 2], [3, 4]], [[1], [0]], batch_dims=1).tolist()
        [[2], [3]]
    """
    axis = batch_dims if axis is None else axis
    if batch_dims == 0:
        return ops.take(params, indices, axis)
    if batch_dims == ops.ndim(params) - 1 == ops.ndim(indices) - 1 and axis in (-1, batch_dims):
        return ops.take_along_axis(params, indices, axis)
    parts = [gather(p, i, axis - 1, batch_dims - 1) for p, i in zip(ops.unstack(params), ops.unstack(indices))]
    return ops.stack(parts)


def gather_nd(params: TensorLike, indices: TensorLike, batch_dims: int = 0, name: object = None) -> AnyTensor:
    """The entries whose places stand in the last axis of ``indices``.

    Example:
        >>> gather_nd([[1, 2], [3, 4]], [[0, 1], [1, 0]]).tolist()
        [2, 3]
    """
    if batch_dims:
        parts = [gather_nd(p, i, batch_dims - 1) for p, i in zip(ops.unstack(params), ops.unstack(indices))]
        return ops.stack(parts)
    places = tuple(np.moveaxis(np.asarray(indices), -1, 0))
    return ops.get_item(ops.convert_to_tensor(params), places)


def where(condition: TensorLike, x: TensorLike = None, y: TensorLike = None, name: object = None) -> AnyTensor:
    """Entries of ``x`` where the condition holds, else of ``y``; of a condition alone, where it holds, a place a row.

    Example:
        >>> where([True, False], 1, 2).tolist(), where([[False, True]]).tolist()
        ([1, 2], [[0, 1]])
    """
    if x is None and y is None:
        return ops.cast(ops.stack(ops.nonzero(condition), axis=-1), "int64")
    return ops.where(condition, x, y)


def boolean_mask(tensor: TensorLike, mask: TensorLike, axis: int | None = None, name: object = None) -> AnyTensor:
    """The entries where the mask is true, along an axis, default 0; the axes of the mask become one.

    Example:
        >>> boolean_mask([1, 2, 3], [True, False, True]).tolist()
        [1, 3]
    """
    axis, kept = axis or 0, np.asarray(mask)
    tensor = ops.convert_to_tensor(tensor)
    flat = ops.reshape(tensor, (*tensor.shape[:axis], -1, *tensor.shape[axis + kept.ndim :]))
    return ops.take(flat, np.flatnonzero(kept), axis)


def one_hot(
    indices: TensorLike,
    depth: int,
    on_value: TensorLike = None,
    off_value: TensorLike = None,
    axis: int | None = None,
    dtype: DTypeArg = None,
    name: object = None,
) -> AnyTensor:
    """``on_value``, default 1, at the index and ``off_value``, default 0, elsewhere, along a new axis, the last one.

    Example:
        >>> one_hot([1, 0], 2, on_value=5.0).tolist()
        [[0.0, 5.0], [5.0, 0.0]]
    """
    indices = ops.convert_to_tensor(indices)
    if np.dtype(indices.dtype).kind == "f":  # labels that were read as floats
        indices = ops.cast(indices, "int32")
    hot = ops.one_hot(indices, int(depth), -1 if axis is None else axis, dtype or "float32")
    if on_value is None and off_value is None:
        return hot
    on, off = 1 if on_value is None else on_value, 0 if off_value is None else off_value
    return ops.add(ops.multiply(hot, on), ops.multiply(ops.subtract(1, hot), off))


def range(
    start: TensorLike, limit: TensorLike = None, delta: TensorLike = 1, dtype: DTypeArg = None, name: object = None
) -> AnyTensor:
    """Numbers from ``start`` to below ``limit``, ``delta`` apart; with one argument from 0 on.

    Example:
        >>> range(3).tolist(), range(1.0, 2.0, 0.5).tolist()
        ([0, 1, 2], [1.0, 1.5])
    """
    return ops.arange(start, limit, delta, dtype)


def pad(
    tensor: TensorLike,
    paddings: TensorLike,
    mode: str = "CONSTANT",
    constant_values: TensorLike = 0,
    name: object = None,
) -> AnyTensor:
    """More entries before and after each axis: constants, or with ``"REFLECT"`` and ``"SYMMETRIC"`` mirrored ones."""
    kind = mode.lower()
    return ops.pad(tensor, paddings, kind, constant_values if kind == "constant" else None)


def unique(x: TensorLike, out_idx: DTypeArg = "int32", name: object = None) -> tuple[AnyTensor, AnyTensor]:
    """The different entries in the order in which they come first, and for each entry which of them it is.

    Example:
        >>> [part.tolist() for part in unique([4, 2, 4])]
        [[4, 2], [0, 1, 0]]
    """
    values, first, inverse = np.unique(np.asarray(x), return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return ops.convert_to_tensor(values[order]), ops.convert_to_tensor(rank[inverse], out_idx)


def sequence_mask(
    lengths: TensorLike, maxlen: int | None = None, dtype: DTypeArg = "bool", name: object = None
) -> AnyTensor:
    """True at the first ``lengths`` places of each row.

    Example:
        >>> sequence_mask([1, 2]).tolist()
        [[True, False], [True, True]]
    """
    lengths = ops.convert_to_tensor(lengths)
    longest = int(ops.max(lengths)) if maxlen is None else int(maxlen)
    return ops.cast(ops.less(ops.arange(longest), ops.expand_dims(lengths, -1)), dtype)


def clip_by_norm(t: TensorLike, clip_norm: TensorLike, axes: Axes = None, name: object = None) -> AnyTensor:
    """The tensor, shortened where its norm is larger than ``clip_norm``.

    Example:
        >>> clip_by_norm([3.0, 4.0], 1.0).tolist()
        [0.6..., 0.8...]
    """
    norm = ops.sqrt(ops.sum(ops.square(t), axes, keepdims=True))
    return ops.divide(ops.multiply(t, clip_norm), ops.maximum(norm, clip_norm))


def global_norm(t_list: Sequence[TensorLike], name: object = None) -> AnyTensor:
    """The norm of all entries of several tensors; None counts as nothing."""
    return ops.sqrt(ops.sum(ops.stack([ops.sum(ops.square(t)) for t in t_list if t is not None])))


def clip_by_global_norm(
    t_list: Sequence[TensorLike], clip_norm: float, use_norm: TensorLike = None, name: object = None
) -> tuple[list[AnyTensor | None], TensorLike]:
    """Several tensors, shortened together where the norm of all is larger than ``clip_norm``; and that norm."""
    norm = global_norm(t_list) if use_norm is None else use_norm
    scale = ops.divide(clip_norm, ops.maximum(norm, clip_norm))
    return [None if t is None else ops.multiply(t, scale) for t in t_list], norm


def map_fn(fn: Callable[[TensorLike], TensorLike], elems: TensorLike, **_: object) -> AnyTensor:
    """What a function makes of each row, stacked."""
    return ops.map(fn, elems)


def cond(pred: TensorLike, true_fn: Callable[[], Value], false_fn: Callable[[], Value]) -> Value:
    """What the one function gives, or the other."""
    return ops.cond(pred, true_fn, false_fn)


def while_loop(
    cond: Callable[..., TensorLike],
    body: Callable[..., object],
    loop_vars: Value,
    shape_invariants: object = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: int | None = None,
) -> Value:
    """What the loop variables are once the condition does not hold any more."""
    return ops.while_loop(cond, body, loop_vars, maximum_iterations)


class ShapeOfNumbers(tuple[int, ...]):
    """The sizes of numbers, which also know what programs ask of TensorFlow's: ``numpy``, differences and products."""

    __slots__ = ()

    def numpy(self) -> Array:
        """The sizes as an array."""
        return np.array(self, np.int32)

    def __sub__(self, other: TensorLike) -> AnyTensor:
        return ops.subtract(self.numpy(), other)

    def __rsub__(self, other: TensorLike) -> AnyTensor:
        return ops.subtract(other, self.numpy())

    def __floordiv__(self, other: TensorLike) -> AnyTensor:
        return ops.floor_divide(self.numpy(), other)


def shape(input: TensorLike, out_type: DTypeArg = "int32", name: object = None) -> tuple[int | None, ...]:
    """The sizes of a tensor.

    Example:
        >>> shape([[1.0, 2.0]]), shape([1.0]).numpy().tolist()
        ((1, 2), [1])
    """
    sizes = ops.shape(input)
    known = [size for size in sizes if type(size) is int]
    return ShapeOfNumbers(known) if len(known) == len(sizes) else sizes


def is_tensor(x: object) -> bool:
    """Whether it is a tensor, of numbers or of a network that is being put together."""
    return bool(ops.is_tensor(x))


def tensor_scatter_nd_update(
    tensor: TensorLike, indices: TensorLike, updates: TensorLike, name: object = None
) -> AnyTensor:
    """The tensor with other entries at the places in the last axis of ``indices``."""
    return ops.scatter_update(tensor, indices, updates)


def scatter_nd(indices: TensorLike, updates: TensorLike, shape: ShapeLike, name: object = None) -> AnyTensor:
    """Zeros, to which entries are added at the places in the last axis of ``indices``."""
    return ops.scatter(indices, updates, shape)


def numbers(x: TensorLike) -> Array:
    """What a tensor holds, as an array of NumPy's."""
    return np.asarray(x)
