"""Data sets of rows that stay in files: read as they are needed, in an order that follows from seed and epoch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import cast

from clarinet.configurable import check_whole
from clarinet.data import openings
from clarinet.data.ahead import ahead
from clarinet.data.chunks import Chunk
from clarinet.data.dataset import Dataset
from clarinet.data.elements import UNKNOWN_CARDINALITY
from clarinet.data.finding import found
from clarinet.data.measuring import Statistics, measured
from clarinet.data.openings import Opened
from clarinet.data.sources import BUFFER, Remembered, Source, in_order, shuffled
from clarinet.data.stages import Chunks, batches, shuffle_key
from clarinet.datasets.coding import TableCoding
from clarinet.datasets.formats import Format
from clarinet.datasets.learning import Rules
from clarinet.datasets.numerals import MISSING
from clarinet.types import Array, Config, TensorLike

Files = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


class Streamed(Dataset):
    """Rows in files as a data set: each element is a row ``(x, y)``, or ``x`` alone. :func:`stream` makes it.

    ``fit``, ``evaluate`` and ``predict`` take it as it is, make batches of it, and shuffle it themselves; its methods
    are those of any :class:`Dataset`. While one piece is used a thread reads the next.

    Attributes:
        report: what was decided, a sentence each; ``print(rows)`` shows it.
        about: what a model that is trained on the rows keeps in ``metadata["data"]``; None for nothing.
        feature_names: of the columns of ``x``, where they have names.
        labelled: whether elements are ``(x, y)``.
    """

    def __init__(self, opened: Opened, buffer: int | None = None) -> None:
        self._source: Source = opened.source
        self.labelled, self.about = opened.labelled, opened.about
        self.feature_names, self.report, self._said = opened.names, opened.report, buffer
        lengths = self._source.lengths
        length = UNKNOWN_CARDINALITY if lengths is None else sum(lengths)
        super().__init__(lambda: ahead(in_order(self._source)), length)
        if length > 0 and length * self._row_bytes <= BUFFER:
            self._source = Remembered(self._source)

    def __str__(self) -> str:
        return "\n".join(self.report) or repr(self)

    @cached_property
    def coding(self) -> TableCoding | None:
        """How the columns of a table are coded; None for other data."""
        if self.about is None or self.about["kind"] != "table":
            return None
        return TableCoding.from_config(cast(Config, self.about["coding"]))

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' names by class number; empty for others."""
        return () if self.about is None else tuple(cast(Sequence[str], self.about["classes"]))

    @cached_property
    def buffer(self) -> int:
        """How many rows are shuffled at a time."""
        if self._said is not None or self._source.many is not None:
            return self._said or self._source.many or 1
        return max(1, BUFFER // self._row_bytes)

    @cached_property
    def _row_bytes(self) -> int:
        return max(1, sum(array.nbytes for array in self.head(1).arrays))

    def head(self, rows: int) -> Chunk:
        """The first rows, as they are stored; at least one.

        Raises:
            ValueError: there is none.
        """
        for chunk in in_order(self._source):
            return chunk.rows(slice(0, rows))
        raise ValueError("there are no rows to stream")

    def pass_from(self, size: int, first: int = 0, order: tuple[int, int] | None = None) -> Chunks:
        """Batches from one row of a pass on.

        Args:
            size: rows a batch.
            first: how many rows came before.
            order: seed and epoch, which the order follows from; None: as they are stored.
        """
        if order is None:
            rows = in_order(self._source, first)
        else:
            rows = shuffled(self._source, self.buffer, shuffle_key(*order), first)
        return batches(rows, size, drop_remainder=False)

    def mark(self) -> Config:
        """What tells these rows, and their orders, from others: a resumed training needs the same."""
        return {**self._source.mark(), "buffer": self.buffer}

    def statistics(self) -> Statistics:
        """Mean, variance and limits of every feature, in one pass through all rows.

        Raises:
            ValueError: an element holds several inputs, or there are no rows.

        Example:
            >>> import numpy as np
            >>> from clarinet.data import stream
            >>> found = stream(lambda: ((np.array([i, 1.0]), i) for i in range(5))).statistics()
            >>> found.mean.tolist(), found.variance.tolist()
            ([2.0, 1.0], [2.0, 0.0])
        """
        return measured(map(self._x, self._chunks()), self.feature_names)

    def _x(self, chunk: Chunk) -> Array:
        form = cast(tuple[object, ...], chunk.form)[0] if self.labelled else chunk.form
        if not isinstance(form, int):
            raise ValueError(f"statistics: an element holds several inputs, {form}; stream one of them")
        return chunk.arrays[form]


def stream(
    files: Files | Callable[[], Iterable[TensorLike]],
    y: Files | None = None,
    *,
    target: str | None = None,
    columns: Sequence[str] | None = None,
    labels: bool = True,
    coding: TableCoding | None = None,
    task: str | None = None,
    categorical: str | Iterable[str] = (),
    text: str | Iterable[str] = (),
    keep: str | Iterable[str] = (),
    missing: str | Iterable[str] = (),
    mark_missing: bool = True,
    max_categories: int = 50,
    max_words: int = 2000,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
    date_order: str | None = None,
    size: tuple[int, int] | str | None = None,
    color: str = "auto",
    fit: str = "letterbox",
    buffer: int | None = None,
) -> Streamed:
    """Rows in files as a data set, of which no more is in memory than is used.

    A table's columns become features as :func:`clarinet.datasets.load_table` makes them, decided by up to 10,000 rows
    from all over the files, by the footers of Parquet, and by one pass through the target, which finds every class.

    Args:
        files: a file, several, a folder of them or a pattern such as ``"data/*.parquet"``: Parquet, Arrow (``.arrow``,
            ``.feather``), CSV, one ``.npy`` or one HDF5 file. A folder with a folder of pictures for each class. Or a
            function that gives an iterable of rows ``(x, y)`` or ``x``, anew for each pass.
        y: the ``.npy`` file of the labels, where ``files`` is the one of ``x``.
        target: the column of a table, or the data set of HDF5, to predict.
        columns: those of a table, or data sets of HDF5, to predict it from; default all others.
        labels: False leaves labels out: elements are ``x`` alone.
        coding: a table's coding that was learnt before, such as ``stream(...).coding``; nothing is decided then.
        task, categorical, text, keep, missing, mark_missing, max_categories, max_words: as for ``load_table``.
        delimiter, encoding, decimal, header, date_order: of CSV, as for ``load_table``; text is UTF-8 by default.
        size, color, fit: of pictures, as for :func:`clarinet.datasets.load_images`.
        buffer: rows that are shuffled at a time; default as many as 16 MB hold, 256 pictures.

    Raises:
        FileNotFoundError: no file. ImportError: a library is missing. ValueError: files of several kinds, that cannot
        be read, or whose columns cannot be coded without guessing.

    Example:
        >>> import numpy as np, pathlib, tempfile
        >>> from clarinet.data import stream
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> np.save(folder / "x.npy", np.arange(8.0).reshape(4, 2))
        >>> np.save(folder / "y.npy", np.arange(4))
        >>> rows = stream(folder / "x.npy", folder / "y.npy")
        >>> [(x.numpy().tolist(), int(y)) for x, y in rows.take(2)]
        [([0.0, 1.0], 0), ([2.0, 3.0], 1)]
    """
    if buffer is not None:
        check_whole(buffer, "stream: buffer", low=1)
    if callable(files):
        return Streamed(openings.open_function(files), buffer)
    kind, paths = found(files)
    if kind == "npy":
        return Streamed(openings.open_arrays(paths, y if labels else None), buffer)
    if kind == "hdf5":
        return Streamed(openings.open_hdf5(paths, target, columns, labels), buffer)
    if kind == "folder":
        return Streamed(openings.open_pictures(paths[0], size, color, fit, labels), buffer)
    if y is not None:
        raise ValueError(f"y={y!r}: the labels of a table are one of its columns; say target=")
    names, sentences, kept = (frozenset(_names(one)) for one in (categorical, text, keep))
    markers = MISSING | {mark.lower() for mark in _names(missing)}
    rules = Rules(markers, names, sentences, kept, mark_missing, max_categories, max_words)
    how = Format(delimiter, encoding, decimal, header, None, date_order, None)
    choices = openings.Choices(target, columns, task, rules, how, coding, labels)
    return Streamed(openings.open_table(kind, paths, choices), buffer)


def _names(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
