"""Whether the first line of a CSV file holds the columns' names or already data."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from clarinet.datasets.columns import MISSING, NO_NUMBER, is_date
from clarinet.datasets.text_table import check_unique
from clarinet.wording import option

#: Rows that are examined to find a column's type.
_ROWS = 200
_NO_VALUE = MISSING | NO_NUMBER
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")


def header_of(rows: Sequence[Sequence[str]], path: str, header: bool | None) -> tuple[list[str], int]:
    """The columns' names, and where the data begin.

    Args:
        rows: of the file, cells stripped.
        path: for messages.
        header: whether the first row holds names; None guesses, and refuses a first line that looks like data.

    Raises:
        ValueError: the first row looks like data; a name is missing, or occurs twice.
    """
    if header is not None and not isinstance(header, bool):
        raise ValueError(f"header={header!r}: expected True, False or None")
    first = list(rows[0])
    names = [f"column{number}" for number in range(1, len(first) + 1)]
    if header is False:
        return names, 0
    if header is None and looks_like_data(first, rows[1 : 1 + _ROWS]):
        shown = ", ".join(first[:5]) + (", …" if len(first) > 5 else "")
        called = " to ".join(dict.fromkeys((names[0], names[-1])))
        raise ValueError(
            f"{path}: the first line holds data, not column names ({shown}). If the file has no names, say "
            f"{option('header', False)}: the columns are then called {called}. If these are names, say "
            f"{option('header', True)}"
        )
    # What pandas writes for its row numbers: a first column without a name.
    names = ["index" if i == 0 and not name and "index" not in first else name for i, name in enumerate(first)]
    if "" in names:
        raise ValueError(f"{path}: column {names.index('') + 1} has no name; name it in the first line")
    check_unique(names, path)
    return names, 1


def looks_like_data(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether every cell of the first row could be a value of its column: a number over numbers, a word that occurs
    again.

    Example:
        >>> looks_like_data(["5.1", "setosa"], [["4.9", "setosa"]])
        True
        >>> looks_like_data(["size", "kind"], [["4.9", "setosa"]])
        False
    """
    if not below:
        return all(map(_is_number, first))
    typed = recurs = strange = False
    for cell, cells in zip(first, zip(*below, strict=True), strict=True):
        present = [each for each in cells if each.lower() not in _NO_VALUE]
        if not present or cell.lower() in _NO_VALUE:
            continue
        kind = _kind(present)
        if kind is not None:
            if not kind(cell):
                return False
            typed = True
        elif cell in present:
            recurs = True
        elif 2 * len(set(present)) <= len(present):  # words that recur, all but this one
            return False
        else:
            strange = True
    return typed or (recurs and not strange)


def _kind(cells: Sequence[str]) -> Callable[[str], bool] | None:
    """The kind of most cells: numbers, dates, or None for words."""
    for kind in (_is_number, _is_date):
        if 2 * sum(map(kind, cells)) > len(cells):
            return kind
    return None


def _is_number(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell))


def _is_date(cell: str) -> bool:
    return is_date([cell])
