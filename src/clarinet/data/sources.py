"""Where streams come from, and in which order their rows come: first shards, then rows within a buffer."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Protocol

import numpy as np

from clarinet.data.arrow import Stored
from clarinet.data.chunks import Chunk, single
from clarinet.data.shuffling import reordered
from clarinet.data.stages import Chunks, batches
from clarinet.philox import Key, permutation
from clarinet.types import Array, Config, TensorLike

#: Bytes of rows that a buffer holds about, where nobody says how many rows.
BUFFER = 1 << 24
#: Threads that decode, at most, and shards that they work on or have ready.
_THREADS, _COMING = 8, 64
#: Bytes of rows that are read at once from arrays in files.
_SHARD = 1 << 20


class Source(Protocol):
    """Rows that lie in shards: files, or parts of files.

    Attributes:
        shards: how many there are.
        lengths: the rows of each; None where only a pass tells.
        many: how many rows a buffer holds at best; None: as many as fit into :data:`BUFFER`.
        decodes: whether a shard takes so long to decode that threads read several at once.
    """

    @property
    def shards(self) -> int: ...

    @property
    def lengths(self) -> Sequence[int] | None: ...

    @property
    def many(self) -> int | None: ...

    @property
    def decodes(self) -> bool: ...

    def read(self, shard: int) -> Chunks:
        """The rows of a shard, in their order."""
        ...

    def mark(self) -> Config:
        """What tells these data from others, without reading them: names, sizes, numbers of rows."""
        ...


def in_order(source: Source, first: int = 0, key: Key | None = None) -> Chunks:
    """The rows from ``first`` on; shards as they are, or in the order that a key draws."""
    order: Sequence[int] = range(source.shards) if key is None else permutation(key, source.shards).tolist()
    lengths, begin = source.lengths, 0
    while lengths is not None and begin < len(order) and lengths[order[begin]] <= first:
        first -= lengths[order[begin]]
        begin += 1
    for chunk in _read(source, order[begin:]):
        if len(chunk) > first:
            yield chunk.rows(slice(first, None)) if first else chunk
        first = max(0, first - len(chunk))


def _read(source: Source, shards: Sequence[int]) -> Chunks:
    """The rows of shards, one after the other; where decoding takes long, threads work on those that come next."""
    if not source.decodes:
        for shard in shards:
            yield from source.read(shard)
        return
    threads = ThreadPoolExecutor(min(_THREADS, len(os.sched_getaffinity(0))), "clarinet-pictures")
    coming: deque[Future[list[Chunk]]] = deque()
    try:
        for shard in shards:
            coming.append(threads.submit(_all, source, shard))
            if len(coming) > _COMING:
                yield from coming.popleft().result()
        while coming:
            yield from coming.popleft().result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def _all(source: Source, shard: int) -> list[Chunk]:
    return list(source.read(shard))


def shuffled(source: Source, buffer: int, key: Key, first: int = 0) -> Chunks:
    """The rows from place ``first`` of an order on, which is a function of the key alone.

    Shards come in the order that the key draws. Each ``buffer`` of their rows comes in an order of its own. So any
    place is found without reading what comes before its buffer, as far as lengths are known.
    """
    number, skipped = divmod(first, buffer)
    for whole in _of_size(in_order(source, number * buffer, key), buffer):
        number += 1
        yield reordered(whole, permutation(key.at(step=number), len(whole))[skipped:])
        skipped = 0


def _of_size(chunks: Chunks, size: int) -> Chunks:
    """The same rows in chunks of a size; the last may have fewer."""
    for several in batches(chunks, size, drop_remainder=False):
        for i in range(len(several)):
            yield Chunk(several.form, tuple(array[i] for array in several.arrays))


class Remembered:
    """A source of few rows, which are read once.

    Args:
        source: of the rows.
    """

    def __init__(self, source: Source) -> None:
        self._source, self._known = source, dict[int, list[Chunk]]()
        self.shards, self.lengths, self.many = source.shards, source.lengths, source.many
        self.decodes = source.decodes

    def read(self, shard: int) -> Chunks:
        """The rows of a shard."""
        if shard not in self._known:
            self._known[shard] = list(self._source.read(shard))
        yield from self._known[shard]

    def mark(self) -> Config:
        """That of the source."""
        return self._source.mark()


class ArraySource:
    """Rows of arrays in files: memory-mapped ones, or data sets of HDF5.

    Args:
        form: how an element is built, with numbers in the places of arrays.
        arrays: with as many rows each; slices of them are read when they are asked for.
        name: for messages and marks.
        block: rows that are read best together, such as a chunk of HDF5.
    """

    many: int | None = None
    decodes = False

    def __init__(self, form: object, arrays: Sequence[Array | Stored], name: str, block: int = 1) -> None:
        self._form, self._arrays, self._name = form, arrays, name
        self.rows: int = len(arrays[0])
        each: int = sum(int(np.prod(a.shape[1:])) * a.dtype.itemsize for a in arrays)
        self._size: int = max(1, _SHARD // max(1, each) // block) * block

    @property
    def shards(self) -> int:
        return -(-self.rows // self._size)

    @cached_property
    def lengths(self) -> Sequence[int]:
        return [min(self._size, self.rows - first) for first in range(0, self.rows, self._size)]

    def read(self, shard: int) -> Chunks:
        """The rows of a shard, copied into memory."""
        part = slice(shard * self._size, (shard + 1) * self._size)
        yield Chunk(self._form, tuple(np.array(array[part]) for array in self._arrays))

    def mark(self) -> Config:
        """Shapes and dtypes."""
        return {"name": self._name, "arrays": [f"{a.dtype} {tuple(a.shape)}" for a in self._arrays]}


class FunctionSource:
    """Rows that a function of the user's yields, one at a time, anew for every pass.

    Args:
        function: gives an iterable of elements.
    """

    shards, lengths = 1, None
    many: int | None = None
    decodes = False

    def __init__(self, function: Callable[[], Iterable[TensorLike]]) -> None:
        self._function = function

    def read(self, shard: int) -> Chunks:
        """All that it yields, some at once."""
        waiting: list[Chunk] = []
        for element in self._function():
            one = single(element)
            if waiting and (one.alike != waiting[0].alike or len(waiting) == 256):
                yield _stacked(waiting)
                waiting = []
            waiting.append(one)
        if waiting:
            yield _stacked(waiting)

    def mark(self) -> Config:
        """Its name."""
        return {"name": getattr(self._function, "__qualname__", type(self._function).__name__)}


def _stacked(chunks: Sequence[Chunk]) -> Chunk:
    own: Iterator[tuple[Array, ...]] = zip(*(chunk.held for chunk in chunks))
    return Chunk(chunks[0].form, tuple(map(np.concatenate, own)))
