"""Users' tables: from a file or data frame to arrays for a network, with a report of the changes."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.coding import Table, TableCoding, check_size, require, with_target
from clarinet.datasets.columns import Column
from clarinet.datasets.formats import Format
from clarinet.datasets.learning import Rules, learn_column
from clarinet.datasets.numerals import MISSING
from clarinet.datasets.table_files import read_table
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
    text: str | Iterable[str] = (),
    keep: str | Iterable[str] = (),
    drop: str | Iterable[str] = (),
    missing: str | Iterable[str] = (),
    mark_missing: bool = True,
    max_categories: int = 50,
    max_words: int = 2000,
    delimiter: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
    comment: str | None = None,
    date_order: str | None = None,
    sheet: str | None = None,
    skip_damaged: bool = False,
) -> Table:
    """Turn a file or data frame into arrays for a network, and report every decision.

    How a file is written is found out: what separates cells, the encoding, comments and titles above the table, whether
    the first line holds names, and of each column by all its cells the mark before decimals, marks between thousands,
    currency and percent signs, and whether the day or the month comes first. Where that would be a guess, the message
    says which argument settles it.

    Numbers stay numbers, a missing one becomes the column's median, and a feature "(missing)" marks it. Booleans become
    0 and 1. Dates become year, days since the first one, and sine and cosine of month, weekday and hour. Text becomes
    one feature for each category, rare ones and missing values a category of their own; sentences become a feature for
    each word. Columns without any value, constant columns and names of rows are left out, rows without a target too.
    Nothing is scaled.

    Args:
        data: path of a file (text such as CSV, an Excel workbook, Parquet), pandas or polars frame, list of dicts
            (rows), or dict of lists (columns).
        target: name of the column to predict. Text, booleans and a few whole numbers are classes, other numbers
            are a regression.
        task: "classification" or "regression"; None decides as described above.
        categorical: columns to read as categories whatever they look like, such as postal codes; all are kept.
        text: columns to read as sentences.
        keep: columns that are kept though their whole numbers seem to name the rows.
        drop: columns to leave out.
        missing: cells that mean "no value", besides the empty cell, NA, N/A, NaN, null and ?, and among numbers - and
            none. Numbers such as -999 are compared by value.
        mark_missing: add the features "(missing)" to columns of numbers that lack some.
        max_categories: of text columns with more categories than this the most frequent are kept.
        max_words: of sentences so many words are kept, the most frequent.
        delimiter: of the file; None finds out which of ``, ; |``, tab and blanks it is.
        encoding: of the file; None finds out whether it is UTF-8, UTF-16, or cp1252.
        decimal: "." or ",", the mark before decimals; None finds out.
        header: whether the file's first line names the columns. False calls them column1, column2, …; None finds
            out.
        comment: what lines that are not rows begin with; None: "#", unless such a line has as many cells as rows have.
        date_order: "dmy", "mdy" or "ymd" for dates that do not begin with a year in four digits; None finds out.
        sheet: of a workbook; None takes the first that holds the target, or anything.
        skip_damaged: leave out rows with too many or too few cells, and report them, instead of raising an error. Cells
            that a row lacks at its end count as missing anyway.

    Returns:
        A ``Table``: ``x``, ``y``, ``feature_names``, ``classes``, ``task``, ``report``, ``hints``, ``transform``.

    Raises:
        FileNotFoundError: there is no such file.
        ImportError: a library that reads such files is missing.
        MemoryError: the table would not fit into the memory that is free.
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
    markers = MISSING | {marker.lower() for marker in _names(missing)}
    rules = Rules(
        markers,
        frozenset(_names(categorical)),
        frozenset(_names(text)),
        frozenset(_names(keep)),
        mark_missing,
        max_categories,
        max_words,
    )
    dropped = set(_names(drop))
    how = Format(delimiter, encoding, decimal, header, comment, date_order, sheet, skip_damaged or None)
    if isinstance(data, str | os.PathLike):
        table = read_table(data, how, {target, *dropped, *rules.named})
    else:
        table = text_table(data)
    _check_request(table, target, task, rules, dropped)
    size = f"{table.source}: {len(table)} rows, {len(table.columns)} columns"
    table, lost = with_target(table, target, markers)
    target_column, about_target = learn_target(table, target, task)
    columns, sentences = _learn(table, [name for name in table.columns if name != target], dropped, rules)
    coding = TableCoding(columns, target_column, markers, how, table.decimal_elsewhere)
    check_size(table, len(coding.feature_names))
    x = coding._encode(table)
    report = (size, *table.report, *lost, about_target, *sentences)
    told, hints = (tuple(f"{said}." for said in each) for each in (report, _about_ranges(x, coding.columns)))
    return Table(x, target_column.encode(table, markers), coding, told, hints)


def _names(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _check_request(table: TextTable, target: str, task: str | None, rules: Rules, dropped: set[str]) -> None:
    if task not in (None, "classification", "regression"):
        raise ValueError(f"{option('task', task)}: expected 'classification', 'regression' or None")
    chosen = (*rules.named, *dropped)
    for name in (target, *chosen):
        require(table, name)
    if target in chosen:
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
    if len(table) == 1:
        raise ValueError(f"{table.source}: one row only; expected several, so that there is something to learn")


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


def _about_ranges(x: NDArray[np.float32], columns: tuple[Column, ...]) -> list[str]:
    """A hint where features differ widely in size; those of sentences are fractions by themselves."""
    names = [feature for column in columns for feature in column.features]
    written = np.array([not column.together for column in columns for _ in column.features])
    largest = np.where(written, np.abs(x).max(axis=0), 0)
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
