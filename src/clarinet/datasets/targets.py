"""The column to predict: numbers for a regression, or names for a classification."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.datasets.columns import (
    NO_NUMBER,
    NumberColumn,
    check_dressed,
    check_finite,
    check_mostly,
    is_date,
    numbers,
    shorten,
    where,
    whole_number,
)
from clarinet.datasets.text_table import TextTable
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
    """

    name: str
    classes: tuple[str, ...] = ()
    numeric: bool = False

    def encode(self, table: TextTable, missing: frozenset[str]) -> Array:
        """int64 (n,) class numbers, or float32 (n, 1) for regression."""
        cells = table.columns[self.name]
        no_value = missing if self.classes else missing | NO_NUMBER
        absent = [i for i, cell in enumerate(cells) if cell.lower() in no_value]
        if absent:
            raise ValueError(f"{where(table, self.name, absent[0])}: every row needs a target; leave such rows out")
        if not self.classes:
            return NumberColumn(self.name, 0.0).encode(table, missing)
        index = {name: i for i, name in enumerate(self.classes)}
        labels = [whole_number(cell, table.decimal) or cell for cell in cells] if self.numeric else cells
        for row, label in enumerate(labels):
            if label not in index:
                raise ValueError(
                    f"{where(table, self.name, row)} is no class of the training table: {nearest(label, index)}"
                )
        return np.array([index[label] for label in labels], np.int64)


def learn_target(table: TextTable, name: str, task: str | None) -> tuple[TargetColumn, str]:
    """Decide between regression and classification; every row has a target by now. The sentence gives the decision.

    Raises:
        ValueError: the cells are dates, almost all different texts, or numbers that cannot be read without guessing.
    """
    cells = table.columns[name]
    values, absent, bad = numbers(cells, table.decimal, frozenset())
    whole = [whole_number(cell, table.decimal) for cell in cells]
    few = None not in whole and _are_classes({label for label in whole if label is not None}, len(cells))
    if task == "regression" or (task is None and not bad and not few and not absent.all()):
        if bad:
            raise ValueError(
                f"{where(table, name, bad[0])}: a regression needs numbers; correct it, or leave out {option('task')}"
            )
        check_finite(values, absent, table, name)
        return TargetColumn(name), f"Target {name!r}: numbers from {values.min():g} to {values.max():g}: regression"
    if task is None:
        _check_names(table, name, bad, int((~absent).sum()))
    classes: list[str] = (
        sorted({label for label in whole if label}, key=int) if None not in whole else sorted(set(cells))
    )
    numeric = None not in whole
    sentence = f"Target {name!r}: {len(classes)} classes ({shorten(classes)}): classification"
    if numeric and task is None:
        sentence += f"; {option('task', 'regression')} predicts the number instead"
    if len(classes) == 1:
        sentence += "; with one class there is nothing to learn"
    return TargetColumn(name, tuple(classes), numeric), sentence


def _are_classes(labels: set[str], rows: int) -> bool:
    return labels <= {"0", "1"} or (len(labels) <= _FEW and rows >= _ROWS_PER_CLASS * len(labels))


def _check_names(table: TextTable, name: str, bad: list[int], present: int) -> None:
    """Refuse a column that is no set of class names."""
    cells = table.columns[name]
    if is_date(cells):
        raise ValueError(
            f"{where(table, name, 0)}: a date cannot be predicted; make a number of it, such as days since"
        )
    if bad:
        check_mostly(table, name, bad, present, option("task", "classification"))
        check_dressed(table, name, cells, option("task", "classification"))
    if len(set(cells)) == len(cells) >= _ROWS_PER_CLASS:
        raise ValueError(f"{table.source}: the target {name!r} holds another text in every row; classes must repeat")
