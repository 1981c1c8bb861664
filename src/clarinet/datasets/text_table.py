"""Any table as columns of text: files and data frames before any decision about them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from clarinet.datasets.numerals import DECIMALS, MISSING, marks, read_numbers


@dataclass(frozen=True, eq=False)
class TextTable:
    """Columns of text, from any source.

    Args:
        source: what messages call the table: a file name, or "the rows".
        columns: cells by column name; all columns have the same length.
        places: where each row is, e.g. ``"line 7"``.
        decimal: the mark before the decimals of all numbers, ``"."`` or ``","``; None: each column shows its own.
        usual: the mark of columns that do not show it; None: what other columns of the table show.
        date_order: of dates that do not begin with a year in four digits: ``"dmy"``, ``"mdy"``, ``"ymd"``; None: each
            column shows it.
        report: how the table was read, a sentence for each decision.
        plain: columns whose numbers came as numbers, not as text.
        index: the rows' names in a data frame; None elsewhere.
    """

    source: str
    columns: Mapping[str, Sequence[str]]
    places: Sequence[str]
    decimal: str | None = None
    usual: str | None = "."
    date_order: str | None = None
    report: tuple[str, ...] = ()
    plain: frozenset[str] = frozenset()
    index: Sequence[object] | None = None

    def __len__(self) -> int:
        return len(self.places)

    def keep(self, rows: Sequence[int]) -> TextTable:
        """The same table with these rows only."""
        columns = {name: [cells[i] for i in rows] for name, cells in self.columns.items()}
        places = [self.places[i] for i in rows]
        return replace(self, columns=columns, places=places, usual=self.decimal_elsewhere)

    @cached_property
    def decimal_elsewhere(self) -> str | None:
        """The mark of columns that do not show it themselves; None where nothing tells."""
        written = (cells for name, cells in self.columns.items() if name not in self.plain)
        shown = {mark for cells in written if (mark := decimal_shown(cells)) is not None}
        return shown.pop() if len(shown) == 1 else self.usual


def decimal_shown(cells: Sequence[str]) -> str | None:
    """The mark before the decimals that a column of numbers shows; None if it shows none, or holds something else."""
    shown = marks(cells)
    found = {mark: read_numbers(cells, mark, MISSING) for mark, said in zip(DECIMALS, shown) if said}
    if not found:
        return None
    mark = min(found, key=lambda mark: len(found[mark].bad))
    return mark if 2 * len(found[mark].bad) < len(cells) - int(found[mark].absent.sum()) else None


def check_unique(names: Sequence[str], source: str) -> None:
    """Refuse a table in which two columns share a name."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"{source}: column name {', '.join(map(repr, twice))} occurs more than once; rename the columns"
        )


def text_table(data: object) -> TextTable:
    """A table in memory as text: a pandas or polars frame, a list of dicts (rows), or a dict of lists (columns).

    Raises:
        TypeError: it is none of these, or a cell is no single value.
        ValueError: no columns, columns of differing length, rows with differing keys, or a name that occurs twice.
    """
    if hasattr(data, "columns") and hasattr(data, "__getitem__"):
        index = getattr(data, "index", None)
        return table_of_columns(*_frame_columns(data), "the data frame", None if index is None else list(index))
    if isinstance(data, Mapping):
        for name, values in data.items():
            if isinstance(values, str) or not hasattr(values, "__iter__"):
                raise TypeError(f"column {name!r} is {values!r}: expected a list of cells; for one row, pass [{{...}}]")
        return table_of_columns([str(name) for name in data], [list(values) for values in data.values()], "the columns")
    if isinstance(data, Sequence) and not isinstance(data, str) and all(isinstance(row, Mapping) for row in data):
        return table_of_columns(*_row_columns(data), "the rows")
    raise TypeError(
        f"expected the path of a table's file, a pandas or polars data frame, a list of dicts or a dict of lists; "
        f"got {type(data).__name__}"
    )


class _Cells(Protocol):
    """A column of a data frame."""

    def to_list(self) -> list[object]: ...


class _Frame(Protocol):
    """A data frame of pandas or polars."""

    @property
    def columns(self) -> Sequence[object]: ...

    def __getitem__(self, name: object, /) -> _Cells: ...


def _frame_columns(frame: _Frame) -> tuple[list[str], list[list[object]]]:
    names = list(frame.columns)
    check_unique([str(name) for name in names], "the data frame")
    return [str(name) for name in names], [frame[name].to_list() for name in names]


def _row_columns(rows: Sequence[Mapping[object, object]]) -> tuple[list[str], list[list[object]]]:
    if not rows:
        raise ValueError("the list of rows is empty; expected one dict a row")
    plain = [flat(row) for row in rows]
    for i, row in enumerate(plain):
        odd = row.keys() ^ plain[0].keys()
        if odd:
            raise ValueError(
                f"row {i} and row 0 differ in {', '.join(sorted(map(repr, odd)))}; give every row the same keys"
            )
    return list(plain[0]), [[row[key] for row in plain] for key in plain[0]]


def flat(row: Mapping[object, object]) -> dict[str, object]:
    """A row whose records within it are columns of their own.

    Example:
        >>> flat({"size": 3, "user": {"age": 4, "home": {"zip": "01067"}}})
        {'size': 3, 'user.age': 4, 'user.home.zip': '01067'}
    """
    found: dict[str, object] = {}
    for name, cell in row.items():
        inner = flat(cell) if isinstance(cell, Mapping) else None
        found |= {str(name): cell} if inner is None else {f"{name}.{each}": value for each, value in inner.items()}
    return found


def table_of_columns(
    names: list[str], columns: Sequence[Sequence[object]], source: str, index: Sequence[object] | None = None
) -> TextTable:
    """Columns of single values as text.

    Args:
        names, columns: as long as each other.
        source: what messages call the table.
        index: the rows' names.

    Raises:
        TypeError, ValueError: as for :func:`text_table`.
    """
    check_unique(names, source)
    if not names:
        raise ValueError(f"{source}: no columns")
    lengths = {name: len(cells) for name, cells in zip(names, columns)}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{source}: the columns differ in length: {lengths}")
    places = [f"row {i}" for i in range(len(columns[0]))]
    cells = {
        name: [text(cell, name, place) for cell, place in zip(values, places)] for name, values in zip(names, columns)
    }
    numbers = (int, float, np.integer, np.floating)
    plain = {name for name, values in zip(names, columns) if any(isinstance(cell, numbers) for cell in values)}
    return TextTable(source, cells, places, plain=frozenset(plain), index=index)


def text(cell: object, name: str, place: str) -> str:
    """A cell of a table in memory, or of a workbook, as text.

    Raises:
        TypeError: it is no single value.
    """
    if is_nested(cell):
        raise TypeError(
            f"column {name!r}, {place}: expected a number, text, a boolean or None; got {type(cell).__name__}"
        )
    if isinstance(cell, datetime.timedelta):
        return f"{cell.total_seconds():g} s"
    return "" if cell is None else str(cell).strip()


def is_nested(cell: object) -> bool:
    """Whether a cell holds more than a single value."""
    return isinstance(cell, bytes | list | tuple | set | Mapping | np.ndarray)
