"""People's own tables: from a CSV file or data frame to arrays for a network, with a report of what was done."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.columns import (
    MISSING,
    CategoryColumn,
    Column,
    NumberColumn,
    Rules,
    learn_column,
)
from clarinet.datasets.csv_files import read_csv
from clarinet.datasets.targets import TargetColumn, learn_target
from clarinet.datasets.text_table import TextTable, text_table
from clarinet.names import nearest

__all__ = ["Table", "TableCoding", "load_table"]

_FORMAT = 1
_WILD_RATIO = 100.0
_TYPES = {"str": str, "float": float, "bool": bool, "tuple[str, ...]": tuple}
_KINDS: dict[str, type[NumberColumn] | type[CategoryColumn]] = {c.kind: c for c in (NumberColumn, CategoryColumn)}


@dataclass(frozen=True)
class TableCoding:
    """How a table becomes arrays: learnt from the training table, applied to any later one, stored with the model.

    Args:
        columns: the columns used, in the order of their features.
        target: the column to predict.
        missing: cells that mean "no value", in lower case.
        delimiter, encoding, decimal: how CSV files are read, as in ``load_table``.

    Example:
        >>> from clarinet.datasets import TableCoding, load_table
        >>> table = load_table({"size": [1, 2, 3], "price": [10.5, 20.5, 30.5]}, target="price")
        >>> again = TableCoding.from_config(table.coding.to_config())
        >>> again.transform([{"size": 4}]).tolist()
        [[4.0]]
    """

    columns: tuple[Column, ...]
    target: TargetColumn
    missing: frozenset[str] = MISSING
    delimiter: str | None = None
    encoding: str = "utf-8"
    decimal: str = "."

    @property
    def feature_names(self) -> tuple[str, ...]:
        """One name for every column of ``x``, such as ``"size"``, ``"size (missing)"`` or ``"colour=red"``."""
        return tuple(feature for column in self.columns for feature in column.features)

    @property
    def task(self) -> str:
        """``"classification"`` or ``"regression"``."""
        return "classification" if self.target.classes else "regression"

    def transform(self, data: Any) -> NDArray[np.float32]:
        """Code new rows as the training table was coded. Columns that are not used, the target included, may be absent.

        A missing number is filled with the training table's median. A category that the training table did not hold
        becomes all zeros, with a warning.

        Args:
            data: whatever ``load_table`` takes: a CSV file, a data frame, a list of dicts or a dict of lists.

        Returns:
            float32 (n, features).

        Raises:
            ValueError: a column is not there, or a cell holds something else than the training table's column did.
        """
        table = self._read(data)
        for column in self.columns:
            _require(table, column.name)
        self._warn_of_unseen(table)
        return self._encode(table)

    def targets(self, data: Any) -> NDArray[Any]:
        """The targets of new rows: int64 (n,) class numbers, or float32 (n, 1) for regression.

        Raises:
            ValueError: there is no target column, a cell is empty, or a class is unknown.
        """
        table = self._read(data)
        _require(table, self.target.name)
        return self.target.encode(table, self.missing)

    def to_config(self) -> dict[str, Any]:
        """Everything as plain numbers, texts, lists and dicts, ready for JSON."""
        return {
            "format": _FORMAT,
            "columns": [{"kind": column.kind, **_plain(column)} for column in self.columns],
            "target": _plain(self.target),
            "missing": sorted(self.missing),
            "delimiter": self.delimiter,
            "encoding": self.encoding,
            "decimal": self.decimal,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> TableCoding:
        """The inverse of ``to_config``.

        Raises:
            ValueError: the configuration is of another format version, incomplete, or holds values of the wrong type.
        """
        try:
            if config["format"] != _FORMAT:
                raise ValueError(
                    f"format {config['format']!r} is not {_FORMAT}; a newer version of Clarinet may have written it"
                )
            columns = tuple(
                _build(_KINDS[each["kind"]], {k: v for k, v in each.items() if k != "kind"})
                for each in config["columns"]
            )
            rest = {name: config[name] for name in ("delimiter", "encoding", "decimal")}
            if not all(isinstance(value, str | None) for value in rest.values()):
                raise TypeError(f"{', '.join(rest)} must be texts, got {rest}")
            return cls(columns, _build(TargetColumn, config["target"]), frozenset(map(str, config["missing"])), **rest)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the stored table coding cannot be read: {type(error).__name__}: {error}") from error

    def _read(self, data: Any) -> TextTable:
        if isinstance(data, str | os.PathLike):
            return read_csv(data, delimiter=self.delimiter, encoding=self.encoding, decimal=self.decimal)
        return text_table(data)

    def _encode(self, table: TextTable) -> NDArray[np.float32]:
        return np.concatenate([column.encode(table, self.missing) for column in self.columns], axis=1)

    def _warn_of_unseen(self, table: TextTable) -> None:
        import warnings

        unseen = []
        for column in self.columns:
            rows = column.unseen(table, self.missing) if isinstance(column, CategoryColumn) else []
            if rows:
                unseen.append(f"{column.name!r} ({table.columns[column.name][rows[0]]!r} in {table.places[rows[0]]})")
        if unseen:
            what = f"{table.source}: categories that the training table did not hold are coded as none of them: "
            warnings.warn(what + ", ".join(unseen), UserWarning, stacklevel=3)


@dataclass(frozen=True, eq=False)
class Table:
    """A table as arrays.

    Args:
        x: float32 (n, features).
        y: int64 (n,) class numbers, or float32 (n, 1) for regression.
        coding: how they were made; ``coding.to_config()`` is what to store with a model.
        report: what was done to every column, one sentence each; ``print(table)`` shows it.
    """

    x: NDArray[np.float32]
    y: NDArray[Any]
    coding: TableCoding
    report: tuple[str, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """One name for every column of ``x``."""
        return self.coding.feature_names

    @property
    def target_name(self) -> str:
        """The column to predict."""
        return self.coding.target.name

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' names by class number; empty for regression."""
        return self.coding.target.classes

    @property
    def task(self) -> str:
        """``"classification"`` or ``"regression"``."""
        return self.coding.task

    def transform(self, data: Any) -> NDArray[np.float32]:
        """``coding.transform``: code new rows as this table was coded."""
        return self.coding.transform(data)

    def __str__(self) -> str:
        return "\n".join(self.report)

    def __repr__(self) -> str:
        return f"<Table: {len(self.x)} rows, {self.x.shape[1]} features, {self.task} of {self.target_name!r}>"


def load_table(
    data: Any,
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
) -> Table:
    """Turn a CSV file or data frame into arrays for a network, and report what was done.

    Numbers stay numbers, a missing one becomes the column's median, and a feature "(missing)" tells where. Booleans
    become 0 and 1. Text becomes one feature for each category, missing values a category of their own. Dates, constant
    columns, names of rows and text of too many kinds are left out, rows without a target too. Nothing is scaled.

    Args:
        data: path of a CSV file, pandas or polars frame, list of dicts (rows), or dict of lists (columns).
        target: name of the column to predict. Text, booleans and a few whole numbers are classes, other numbers
            are a regression.
        task: "classification" or "regression" settles it; None decides as said above.
        categorical: columns to read as categories whatever they look like, such as postal codes.
        drop: columns to leave out.
        missing: cells that mean "no value", beside the empty one, NA, N/A, NaN, null and ?.
        mark_missing: add the features "(missing)" to columns of numbers that lack some.
        max_categories: text columns with more categories than this are left out.
        delimiter: of the CSV file; None finds out which of ``, ; |`` and tab it is.
        encoding: of the CSV file.
        decimal: "." or ",", in the CSV file.

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
        table = read_csv(data, delimiter=delimiter, encoding=encoding, decimal=decimal)
    else:
        table = text_table(data)
    markers = MISSING | {marker.lower() for marker in _names(missing)}
    rules = Rules(markers, frozenset(_names(categorical)), mark_missing, max_categories)
    dropped = set(_names(drop))
    _check_request(table, target, task, rules.categorical, dropped)
    size = f"{table.source}: {len(table)} rows, {len(table.columns)} columns"
    table, lost = _with_target(table, target, markers)
    target_column, about_target = learn_target(table, target, task)
    columns, sentences = _learn(table, [name for name in table.columns if name != target], dropped, rules)
    coding = TableCoding(columns, target_column, markers, delimiter, encoding, decimal)
    x = coding._encode(table)
    report = [size, *lost, about_target, *sentences, *_about_ranges(x, coding.feature_names)]
    return Table(x, target_column.encode(table, markers), coding, tuple(f"{sentence}." for sentence in report))


def _names(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _check_request(
    table: TextTable, target: str, task: str | None, categorical: Iterable[str], dropped: set[str]
) -> None:
    if task not in (None, "classification", "regression"):
        raise ValueError(f"task={task!r}: expected 'classification', 'regression' or None")
    for name in (target, *categorical, *dropped):
        _require(table, name)
    if target in dropped or target in categorical:
        raise ValueError(
            f"{target!r} is the target; drop and categorical are for the other columns, task= for the target"
        )
    if len(table) == 0:
        raise ValueError(f"{table.source}: column names, but no rows below them")
    if len(table.columns) == 1:
        raise ValueError(
            f"{table.source}: {target!r} is the only column; expected at least one more to predict it from"
        )


def _require(table: TextTable, name: str) -> None:
    if name in table.columns:
        return
    hint = nearest(name, table.columns) if isinstance(name, str) else "column names are text"
    if len(table.columns) == 1:
        hint = "one column only was found; if another character than , ; | or tab separates them, pass delimiter="
    raise ValueError(f"{table.source} has no column {name!r}: {hint}")


def _with_target(table: TextTable, target: str, missing: frozenset[str]) -> tuple[TextTable, list[str]]:
    """The rows that have a target, and a sentence about the others."""
    kept = [i for i, cell in enumerate(table.columns[target]) if cell.lower() not in missing]
    if not kept:
        raise ValueError(f"{table.source}: the target {target!r} holds no value at all")
    if len(kept) == len(table):
        return table, []
    lost = sorted(set(range(len(table))) - set(kept))
    where = ", ".join(table.places[i] for i in lost[:5]) + (", …" if len(lost) > 5 else "")
    return table.keep(kept), [f"Left out for want of {target!r}: {len(lost)} of {len(table)} rows ({where})"]


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
        f"{largest[high]:g}, and nothing was scaled: a network learns faster with BatchNormalization as its first layer"
    ]


def _plain(column: Column | TargetColumn) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in vars(column).items()}


def _build(kind: Any, config: Mapping[str, Any]) -> Any:
    """A column from plain values, each of the type that ``to_config`` wrote."""
    column = kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in config.items()})
    for field in fields(kind):
        value = getattr(column, field.name)
        if type(value) is not _TYPES[str(field.type)] or value != value:
            raise TypeError(f"{field.name} must be {field.type}, got {value!r}")
        if isinstance(value, tuple) and not (
            all(isinstance(each, str) for each in value) and len(set(value)) == len(value)
        ):
            raise TypeError(f"{field.name} must hold different texts, got {value!r}")
    return column
