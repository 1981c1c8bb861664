"""Entries chosen by their places, and numbers put into places."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from clarinet.ops.axes import expand_dims, ravel, reshape
from clarinet.ops.comparisons import equal
from clarinet.ops.creation import arange
from clarinet.ops.dispatch import (
    Operand,
    apply,
    converted,
    dtype_of,
    numbers_of,
    promoted,
    refuse_symbolic,
    shape_of,
    spec_of,
    typed,
    whole_numbers,
)
from clarinet.ops.dtypes import BOOL, FLOAT, INT, as_dtype
from clarinet.ops.gathering import GetItem, Part, Take, TakeAlongAxis
from clarinet.ops.operation import made
from clarinet.ops.scattering import Scatter, ScatterUpdate, SliceUpdate
from clarinet.ops.shapes import whole_shape
from clarinet.ops.sizing import sized
from clarinet.ops.specs import place, whole_axes
from clarinet.ops.totals import any as any_
from clarinet.ops.totals import max as greatest
from clarinet.problems import shown
from clarinet.types import AnyTensor, DTypeArg, ShapeLike, TensorLike

__all__ = [
    "get_item",
    "isin",
    "multi_hot",
    "one_hot",
    "scatter",
    "scatter_update",
    "slice",
    "slice_update",
    "take",
    "take_along_axis",
]


def get_item(x: TensorLike, key: TensorLike) -> AnyTensor:
    """``x[key]``, as NumPy understands it: places, slices, ``None``, ``...``, arrays of places, masks.

    In the call of a layer or model ``table[:rows]`` of ``rows = ops.shape(x)[0]`` is a row of the table for each of the
    batch.

    Raises:
        IndexError, ValueError: there is no such entry.
        TypeError: a mask of a graph, of which nobody knows how many entries it chooses.

    Example:
        >>> get_item([[1, 2, 3], [4, 5, 6]], (..., [0, 2])).tolist()
        [[1, 3], [4, 6]]
    """
    first, rest = (key[0], key[1:]) if isinstance(key, tuple) and key else (key, ())
    if isinstance(first, builtins.slice) and getattr(first.stop, "is_rows", False) and _begins_at_0(first):
        x = converted(x)
        if not spec_of(x).batched and shape_of(x)[0] != 1:
            x = take(x, arange(None), axis=0)
        key = (builtins.slice(None), *rest)
    return _entries(x, key)


def _begins_at_0(part: builtins.slice) -> bool:
    return part.start in (None, 0) and part.step in (None, 1)


@sized(name="get_item")
def _entries(x: TensorLike, key: TensorLike) -> AnyTensor:
    parts: list[Part] = []
    arrays: list[Any] = []
    for part in key if isinstance(key, tuple) else (key,):
        if part is None or part is Ellipsis:
            parts.append(None if part is None else "...")
        elif isinstance(part, builtins.slice):
            parts.append(_limits(part))
        elif hasattr(part, "__index__") and not isinstance(part, (bool, np.bool_)) and not getattr(part, "ndim", 0):
            parts.append(part.__index__())
        else:
            found = _places(part)
            parts += ["array"] * len(found)
            arrays += found
    return apply(made(GetItem, tuple(parts)), converted(x), *arrays)


def _limits(part: builtins.slice) -> tuple[int | None, int | None, int | None]:
    limits = (part.start, part.stop, part.step)
    return tuple(one if one is None else one.__index__() for one in limits)  # type: ignore[return-value]


def _places(part: TensorLike) -> list[Operand]:
    """An array of places as it is, a mask as the places where it is true, one array for each of its axes."""
    part = converted(part)
    if dtype_of(part) == BOOL:
        refuse_symbolic("get_item with a mask", part)
        return list(np.nonzero(numbers_of(part)))
    if dtype_of(part).kind == "f":
        if 0 not in shape_of(part):
            raise TypeError(f"indexing: places are whole numbers, received {shown(part)}")
        part = typed(part, INT)  # an empty list
    return [part]


def take(x: TensorLike, indices: TensorLike, axis: int | None = None) -> AnyTensor:
    """The entries of ``x`` at some places along an axis.

    Args:
        indices: whole numbers of any shape, which stands in place of the axis; negative ones count from the end.
        axis: default None: all numbers in one row.

    Raises:
        IndexError: there is no such entry.

    Example:
        >>> take([[1, 2], [3, 4]], [1, 1, 0], axis=0).tolist()
        [[3, 4], [3, 4], [1, 2]]
    """
    x = ravel(x) if axis is None else converted(x)
    return apply(made(Take, 0 if axis is None else axis), x, whole_numbers(indices, "take"))


def take_along_axis(x: TensorLike, indices: TensorLike, axis: int | None = None) -> AnyTensor:
    """For each row along an axis, its entries at places of its own, as :func:`clarinet.ops.argsort` gives them.

    Args:
        indices: whole numbers, with as many axes as ``x``.
        axis: default None: all numbers in one row.

    Example:
        >>> take_along_axis([[1, 2], [3, 4]], [[1], [0]], axis=1).tolist()
        [[2], [3]]
    """
    places = whole_numbers(indices, "take_along_axis")
    if axis is None:
        return apply(made(TakeAlongAxis, 0), ravel(x), ravel(places))
    return apply(made(TakeAlongAxis, axis), converted(x), places)


@sized()
def slice(inputs: TensorLike, start_indices: TensorLike, shape: ShapeLike) -> AnyTensor:
    """A block of ``inputs``.

    Args:
        start_indices: where it begins, on each axis.
        shape: its sizes; -1 for all that is left.

    Example:
        >>> slice([[1, 2, 3], [4, 5, 6]], (0, 1), (2, 2)).tolist()
        [[2, 3], [5, 6]]
    """
    x = converted(inputs)
    starts, sizes = _start(start_indices, "slice"), whole_shape(shape, "slice")
    whole = shape_of(x)
    if len(starts) != len(whole) or len(sizes) != len(whole):
        raise ValueError(f"slice: expected {len(whole)} start_indices and sizes for the shape {whole}")
    for start, size, all_ in zip(starts, sizes, whole):
        if all_ is not None and size is not None and not 0 <= start <= start + max(size, 0) <= all_:
            raise ValueError(f"slice: {size} entries from {start} on are not in an axis of {all_}")
    parts = tuple((start, None if size == -1 else start + size, None) for start, size in zip(starts, sizes))  # type: ignore[operator]
    return apply(made(GetItem, parts), x)


def _start(start: TensorLike, what: str) -> tuple[int, ...]:
    refuse_symbolic(f"{what} with start_indices of a graph", start)
    return whole_axes(numbers_of(start).reshape(-1).tolist(), f"{what}: start_indices") or ()


def slice_update(inputs: TensorLike, start_indices: TensorLike, updates: TensorLike) -> AnyTensor:
    """``inputs`` with ``updates`` in place of the block that begins at ``start_indices``.

    Example:
        >>> slice_update([1, 2, 3, 4], [1], [8, 9]).tolist()
        [1, 8, 9, 4]
    """
    return apply(made(SliceUpdate, _start(start_indices, "slice_update")), *_like_first(inputs, updates))


def _like_first(x: TensorLike, other: TensorLike) -> tuple[Operand, Operand]:
    x = converted(x)
    return x, typed(converted(other), dtype_of(x))


@sized()
def scatter(indices: TensorLike, values: TensorLike, shape: ShapeLike) -> AnyTensor:
    """Zeros with ``values`` at ``indices``; what meets at a place is added.

    Args:
        indices: (n, axes), places in the first axes.
        values: (n, rest of the shape).
        shape: of the result.

    Example:
        >>> scatter([[0], [2], [0]], [1.0, 2.0, 4.0], (3,)).tolist()
        [5.0, 0.0, 2.0]
    """
    operation = made(Scatter, whole_shape(shape, "scatter"))
    return apply(operation, whole_numbers(indices, "scatter"), converted(values))


def scatter_update(
    inputs: TensorLike, indices: TensorLike, updates: TensorLike, reduction: str | None = None
) -> AnyTensor:
    """``inputs`` with ``updates`` at ``indices``.

    Args:
        indices: (n, axes), places in the first axes, each at most once.
        updates: (n, rest of the shape).
        reduction: default None: in place of what stands there; ``"add"``: added to it, a place named twice included.

    Example:
        >>> scatter_update([1, 2, 3], [[0], [2]], [7, 9]).tolist()
        [7, 2, 9]
    """
    x, updates = _like_first(inputs, updates)
    return apply(made(ScatterUpdate, reduction), x, whole_numbers(indices, "scatter_update"), updates)


@sized()
def one_hot(x: TensorLike, num_classes: int, axis: int = -1, dtype: DTypeArg = None, sparse: bool = False) -> AnyTensor:
    """For each whole number a row of zeros with a 1 at its place; a number without a place gives zeros.

    Args:
        num_classes: how many places there are.
        axis: where the new axis is; default -1.
        dtype: default float32.
        sparse: only False.

    Example:
        >>> one_hot([0, 2], 3).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if sparse:
        raise ValueError("one_hot: there are no sparse tensors; leave out sparse=True")
    x = whole_numbers(x, "one_hot")
    rank = len(shape_of(x)) + 1
    at = place(axis, rank, "one_hot")
    classes = np.arange(num_classes, dtype=dtype_of(x)).reshape((-1,) + (1,) * (rank - 1 - at))
    return typed(equal(expand_dims(x, at), classes), as_dtype(dtype, "one_hot: dtype") if dtype else FLOAT)


def multi_hot(
    inputs: TensorLike, num_classes: int | None = None, axis: int = -1, dtype: DTypeArg = None, sparse: bool = False
) -> AnyTensor:
    """For each row of whole numbers a row with a 1 at each of their places; arguments as of :func:`one_hot`.

    Example:
        >>> multi_hot([[0, 2], [1, 1]], 3).tolist()
        [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    if num_classes is None:
        raise ValueError("multi_hot: num_classes says how many places there are; received None")
    inputs = converted(inputs)
    along = 1 if len(shape_of(inputs)) > 1 else 0
    return greatest(one_hot(inputs, num_classes, axis, dtype, sparse), axis=along)


def isin(x1: TensorLike, x2: TensorLike, assume_unique: bool = False, invert: bool = False) -> AnyTensor:
    """Whether each number of ``x1`` is somewhere in ``x2``.

    Args:
        assume_unique: makes no difference here.
        invert: whether it is not.
    """
    a, b = promoted(x1, x2)
    found = any_(equal(expand_dims(a, -1), reshape(b, (-1,))), axis=-1)
    return equal(found, False) if invert else found
