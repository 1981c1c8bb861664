"""Any table as columns of text: files and data frames before any decision about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class TextTable:
    """Columns of text, from any source.

    Args:
        source: what messages call the table: a file name, or "the rows".
        columns: cells by column name; all columns have the same length.
        places: where each row is, e.g. ``"line 7"``.
        decimal: the character before the decimals of numbers, ``"."`` or ``","``.
    """

    source: str
    columns: dict[str, list[str]]
    places: Sequence[str]
    decimal: str = "."

    def __len__(self) -> int:
        return len(self.places)

    def keep(self, rows: Sequence[int]) -> TextTable:
        """The same table with these rows only."""
        columns = {name: [cells[i] for i in rows] for name, cells in self.columns.items()}
        return TextTable(self.source, columns, [self.places[i] for i in rows], self.decimal)


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
        return _from_columns(*_frame_columns(data), "the data frame")
    if isinstance(data, Mapping):
        for name, values in data.items():
            if isinstance(values, str) or not hasattr(values, "__iter__"):
                raise TypeError(f"column {name!r} is {values!r}: expected a list of cells; for one row, pass [{{...}}]")
        return _from_columns([str(name) for name in data], [list(values) for values in data.values()], "the columns")
    if isinstance(data, Sequence) and not isinstance(data, str) and all(isinstance(row, Mapping) for row in data):
        return _from_columns(*_row_columns(data), "the rows")
    raise TypeError(
        f"expected the path of a CSV file, a pandas or polars data frame, a list of dicts or a dict of lists; "
        f"got {type(data).__name__}"
    )


def _frame_columns(frame: Any) -> tuple[list[str], list[list[Any]]]:
    names = list(frame.columns)
    check_unique([str(name) for name in names], "the data frame")
    return [str(name) for name in names], [frame[name].to_list() for name in names]


def _row_columns(rows: Sequence[Mapping[Any, object]]) -> tuple[list[str], list[list[Any]]]:
    if not rows:
        raise ValueError("the list of rows is empty; expected one dict a row")
    for i, row in enumerate(rows):
        odd = row.keys() ^ rows[0].keys()
        if odd:
            raise ValueError(
                f"row {i} and row 0 differ in {', '.join(sorted(map(repr, odd)))}; give every row the same keys"
            )
    return [str(key) for key in rows[0]], [[row[key] for row in rows] for key in rows[0]]


def _from_columns(names: list[str], columns: list[list[Any]], source: str) -> TextTable:
    check_unique(names, source)
    if not names:
        raise ValueError(f"{source}: no columns")
    lengths = {name: len(cells) for name, cells in zip(names, columns)}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{source}: the columns differ in length: {lengths}")
    places = [f"row {i}" for i in range(len(columns[0]))]
    cells = {
        name: [_text(cell, name, place) for cell, place in zip(values, places)] for name, values in zip(names, columns)
    }
    return TextTable(source, cells, places)


def _text(cell: object, name: str, place: str) -> str:
    if isinstance(cell, bytes | list | tuple | set | Mapping | np.ndarray):
        raise TypeError(
            f"column {name!r}, {place}: expected a number, text, a boolean or None; got {type(cell).__name__}"
        )
    return "" if cell is None else str(cell).strip()
