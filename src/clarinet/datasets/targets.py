"""The column to predict: numbers for a regression, or names for a classification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clarinet.datasets.clocks import are_clocks
from clarinet.datasets.columns import (
    NumberColumn,
    check_finite,
    decimal_of,
    numbers_of,
    shorten,
    where,
)
from clarinet.datasets.dates import are_dates
from clarinet.datasets.learning import check_dressed, check_mostly, check_signs, converted, spelled
from clarinet.datasets.numerals import NO_NUMBER, SIGNS, are_codes, signs_for_nothing, whole_number
from clarinet.datasets.text_table import TextTable
from clarinet.datasets.worded import by_spelling, spellings
from clarinet.names import nearest
from clarinet.types import Array
from clarinet.wording import option

_FEW = 20  # whole numbers of more kinds than this are measured, not classes
_ROWS_PER_CLASS = 10  # and so are those that hardly repeat


@dataclass(frozen=True)
class TargetColumn:
    """The column to predict.

    Args:
        name: of the column.
        classes: their names, sorted; empty for regression.
        numeric: whether the classes are whole numbers, compared by value ("1.0" is 1).
        sign: the currency or percent sign, or the unit, that stood beside the numbers.
    """

    name: str
    classes: tuple[str, ...] = ()
    numeric: bool = False
    sign: str = ""

    def encode(self, table: TextTable, missing: frozenset[str]) -> Array:
        """int64 (n,) class numbers, or float32 (n, 1) for regression."""
        cells = table.columns[self.name]
        no_value = self.no_value(missing)
        absent = [i for i, cell in enumerate(cells) if cell.lower() in no_value]
        if absent:
            raise ValueError(f"{where(table, self.name, absent[0])}: every row needs a target; leave such rows out")
        if not self.classes:
            return NumberColumn(self.name, 0.0, sign=self.sign).encode(table, missing)
        index = by_spelling(self.classes)
        labels = _whole(table, self.name) if self.numeric else cells
        found = [index.get(label, index.get(label.casefold())) for label in labels]
        for row, place in enumerate(found):
            if place is None:
                raise ValueError(
                    f"{where(table, self.name, row)} is not a class of the training table: "
                    f"{nearest(labels[row], self.classes)}"
                )
        return np.array(found, np.int64)

    def no_value(self, missing: frozenset[str]) -> frozenset[str]:
        """Cells that are no target, in lower case."""
        return missing | (SIGNS - {*self.classes}) if self.classes and not self.numeric else missing | NO_NUMBER


def _whole(table: TextTable, name: str) -> list[str]:
    """Whole numbers as ``"3"``, other cells as they are."""
    decimal = decimal_of(table, name)
    return [whole_number(cell, decimal) or cell for cell in table.columns[name]]


def no_value_in(cells: Sequence[str], missing: frozenset[str]) -> frozenset[str]:
    """Cells of a target that mean "no value": among numbers more words do than among names."""
    present = [cell for cell in cells if cell.lower() not in missing | NO_NUMBER]
    numbers = sum(cell[:1].isdigit() or cell[-1:].isdigit() for cell in present)
    return missing | (NO_NUMBER if 2 * numbers > len(present) else signs_for_nothing(cells))


def learn_target(table: TextTable, name: str, task: str | None) -> tuple[TargetColumn, str]:
    """Decide between regression and classification; every row has a target by now. The sentence gives the decision.

    Raises:
        ValueError: the cells are dates, almost all different texts, or numbers that cannot be read without guessing.
    """
    cells = table.columns[name]
    found = numbers_of(table, name, frozenset())
    whole = None if found.bad or are_codes(cells) else _all_whole(table, name)
    few = whole is not None and _are_classes(set(whole), len(cells))
    measured = not found.bad and not found.absent.any() and not are_codes(cells)
    if task == "regression" or (task is None and measured and not few):
        if found.bad:
            raise ValueError(
                f"{where(table, name, found.bad[0])}: a regression needs numbers; correct it, or leave "
                f"out {option('task')}"
            )
        check_finite(found.values, found.absent, table, name)
        low, high, sign = found.values.min(), found.values.max(), check_signs(table, name, found)
        in_what = (f" in {sign}" if sign else "") + converted(found)
        return TargetColumn(name, sign=sign), f"Target {name!r}: numbers from {low:g} to {high:g}{in_what}: regression"
    if task is None:
        _check_names(table, name)
    same = spellings(cells) if whole is None else {}
    classes = sorted({*cells} - {*same}) if whole is None else sorted(set(whole), key=int)
    sentence = f"Target {name!r}: {len(classes)} classes ({shorten(classes)}): classification"
    if whole is not None and task is None:
        sentence += f"; {option('task', 'regression')} predicts the number instead"
    if same:
        sentence += f"; {spelled(same)}"
    if len(classes) == 1:
        sentence += "; with one class there is nothing to learn"
    return TargetColumn(name, tuple(classes), whole is not None), sentence


def _all_whole(table: TextTable, name: str) -> list[str] | None:
    decimal = decimal_of(table, name)
    whole = [whole_number(cell, decimal) for cell in table.columns[name]]
    return None if None in whole else [label for label in whole if label is not None]


def _are_classes(labels: set[str], rows: int) -> bool:
    return labels <= {"0", "1"} or (len(labels) <= _FEW and rows >= _ROWS_PER_CLASS * len(labels))


def _check_names(table: TextTable, name: str) -> None:
    """Refuse a column that is no set of class names."""
    cells = table.columns[name]
    if are_dates(cells) or are_clocks(cells):
        raise ValueError(
            f"{where(table, name, 0)}: a date cannot be predicted, nor a time; make a number of it, such as days since"
        )
    found = numbers_of(table, name, frozenset())
    if found.bad and not are_codes(cells):
        check_mostly(table, name, found, option("task", "classification"))
        check_dressed(table, name, cells, option("task", "classification"))
    if len(set(cells)) == len(cells) >= _ROWS_PER_CLASS:
        raise ValueError(f"{table.source}: the target {name!r} holds another text in every row; classes must repeat")
