"""Reading a text file into columns, a piece at a time, with the line of every row, and an error where a guess would be
needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TextIO, overload

from clarinet.datasets.dialects import Dialect, find_dialect
from clarinet.datasets.encodings import find_encoding
from clarinet.datasets.formats import Format
from clarinet.datasets.gathering import Gathering, Row
from clarinet.datasets.headers import find_layout
from clarinet.datasets.memory import LEAVE_OUT, check_memory, streaming
from clarinet.datasets.packed import opened, opened_text, unpacked_size
from clarinet.datasets.text_table import TextTable

#: Lines that a decision is based on.
_LINES = 300
_BYTES_OF_CELL = 57
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


class Places(Sequence[str]):
    """Where rows are: ``"line 7"``.

    Args:
        numbers: of the lines.
        word: for them.
    """

    def __init__(self, numbers: Sequence[int], word: str = "line") -> None:
        self._numbers, self._word = numbers, word

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return Places(self._numbers[at], self._word)
        return f"{self._word} {self._numbers[at]}"


def read_csv(
    path: Path, how: Format | None = None, wanted: Collection[str] = (), usual: str | None = None
) -> TextTable:
    """Read a text file; cells are stripped of blanks around them, lines without any cell are skipped.

    Args:
        path: the file.
        how: what somebody has said about it.
        wanted: names of columns that it should hold.
        usual: the mark before decimals, where neither a column nor another shows it.

    Returns:
        Columns of text, and the decisions.

    Raises:
        FileNotFoundError: there is no such file. MemoryError: it is larger than the memory that is free.
        ValueError: empty, no text, no header, a row with more or fewer cells than it, or broken quotation marks.
    """
    how = how or Format()
    _check_kind(path)
    bytes_in_all = unpacked_size(path)
    encoding, about = find_encoding(path, how.encoding)
    with opened_text(path, encoding) as file:
        start = list(islice(file, _LINES))
    dialect = find_dialect(start, how, wanted)
    _check_size(path, bytes_in_all, start, dialect)
    # Cells of a file with commas between them have a point before decimals, unless they show another mark.
    usual = "." if dialect.delimiter == "," and usual in (None, ".") else usual
    with opened_text(path, encoding) as file:
        table = assemble(_rows(file, dialect, path), str(path), how, wanted, usual)
    report = (*([about] if about else []), *dialect.report, *table.report)
    return TextTable(table.source, table.columns, table.places, how.decimal, usual, how.date_order, report)


def assemble(
    rows: Iterable[Row], source: str, how: Format, wanted: Collection[str], usual: str | None, word: str = "line"
) -> TextTable:
    """A table of rows and the numbers of their lines; empty rows are skipped.

    Args:
        rows: cells stripped.
        source: for messages.
        how, wanted, usual: as in :func:`read_csv`.
        word: for the numbers.

    Raises:
        ValueError: there is none; a row has more cells than the first ones, or fewer than two of several.
    """
    present = (row for row in rows if any(row[0]))
    head = list(islice(present, _LINES))
    if not head:
        raise ValueError(f"{source} is empty; expected a line of column names, then one line a row")
    layout = find_layout([cells for cells, _ in head], source, how.header, wanted)
    above = [cells for cells, _ in head[: layout.begin]]
    gathering = Gathering(len(layout.names), source, word, bool(how.skip_damaged), above)
    gathering.take(chain(head[layout.begin :], present))
    about = gathering.finish()
    named, places = dict(zip(layout.names, gathering.columns)), Places(gathering.numbers, word)
    return TextTable(source, named, places, how.decimal, usual, how.date_order, (*layout.report, *about))


class _Lines:
    """The lines of a file but for those that are no rows; knows the number of the last one.

    Args:
        file: open at its beginning.
        dialect: of it.
    """

    def __init__(self, file: TextIO, dialect: Dialect) -> None:
        self.number = 0
        self._file, self._dialect = file, dialect

    def __iter__(self) -> Iterator[str]:
        dialect, quoted = self._dialect, False
        if dialect.names:
            self.number = dialect.skip
            yield dialect.names
        for number, line in enumerate(self._file, 1):
            if number <= dialect.skip or (not quoted and self._is_comment(line)):
                continue
            self.number = number
            quoted ^= line.count(self._dialect.quote) % 2 == 1
            yield dialect.cells(line)

    def _is_comment(self, line: str) -> bool:
        """A line that begins as comments do; unless that was said, one with as many cells as rows have is a row."""
        dialect = self._dialect
        if not line.startswith(dialect.comment):
            return False
        return dialect.always or line.count(dialect.delimiter) + 1 < dialect.width


def _rows(file: TextIO, dialect: Dialect, path: Path) -> Iterator[Row]:
    """Every row, the header first, and the line on which it ends."""
    import csv

    lines = _Lines(file, dialect)
    reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote, skipinitialspace=True, strict=True)
    try:
        for row in reader:
            yield [cell.strip() for cell in row], lines.number
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {lines.number}: {error}; is a quotation mark left open, or single inside quoted text?"
        ) from None


def _check_kind(path: Path) -> None:
    with opened(path) as file:
        if file.read(4).startswith(_OLD_EXCEL):
            raise ValueError(f"{path} is an old Excel workbook (.xls), no text; save it as .xlsx or CSV")


def _check_size(path: Path, bytes_in_all: int, start: Sequence[str], dialect: Dialect) -> None:
    """Refuse a file whose cells would not fit into memory, as its first lines tell."""
    size = sum(map(len, start))
    rows = bytes_in_all * len(start) / max(size, 1)
    if rows > 100_000:
        each = 8 + _BYTES_OF_CELL  # at most: what occurs again is kept once
        what = f"{path}: about {rows:,.0f} rows of {dialect.width} cells"
        check_memory(rows * dialect.width * each, what, f"{LEAVE_OUT}, or {streaming(path)}")
