"""How a table becomes arrays: learnt from the training table, applied to any later one."""

from __future__ import annotations

import math
import os
import reprlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.columns import KINDS, CategoryColumn, Column, shorten
from clarinet.datasets.formats import Format
from clarinet.datasets.memory import check_memory
from clarinet.datasets.numerals import MISSING
from clarinet.datasets.table_files import read_table
from clarinet.datasets.targets import TargetColumn, no_value_in
from clarinet.datasets.text_table import TextTable, text_table
from clarinet.names import nearest
from clarinet.types import Array, Config
from clarinet.wording import option

#: The version that is written, and all that can be read.
_FORMAT, _FORMATS = 2, (1, 2)
_TYPES: dict[str, type] = {
    "str": str,
    "float": float,
    "int": int,
    "bool": bool,
    "tuple[str, ...]": tuple,
    "tuple[float, ...]": tuple,
}


@dataclass(frozen=True)
class TableCoding:
    """How a table becomes arrays: learnt from the training table, applied to any later one, stored with the model.

    Args:
        columns: the columns used, in the order of their features.
        target: the column to predict.
        missing: cells that mean "no value", in lower case.
        format: what was said about how files are written; the rest is found out for each file.
        usual: the mark before decimals of files that do not show it: that of the training table.

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
    format: Format = field(default_factory=Format)
    usual: str | None = None

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
            data: whatever ``load_table`` takes: a file, a data frame, a list of dicts or a dict of lists.

        Returns:
            float32 (n, features).

        Raises:
            ValueError: a column is not there, or a cell holds something else than the training table's column did.
        """
        return self.encode(self.read(data))

    def targets(self, data: object) -> Array:
        """The targets of new rows: int64 (n,) class numbers, or float32 (n, 1) for regression.

        Raises:
            ValueError: there is no target column, a cell is empty, or a class is unknown.
        """
        table = self.read(data)
        require(table, self.target.name)
        return self.target.encode(table, self.missing)

    def load(self, data: object) -> Table:
        """Code new rows and targets as ``load_table`` coded the training table; rows without a target are left out.

        Raises:
            ValueError: as for :meth:`transform` and :meth:`targets`, or no row has a target.
        """
        table = self.read(data)
        require(table, self.target.name)
        table, lost = with_target(table, self.target.name, self.missing)
        x, y = self.encode(table), self.target.encode(table, self.missing)
        return Table(x, y, self, tuple(f"{sentence}." for sentence in (*table.report, *lost)))

    def to_config(self) -> Config:
        """Everything as plain numbers, texts, lists and dicts, ready for JSON."""
        return {
            "format": _FORMAT,
            "columns": [{"kind": column.kind, **_plain(column)} for column in self.columns],
            "target": _plain(self.target),
            "missing": [*sorted(self.missing)],
            **asdict(self.format),
            "usual": self.usual,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> TableCoding:
        """The inverse of ``to_config``.

        Raises:
            ValueError: the configuration is of another format version, incomplete, or holds values of the wrong type.
        """
        described: Mapping[str, Any] = config  # what is wrong with it shows below
        try:
            if config["format"] not in _FORMATS:
                raise ValueError(
                    f"format {config['format']!r} is none of {_FORMATS}; a newer Clarinet may have written it"
                )
            columns = tuple(
                _build(KINDS[each["kind"]], {k: v for k, v in each.items() if k != "kind"})
                for each in described["columns"]
            )
            target, missing = _build(TargetColumn, described["target"]), frozenset(map(str, described["missing"]))
            usual = described.get("usual")
            if usual not in (None, ".", ","):
                raise TypeError(f"usual must be a mark, got {reprlib.repr(usual)}")
            return cls(columns, target, missing, _format(described), usual)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the stored table coding cannot be read: {type(error).__name__}: {error}") from error

    def read(self, data: object) -> TextTable:
        """Rows as text, of a file as of a table in memory.

        Raises:
            ValueError: they cannot be read.
        """
        if isinstance(data, str | os.PathLike):
            wanted = {*(column.name for column in self.columns), self.target.name}
            return read_table(data, self.format, wanted, self.usual)
        return text_table(data)

    def encode(self, table: TextTable) -> NDArray[np.float32]:
        """The columns' features; a warning names categories that the training table did not hold.

        Raises:
            ValueError: as for :meth:`transform`.
        """
        self._require_all(table)
        self._warn_of_unseen(table)
        return self._encode(table)

    def _require_all(self, table: TextTable) -> None:
        lacking = [column.name for column in self.columns if column.name not in table.columns]
        if len(lacking) == 1:
            require(table, lacking[0])
        if lacking:
            raise ValueError(
                f"{table.source}: {len(lacking)} columns are missing that the model has learnt: "
                f"{shorten(lacking, 12)}; there are {shorten(list(table.columns), 12)}"
            )

    def _encode(self, table: TextTable) -> NDArray[np.float32]:
        check_size(table, len(self.feature_names))
        x = np.empty((len(table), len(self.feature_names)), np.float32)
        begin = 0
        for column in self.columns:
            end = begin + len(column.features)
            x[:, begin:end] = column.encode(table, self.missing)
            begin = end
        return x

    def _warn_of_unseen(self, table: TextTable) -> None:
        import warnings

        unseen = []
        for column in self.columns:
            rows = column.unseen(table, self.missing) if isinstance(column, CategoryColumn) else []
            if rows:
                unseen.append(f"{column.name!r} ({table.columns[column.name][rows[0]]!r} in {table.places[rows[0]]})")
        if unseen:
            what = f"{table.source}: categories that the training table lacks are coded as none of the known ones: "
            warnings.warn(what + ", ".join(unseen), UserWarning, stacklevel=3)


@dataclass(frozen=True, eq=False)
class Table:
    """A table as arrays.

    Args:
        x: float32 (n, features).
        y: int64 (n,) class numbers, or float32 (n, 1) for regression.
        coding: how they were made; store ``coding.to_config()`` with a model.
        report: what was done to every column, one sentence each; ``print(table)`` shows it.
        hints: what a network may need beyond that, such as scaling; ``print(table)`` shows them too.
    """

    x: NDArray[np.float32]
    y: Array
    coding: TableCoding
    report: tuple[str, ...]
    hints: tuple[str, ...] = ()

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
        return "\n".join((*self.report, *self.hints))

    def __repr__(self) -> str:
        return f"<Table: {len(self.x)} rows, {self.x.shape[1]} features, {self.task} of {self.target_name!r}>"


def require(table: TextTable, name: str) -> None:
    if name in table.columns:
        return
    hint = nearest(name, table.columns) if isinstance(name, str) else "column names are text"
    if len(table.columns) == 1 and any(place.startswith("line") for place in table.places[:1]):
        separator = option("delimiter", like="")
        hint = f"one column only was found; if another character than , ; | or tab separates them, pass {separator}"
    raise ValueError(f"{table.source} has no column {name!r}: {hint}")


def with_target(table: TextTable, target: str, missing: frozenset[str]) -> tuple[TextTable, list[str]]:
    """The rows that have a target, and a sentence about the others."""
    cells = table.columns[target]
    no_value = no_value_in(cells, missing)
    kept = [i for i, cell in enumerate(cells) if cell.lower() not in no_value]
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
    for each in fields(kind):
        _check_value(each.name, str(each.type), getattr(column, each.name))
    return column


def _check_value(name: str, wanted: str, value: Any) -> None:
    """Refuse a value of another type than ``to_config`` writes."""
    kind = type(value)
    if kind is not _TYPES[wanted] or value != value:
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    if wanted == "tuple[float, ...]" and not all(isinstance(n, float) and math.isfinite(n) for n in value):
        raise TypeError(f"{name} must hold numbers, got {value!r}")
    if wanted == "tuple[str, ...]" and not (
        all(isinstance(text, str) for text in value) and len(set(value)) == len(value)
    ):
        raise TypeError(f"{name} must hold different texts, got {value!r}")


def check_size(table: TextTable, features: int) -> None:
    """Refuse arrays that would not fit into memory, three times over: training shuffles and splits them.

    Raises:
        MemoryError: they would not.
    """
    limits = f"{option('max_categories')} or {option('max_words')}"
    advice = f"leave columns out with {option('drop')}, or give a smaller {limits}"
    check_memory(12.0 * len(table) * features, f"{table.source}: {len(table):,} rows of {features:,} features", advice)


def _format(described: Mapping[str, Any]) -> Format:
    """What was said about files; those of earlier versions say what is found out today."""
    said = {each.name: described.get(each.name) for each in fields(Format)}
    if described["format"] == 1:
        said["encoding"] = None if said["encoding"] == "utf-8" else said["encoding"]
        said["decimal"] = None if said["decimal"] == "." else said["decimal"]
    return Format(**said)
