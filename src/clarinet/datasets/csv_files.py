"""Reading a text file into columns, a piece at a time, with the line of every row, and an error where a guess would be
needed."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TextIO, overload

from clarinet.datasets.dialects import Dialect, find_dialect, spaced
from clarinet.datasets.encodings import find_encoding
from clarinet.datasets.formats import Format
from clarinet.datasets.headers import filled, find_layout
from clarinet.datasets.memory import check_memory
from clarinet.datasets.text_table import TextTable

#: Lines that a decision is based on.
_LINES = 300
#: Rows that are put into columns at once.
_PIECE = 4096
#: Of columns with fewer different cells each is kept once.
_SHARED = 20_000
_BYTES_OF_CELL = 57
_OTHERS = (
    (b"\x1f\x8b", "gzipped"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"PK\x03\x04", "a zip archive"),
)

Row = tuple[list[str], int]


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
    encoding, about = find_encoding(path, how.encoding)
    with path.open(encoding=encoding, newline="") as file:
        start = list(islice(file, _LINES))
    dialect = find_dialect(start, how, wanted)
    _check_size(path, start, dialect)
    # Cells of a file with commas between them have a point before decimals, unless they show another mark.
    usual = "." if dialect.delimiter == "," and usual in (None, ".") else usual
    with path.open(encoding=encoding, newline="") as file:
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
        ValueError: there is none; a row has more or fewer cells than the first ones.
    """
    present = (row for row in rows if any(row[0]))
    head = list(islice(present, _LINES))
    if not head:
        raise ValueError(f"{source} is empty; expected a line of column names, then one line a row")
    layout = find_layout([cells for cells, _ in head], source, how.header, wanted)
    columns, numbers = _gathered(chain(head[layout.begin :], present), len(layout.names), source, word)
    named = dict(zip(layout.names, columns))
    return TextTable(source, named, Places(numbers, word), how.decimal, usual, how.date_order, layout.report)


def _gathered(rows: Iterator[Row], width: int, source: str, word: str) -> tuple[list[list[str]], array[int]]:
    """Columns of cells, of which equal ones are one object, and the numbers of the rows."""
    columns: list[list[str]] = [[] for _ in range(width)]
    known: list[dict[str, str]] = [{} for _ in range(width)]
    numbers = array("q")
    while piece := list(islice(rows, _PIECE)):
        cells = [_of_width(row, width, f"{source}, {word} {number}") for row, number in piece]
        numbers.extend(number for _, number in piece)
        for column, shared, new in zip(columns, known, zip(*cells)):
            column.extend(map(shared.setdefault, new, new) if len(shared) < _SHARED else new)
    return columns, numbers


def _of_width(row: list[str], width: int, place: str) -> list[str]:
    """A row of so many cells; empty ones at its end may be missing, or be too many.

    Raises:
        ValueError: others.
    """
    if len(row) == width:
        return row
    if filled(row) <= width < len(row):
        return row[:width]
    raise ValueError(
        f"{place}: expected {width} cells, as in the first line, got {len(row)}; "
        'text that holds the delimiter belongs in quotation marks ("a, b")'
    )


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
            quoted ^= line.count('"') % 2 == 1
            yield spaced(line) if dialect.delimiter == " " else line.removeprefix("\ufeff")

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
    reader = csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=True, strict=True)
    try:
        for row in reader:
            yield [cell.strip() for cell in row], lines.number
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {lines.number}: {error}; is a quotation mark left open, or single inside quoted text?"
        ) from None


def _check_kind(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    for magic, what in _OTHERS:
        if start.startswith(magic):
            raise ValueError(f"{path} is {what}, no text; unpack it, or export it as CSV")


def _check_size(path: Path, start: Sequence[str], dialect: Dialect) -> None:
    """Refuse a file whose cells would not fit into memory, as its first lines tell."""
    size = sum(map(len, start))
    rows = path.stat().st_size * len(start) / max(size, 1)
    if rows > 100_000:
        each = 8 + _BYTES_OF_CELL  # at most: what occurs again is kept once
        what = f"{path}: about {rows:,.0f} rows of {dialect.width} cells"
        check_memory(rows * dialect.width * each, what, "split the file, or leave out columns that are not needed")
