"""Users' tables: from a CSV file or data frame to arrays for a network, with a report of the changes."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.coding import Table, TableCoding, require, with_target
from clarinet.datasets.columns import MISSING, Column, Rules, learn_column
from clarinet.datasets.csv_files import read_csv
from clarinet.datasets.targets import learn_target
from clarinet.datasets.text_table import TextTable, text_table
from clarinet.wording import option

__all__ = ["Table", "TableCoding", "load_table"]

_WILD_RATIO = 100.0


def load_table(
    data: object,
    target: str,
    *,
    task: str | None = None,
    categorical: str | Iterable[str] = (),
    drop: str | Iterable[str] = (),
    missing: str | Iterable[str] = (),
    mark_missing: bool = True,
    max_categories: int = 50,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    decimal: str = ".",
    header: bool | None = None,
) -> Table:
    """Turn a CSV file or data frame into arrays for a network, and report every decision.

    Numbers stay numbers, a missing one becomes the column's median, and a feature "(missing)" marks it. Booleans become
    0 and 1. Text becomes one feature for each category, missing values a category of their own. Dates, constant
    columns, names of rows and text of too many kinds are left out, rows without a target too. Nothing is scaled.

    Args:
        data: path of a CSV file, pandas or polars frame, list of dicts (rows), or dict of lists (columns).
        target: name of the column to predict. Text, booleans and a few whole numbers are classes, other numbers
            are a regression.
        task: "classification" or "regression"; None decides as described above.
        categorical: columns to read as categories whatever they look like, such as postal codes.
        drop: columns to leave out.
        missing: cells that mean "no value", besides the empty cell, NA, N/A, NaN, null and ?.
        mark_missing: add the features "(missing)" to columns of numbers that lack some.
        max_categories: text columns with more categories than this are left out.
        delimiter: of the CSV file; None finds out which of ``, ; |`` and tab it is.
        encoding: of the CSV file.
        decimal: "." or ",", in the CSV file.
        header: whether the CSV file's first line names the columns. False calls them column1, column2, …; None finds
            out, and refuses a first line that looks like data.

    Returns:
        A ``Table``: ``x``, ``y``, ``feature_names``, ``classes``, ``task``, ``report``, ``transform``.

    Raises:
        FileNotFoundError: there is no such file.
        TypeError: ``data`` is no table.
        ValueError: the file or a column cannot be read without guessing; the message names line and column.

    Example:
        >>> from clarinet.datasets import load_table
        >>> columns = {"rooms": [2, 3, None], "garden": ["yes", "no", "no"], "price": [90.5, 120, 150]}
        >>> table = load_table(columns, target="price")
        >>> table.feature_names
        ('rooms', 'rooms (missing)', 'garden')
        >>> table.x.tolist()
        [[2.0, 0.0, 1.0], [3.0, 0.0, 0.0], [2.5, 1.0, 0.0]]
        >>> table.y.ravel().tolist()
        [90.5, 120.0, 150.0]
        >>> print(table)
        the columns: 3 rows, 3 columns.
        Target 'price': numbers from 90.5 to 150: regression.
        'rooms': numbers from 2 to 3; 1 missing, filled with the median 2.5 and marked in 'rooms (missing)'.
        'garden': booleans as 0 and 1.
    """
    if isinstance(data, str | os.PathLike):
        table = read_csv(data, delimiter=delimiter, encoding=encoding, decimal=decimal, header=header)
    else:
        table = text_table(data)
    markers = MISSING | {marker.lower() for marker in _names(missing)}
    rules = Rules(markers, frozenset(_names(categorical)), mark_missing, max_categories)
    dropped = set(_names(drop))
    _check_request(table, target, task, rules.categorical, dropped)
    size = f"{table.source}: {len(table)} rows, {len(table.columns)} columns"
    table, lost = with_target(table, target, markers)
    target_column, about_target = learn_target(table, target, task)
    columns, sentences = _learn(table, [name for name in table.columns if name != target], dropped, rules)
    coding = TableCoding(columns, target_column, markers, delimiter, encoding, decimal, header)
    x = coding._encode(table)
    report = [size, *lost, about_target, *sentences, *_about_ranges(x, coding.feature_names)]
    return Table(x, target_column.encode(table, markers), coding, tuple(f"{sentence}." for sentence in report))


def _names(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _check_request(
    table: TextTable, target: str, task: str | None, categorical: Iterable[str], dropped: set[str]
) -> None:
    if task not in (None, "classification", "regression"):
        raise ValueError(f"{option('task', task)}: expected 'classification', 'regression' or None")
    for name in (target, *categorical, *dropped):
        require(table, name)
    if target in dropped or target in categorical:
        raise ValueError(
            f"{target!r} is the target; {option('drop')} and {option('categorical')} are for the other columns, "
            f"{option('task')} for the target"
        )
    if len(table) == 0:
        raise ValueError(f"{table.source}: column names, but no rows below them")
    if len(table.columns) == 1:
        raise ValueError(
            f"{table.source}: {target!r} is the only column; expected at least one more to predict it from"
        )


def _learn(table: TextTable, names: list[str], dropped: set[str], rules: Rules) -> tuple[tuple[Column, ...], list[str]]:
    columns, sentences = [], []
    for name in names:
        column, sentence = (
            (None, f"{name!r}: left out, as asked") if name in dropped else learn_column(table, name, rules)
        )
        sentences.append(sentence)
        if column is not None:
            columns.append(column)
    if not columns:
        raise ValueError(f"{table.source}: no column is left to predict from:\n  " + "\n  ".join(sentences))
    return tuple(columns), sentences


def _about_ranges(x: NDArray[np.float32], names: tuple[str, ...]) -> list[str]:
    largest = np.abs(x).max(axis=0)
    used = np.flatnonzero(largest)
    if used.size == 0:
        return []
    low, high = used[largest[used].argmin()], used[largest[used].argmax()]
    if largest[high] <= _WILD_RATIO * largest[low]:
        return []
    return [
        f"The features differ widely in size, from {names[low]!r} up to {largest[low]:g} to {names[high]!r} up to "
        f"{largest[high]:g}: a network learns faster when it scales them first, as BatchNormalization does"
    ]
