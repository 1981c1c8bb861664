"""Stages of data sets within data sets, of several data sets, and of what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol, cast

import numpy as np

from clarinet.configurable import check_number
from clarinet.data.chunks import Chunk, applied, as_array, cast_to, elements_of, joined
from clarinet.ops.structures import built, number_form
from clarinet.philox import Key, Stream
from clarinet.types import DTypeArg, TensorLike

Chunks = Iterator[Chunk]


class Dataset(Protocol):
    """A data set, as far as it is known here; see :class:`clarinet.data.Dataset`."""

    _chunks: Callable[[], Chunks]


class Kept:
    """Keeps chunks, once all have come."""

    def __init__(self) -> None:
        self._chunks: list[Chunk] | None = None

    def __call__(self, chunks: Chunks) -> Chunks:
        """The chunks, of memory after the first whole pass."""
        if self._chunks is not None:
            yield from self._chunks
            return
        found = []
        for chunk in chunks:
            found.append(chunk)
            yield chunk
        self._chunks = list(_merged(found))


def _merged(chunks: Sequence[Chunk]) -> Chunks:
    """Chunks that are alike as one, so that what comes after runs on many elements."""
    start = 0
    while start < len(chunks):
        stop = start + 1
        while stop < len(chunks) and chunks[stop].alike == chunks[start].alike:
            stop += 1
        yield joined(chunks[start:stop], "cache")
        start = stop


def windows(
    chunks: Chunks, kind: Callable[..., Dataset], size: int, shift: int, stride: int, drop_remainder: bool
) -> Chunks:
    """Data sets of neighbours; ``kind`` is the class of data sets."""
    held: Chunk | None = None
    first = 0
    for chunk in chunks:
        held = chunk if held is None else joined([held, chunk], "window")
        while len(held) - first >= (size - 1) * stride + 1:
            yield _window(held, first, size, stride, kind)
            first += shift
        held, first = held.rows(slice(first, None)), max(0, first - len(held))
    while held is not None and not drop_remainder and first < len(held):
        yield _window(held, first, size, stride, kind)
        first += shift


def _window(held: Chunk, first: int, size: int, stride: int, kind: Callable[..., Dataset]) -> Chunk:
    """A chunk of one element: data sets, one for each array, in the structure of an element."""
    some = held.rows(slice(first, first + (size - 1) * stride + 1, stride))
    boxes = []
    for array in some.arrays:
        box = np.empty(1, object)
        box[0] = kind(lambda part=array: iter([Chunk(0, (part,))]), len(array))
        boxes.append(box)
    return Chunk(some.form, tuple(boxes))


def in_turns(chunks: Chunks, function: Callable[..., Dataset], cycle: int, block: int) -> Chunks:
    """Of each element a data set; so many take turns, with so many elements a turn."""
    made = _made(chunks, function)
    if cycle == 1:
        for dataset in made:
            yield from dataset._chunks()
        return
    running = [_one_by_one(dataset._chunks()) for dataset in islice(made, cycle)]
    while running:
        for turn in list(running):
            some = list(islice(turn, block))
            yield from some
            if len(some) < block:
                following = next(made, None)
                place = running.index(turn)
                running[place : place + 1] = [] if following is None else [_one_by_one(following._chunks())]


def _made(chunks: Chunks, function: Callable[..., Dataset]) -> Iterator[Dataset]:
    for element in elements_of(chunks):
        made = applied(function, element)
        if not hasattr(made, "_chunks"):
            raise TypeError(
                f"flat_map: the function has to give a Dataset, received {type(made).__name__}; map takes others"
            )
        yield cast(Dataset, made)


def _one_by_one(chunks: Chunks) -> Chunks:
    for chunk in chunks:
        for i in range(len(chunk)):
            yield chunk.rows(slice(i, i + 1))


def take_while(chunks: Chunks, predicate: Callable[..., TensorLike]) -> Chunks:
    """The elements before the first of which a function says False."""
    for chunk in _one_by_one(chunks):
        if not bool(applied(predicate, next(chunk.elements()))):
            return
        yield chunk


def shares(weights: Sequence[float] | None, count: int) -> list[float]:
    """The limits in 0 to 1 below which a number means each of several."""
    given = [1.0] * count if weights is None else [check_number(w, "weights", low=0) for w in weights]
    if len(given) != count or not sum(given):
        raise ValueError(f"sample_from_datasets: expected {count} weights, not all 0; received {weights!r}")
    return [float(limit) for limit in np.cumsum(given) / sum(given)]


def sampled(sides: Sequence[Chunks], limits: Sequence[float], seed: int, stop: bool) -> Chunks:
    """Elements of one or the other; of one that has ended none come any more, or that is the end."""
    left = {i: _one_by_one(side) for i, side in enumerate(sides)}
    widths = np.diff([0.0, *limits])
    step = 0
    while left:
        own = np.array([widths[i] for i in left])
        drawn = Key(seed, Stream.DATA, step=step).uniform(1)[0] * own.sum()
        place = list(left)[int(np.searchsorted(np.cumsum(own), drawn, side="right"))]
        chunk = next(left[place], None)
        step += 1
        if chunk is None:
            if stop:
                return
            del left[place]
        else:
            yield chunk


def plain(element: object) -> object:
    """An element with arrays and numbers of NumPy's, or texts, for tensors."""
    form, values = number_form(element)
    return built(form, [one.view(np.ndarray)[()] if isinstance(one, np.ndarray) else one for one in values])


def converter(wanted: TensorLike) -> Callable[[TensorLike], TensorLike]:
    """Gives each element the dtypes of a signature, in whose structure it is built."""
    if wanted is None:
        return _arrays
    form, specs = number_form(tuple(wanted) if isinstance(wanted, list) else wanted)
    dtypes = [cast_to(_dtype(spec)) for spec in specs]

    def convert(element: TensorLike) -> TensorLike:
        given = tuple(element) if isinstance(form, tuple) and isinstance(element, list) else element
        values = [given] if form == 0 else _flat(form, given)
        return built(form, [as_array(value, dtype) for value, dtype in zip(values, dtypes, strict=True)])

    return convert


def _dtype(spec: object) -> DTypeArg:
    found: DTypeArg = getattr(spec, "dtype", spec)  # type: ignore[arg-type]
    return found


def _flat(form: object, element: object) -> list[object]:
    """What is in an element, in the order of a form."""
    if isinstance(form, Mapping):
        assert isinstance(element, Mapping)
        return [value for key, inner in form.items() for value in _flat(inner, element[key])]
    if isinstance(form, tuple):
        if not isinstance(element, (tuple, list)) or len(element) != len(form):
            raise ValueError(f"from_generator: expected elements of {len(form)} parts, received {element!r}")
        return [value for inner, part in zip(form, element) for value in _flat(inner, part)]
    return [element]


def _arrays(element: TensorLike) -> TensorLike:
    return element
