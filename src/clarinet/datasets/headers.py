"""The columns of a file: their names, whether the first line holds them or already data, and cells that are none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from clarinet.datasets.clocks import are_clocks
from clarinet.datasets.dates import are_dates
from clarinet.datasets.numerals import MISSING, NO_NUMBER, is_unit, read_number
from clarinet.wording import option

_NO_VALUE = MISSING | NO_NUMBER
_NUMBERED = re.compile(r"column\d+")
_INDEX = "index"
_MOST_TITLES = 10
#: So many lines below the names may go on with them.
_MOST_MORE = 2
#: What stands in brackets, or is a short word: a unit, or the rest of a name.
_UNIT = re.compile(r"[\[(].*[\])]|%|°[CF]?|[$€£¥]|[^\W\d_]{1,3}[²³]?(/[^\W\d_]{1,3}[²³]?)?")


@dataclass(frozen=True)
class Layout:
    """The columns of a file.

    Attributes:
        names: of the columns, each another.
        begin: the first row of data.
        report: the decisions.
    """

    names: tuple[str, ...]
    begin: int
    report: tuple[str, ...]


def find_layout(rows: Sequence[Sequence[str]], path: str, header: bool | None, wanted: Collection[str]) -> Layout:
    """The columns' names, and where the data begin.

    Args:
        rows: the first of the file, cells stripped.
        path: for messages.
        header: whether the first row holds names; None finds out: it does if names that are wanted are among them, or
            if it does not look like data.
        wanted: names of columns that the file should hold.

    Raises:
        ValueError: the first row looks like data, and nothing says that it is.
    """
    width = _width(rows)
    titles = _titles(rows, width) or (_above_names(rows, wanted) if header is not False else 0)
    if titles:
        about = f"Skipped: {titles} line{'s' * (titles > 1)} above the table, {_first(rows[0])[:60]!r}"
        below = find_layout(rows[titles:], path, header, wanted)
        return Layout(below.names, titles + below.begin, (about, *below.report))
    first, body = list(rows[0]), rows[1:]
    rows_named = filled(first) == width - 1 and len(body) > 0 and min(map(filled, body)) == width == len(body[0])
    if rows_named and header is not False:
        first.insert(0, _INDEX)
    first = [*first, *[""] * (width - len(first))][:width]
    names = [f"column{number}" for number in range(1, width + 1)]
    if header is None:
        header = _is_header(first, body, path, wanted)
        if not header:
            sentence = f"The first line holds data: the columns are called {names[0]} to {names[-1]}"
            return Layout(tuple(names), 0, (f"{sentence}; {option('header', True)} takes it for names",))
    if header is False:
        return Layout(tuple(names), 0, ())
    report = ["The rows have names, which no column title stands above"] if rows_named else []
    units = 0
    while units < _MOST_MORE and _are_units(body[units:]):
        report.append(f"Skipped: a second line of names or units, {', '.join(filter(None, body[units]))[:60]!r}")
        units += 1
    names, report = _unique(first, path, wanted, report)
    return Layout(tuple(names), 1 + units, tuple(report))


def _width(rows: Sequence[Sequence[str]]) -> int:
    """The number of columns: the cells of all rows, or where these differ of the first and of most others; what is
    empty in all does not count."""
    if len({len(row) for row in rows}) == 1:
        return max(map(filled, rows))
    most = Counter(filled(row) for row in rows[1:]).most_common(1)
    return max(filled(rows[0]), most[0][0])


def _titles(rows: Sequence[Sequence[str]], width: int) -> int:
    """How many rows above the table hold one text and nothing else."""
    if width < 2 or len(rows) < 3:
        return 0
    alone = (filled(row) == 1 and (len(row) == 1 or width > 2) and not _is_number(row[0]) for row in rows[:-2])
    return next((i for i, title in enumerate(alone) if not title), 0)


def _above_names(rows: Sequence[Sequence[str]], wanted: Collection[str]) -> int:
    """How many of the first rows stand above the names: all before the one that holds most of those that are wanted."""
    held = [len({*row} & {*wanted}) for row in rows[:_MOST_TITLES]]
    return held.index(max(held)) if any(held) and not held[0] else 0


def _first(row: Sequence[str]) -> str:
    return next(filter(None, row), "")


def _are_units(body: Sequence[Sequence[str]]) -> bool:
    """Whether the row below the names goes on with them, as units do: words above columns of numbers and dates, none
    of which occurs again.

    Example:
        >>> _are_units([["kg", "[m]", "-"], ["80", "1.8", "a"], ["75", "1.7", "b"], ["90", "1.9", "a"]])
        True
    """
    if len(body) < 3 or not body[0]:
        return False
    strange, words = [], 0
    for place, cell in enumerate(body[0]):
        below = [row[place] for row in body[1:] if place < len(row) and row[place].lower() not in _NO_VALUE]
        kind = _kind(below) if below else None
        if not below or cell.lower() in _NO_VALUE:
            continue
        if kind is None:
            if cell in below:
                return False
            words += _UNIT.fullmatch(cell) is None
        elif kind(cell) or sum(map(kind, below)) < 0.9 * len(below):
            return False
        else:
            strange.append(cell)
    return len(strange) > 1 or (not words and any(map(_UNIT.fullmatch, strange)))


def filled(row: Sequence[str]) -> int:
    """The number of cells up to the last that holds something."""
    return next((i for i in range(len(row), 0, -1) if row[i - 1]), 0)


def _is_header(first: list[str], body: Sequence[Sequence[str]], path: str, wanted: Collection[str]) -> bool:
    if any(name in first for name in wanted):
        return True
    if wanted and all(map(_NUMBERED.fullmatch, wanted)):
        return False
    if not looks_like_data(first, body):
        return True
    shown = ", ".join(first[:5]) + (", …" if len(first) > 5 else "")
    called = " to ".join(dict.fromkeys(("column1", f"column{len(first)}")))
    raise ValueError(
        f"{path}: the first line holds data, not column names ({shown}). If the file has no names, say "
        f"{option('header', False)}: the columns are then called {called}, as in "
        f"{option('target', f'column{len(first)}')}. If these are names, say {option('header', True)}"
    )


def _unique(first: list[str], path: str, wanted: Collection[str], report: list[str]) -> tuple[list[str], list[str]]:
    """Names for columns without one, and others for those that share one; and the decisions.

    Raises:
        ValueError: a name that is wanted stands above several columns.
    """
    # What pandas writes for its row numbers: a first column without a name.
    if first and not first[0] and _INDEX not in first:
        first[0] = _INDEX
    counts = Counter(name for name in first if name)
    names: list[str] = []
    for number, name in enumerate(first, 1):
        new = name or f"column{number}"
        if counts[name] > 1 and name in wanted and f"{name}.1" not in wanted:
            raise ValueError(
                f"{path}: {counts[name]} columns are called {name!r}; rename the columns, so that one is meant"
            )
        copy = 0
        while new in names:
            copy += 1
            new = f"{name or f'column{number}'}.{copy}"
        if new != name:
            report.append(f"Column {number} {'has no name' if not name else f'is a second {name!r}'}: called {new!r}")
        names.append(new)
    return names, report


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
    for place, cell in enumerate(first):
        present = [row[place] for row in below if place < len(row) and row[place].lower() not in _NO_VALUE]
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
    found = read_number(cell, ".") or read_number(cell, ",")
    return found is not None and not is_unit(found[1])


def _is_date(cell: str) -> bool:
    return are_dates([cell]) or are_clocks([cell])
