"""Rows put into columns: those that are too long or too short, and what stands below the table."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from clarinet.datasets.headers import filled
from clarinet.datasets.numerals import MISSING, is_unit, read_number, read_numbers
from clarinet.datasets.text_table import decimal_shown
from clarinet.wording import option

Row = tuple[list[str], int]

#: Rows that are put into columns at once.
_PIECE = 4096
#: Of columns with fewer different cells each is kept once.
_SHARED = 20_000
_MOST_NOTES = 20
_LEAST_ROWS = 3
#: A row of sums may have one of means above it, and so on; so many dashes are a line.
_MOST_SUMS, _DASHES = 3, 4
_SUMS = frozenset(
    {"total", "totals", "grand_total", "sum", "sums", "summe", "gesamt", "gesamtsumme", "insgesamt", "totale", "somme"}
    | {"suma", "totaal", "average", "avg", "mean", "durchschnitt", "mittelwert", "moyenne", "media", "promedio"}
)


class Gathering:
    """Columns of cells, of which equal ones are one object, and the numbers of their rows.

    Args:
        width: of the table.
        source: for messages.
        word: for the rows' numbers, ``"line"`` or ``"row"``.
        skip_damaged: whether rows with too many or too few cells are left out.
        above: the rows that stand above the data; where pages begin anew they stand there again.

    Attributes:
        columns: of cells.
        numbers: of the rows.
    """

    def __init__(
        self, width: int, source: str, word: str, skip_damaged: bool, above: Sequence[Sequence[str]] = ()
    ) -> None:
        self.columns: list[list[str]] = [[] for _ in range(width)]
        self.numbers = array("q")
        self._width, self._source, self._word, self._skip = width, source, word, skip_damaged
        self._short: list[int] = []
        self._damaged: list[int] = []
        self._above = {tuple(row) for row in above if len(set(row)) > 1}
        self._between: list[int] = []

    def take(self, rows: Iterator[Row]) -> None:
        """All rows, a piece at a time.

        Raises:
            ValueError: one has too many cells, or one of several.
        """
        known: list[dict[str, str]] = [{} for _ in self.columns]
        while piece := list(islice(rows, _PIECE)):
            whole = [(cells, number) for row, number in piece if (cells := self._of_width(row, number)) is not None]
            self.numbers.extend(number for _, number in whole)
            for column, shared, new in zip(self.columns, known, zip(*(cells for cells, _ in whole))):
                column.extend(map(shared.setdefault, new, new) if len(shared) < _SHARED else new)

    def finish(self) -> list[str]:
        """Leave out what stands below the table; sentences about that, and about damaged rows."""
        report = []
        if self._damaged:
            report.append(f"Left out: {self._some(self._damaged)} with too many or too few cells")
        if self._between:
            what = "that repeat the names, or are lines and titles between pages"
            report.append(f"Left out: {self._some(self._between)} {what}")
        notes = self._notes()
        for _ in range(notes):
            self._drop_last()
        if notes:
            report.append(f"Skipped: {notes} line{'s' * (notes > 1)} below the table, which hold one text only")
        for _ in range(_MOST_SUMS):
            if (sums := self._sums()) is None:
                break
            report.append(
                f"Left out: the last row ({self._word} {self.numbers[-1]}), which sums up the others: {sums!r}"
            )
            self._drop_last()
        short = [number for number in self._short if len(self.numbers) and number <= self.numbers[-1]]
        if short:
            ends = "ends early: what it lacks" if len(short) == 1 else "end early: what they lack"
            report.append(f"{self._some(short)} {ends} counts as missing")
        return report

    def _some(self, numbers: Sequence[int]) -> str:
        first = ", ".join(f"{self._word} {number}" for number in numbers[:3]) + (", …" if len(numbers) > 3 else "")
        return f"{len(numbers)} row{'s' * (len(numbers) > 1)} ({first})"

    def _of_width(self, row: list[str], number: int) -> list[str] | None:
        """A row of so many cells; empty ones at its end may be missing, or be too many.

        Raises:
            ValueError: others, unless they are left out.
        """
        width = self._width
        if self._is_between(row):
            self._between.append(number)
            return None
        if len(row) == width:
            return row
        if filled(row) <= width < len(row):
            return row[:width]
        if len(row) < width and (len(row) > 1 or width > 2):
            self._short.append(number)
            return row + [""] * (width - len(row))
        if self._skip:
            self._damaged.append(number)
            return None
        raise ValueError(
            f"{self._source}, {self._word} {number}: expected {width} cells, as in the first line, got {len(row)}; "
            f'text that holds the delimiter belongs in quotation marks ("a, b"); {option("skip_damaged", True)} leaves '
            "such rows out"
        )

    def _is_between(self, row: Sequence[str]) -> bool:
        """Whether a row stands between two pages: the names again, or a line of dashes."""
        return tuple(row) in self._above or (len(row[0]) > _DASHES and not row[0].strip("-=+_") and not any(row[1:]))

    def _drop_last(self) -> None:
        self.numbers.pop()
        for column in self.columns:
            column.pop()

    def _last(self, back: int = 1) -> list[str]:
        return [column[-back] for column in self.columns]

    def _notes(self) -> int:
        """How many of the last rows hold one text and nothing else."""
        rows, count = len(self.numbers), 0
        while self._width > 2 and count < min(rows - _LEAST_ROWS, _MOST_NOTES + 1):
            row = self._last(count + 1)
            if not row[0] or any(row[1:]) or _is_amount(row[0]):
                break
            count += 1
        return count if count <= min(_MOST_NOTES, rows // 4) else 0

    def _sums(self) -> str | None:
        """What the last row calls itself, if it holds the sums or means of the others."""
        if len(self.numbers) <= _LEAST_ROWS:
            return None
        row = self._last()
        called = [cell for cell in row if "_".join(cell.lower().strip(" :").split()) in _SUMS]
        if not called and row[0]:
            return None
        sums = [self._is_sum(column) for column in self.columns]
        known = [each for each in sums if each is not None]
        if called:
            return called[0] if "" in row or any(known) else None
        return f"{sum(known)} sums" if len(known) > 1 and all(known) else None

    def _is_sum(self, column: Sequence[str]) -> bool | None:
        """Whether the last number is the sum or mean of those above; None for what are no numbers."""
        found = read_numbers(column, decimal_shown(column) or ".", MISSING)
        if found.bad or found.absent[-1] or len(set(column[:-1])) < 2:
            return None
        above = found.values[:-1][~found.absent[:-1]]
        last = found.values[-1]
        return bool(np.isclose(last, above.sum(), rtol=1e-6) or np.isclose(last, above.mean(), rtol=1e-6))


def _is_amount(cell: str) -> bool:
    """Whether a cell holds a number, and not a count of something, as ``(90 rows)`` below a table."""
    found = read_number(cell, ".")
    return found is not None and not is_unit(found[1])
