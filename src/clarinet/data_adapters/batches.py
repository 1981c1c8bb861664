"""Sources of batches: generators, ``clarinet.utils.Sequence``, data sets, data loaders, any iterable."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from clarinet.data_adapters.rows import Rows, as_rows, length, some_rows
from clarinet.problems import ClarinetWarning
from clarinet.types import Array

_ARRAY_PROTOCOLS = ("__array__", "__array_interface__", "__dlpack__", "to_numpy", "toarray")


def is_batches(source: object) -> bool:
    """Whether ``source`` yields batches rather than being an array: generators, sequences of batches, other iterables.

    Example:
        >>> is_batches([[1.0], [2.0]]), is_batches(([x], [x]) for x in range(3))
        (False, True)
    """
    if isinstance(source, list) and source and isinstance(source[0], tuple):
        return all(getattr(part, "ndim", 0) for part in source[0])  # a list of (x, y), not rows written as tuples
    if isinstance(source, (list, tuple, str, bytes, dict, set, range)) or source is None:
        return False
    if any(hasattr(source, name) for name in _ARRAY_PROTOCOLS):
        return False
    return hasattr(source, "__iter__") or (hasattr(source, "__getitem__") and hasattr(source, "__len__"))


def _length_of(source: object) -> int | None:
    """How many batches there are, if the source knows."""
    try:
        return len(source)  # type: ignore[arg-type]
    except TypeError:
        return None


def unpack(item: object, what: str = "batch", labels: bool = True) -> tuple[object, object, object]:
    """``(x,)``, ``(x, y)`` or ``(x, y, weights)`` as three items, the missing ones None.

    Args:
        item: a tuple or list; without labels also ``x`` alone.
        what: how messages call it.
        labels: whether y has to be there.

    Raises:
        TypeError: not a tuple. ValueError: a tuple of another length.
    """
    if not labels and not isinstance(item, tuple):
        return item, None, None
    if not isinstance(item, (tuple, list)):
        raise TypeError(f"{what}: expected a tuple (x, y) or (x, y, sample_weight), received {type(item).__name__}")
    parts = tuple(item)
    if not (2 if labels else 1) <= len(parts) <= 3:
        raise ValueError(f"{what}: expected (x, y) or (x, y, sample_weight), received a tuple of length {len(parts)}")
    x, *rest = *parts, None, None
    return x, rest[0], rest[1]


class Place(NamedTuple):
    """Where a pass begins.

    Attributes:
        epoch: over the model's life, which the order of rows may follow from.
        step: how many batches of it are done.
        end: the epoch after the last one that will be asked for.
    """

    epoch: int
    step: int
    end: int


#: The only pass of those that are made once.
ONCE = Place(0, 0, 1)


@dataclass(frozen=True)
class Block:
    """Batches that come together.

    Attributes:
        rows: ``x``, ``y`` and weights.
        size: rows a batch; the last batch may have fewer.
        order: the rows in the order in which they are taken; None where that is theirs.
    """

    rows: Rows
    size: int
    order: Array | None = None

    def __len__(self) -> int:
        return length(self.rows[0]) if self.order is None else len(self.order)

    def part(self, first: int, stop: int | None = None) -> Block:
        """Some of the rows."""
        if self.order is None:
            return Block(some_rows(self.rows, slice(first, stop)), self.size)
        return Block(self.rows, self.size, self.order[first:stop])

    def in_order(self) -> Rows:
        """The rows in the order in which they are taken."""
        return self.rows if self.order is None else some_rows(self.rows, self.order)


class Batches:
    """A source of batches, iterated once an epoch.

    A generator goes on where the last epoch stopped; a source that can be iterated again starts again, unless ``steps``
    limits an epoch: then epochs continue through the source, which starts again when it is exhausted. Validation data
    (``anew``) begins with the first batch every time, so that the numbers of two passes can be compared.

    Args:
        source: generator, iterable, or an object with ``__len__`` and ``__getitem__``; ``on_epoch_end()`` is called if
            it has one.
        steps: batches an epoch; None takes all.
        labels: whether every batch needs labels.
        bare: whether a batch may be ``x`` alone; its labels and weights are taken where it has some.
        anew: whether every pass begins with the first batch, where the source allows it, and ends with the last.
        what: how messages call it.
        arrange: makes arrays of ``x``, ``y`` and the weights of a batch, in the order of the model that they are for.

    Attributes:
        steps: batches an epoch; None as long as it is not known.
        exhausted: whether it ran out of data, so that another epoch is pointless.
        seekable: whether a pass may begin anywhere.
    """

    seekable = False

    def __init__(
        self,
        source: object,
        steps: int | None = None,
        labels: bool = True,
        anew: bool = False,
        what: str = "the source of batches",
        arrange: Callable[[object, object, object, str], Rows] = as_rows,
        bare: bool = False,
    ) -> None:
        self.bare = bare
        self._arrange = arrange
        self.source: Any = source  # iterated, or indexed
        self.labels, self.anew, self.what, self._bound = labels, anew, what, steps
        self._indexed = hasattr(source, "__getitem__") and hasattr(source, "__len__")
        self._once = hasattr(source, "__next__") and not self._indexed
        self.steps = steps if steps is not None else _length_of(source)
        if self.steps == 0:
            raise ValueError(f"{self.what} has length 0; it needs at least one batch")
        self.exhausted = self._said = False
        self._running: Iterator[tuple[Any, int | None, Array | None]] | None = None
        self._block: Block | None = None  # what the source gave and has not been handed out
        self._peeked: list[Rows] = []

    def _start(self) -> Iterator[tuple[Any, int | None, Array | None]]:
        """What the source gives, with the rows of a batch and their order where it gives several batches at once."""
        if hasattr(self.source, "blocks"):
            return iter(self.source.blocks())
        if self._indexed:
            return ((self.source[i], None, None) for i in range(len(self.source)))
        return ((batch, None, None) for batch in self.source)

    def _next(self, most: int | None = 1) -> Block:
        """The next batch of the running pass, or several where the source has them; StopIteration at its end."""
        if self._peeked:
            batch = self._peeked.pop()
            return Block(batch, length(batch[0]))
        block, self._block = self._block or self._arranged(), None
        if most is not None and len(block) > most * block.size:
            block, self._block = block.part(0, most * block.size), block.part(most * block.size)
        return block

    def _arranged(self) -> Block:
        """What comes next from the source, as arrays."""
        if self._running is None:
            self._running = self._start()
        return self._as_block(*next(self._running))

    def _as_block(self, item: object, size: int | None, order: Array | None) -> Block:
        x, y, weight = unpack(item, "batch", self.labels and not self.bare)
        rows = self._arrange(x, y if self.labels else None, weight if self.labels else None, "batch: ")
        return Block(rows, length(rows[0]) if size is None else size, order)

    def peek(self) -> Rows:
        """The first batch, which the next epoch will see again.

        Raises:
            ValueError: there is none.
        """
        if not self._more():
            wanted = "(x, y)" if self.labels else "x"
            raise ValueError(f"{self.what} is empty; it needs to yield at least one {wanted}")
        return self._peeked[0]

    def _more(self) -> bool:
        """Whether another batch comes; it is kept for the next epoch."""
        if not self._peeked:
            try:
                self._peeked = [self._next().in_order()]
            except StopIteration:
                self._running = None
                return False
        return True

    def __iter__(self) -> Iterator[Rows]:
        """One epoch, batch by batch."""
        return (block.in_order() for block in self.runs(1))

    def runs(self, most: int | None = None, place: Place = ONCE) -> Iterator[Block]:
        """One epoch: at most so many batches at once. A source that is not seekable goes on, wherever the epoch
        begins."""
        taken = 0
        if self.anew and not self._peeked and not self._once:
            self._running = self._block = None
        while self._bound is None or taken < self._bound:
            left = None if self._bound is None else self._bound - taken
            try:
                block = self._next(min((n for n in (most, left) if n is not None), default=None))
            except StopIteration:
                self._running = None
                if self._ended(taken):
                    break
                continue
            taken += -(-len(block) // block.size) if block.size else 1
            yield block
        if self._bound is None:
            self.steps = max(taken, 1)
        if hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()

    def _ended(self, taken: int) -> bool:
        """Whether a pass that ended after ``taken`` batches of this epoch ends the epoch too."""
        if self._bound is None and taken:
            return True
        if self._once or self.anew or not self._more():
            self._run_dry(taken)
            return True
        return False

    def _run_dry(self, taken: int) -> None:
        self.exhausted = self._once or not (self.anew and taken)
        if self._said:
            return
        self._said = True
        if not self.anew:
            end = "training ends here. Use a generator without end and steps_per_epoch=..., or a PyDataset"
        elif taken:
            end = "the numbers cover only those"
        else:
            end = "later epochs have no such numbers. Use a generator without end, or a PyDataset"
        wanted = self._bound or self.steps or "more"
        warnings.warn(
            f"{self.what} ran out of data: this epoch needs {wanted} batches, it yielded {taken}; {end}",
            ClarinetWarning,
            stacklevel=2,
        )
