"""Rows of an estimator: arrays, sparse matrices, and data frames with categories and missing values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeGuard, cast

import numpy as np

from clarinet.datasets.coding import TableCoding
from clarinet.datasets.learning import Rules, learn_column
from clarinet.datasets.numerals import MISSING
from clarinet.datasets.targets import TargetColumn
from clarinet.datasets.text_table import TextTable, text_table
from clarinet.types import Array

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_MOST_CATEGORIES, _MOST_WORDS = 50, 2000


class Frame(Protocol):
    """A data frame of pandas or polars."""

    @property
    def columns(self) -> Sequence[object]: ...

    def to_numpy(self) -> Array: ...

    def __getitem__(self, name: object, /) -> Frame: ...


def is_frame(x: object) -> TypeGuard[Frame]:
    """Whether these rows are a data frame."""
    return hasattr(x, "columns") and hasattr(x, "to_numpy")


def is_sparse(x: object) -> TypeGuard[csr_array]:
    """Whether these rows are a sparse matrix or array of SciPy."""
    return hasattr(x, "nnz") and hasattr(x, "tocsr")


def needs_coding(frame: Frame) -> bool:
    """Whether a frame holds anything but numbers: categories, text, dates, missing values."""
    return any(not _all_numbers(frame[name].to_numpy()) for name in frame.columns)


def _all_numbers(column: Array) -> bool:
    return column.dtype.kind in "buif" and not (column.dtype.kind == "f" and np.isnan(column).any())


def learn(frame: Frame) -> TableCoding:
    """How the columns of a frame become numbers, as :func:`clarinet.datasets.load_table` decides it.

    Columns of numbers stay, whatever they hold; missing ones become the median and are marked. Text and categories
    become a feature for each category, dates several numbers.

    Raises:
        ValueError: no column holds anything to learn from; a column cannot be read without guessing.
    """
    table = text_table(frame)
    numbers = frozenset(str(name) for name in frame.columns if frame[name].to_numpy().dtype.kind in "buif")
    named = frozenset(name for name in map(str, frame.columns) if _is_categorical(frame, name))
    rules = Rules(MISSING, named, frozenset(), numbers, True, _MOST_CATEGORIES, _MOST_WORDS)
    learnt = [learn_column(table, name, rules) for name in table.columns]
    columns = tuple(column for column, _ in learnt if column is not None)
    if not columns:
        said = "\n  ".join(sentence for _, sentence in learnt)
        raise ValueError(f"the data frame: no column is left to predict from:\n  {said}")
    return TableCoding(columns, TargetColumn(_target_beside(table)))


def _is_categorical(frame: Frame, name: str) -> bool:
    """Whether pandas or polars calls a column one of categories."""
    found = next(column for column in frame.columns if str(column) == name)
    return str(getattr(frame[found], "dtype", "")).lower().startswith(("category", "categorical", "enum"))


def _target_beside(table: TextTable) -> str:
    """A name that no column has: the labels come by themselves."""
    name = "target"
    while name in table.columns:
        name += "_"
    return name


@dataclass(frozen=True)
class Rows:
    """What a network learns from.

    Args:
        x: an array, or a sparse matrix.
        y: what the loss takes.
        weight: of each row; None: all count once.
    """

    x: Array
    y: Array
    weight: Array | None

    def __len__(self) -> int:
        return int(self.x.shape[0])

    @property
    def mean_weight(self) -> float:
        """Of the rows."""
        return 1.0 if self.weight is None else float(self.weight.mean())

    def some(self, rows: Array) -> Rows:
        """Some of them."""
        return Rows(self.x[rows], self.y[rows], None if self.weight is None else self.weight[rows])

    def counting(self) -> Rows:
        """Those that have a weight.

        Raises:
            ValueError: there are none.
        """
        if self.weight is None or self.weight.all():
            return self
        if not self.weight.any():
            raise ValueError("Sample weights must contain at least one non-zero number; all are zero")
        return self.some(np.flatnonzero(self.weight))

    def balanced(self) -> Rows:
        """The same with weights that are 1 on average, so that the learning rate means what it always does."""
        return self if self.weight is None else Rows(self.x, self.y, self.weight / self.mean_weight)

    def merged(self) -> Rows:
        """Equal rows put together, with the sum of their weights, in an order that is that of their numbers.

        For what learns from all rows at once: neither their order nor how often one is repeated matters then, to the
        last bit.
        """
        keys = _keys(self.x, self.y)
        _, first, inverse = np.unique(np.array(keys, object), return_index=True, return_inverse=True)
        weight = np.bincount(inverse.ravel(), np.ones(len(self)) if self.weight is None else self.weight)
        merged = self.some(first)
        return Rows(merged.x, merged.y, None if self.weight is None and len(merged) == len(self) else weight)


def _keys(x: Array, y: Array) -> list[bytes]:
    """Bytes by which rows with their labels are equal or not."""
    labels = np.ascontiguousarray(y).reshape(len(y), -1)
    if is_sparse(x):
        csr = x.tocsr(copy=True)
        csr.sum_duplicates()
        csr.eliminate_zeros()
        ends = zip(csr.indptr[:-1], csr.indptr[1:], strict=True)
        parts = [csr.indices[a:b].astype(np.int64).tobytes() + csr.data[a:b].tobytes() for a, b in ends]
    else:
        flat = np.ascontiguousarray(x).reshape(len(x), -1) + 0  # no negative zero
        parts = [row.tobytes() for row in cast("Array", flat)]
    return [part + label.tobytes() for part, label in zip(parts, labels, strict=True)]
