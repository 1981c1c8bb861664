"""How a table becomes arrays: learnt from the training table, applied to any later one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.columns import MISSING, CategoryColumn, Column, NumberColumn
from clarinet.datasets.csv_files import read_csv
from clarinet.datasets.targets import TargetColumn
from clarinet.datasets.text_table import TextTable, text_table
from clarinet.names import nearest
from clarinet.types import Array, Config
from clarinet.wording import option

_FORMAT = 1
_TYPES = {"str": str, "float": float, "bool": bool, "tuple[str, ...]": tuple}
_KINDS: dict[str, type[NumberColumn] | type[CategoryColumn]] = {c.kind: c for c in (NumberColumn, CategoryColumn)}


@dataclass(frozen=True)
class TableCoding:
    """How a table becomes arrays: learnt from the training table, applied to any later one, stored with the model.

    Args:
        columns: the columns used, in the order of their features.
        target: the column to predict.
        missing: cells that mean "no value", in lower case.
        delimiter, encoding, decimal, header: how CSV files are read, as in ``load_table``.

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
    header: bool | None = None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """One name for every column of ``x``, such as ``"size"``, ``"size (missing)"`` or ``"colour=red"``."""
        return tuple(feature for column in self.columns for feature in column.features)

    @property
    def task(self) -> str:
        """``"classification"`` or ``"regression"``."""
        return "classification" if self.target.classes else "regression"

    def transform(self, data: object) -> NDArray[np.float32]:
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
        return self._coded(self._read(data))

    def targets(self, data: object) -> Array:
        """The targets of new rows: int64 (n,) class numbers, or float32 (n, 1) for regression.

        Raises:
            ValueError: there is no target column, a cell is empty, or a class is unknown.
        """
        table = self._read(data)
        require(table, self.target.name)
        return self.target.encode(table, self.missing)

    def load(self, data: object) -> Table:
        """Code new rows and targets as ``load_table`` coded the training table; rows without a target are left out.

        Raises:
            ValueError: as for :meth:`transform` and :meth:`targets`, or no row has a target.
        """
        table = self._read(data)
        require(table, self.target.name)
        table, lost = with_target(table, self.target.name, self.missing)
        x, y = self._coded(table), self.target.encode(table, self.missing)
        return Table(x, y, self, tuple(f"{sentence}." for sentence in lost))

    def to_config(self) -> Config:
        """Everything as plain numbers, texts, lists and dicts, ready for JSON."""
        return {
            "format": _FORMAT,
            "columns": [{"kind": column.kind, **_plain(column)} for column in self.columns],
            "target": _plain(self.target),
            "missing": [*sorted(self.missing)],
            "delimiter": self.delimiter,
            "encoding": self.encoding,
            "decimal": self.decimal,
            "header": self.header,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> TableCoding:
        """The inverse of ``to_config``.

        Raises:
            ValueError: the configuration is of another format version, incomplete, or holds values of the wrong type.
        """
        described: Mapping[str, Any] = config  # what is wrong with it shows below
        try:
            if config["format"] != _FORMAT:
                raise ValueError(
                    f"format {config['format']!r} is not {_FORMAT}; a newer version of Clarinet may have written it"
                )
            columns = tuple(
                _build(_KINDS[each["kind"]], {k: v for k, v in each.items() if k != "kind"})
                for each in described["columns"]
            )
            rest = {name: described[name] for name in ("delimiter", "encoding", "decimal")}
            if not all(isinstance(value, str | None) for value in rest.values()):
                raise TypeError(f"{', '.join(rest)} must be texts, got {rest}")
            header = described.get("header")  # which files of earlier versions lack
            if not isinstance(header, bool | None):
                raise TypeError(f"header must be a boolean, got {header!r}")
            target, missing = _build(TargetColumn, described["target"]), frozenset(map(str, described["missing"]))
            return cls(columns, target, missing, **rest, header=header)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the stored table coding cannot be read: {type(error).__name__}: {error}") from error

    def _read(self, data: object) -> TextTable:
        if isinstance(data, str | os.PathLike):
            how = {"delimiter": self.delimiter, "encoding": self.encoding, "decimal": self.decimal}
            return read_csv(data, **how, header=self.header)  # type: ignore[arg-type]
        return text_table(data)

    def _coded(self, table: TextTable) -> NDArray[np.float32]:
        """The columns' features; a warning names categories that the training table did not hold."""
        for column in self.columns:
            require(table, column.name)
        self._warn_of_unseen(table)
        return self._encode(table)

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
        coding: how they were made; store ``coding.to_config()`` with a model.
        report: what was done to every column, one sentence each; ``print(table)`` shows it.
    """

    x: NDArray[np.float32]
    y: Array
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

    def transform(self, data: object) -> NDArray[np.float32]:
        """``coding.transform``: code new rows as this table was coded."""
        return self.coding.transform(data)

    def __str__(self) -> str:
        return "\n".join(self.report)

    def __repr__(self) -> str:
        return f"<Table: {len(self.x)} rows, {self.x.shape[1]} features, {self.task} of {self.target_name!r}>"


def require(table: TextTable, name: str) -> None:
    if name in table.columns:
        return
    hint = nearest(name, table.columns) if isinstance(name, str) else "column names are text"
    if len(table.columns) == 1:
        separator = option("delimiter", like="")
        hint = f"one column only was found; if another character than , ; | or tab separates them, pass {separator}"
    raise ValueError(f"{table.source} has no column {name!r}: {hint}")


def with_target(table: TextTable, target: str, missing: frozenset[str]) -> tuple[TextTable, list[str]]:
    """The rows that have a target, and a sentence about the others."""
    kept = [i for i, cell in enumerate(table.columns[target]) if cell.lower() not in missing]
    if not kept:
        raise ValueError(f"{table.source}: the target {target!r} holds no value at all")
    if len(kept) == len(table):
        return table, []
    lost = sorted(set(range(len(table))) - set(kept))
    where = ", ".join(table.places[i] for i in lost[:5]) + (", …" if len(lost) > 5 else "")
    return table.keep(kept), [f"Left out because {target!r} is missing: {len(lost)} of {len(table)} rows ({where})"]


def _plain(column: Column | TargetColumn) -> Config:
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
