"""How one column of text becomes numbers for a network, learnt from the training table and applied to any other."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.text_table import TextTable
from clarinet.wording import option

MISSING = frozenset({"", "na", "n/a", "nan", "null", "<na>", "nat", "?"})
"""Cells that mean "no value", in lower case."""

NO_NUMBER = frozenset({"none"})  # a missing number, but a name of its own among names
_FALSE, _TRUE = frozenset({"false", "no", "f", "n", "0"}), frozenset({"true", "yes", "t", "y", "1"})
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})( .*)?")
_DRESSED_NUMBER = re.compile(r"[-+]?\s*[$€£¥]?\s*\d[\d.,' ]*\s*[%$€£¥]?")
_ROW_NAME = re.compile(r"(^|[_\s])(id|Id|ID)$|[a-z](Id|ID)$|^(?i:index|row|unnamed: 0)$")
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_UNSEEN = -1


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers, or of booleans as 0 and 1.

    Args:
        name: of the column.
        fill: the value for missing cells: the median of the training table.
        marked: whether a second feature marks missing values.
        boolean: the cells are words such as yes and no.
    """

    kind: ClassVar[str] = "number"
    name: str
    fill: float
    marked: bool = False
    boolean: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        return (self.name, f"{self.name} (missing)") if self.marked else (self.name,)

    def encode(self, table: TextTable, missing: frozenset[str]) -> NDArray[np.float32]:
        """float32 (n, 1), or (n, 2) when missing values are marked."""
        cells = table.columns[self.name]
        values, absent, bad = (booleans if self.boolean else numbers)(cells, table.decimal, missing)
        if bad:
            wanted = "yes or no, true or false" if self.boolean else "a number"
            raise ValueError(f"{where(table, self.name, bad[0])}: expected {wanted}, as in the training table")
        check_finite(values, absent, table, self.name)
        values = np.where(absent, self.fill, values)
        return np.stack([values, absent] if self.marked else [values], axis=1).astype(np.float32)


@dataclass(frozen=True)
class CategoryColumn:
    """A column of names: one feature for each, 1 in the row's own and 0 in the others (one-hot).

    Args:
        name: of the column.
        categories: the names, sorted.
        marked: whether a last feature stands for missing values.
    """

    kind: ClassVar[str] = "category"
    name: str
    categories: tuple[str, ...]
    marked: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(
            f"{self.name}={category}" for category in (*self.categories, *(["(missing)"] if self.marked else []))
        )

    def encode(self, table: TextTable, missing: frozenset[str]) -> NDArray[np.float32]:
        """float32 (n, categories), one more when missing values are marked; a name unseen in training is all zeros."""
        place = self._places(table, missing)
        codes: NDArray[np.float32] = (place[:, None] == np.arange(len(self.features))).astype(np.float32)
        return codes

    def unseen(self, table: TextTable, missing: frozenset[str]) -> list[int]:
        """The rows whose category did not occur in the training table."""
        return np.flatnonzero(self._places(table, missing) == _UNSEEN).tolist()

    def _places(self, table: TextTable, missing: frozenset[str]) -> NDArray[np.int64]:
        index = {category: i for i, category in enumerate(self.categories)}
        absent = len(self.categories) if self.marked else _UNSEEN
        cells = table.columns[self.name]
        return np.array([index.get(c, _UNSEEN) if c.lower() not in missing else absent for c in cells], np.int64)


Column = NumberColumn | CategoryColumn


@dataclass(frozen=True)
class Rules:
    """The user's decisions about all columns.

    Args:
        missing: cells that mean "no value", in lower case.
        categorical: columns to read as names whatever they look like.
        mark_missing: add a feature that marks missing values.
        max_categories: the most names that a column not in ``categorical`` may hold.
    """

    missing: frozenset[str]
    categorical: frozenset[str]
    mark_missing: bool
    max_categories: int


def learn_column(table: TextTable, name: str, rules: Rules) -> tuple[Column | None, str]:
    """Decide how to code a column; None leaves it out. The sentence says what was done.

    Raises:
        ValueError: no value at all, mostly but not only numbers, numbers that hold separators or signs, or not finite.
    """
    cells = table.columns[name]
    present = [cell for cell in cells if cell.lower() not in rules.missing]
    if not present:
        raise ValueError(
            f"{table.source}: column {name!r} holds no value at all; pass {option('drop', [name])} to leave it out"
        )
    if name in rules.categorical:
        return _learn_category(table, name, present, rules)
    number = _learn_number(table, name, rules)
    if number is not None:
        return number
    if is_date(present):
        return None, f"{name!r}: left out: dates; columns such as year, month or days since can stand for them"
    check_dressed(table, name, present, option("categorical", [name]))
    distinct = len(set(present))
    if distinct == len(present) >= 10:
        return None, f"{name!r}: left out: every row holds another text, so it identifies rows and nothing else"
    if distinct > rules.max_categories:
        hint = f"more than {option('max_categories', rules.max_categories)}; {option('categorical', [name])} keeps it"
        return None, f"{name!r}: left out: {distinct} different texts, {hint}"
    return _learn_category(table, name, present, rules)


def _learn_number(table: TextTable, name: str, rules: Rules) -> tuple[Column | None, str] | None:
    """The column as numbers or booleans, or None if it holds something else."""
    cells = table.columns[name]
    values, absent, bad = numbers(cells, table.decimal, rules.missing)
    boolean = len(bad) > 0
    if boolean:
        check_mostly(table, name, bad, int((~absent).sum()), option("categorical", [name]))
        values, absent, bad = booleans(cells, table.decimal, rules.missing)
        if bad:
            return None
    check_finite(values, absent, table, name)
    known = values[~absent]
    if known.size == 0:
        return None
    count = int(absent.sum())
    if known.min() == known.max() and not (count and rules.mark_missing):
        return None, f"{name!r}: left out: {known[0]:g} in every row"
    if _is_row_number(name, known) and not boolean:
        return None, f"{name!r}: left out: whole numbers that name the rows; rename it if they measure something"
    fill, marked = float(np.median(known)), count > 0 and rules.mark_missing
    what = "booleans as 0 and 1" if boolean else f"numbers from {known.min():g} to {known.max():g}"
    if count:
        what += f"; {count} missing, filled with the median {fill:g}" + (
            f" and marked in '{name} (missing)'" if marked else ""
        )
    return NumberColumn(name, fill, marked, boolean), f"{name!r}: {what}"


def _learn_category(table: TextTable, name: str, present: list[str], rules: Rules) -> tuple[Column | None, str]:
    categories = tuple(sorted(set(present)))
    count = len(table) - len(present)
    if len(categories) == 1 and not count:
        return None, f"{name!r}: left out: {categories[0]!r} in every row"
    shown = shorten(categories)
    absent = f"; {count} missing, a category of their own" if count else ""
    return CategoryColumn(
        name, categories, count > 0
    ), f"{name!r}: {len(categories)} categories, one feature each ({shown}){absent}"


def numbers(
    cells: Sequence[str], decimal: str, missing: frozenset[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[int]]:
    """Values (0 for missing ones), a mask of missing values, and the rows that hold something else."""
    plain = _plain_numbers(cells) if decimal == "." else None
    if plain is not None:
        return plain, np.zeros(len(cells), np.bool_), []
    return _parse(cells, lambda cell: _number(cell, decimal), missing | NO_NUMBER)


def _plain_numbers(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """Values if every cell is a finite number, the common case, at ten times the speed of looking at each."""
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
    return values if np.isfinite(values).all() and "_" not in "".join(cells) else None


def booleans(
    cells: Sequence[str], decimal: str, missing: frozenset[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[int]]:
    """As ``numbers``, for words such as yes and no."""
    return _parse(cells, _boolean, missing)


def _parse(
    cells: Sequence[str], parse: Callable[[str], float | None], missing: frozenset[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[int]]:
    values, absent, bad = np.zeros(len(cells)), np.zeros(len(cells), np.bool_), []
    for i, cell in enumerate(cells):
        if cell.lower() in missing:
            absent[i] = True
            continue
        value = parse(cell)
        if value is None:
            bad.append(i)
        else:
            values[i] = value
    return values, absent, bad


def _number(cell: str, decimal: str) -> float | None:
    if decimal == ",":
        if "." in cell:
            return None
        cell = cell.replace(",", ".")
    try:
        return None if "_" in cell else float(cell)  # Python reads 1_000; no data file means that
    except ValueError:
        return None


def _boolean(cell: str) -> float | None:
    word = cell.lower()
    return 1.0 if word in _TRUE else 0.0 if word in _FALSE else None


def whole_number(cell: str, decimal: str) -> str | None:
    """``"3"`` for 3, 3.0 and +3; None for anything that is not a whole number."""
    value = _number(cell, decimal)
    return str(int(value)) if value is not None and math.isfinite(value) and value == int(value) else None


def shorten(names: Sequence[str], most: int = 6) -> str:
    """The first few names, for a sentence."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def is_date(cells: Iterable[str]) -> bool:
    """Whether all cells look like dates."""
    return all(_DATE.fullmatch(cell) for cell in cells)


def _is_row_number(name: str, values: NDArray[np.float64]) -> bool:
    """Numbers that only name rows: all different, whole, and in a column with such a name. A measured series keeps its
    own name."""
    return (
        bool(_ROW_NAME.search(name))
        and bool((values == np.floor(values)).all())
        and len(np.unique(values)) == len(values)
    )


def check_mostly(table: TextTable, name: str, bad: list[int], present: int, otherwise: str) -> None:
    """Refuse a column in which a few cells spoil the numbers: a slip that would turn it into names silently."""
    cells = table.columns[name]
    if 2 * len(bad) >= present or all(_boolean(cells[i]) is not None for i in bad):
        return
    raise ValueError(
        f"{where(table, name, bad[0])}: {len(bad)} of {present} cells are no numbers; correct them, or pass "
        f"{option('missing', [cells[bad[0]]])} if it means a missing value, or {otherwise} if the numbers are names"
    )


def check_dressed(table: TextTable, name: str, present: list[str], otherwise: str) -> None:
    """Refuse numbers that hold separators, currency or percent signs: read as names they would lose their meaning."""
    if not all(_DRESSED_NUMBER.fullmatch(cell) for cell in present):
        return
    cell = next(cell for cell in present if _number(cell, table.decimal) is None)
    raise ValueError(
        f"{where(table, name, table.columns[name].index(cell))} is no plain number; if the comma stands before the "
        f"decimals pass {option('decimal', ',')}, otherwise remove separators and signs, or pass {otherwise} if these "
        "are names"
    )


def check_finite(values: NDArray[np.float64], absent: NDArray[np.bool_], table: TextTable, name: str) -> None:
    wrong = np.flatnonzero(~(np.abs(values) <= _FLOAT32_MAX) & ~absent)
    if wrong.size:
        raise ValueError(
            f"{where(table, name, int(wrong[0]))} is not finite in float32 (at most {_FLOAT32_MAX:.3g}); "
            "correct the cell, or leave it empty if the value is missing"
        )


def where(table: TextTable, name: str, row: int) -> str:
    """The place and content of a cell, for messages."""
    return f"{table.source}, {table.places[row]}: column {name!r} holds {table.columns[name][row]!r}"
