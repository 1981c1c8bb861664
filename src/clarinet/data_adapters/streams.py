"""Rows that stream as batches: each epoch has an order of its own, which can be entered at any step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from clarinet.data import Dataset, Streamed, stream
from clarinet.data.ahead import ahead
from clarinet.data.chunks import Chunk
from clarinet.data.finding import kind_of, names_files
from clarinet.data.stages import Chunks, take
from clarinet.data.streams import Files
from clarinet.data_adapters.batches import ONCE, Batches, Block, Place
from clarinet.data_adapters.rows import Rows
from clarinet.datasets.coding import TableCoding
from clarinet.problems import shown


class StreamBatches(Batches):
    """Batches of rows that stream. A thread reads ahead, also into the next epoch.

    Args:
        source: the rows.
        size: rows a batch.
        seed: of the order of epochs, which follows from it and the epoch; None: rows come as they are stored.
        steps: batches an epoch: the first ones of its order; None takes all.
        settings: as of :class:`Batches`.
    """

    seekable = True

    def __init__(self, source: Streamed, size: int, seed: int | None, steps: int | None, **settings: object) -> None:
        kind = cast(Callable[..., None], super().__init__)
        kind(source, steps, **settings)
        self._size, self._seed = size, seed
        rows = source.cardinality()
        if rows >= 0:
            every = -(-rows // size)
            self.steps = every if steps is None else min(steps, every)
        self._reading: Iterator[tuple[int, Chunk]] | None = None
        self._at: Place | None = None  # where it will go on, with this:
        self._first: list[Chunk] | None = None

    def peek(self) -> Rows:
        """The first rows as they are stored; the order of epochs has nothing to do with it."""
        first: Chunk = self.source.head(self._size)
        return next(self._blocks(first.grouped(len(first)))).in_order()

    def runs(self, most: int | None = None, place: Place = ONCE) -> Iterator[Block]:
        """One epoch, or the rest of it: at most so many batches at once."""
        taken = place.step
        for chunk in self._pass(place):
            for block in self._blocks(chunk):
                while len(block):
                    rows = len(block) if most is None else min(len(block), most * self._size)
                    yield block.part(0, rows)
                    taken += -(-rows // self._size)
                    block = block.part(rows)
        self.steps = max(taken, 1)

    def _blocks(self, chunk: Chunk) -> Iterator[Block]:
        """Batches of a chunk, as arrays in the model's order."""
        for item, size, order in Dataset(lambda: iter([chunk]), 1).blocks():
            yield self._as_block(item, size, order)

    def _pass(self, place: Place) -> Chunks:
        """What is read of one epoch; where the last one ended, reading has gone on."""
        if self._reading is None or self._at != place:
            self._first, self._reading = None, ahead(_passes(self.source, self._size, self._seed, self._bound, place))
        self._at, reading = None, self._reading
        if self._first is not None:
            yield self._first.pop()
        for epoch, chunk in reading:
            if epoch > place.epoch:
                self._first, self._at = [chunk], Place(place.epoch + 1, 0, place.end)
                return
            yield chunk
        self._reading = None


def _passes(
    source: Streamed, size: int, seed: int | None, bound: int | None, place: Place
) -> Iterator[tuple[int, Chunk]]:
    """Batches of epoch after epoch, with its number; the thread that reads ahead runs this."""
    done = place.step
    for epoch in range(place.epoch, place.end):
        chunks: Chunks = source.pass_from(size, done * size, None if seed is None else (seed, epoch))
        for chunk in chunks if bound is None else take(chunks, bound - done):
            yield epoch, chunk
        done = 0


def opened(x: object, y: object, target: str | None, labels: bool, about: Mapping[str, object]) -> object:
    """``x`` itself, or where it names files the rows in them, coded as a model has learnt to.

    Args:
        x: files, or anything else.
        y: the file of the labels, where they are in a file of their own.
        target: the column to predict.
        labels: whether labels are wanted.
        about: the data that the model has learnt from, as its metadata have it; nothing where it has not.

    Raises:
        as :func:`clarinet.data.stream`. ValueError: other classes than the model has learnt.
    """
    if not names_files(x):
        return x
    learnt: dict[str, Any] = _learnt(x, target, about)
    classes = learnt.pop("classes", None)
    rows = stream(x, cast("Files | None", y), target=target, labels=labels, **learnt)
    if labels and classes is not None and rows.classes != classes:
        raise ValueError(f"{x}: holds the classes {shown(rows.classes)}; the model has learnt {shown(classes)}")
    return rows


def _learnt(x: object, target: str | None, about: Mapping[str, Any]) -> dict[str, object]:
    """How files were seen by what a model has learnt from; nothing where it was no such files."""
    one = str(x[0] if isinstance(x, (list, tuple)) else x)
    if about.get("kind") == "images" and kind_of(one) is None:
        settings = {"size": tuple(about["size"]), "color": about["color"], "fit": about.get("fit", "stretch")}
        return {**settings, "classes": tuple(about["classes"])}
    if about.get("kind") != "table" or kind_of(one) in ("npy", "hdf5"):
        return {}
    coding = TableCoding.from_config(about["coding"])
    if target is not None and target != coding.target.name:
        raise ValueError(
            f"target={target!r}: the model has learnt to predict {coding.target.name!r}; for another target make a new "
            "model"
        )
    return {"coding": coding}


__all__ = ["StreamBatches", "opened"]
