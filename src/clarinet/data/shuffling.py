"""Shuffling through a buffer: rows move by index, many at once, and come out in the order in which they would one by
one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from clarinet.data.chunks import Chunk, joined, pieces
from clarinet.philox import Key, permutation

Chunks = Iterator[Chunk]
#: Numbers that are drawn at once, and rows that come out at once in the end.
_BLOCK = 4096


def shuffled(chunks: Chunks, buffer: int, key: Key) -> Chunks:
    """Elements in another order: each is drawn from a buffer, into which the next one comes."""
    first, second = next(chunks, None), next(chunks, None)
    if first is None:
        return
    if second is None:  # all there is: its order is known before any row is moved
        yield reordered(first, _order(len(first), buffer, key))
        return
    yield from _through_buffer(itertools.chain((first, second), chunks), buffer, key)


def reordered(chunk: Chunk, order: NDArray[np.int64]) -> Chunk:
    """The elements in another order, none of which is moved yet."""
    return Chunk(chunk.form, chunk.held, order) if chunk.order is None else chunk.rows(order)


def _order(count: int, buffer: int, key: Key) -> NDArray[np.int64]:
    """The rows of ``count`` elements as they come out of a buffer."""
    buffer = min(buffer, count)
    places = _Places(key, buffer).next(count - buffer)
    before, last = _exchanged(places)
    held = np.arange(buffer)
    out = np.where(before < 0, held[places], before + buffer)
    held[places[last]] = last + buffer
    return np.concatenate([out, held[permutation(key.at(layer=1), buffer)]])


def _exchanged(places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each draw the one before it from the same place, -1 for the first; and the last draw from each place."""
    order = np.argsort(places, kind="stable")
    same = places[order][1:] == places[order][:-1]
    before = np.full(len(places), -1)
    before[order[1:][same]] = order[:-1][same]
    return before, order[np.append(~same, True)[: len(order)]]


class _Places:
    """Places in a buffer, drawn without end."""

    def __init__(self, key: Key, buffer: int) -> None:
        self._key, self._buffer, self._block = key, buffer, 0
        self._drawn = np.empty(0, np.int64)

    def next(self, count: int) -> NDArray[np.int64]:
        """So many more."""
        found = [self._drawn]
        for _ in range(-(-(count - len(self._drawn)) // _BLOCK)):
            found.append((self._key.at(step=self._block).uniform(_BLOCK) * self._buffer).astype(np.int64))
            self._block += 1
        drawn = np.concatenate(found)
        self._drawn = drawn[count:]
        return drawn[:count]


def _through_buffer(chunks: Chunks, buffer: int, key: Key) -> Chunks:
    loaded = itertools.chain.from_iterable(map(_loaded, chunks))
    places, first, count = _Places(key, buffer), list[Chunk](), 0
    while count < buffer and (chunk := next(loaded, None)) is not None:
        first.append(chunk)
        count += len(chunk)
    held = _Held(first)
    for chunk in itertools.chain(held.beyond(buffer), loaded):
        yield from held.exchange(chunk, places.next(len(chunk)))
    yield from held.rest(key.at(layer=1))


def _loaded(chunk: Chunk) -> Chunks:
    """Pieces whose rows are in memory in their order."""
    for piece in pieces(chunk):
        yield Chunk(piece.form, piece.arrays)


class _Held:
    """The elements in a buffer: rows of arrays, or one object each where some differ in structure or shape."""

    def __init__(self, chunks: list[Chunk]) -> None:
        if any(chunk.alike != chunks[0].alike for chunk in chunks):
            chunks = list(map(_boxed, chunks))
        whole = joined(chunks, "shuffle")
        self._rows = Chunk(whole.form, tuple(array.copy() for array in whole.arrays)) if len(chunks) == 1 else whole

    def beyond(self, size: int) -> Chunks:
        """Leave so many in the buffer; the others."""
        others = self._rows.rows(slice(size, None))
        self._rows = self._rows.rows(slice(0, size))
        if len(others):
            yield others

    def exchange(self, chunk: Chunk, places: NDArray[np.int64]) -> Chunks:
        """Put elements into places of the buffer, one after the other; what was there comes out."""
        if chunk.alike != self._rows.alike:
            self._rows, chunk = _boxed(self._rows), _boxed(chunk)
        before, last = _exchanged(places)
        again = before >= 0
        out = self._rows.rows(places)
        for held, new, given in zip(self._rows.held, chunk.held, out.held):
            given[again] = new[before[again]]
            held[places[last]] = new[last]
        yield from _unboxed(out)

    def rest(self, key: Key) -> Chunks:
        """What is left in the end, in any order."""
        order = permutation(key, len(self._rows))
        for first in range(0, len(order), _BLOCK):
            yield from _unboxed(self._rows.rows(order[first : first + _BLOCK]))


#: How elements are built that are one object each.
_BOXES = "boxes"


def _boxed(chunk: Chunk) -> Chunk:
    """Each element as one object: a chunk of itself."""
    if chunk.form is _BOXES:
        return chunk
    boxes = np.empty(len(chunk), object)
    for i in range(len(chunk)):
        one = chunk.rows(slice(i, i + 1))
        boxes[i] = Chunk(one.form, tuple(array.copy() for array in one.held))
    return Chunk(_BOXES, (boxes,))


def _unboxed(chunk: Chunk) -> Chunks:
    """Elements as rows of arrays again, neighbours together where they are alike."""
    if chunk.form is not _BOXES:
        yield chunk
        return
    for _, alike in itertools.groupby(chunk.held[0], key=lambda one: one.alike):
        yield joined(list(alike), "shuffle")
