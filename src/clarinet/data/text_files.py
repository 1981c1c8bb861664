"""Data sets of what text files hold: their lines, or the columns of tables with commas."""

from __future__ import annotations

import csv
import gzip
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import islice
from typing import IO, cast

import numpy as np

from clarinet.data.chunks import Chunk, as_array
from clarinet.data.dataset import Dataset
from clarinet.data.elements import UNKNOWN_CARDINALITY
from clarinet.data.stages import Chunks
from clarinet.layers.preparing import as_data
from clarinet.ops.structures import number_form
from clarinet.ops.texts import TextDtype
from clarinet.problems import shown
from clarinet.types import Array, DType, TensorLike

#: Lines of a file that are read at a time.
LINES = 10_000
#: What stands for an empty text in numbers: none, so the file has to have one.
_REQUIRED = object()


class TextLineDataset(Dataset):
    """The lines of text files, one after the other, without their ends.

    Args:
        filenames: a file, several, or a data set of them.
        compression_type: ``"GZIP"``, ``"ZLIB"``, or none.
        buffer_size, num_parallel_reads, name: accepted; files are read in order.

    Raises:
        ValueError: another compression. When iterated, FileNotFoundError: there is no such file.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "lines.txt")
        >>> _ = path.write_text("one\\ntwo\\n")
        >>> [line.numpy() for line in TextLineDataset(path)]
        [b'one', b'two']
    """

    def __init__(
        self,
        filenames: TensorLike,
        compression_type: str | None = None,
        buffer_size: int | None = None,
        num_parallel_reads: int | None = None,
        name: object = None,
    ) -> None:
        check_compression(compression_type)
        super().__init__(lambda: _lines(filenames, compression_type), UNKNOWN_CARDINALITY)


class CsvDataset(Dataset):
    """The rows of CSV files, each a tuple of the values of its columns.

    Args:
        filenames: a file, several, or a data set of them.
        record_defaults: for each column that is read what stands for an empty field, whose dtype is the column's; a
            dtype alone where no field may be empty.
        compression_type: ``"GZIP"``, ``"ZLIB"``, or none.
        buffer_size, exclude_cols: accepted, and the columns that are not read.
        header: whether the first line of each file is left out.
        field_delim: what is between fields.
        use_quote_delim: whether quotation marks hold a field together.
        na_value: what stands for an empty field, besides nothing.
        select_cols: which columns are read, by number; default all.

    Raises:
        ValueError: another compression. When iterated: a line with another number of fields, a field that is no number.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "table.csv")
        >>> _ = path.write_text("1,2.5\\n3,\\n")
        >>> [(int(a), float(b)) for a, b in CsvDataset(path, [0, 7.0])]
        [(1, 2.5), (3, 7.0)]
    """

    def __init__(
        self,
        filenames: TensorLike,
        record_defaults: Sequence[TensorLike],
        compression_type: str | None = None,
        buffer_size: int | None = None,
        header: bool = False,
        field_delim: str = ",",
        use_quote_delim: bool = True,
        na_value: str = "",
        select_cols: Sequence[int] | None = None,
        exclude_cols: Sequence[int] | None = None,
    ) -> None:
        check_compression(compression_type)
        table = Table(columns_of(record_defaults), field_delim, use_quote_delim, na_value, select_cols, exclude_cols)

        def chunks() -> Chunks:
            for path in paths(filenames):
                with opened(path, compression_type) as file:
                    yield from table.chunks(islice(file, int(header), None))

        super().__init__(chunks, UNKNOWN_CARDINALITY)


def paths(filenames: TensorLike) -> list[str]:
    """Names of files, one, several, or a data set of them."""
    if hasattr(filenames, "as_numpy_iterator"):
        return [os.fsdecode(one) for one in filenames.as_numpy_iterator()]
    several = filenames if isinstance(filenames, (list, tuple)) else [filenames]
    names = [os.fspath(one) if isinstance(one, os.PathLike) else one for one in several]
    return [str(name) for one in names for name in np.atleast_1d(as_data(one, "filenames")).flat]


def check_compression(kind: str | None) -> None:
    """Raises ValueError for a compression that is not known."""
    if kind not in (None, "", "GZIP", "ZLIB"):
        raise ValueError(f"compression_type: expected 'GZIP', 'ZLIB' or '', received {kind!r}")


def opened(path: str, compression: str | None) -> IO[str]:
    """A text file, for reading."""
    if compression == "ZLIB":
        with open(path, "rb") as file:
            return TextIOWrapper(BytesIO(zlib.decompress(file.read())), "utf-8", newline="")
    if compression == "GZIP":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return open(path, encoding="utf-8", newline="")


def _lines(filenames: TensorLike, compression: str | None) -> Chunks:
    for path in paths(filenames):
        with opened(path, compression) as file:
            while some := [line.rstrip("\r\n") for line in islice(file, LINES)]:
                yield Chunk(0, (as_array(some),))


@dataclass(frozen=True)
class Column:
    """A column of texts that stand for numbers or texts.

    Attributes:
        dtype: of its numbers; None for texts.
        default: what stands for an empty field.
    """

    dtype: DType | None
    default: object = _REQUIRED

    def parsed(self, fields: Sequence[str], missing: str, what: str) -> Array:
        """The values of fields.

        Raises:
            ValueError: an empty field that may not be, or one that is no number.
        """
        filled = [self.default if field in ("", missing) else field for field in fields]
        if _REQUIRED in filled:
            raise ValueError(f"{what}: a field is empty; give a value for such fields in record_defaults, such as 0.0")
        if self.dtype is None:
            return as_array([str(field) for field in filled])
        try:
            return np.array([self.dtype.type(field) for field in filled], self.dtype)
        except ValueError as error:
            raise ValueError(f"{what}: {error}; record_defaults says that the column holds {self.dtype}") from None


def columns_of(defaults: Sequence[TensorLike]) -> list[Column]:
    """What ``record_defaults`` says of columns: a value, a list or array of one, an empty one, or a dtype."""
    return [_column(default) for default in defaults]


def _column(default: TensorLike) -> Column:
    if isinstance(default, TextDtype):
        return Column(None)
    if isinstance(default, (np.dtype, type)):
        dtype = np.dtype(default)
        return Column(None if dtype.kind in "OUS" else dtype)
    array = as_array(default).reshape(-1)
    dtype_or_none = None if array.dtype.kind == "O" else array.dtype
    if not array.size:
        return Column(dtype_or_none)
    value = array[0]
    return Column(dtype_or_none, value.decode() if isinstance(value, bytes) else value)


@dataclass(frozen=True)
class Table:
    """How lines become columns.

    Attributes:
        columns: those that are read.
        delimiter: what is between fields.
        quotes: whether quotation marks hold a field together.
        missing: what stands for an empty field.
        selected, excluded: which columns are read, by number.
        names: of the columns; None makes tuples.
    """

    columns: Sequence[Column]
    delimiter: str = ","
    quotes: bool = True
    missing: str = ""
    selected: Sequence[int] | None = None
    excluded: Sequence[int] | None = None
    names: Sequence[str] | None = None

    def chunks(self, lines: Iterable[str]) -> Chunks:
        """The rows of lines, many at a time."""
        rows = self.rows(lines)
        while some := list(islice(rows, LINES)):
            yield self.chunk(some)

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The fields of each line that is not empty."""
        if not self.quotes:
            return filter(None, csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE))
        return filter(None, csv.reader(lines, delimiter=self.delimiter))

    def chunk(self, rows: Sequence[Sequence[str]]) -> Chunk:
        """Rows as columns.

        Raises:
            ValueError: a row with another number of fields.
        """
        found = [self._taken(row) for row in rows]
        if wrong := next((row for row in found if len(row) != len(self.columns)), None):
            raise ValueError(
                f"a line has {len(wrong)} fields to read, expected {len(self.columns)} as record_defaults has: "
                f"{shown(wrong)}"
            )
        fields = list(zip(*found))
        arrays = [
            column.parsed(own, self.missing, f"column {i}") for i, (column, own) in enumerate(zip(self.columns, fields))
        ]
        form, values = number_form(tuple(arrays) if self.names is None else dict(zip(self.names, arrays)))
        return Chunk(form, tuple(cast(list[Array], values)))

    def _taken(self, row: Sequence[str]) -> Sequence[str]:
        if self.selected is not None:
            return [row[i] for i in self.selected]
        return [field for i, field in enumerate(row) if i not in self.excluded] if self.excluded else row
