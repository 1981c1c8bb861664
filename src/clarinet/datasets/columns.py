"""The kinds of columns: how text becomes numbers for a network, in the training table and in any later one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.clocks import CLOCK, are_clocks, read_clocks
from clarinet.datasets.dates import ORDERS, PARTS, PERIODS, Dates, features_of, read_dates
from clarinet.datasets.numerals import MISSING, NO_NUMBER, Numbers, is_unit, marks, read_numbers, several_numbers
from clarinet.datasets.text_table import TextTable, decimal_shown
from clarinet.datasets.worded import by_spelling, words_of
from clarinet.wording import option

_FALSE = frozenset(
    {"false", "no", "f", "n", "0", "nein", "falsch", "non", "faux", "off", "não", "nao", "falso", "nee", "nej", "nei"}
    | {"nie", "ne", "нет", "ні", "hayır", "ei", "いいえ", "否", "नहीं"}
)
_TRUE = frozenset(
    {"true", "yes", "t", "y", "1", "ja", "j", "wahr", "oui", "vrai", "sí", "si", "on", "sim", "sì", "verdadero"}
    | {"verdadeiro", "vero", "tak", "ano", "да", "так", "evet", "kyllä", "はい", "是", "हाँ"}
)
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_UNSEEN = -1
_LONGEST = 60


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers, or of booleans as 0 and 1.

    Args:
        name: of the column.
        fill: the value for missing cells: the median of the training table.
        marked: whether a second feature marks missing values.
        boolean: the cells are words such as yes and no.
        sign: the currency or percent sign, or the unit, that stood beside the numbers.
        words: that stand for missing values in this column, in lower case.
    """

    kind: ClassVar[str] = "number"
    together: ClassVar[bool] = False
    name: str
    fill: float
    marked: bool = False
    boolean: bool = False
    sign: str = ""
    words: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        return (self.name, f"{self.name} (missing)") if self.marked else (self.name,)

    def encode(self, table: TextTable, missing: frozenset[str]) -> NDArray[np.float32]:
        """float32 (n, 1), or (n, 2) when missing values are marked."""
        missing = missing.union(self.words)
        found = (
            read_booleans(table, self.name, missing)
            if self.boolean
            else known_numbers(table, self.name, missing, self.sign)
        )
        if found.bad:
            wanted = "yes or no, true or false" if self.boolean else "a number"
            raise ValueError(f"{where(table, self.name, found.bad[0])}: expected {wanted}, as in the training table")
        others = found.signs - {"", self.sign}
        if others and (self.sign or any(map(is_unit, others))):
            raise ValueError(
                f"{table.source}: column {self.name!r} is in {sorted(others)[0]}; in the training table it "
                f"was in {self.sign or 'no unit'}: convert them"
            )
        check_finite(found.values, found.absent, table, self.name)
        values = np.where(found.absent, self.fill, found.values)
        return np.stack([values, found.absent] if self.marked else [values], axis=1).astype(np.float32)


@dataclass(frozen=True)
class CategoryColumn:
    """A column of names: one feature for each, 1 in the row's own and 0 in the others (one-hot).

    Args:
        name: of the column.
        categories: the names, sorted.
        marked: whether a last feature stands for missing values.
        rest: whether a feature before that stands for all other names.
        signs: cells of signs alone, such as ``"-"``, that mean "no value".
    """

    kind: ClassVar[str] = "category"
    together: ClassVar[bool] = False
    name: str
    categories: tuple[str, ...]
    marked: bool = False
    rest: bool = False
    signs: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        more = ["(other)"] * self.rest + ["(missing)"] * self.marked
        return tuple(f"{self.name}={category}" for category in (*self.categories, *more))

    def encode(self, table: TextTable, missing: frozenset[str]) -> NDArray[np.float32]:
        """float32 (n, categories), and for others and missing ones; a name unseen in training is all zeros, or one of
        the others."""
        place = self._places(table, missing)
        codes: NDArray[np.float32] = (place[:, None] == np.arange(len(self.features))).astype(np.float32)
        return codes

    def unseen(self, table: TextTable, missing: frozenset[str]) -> list[int]:
        """The rows whose category did not occur in the training table."""
        return np.flatnonzero(self._places(table, missing) == _UNSEEN).tolist()

    def _places(self, table: TextTable, missing: frozenset[str]) -> NDArray[np.int64]:
        index, missing = by_spelling(self.categories), missing.union(self.signs)
        other = len(self.categories) if self.rest else _UNSEEN
        absent = len(self.features) - 1 if self.marked else other
        cells = table.columns[self.name]
        places = (index.get(c, index.get(c.casefold(), other)) if c.lower() not in missing else absent for c in cells)
        return np.fromiter(places, np.int64, len(cells))


@dataclass(frozen=True)
class DateColumn:
    """A column of dates: year, days since the first, and sine and cosine of what comes round again.

    Args:
        name: of the column.
        parts: of ``"year"``, ``"month"``, ``"weekday"``, ``"hour"`` and ``"days"``, those that differed between rows.
        order: of the numbers: ``"ymd"``, ``"dmy"`` or ``"mdy"``; ``"clock"`` for times without a day.
        origin: the first day, from which days are counted.
        fill: the date for missing cells: the median of the training table.
        marked: whether a last feature marks missing values.
    """

    kind: ClassVar[str] = "date"
    together: ClassVar[bool] = False
    name: str
    parts: tuple[str, ...]
    order: str
    origin: str
    fill: str
    marked: bool = False

    def __post_init__(self) -> None:
        if not {*self.parts} <= {*PARTS} or not self.parts or self.order not in (*ORDERS, CLOCK):
            raise ValueError(f"a column of dates has parts of {PARTS} in an order of {ORDERS} or {CLOCK!r}; got {self}")
        if np.isnat(np.array([self.origin, self.fill], "datetime64[s]")).any():
            raise ValueError(f"a column of dates has an origin and a fill; got {self}")

    @property
    def features(self) -> tuple[str, ...]:
        names: list[str] = []
        for part in self.parts:
            names += [f"{part}, sine", f"{part}, cosine"] if part in PERIODS else [part]
        return tuple(f"{self.name} ({each})" for each in (*names, *(["missing"] if self.marked else [])))

    def encode(self, table: TextTable, missing: frozenset[str]) -> NDArray[np.float32]:
        """float32 (n, features)."""
        absent = absent_in(table.columns[self.name], missing)
        found = dates_of(table, self.name, absent, self.order)
        if found.bad:
            wanted = "time" if self.order == CLOCK else "date"
            raise ValueError(f"{where(table, self.name, found.bad[0])}: expected a {wanted}, as in the training table")
        values = np.where(absent, np.datetime64(self.fill, "s"), found.values)
        features = features_of(values, self.parts, self.origin)
        return np.concatenate([features, absent[:, None]] if self.marked else [features], axis=1).astype(np.float32)


@dataclass(frozen=True)
class TextColumn:
    """A column of sentences: a feature for each word of the vocabulary, by TF-IDF; the features of a row have length 1.

    Args:
        name: of the column.
        words: the vocabulary, sorted.
        weights: of the words: log((1 + rows) / (1 + rows that hold it)) + 1.
    """

    kind: ClassVar[str] = "text"
    together: ClassVar[bool] = True
    name: str
    words: tuple[str, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.words) != len(self.weights):
            raise ValueError(f"{self.name}: {len(self.words)} words, but {len(self.weights)} weights")

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(f"{self.name}: {word}" for word in self.words)

    def encode(self, table: TextTable, missing: frozenset[str]) -> NDArray[np.float32]:
        """float32 (n, words)."""
        index = {word: i for i, word in enumerate(self.words)}
        cells = table.columns[self.name]
        counts = np.zeros((len(cells), len(self.words)), np.float32)
        for row, cell in enumerate(cells):
            for word in words_of(cell):
                if word in index:
                    counts[row, index[word]] += 1
        counts *= np.array(self.weights, np.float32)
        length = np.sqrt(np.einsum("ij,ij->i", counts, counts))
        counts /= np.maximum(length, 1e-12)[:, None]
        return counts


@dataclass(frozen=True)
class VectorColumn:
    """A column of rows of numbers, such as the pixels of a picture in a file of Parquet, or places: "48.2, 16.4".

    Args:
        name: of the column.
        size: numbers in each.
        fill: the numbers for missing cells: the medians of the training table.
    """

    kind: ClassVar[str] = "vector"
    together: ClassVar[bool] = False
    name: str
    size: int
    fill: tuple[float, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(f"{self.name}[{number}]" for number in range(self.size))

    def encode(self, table: TextTable, missing: frozenset[str]) -> NDArray[np.float32]:
        """float32 (n, size)."""
        rows = []
        for row, cell in enumerate(table.columns[self.name]):
            found = self.fill if self.fill and cell.lower() in missing else several_numbers(cell)
            if len(found) != self.size:
                raise ValueError(
                    f"{where(table, self.name, row)}: expected {self.size} numbers, as in the training table"
                )
            rows.append(found)
        return np.array(rows, np.float32).reshape(len(rows), self.size)


Column = NumberColumn | CategoryColumn | DateColumn | TextColumn | VectorColumn
_EVERY = (NumberColumn, CategoryColumn, DateColumn, TextColumn, VectorColumn)
KINDS: dict[str, type[Column]] = {kind.kind: kind for kind in _EVERY}


def absent_in(cells: Sequence[str], missing: frozenset[str]) -> NDArray[np.bool_]:
    """A mask of cells without a date or number."""
    return np.fromiter((c.lower() in missing or c.lower() in NO_NUMBER for c in cells), np.bool_, len(cells))


def decimal_of(table: TextTable, name: str) -> str:
    """The mark before the decimals of a column of numbers: as said, as its own cells show, or as others do.

    Raises:
        ValueError: nothing tells whether 1.234 is more than a thousand.
    """
    if table.decimal is not None or name in table.plain:
        return table.decimal or "."
    cells = table.columns[name]
    own, shown = decimal_shown(cells), marks(cells)
    if own is not None or not shown.open:
        return own or ("," if shown.comma and not shown.point else ".")
    if table.decimal_elsewhere is not None:
        return table.decimal_elsewhere
    found = read_numbers(cells, ".", MISSING)
    if 2 * len(found.bad) < len(cells):
        row = next(row for row, cell in enumerate(cells) if marks([cell]).open)
        raise ValueError(
            f"{where(table, name, row)}: does the mark group thousands or stand before decimals? No cell tells; say "
            f"{option('decimal', '.')} or {option('decimal', ',')} for the mark before decimals"
        )
    return "."


def numbers_of(table: TextTable, name: str, missing: frozenset[str]) -> Numbers:
    """A column as numbers."""
    return read_numbers(table.columns[name], decimal_of(table, name), missing)


def known_numbers(table: TextTable, name: str, missing: frozenset[str], unit: str) -> Numbers:
    """A column that is known to hold numbers, of this unit."""
    return read_numbers(table.columns[name], decimal_of(table, name), missing, learnt=True, unit=unit)


def dates_of(table: TextTable, name: str, absent: NDArray[np.bool_], learnt: str | None = None) -> Dates:
    """A column as dates, in the order that was said, that its own cells show, that was learnt, or that others show.

    Raises:
        ValueError: nothing tells whether the day or the month comes first, or the cells contradict each other.
    """
    cells = table.columns[name]
    if learnt == CLOCK or (learnt is None and are_clocks([c for c, gone in zip(cells, absent) if not gone], 0.5)):
        return read_clocks(cells, absent)
    found = read_dates(cells, absent, table.date_order)
    if found.order == "both":
        raise ValueError(
            f"{table.source}: column {name!r} holds dates with the day first and others with the month first; correct "
            f"them, or say {option('date_order', 'dmy')} or {option('date_order', 'mdy')}"
        )
    if found.order != "?":
        return found
    order = learnt or _order_elsewhere(table)
    if order is None:
        raise ValueError(
            f"{where(table, name, int(np.flatnonzero(~absent)[0]))}: does the day or the month come first? No cell "
            f"tells; say {option('date_order', 'dmy')} or {option('date_order', 'mdy')}"
        )
    return read_dates(cells, absent, order)


def _order_elsewhere(table: TextTable) -> str | None:
    """The order of other columns' dates, where they agree."""
    found = set()
    for cells in table.columns.values():
        absent = absent_in(cells, MISSING)
        looked = read_dates(cells, absent)
        if looked.witness is not None and 2 * len(looked.bad) < len(cells):
            found.add(looked.order)
    return found.pop() if len(found) == 1 else None


def read_booleans(table: TextTable, name: str, missing: frozenset[str]) -> Numbers:
    """A column as 0 and 1, of words such as yes and no."""
    cells = table.columns[name]
    values, absent, bad = np.zeros(len(cells)), absent_in(cells, missing), []
    for i in np.flatnonzero(~absent).tolist():
        word = cells[i].lower()
        values[i] = word in _TRUE
        if word not in _TRUE and word not in _FALSE:
            bad.append(i)
    return Numbers(values, absent, bad)


def is_boolean(cell: str) -> bool:
    """Whether a word says yes or no."""
    return cell.lower() in _TRUE or cell.lower() in _FALSE


def shorten(names: Sequence[str], most: int = 6) -> str:
    """The first few names, for a sentence, each on one line."""
    lines = [" ".join(name.split()) for name in names[:most]]
    shown = [line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…" for line in lines]
    return ", ".join(shown) + (", …" if len(names) > most else "")


def check_finite(values: NDArray[np.float64], absent: NDArray[np.bool_], table: TextTable, name: str) -> None:
    wrong = np.flatnonzero(~(np.abs(values) <= _FLOAT32_MAX) & ~absent)
    if wrong.size:
        raise ValueError(
            f"{where(table, name, int(wrong[0]))}, which is not finite in float32 (at most {_FLOAT32_MAX:.3g}); "
            f"correct the cell, or pass {option('missing', [table.columns[name][int(wrong[0])]])} if it means no value"
        )


def where(table: TextTable, name: str, row: int) -> str:
    """The place and content of a cell, for messages."""
    return f"{table.source}, {table.places[row]}: column {name!r} holds {table.columns[name][row]!r}"


def all_missing(cells: Iterable[str], missing: frozenset[str]) -> bool:
    """Whether there is no value at all."""
    return all(cell.lower() in missing for cell in cells)
