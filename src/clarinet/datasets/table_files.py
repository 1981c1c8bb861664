"""Files of tables, by what they begin with: text, Excel's workbooks, Parquet; and JSON, by its name."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Protocol, cast
from zipfile import BadZipFile, ZipFile

from clarinet.datasets.csv_files import assemble, read_csv
from clarinet.datasets.encodings import find_encoding
from clarinet.datasets.formats import Format
from clarinet.datasets.gathering import Row
from clarinet.datasets.memory import LEAVE_OUT, check_memory, streaming
from clarinet.datasets.packed import PACKED, opened_text, unpacked_size
from clarinet.datasets.text_table import TextTable, flat, is_nested, table_of_columns, text
from clarinet.names import nearest
from clarinet.wording import option

_BYTES_OF_CELL = 120


class _Sheet(Protocol):
    """What is asked of a workbook's sheet."""

    title: str
    max_row: int | None
    max_column: int | None

    @property
    def values(self) -> Iterator[tuple[object, ...]]: ...


class _Book(Protocol):
    """What is asked of a workbook."""

    sheetnames: list[str]
    worksheets: list[_Sheet]

    def __getitem__(self, name: str, /) -> _Sheet: ...


_JSON = (".json", ".jsonl", ".ndjson", ".geojson")
#: Memory that a file of JSON takes when it is read, in times of its size.
_TIMES_JSON = 12


def read_table(
    path: str | os.PathLike[str], how: Format | None = None, wanted: Collection[str] = (), usual: str | None = None
) -> TextTable:
    """Read a file: text of cells, an Excel workbook (``.xlsx``, with openpyxl), Parquet (with pyarrow), or JSON.

    Args:
        path: the file.
        how: what somebody has said about it.
        wanted: names of columns that it should hold.
        usual: the mark before decimals, where nothing shows it.

    Raises:
        FileNotFoundError: there is no such file. ImportError: a library is missing. MemoryError: it is too large.
        ValueError: it cannot be read without guessing.
    """
    path, how = Path(path), how or Format()
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        return _read_parquet(path)
    if _ending(path) in _JSON:
        return _read_json(path, how)
    if start == b"PK\x03\x04" and _is_workbook(path):
        return _read_workbook(path, how, wanted)
    return read_csv(path, how, wanted, usual)


def _ending(path: Path) -> str:
    """How a file's name ends, below how it is packed."""
    inner = path.with_suffix("") if path.suffix.lower() in PACKED else path
    return inner.suffix.lower()


def _is_workbook(path: Path) -> bool:
    try:
        with ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except BadZipFile:
        return False


def _read_workbook(path: Path, how: Format, wanted: Collection[str]) -> TextTable:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise ImportError(f'{path} is an Excel workbook; pip install "clarinet[excel]" to read it') from None
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        sheet, report = _sheet(cast(_Book, book), path, how, wanted)
        check_memory(_cells(sheet) * _BYTES_OF_CELL, f"{path}", "leave out what is not needed")
        numeric: set[int] = set()
        table = assemble(_rows_of(sheet, numeric), str(path), how, wanted, ".", "row")
    finally:
        book.close()
    plain = frozenset(name for place, name in enumerate(table.columns) if place in numeric)
    return replace(table, plain=plain, report=(*report, *table.report))


def _sheet(book: _Book, path: Path, how: Format, wanted: Collection[str]) -> tuple[_Sheet, list[str]]:
    """The sheet that was said, or the first that holds most of the names that are wanted."""
    if how.sheet is not None:
        if how.sheet not in book.sheetnames:
            raise ValueError(f"{path} has no sheet {how.sheet!r}: {nearest(how.sheet, book.sheetnames)}")
        return book[how.sheet], []
    filled = [sheet for sheet in book.worksheets if any(any(c is not None for c in r) for r in sheet.values)]
    if not filled:
        raise ValueError(f"{path} is empty; expected a sheet with column names in its first row")
    if len(filled) == 1:
        return filled[0], []
    chosen = max(filled, key=lambda sheet: _held(sheet, wanted))
    others = ", ".join(repr(sheet.title) for sheet in filled if sheet is not chosen)
    return chosen, [f"Read from the sheet {chosen.title!r}; {option('sheet')} takes another ({others})"]


def _held(sheet: _Sheet, wanted: Collection[str]) -> int:
    """How many of the names that are wanted stand in one of the first rows."""
    return max(len({str(cell).strip() for cell in row} & {*wanted}) for row in islice(sheet.values, 20))


def _cells(sheet: _Sheet) -> int:
    return (sheet.max_row or 0) * (sheet.max_column or 0)


def _rows_of(sheet: _Sheet, numeric: set[int]) -> Iterator[Row]:
    """Rows of text; the columns that hold numbers are noted."""
    for number, cells in enumerate(sheet.values, 1):
        numeric.update(i for i, c in enumerate(cells) if isinstance(c, int | float) and not isinstance(c, bool))
        yield [text(cell, f"column {i}", f"row {number}") for i, cell in enumerate(cells, 1)], number


def _read_parquet(path: Path) -> TextTable:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise ImportError(f'{path} is Parquet; pip install "clarinet[arrow]" to read it') from None
    try:
        with parquet.ParquetFile(path) as file:
            cells = file.metadata.num_rows * file.metadata.num_columns
            check_memory(cells * _BYTES_OF_CELL, f"{path}: {cells:,} cells", f"{LEAVE_OUT}, or {streaming(path)}")
            found = file.read()
    except (ArrowException, OSError) as error:
        raise ValueError(f"{path} begins as Parquet, but cannot be read: {error}") from None
    names = ["index" if name == "__index_level_0__" else name for name in found.column_names]
    return _of_values(dict(zip(names, (column.to_pylist() for column in found.columns))), path)


def _read_json(path: Path, how: Format) -> TextTable:
    """A list of rows, a dict of columns, or a row a line."""
    import json

    check_memory(_TIMES_JSON * unpacked_size(path), str(path), "leave out what is not needed")
    encoding, about = find_encoding(path, how.encoding)
    with opened_text(path, encoding) as file:
        text = file.read()
    try:
        found = json.loads(text)
    except ValueError as whole:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            raise ValueError(f"{path} is not JSON: {whole}") from None
    except RecursionError:
        raise ValueError(f"{path}: lists within lists, too deep for a table") from None
    found, within = _rows_within(found)
    if isinstance(found, dict) and found and all(isinstance(cells, list) for cells in found.values()):
        return _of_values(found, path)
    rows = [found] if isinstance(found, dict) else found
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f'{path}: expected a list of rows, each an object such as {{"size": 3, "kind": "a"}}')
    rows = [flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = _of_values({name: [row.get(name) for row in rows] for name in names}, path)
    return replace(table, report=(*([about] if about else []), *within, *table.report))


def _rows_within(found: object) -> tuple[object, list[str]]:
    """The rows of an answer of a web service, which stand below one of its names; a sentence says so."""
    if not isinstance(found, dict):
        return found, []
    lists = [name for name, each in found.items() if _are_rows(each)]
    if len(lists) != 1:
        return found, []
    return found[lists[0]], [f"The rows are those of {lists[0]!r}"]


def _are_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _of_values(columns: Mapping[str, Sequence[object]], path: Path) -> TextTable:
    """A table of single values; columns of lists and the like are left out."""
    nested = [name for name, cells in columns.items() if any(map(is_nested, cells))]
    kept = {name: cells for name, cells in columns.items() if name not in nested}
    table = table_of_columns(list(kept), list(kept.values()), str(path))
    return replace(table, report=tuple(f"{name!r}: left out: it holds lists, bytes or records" for name in nested))
