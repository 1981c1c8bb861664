"""What the methods of a :class:`clarinet.data.Dataset` do: each makes chunks of chunks, as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import cast

import numpy as np

from clarinet.data.chunks import Chunk, applied, as_array, joined, single
from clarinet.ops.structures import built, number_form
from clarinet.philox import Key, Stream
from clarinet.types import Array, DType, TensorLike

Chunks = Iterator[Chunk]


def take(chunks: Chunks, count: int) -> Chunks:
    """The first elements; what comes after them is not asked for."""
    left = count
    if left <= 0:
        return
    for chunk in chunks:
        yield chunk if len(chunk) <= left else chunk.rows(slice(0, left))
        left -= len(chunk)
        if left <= 0:
            return


def skip(chunks: Chunks, count: int) -> Chunks:
    """All but the first elements."""
    left = count
    for chunk in chunks:
        if len(chunk) > left:
            yield chunk.rows(slice(left, None)) if left else chunk
        left = max(0, left - len(chunk))


def every(chunks: Chunks, number: int, index: int) -> Chunks:
    """Every ``number``-th element, from ``index`` on."""
    passed = 0
    for chunk in chunks:
        first = (index - passed) % number
        if first < len(chunk):
            yield chunk.rows(slice(first, None, number))
        passed += len(chunk)


def batches(chunks: Chunks, size: int, drop_remainder: bool) -> Chunks:
    """Elements in batches, each of which is an element; whole arrays are cut without a copy."""
    waiting: list[Chunk] = []
    count = 0
    for chunk in chunks:
        if waiting:
            missing = size - count
            waiting.append(chunk.rows(slice(0, missing)))
            count += len(waiting[-1])
            if count < size:
                continue
            yield joined(waiting, "batch").grouped(size)
            chunk, waiting, count = chunk.rows(slice(missing, None)), [], 0
        kept = len(chunk) - len(chunk) % size
        if kept:
            yield chunk.rows(slice(0, kept)).grouped(size)
        if kept < len(chunk):
            waiting = [chunk.rows(slice(kept, None))]
            count = len(waiting[0])
    if waiting and not drop_remainder:
        yield joined(waiting, "batch").grouped(count)


def unbatched(chunks: Chunks) -> Chunks:
    """The rows of batches as elements."""
    for chunk in chunks:
        if any(array.ndim < 2 for array in chunk.arrays):
            raise ValueError("unbatch: an element holds a single number, which has no rows; batch the data set first")
        if len({array.shape[1] for array in chunk.arrays}) > 1:
            sizes = [array.shape[1] for array in chunk.arrays]
            raise ValueError(f"unbatch: the parts of an element have different numbers of rows: {sizes}")
        if chunk.arrays[0].shape[1]:
            yield Chunk(chunk.form, tuple(a.reshape(-1, *a.shape[2:]) for a in chunk.arrays))


def padded_batches(chunks: Chunks, size: int, shapes: object, values: object, drop_remainder: bool) -> Chunks:
    """Elements in batches, filled up to one shape."""
    for batch in batches(_boxed(chunks), size, drop_remainder):
        for i in range(len(batch)):
            yield _padded(batch.rows(slice(i, i + 1)), shapes, values)


def _boxed(chunks: Chunks) -> Chunks:
    """Each array of an element as one object, so that they may differ in shape."""
    for chunk in chunks:
        boxes = []
        for array in chunk.arrays:
            box = np.empty(len(array), object)
            for i, one in enumerate(array):
                box[i] = np.asarray(one)
            boxes.append(box)
        yield Chunk(chunk.form, tuple(boxes))


def _padded(chunk: Chunk, shapes: object, values: object) -> Chunk:
    """A batch of boxes as arrays."""
    wanted = _by_array(chunk, shapes, "padded_shapes")
    fillers = _by_array(chunk, values, "padding_values")
    return Chunk(
        chunk.form,
        tuple(
            _filled(a[0], cast(Sequence[int | None] | None, s), v)[None]
            for a, s, v in zip(chunk.arrays, wanted, fillers)
        ),
    )


def _by_array(chunk: Chunk, given: object, what: str) -> list[object]:
    """What is given for each array: one for all, or in the structure of an element, where shapes may be lists."""
    if given is None or not isinstance(given, (tuple, dict)):
        return [given] * len(chunk.arrays)
    _, values = number_form(given)
    if chunk.form == 0 or len(values) != len(chunk.arrays):
        if chunk.form == 0:
            return [given]
        if isinstance(given, tuple) and len(given) == len(chunk.arrays):
            return list(given)
        raise ValueError(f"{what}: expected one for each part of an element, {chunk.form}; received {given!r}")
    return values


def _filled(boxes: Array, shape: Sequence[int | None] | None, value: object) -> Array:
    arrays = [np.asarray(one) for one in boxes]
    longest = np.max([array.shape for array in arrays], axis=0).astype(int) if arrays[0].ndim else []
    sizes = [n if w in (None, -1) else int(w) for n, w in zip(longest, longest if shape is None else shape)]
    if any(n > size for n, size in zip(longest, sizes)):
        raise ValueError(f"padded_batch: an element of shape {tuple(longest)} is larger than padded_shapes {shape}")
    texts = arrays[0].dtype == object
    whole = np.full((len(arrays), *sizes), (b"" if texts else 0) if value is None else value, arrays[0].dtype)
    for i, array in enumerate(arrays):
        part: tuple[int | slice, ...] = (i, *map(slice, array.shape))
        whole[part] = array
    return whole


def mapped(chunks: Chunks, function: Callable[..., TensorLike]) -> Chunks:
    """What a function makes of each element, one at a time."""
    for chunk in chunks:
        for element in chunk.elements():
            yield single(_as_element(applied(function, element)))


def _as_element(result: TensorLike) -> TensorLike:
    """What a user's function gave; a list is an array, as in TensorFlow."""
    if result is None:
        raise TypeError("map: the function gave None; it has to return an element, e.g. (x, y)")
    return result


def filtered(chunks: Chunks, predicate: Callable[..., TensorLike]) -> Chunks:
    """The elements of which a function says True."""
    for chunk in chunks:
        for i, element in enumerate(chunk.elements()):
            if bool(applied(predicate, element)):
                yield chunk.rows(slice(i, i + 1))


def side_by_side(sides: Sequence[Chunks], form: object) -> Chunks:
    """Elements of several data sets as one, as long as all have one."""
    rest: list[Chunk | None] = [None] * len(sides)
    while True:
        held = [chunk if chunk is not None else next(side, None) for chunk, side in zip(rest, sides)]
        if any(chunk is None for chunk in held):
            return
        known = [chunk for chunk in held if chunk is not None]
        count = min(map(len, known))
        yield _beside([chunk.rows(slice(0, count)) for chunk in known], form)
        rest = [chunk.rows(slice(count, None)) if len(chunk) > count else None for chunk in known]


def _beside(chunks: Sequence[Chunk], form: object) -> Chunk:
    forms, arrays = [], list[Array]()
    for chunk in chunks:
        forms.append(built(chunk.form, range(len(arrays), len(arrays) + len(chunk.arrays))))
        arrays += chunk.arrays
    return Chunk(built(form, forms), tuple(arrays))


def numbered(chunks: Chunks, start: int) -> Chunks:
    """Each element with its number."""
    for chunk in chunks:
        numbers = Chunk(0, (np.arange(start, start + len(chunk), dtype=np.int64),))
        yield _beside([numbers, chunk], (0, 1))
        start += len(chunk)


def ranged(start: int, stop: int, step: int, dtype: DType) -> Chunks:
    """Whole numbers, in pieces."""
    size = 65536 * step
    for first in range(start, stop, size):
        end = min(first + size, stop) if step > 0 else max(first + size, stop)
        yield Chunk(0, (np.arange(first, end, step, dtype=dtype),))


def shuffle_key(seed: int, epoch: int) -> Key:
    """Of the order of one pass."""
    return Key(seed, Stream.SHUFFLE, epoch=epoch)


def from_elements(elements: Iterator[TensorLike], form: Callable[[TensorLike], TensorLike]) -> Chunks:
    """Elements that a generator of the user's gives."""
    for element in elements:
        yield single(form(element))


def row_count(arrays: Sequence[Array], what: str) -> int:
    """How many rows all arrays have.

    Raises:
        ValueError: a single number, or different numbers of rows.
    """
    if not arrays:
        raise ValueError(f"{what}: expected at least one array, received none")
    for array in arrays:
        if array.ndim == 0:
            raise ValueError(f"{what}: expected arrays with a row for each element, received the number {array}")
    lengths = sorted({len(array) for array in arrays})
    if len(lengths) > 1:
        raise ValueError(f"{what}: the arrays have different numbers of rows: {', '.join(map(str, lengths))}")
    return lengths[0]


def slices(tensors: TensorLike) -> Chunk:
    """Arrays whose rows are elements."""
    form, values = number_form(tensors)
    arrays = tuple(as_array(value) for value in values)
    row_count(arrays, "from_tensor_slices")
    return Chunk(form, arrays)
