"""The kind of answer that the labels ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.types import Array

#: More distinct whole numbers than this are amounts, not classes.
_MOST_CLASSES = 1000


@dataclass(frozen=True)
class Labels:
    """A description of ``y``.

    Attributes:
        form: ``"binary"`` (0 and 1 in one column), ``"signs"`` (-1 and 1), ``"ids"`` (whole numbers, three or more
            different ones), ``"one_hot"``, ``"multi_hot"``, ``"shares"`` (rows that sum to one), ``"constant"``, or
            ``"amounts"`` (anything else).
        classes: number of classes, 0 for amounts.
        columns: numbers in a row.
        low, high: over all of ``y``.
        majority: share of the most frequent class; NaN for amounts.
        smallest: share of the rarest class; NaN for amounts.
    """

    form: str
    classes: int
    columns: int
    low: float
    high: float
    majority: float = float("nan")
    smallest: float = float("nan")

    @property
    def discrete(self) -> bool:
        """Whether they are classes."""
        return self.classes > 0


def describe_labels(y: Array) -> Labels:
    """Look at ``y`` (n,) or (n, …); non-finite rows are left out.

    Example:
        >>> describe_labels(np.array([0, 1, 1, 0])).form
        'binary'
    """
    rows = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if not len(rows):
        return Labels("constant", 0, rows.shape[1], float("nan"), float("nan"))
    low, high = float(rows.min()), float(rows.max())
    if (rows == rows[0]).all() and len(rows) > 1:
        return Labels("constant", 0, rows.shape[1], low, high)
    return _one_column(rows[:, 0], low, high) if rows.shape[1] == 1 else _columns(rows, low, high)


def _one_column(values: Array, low: float, high: float) -> Labels:
    found, counts = np.unique(values, return_counts=True)
    whole = bool((found == np.round(found)).all())
    shares = {"majority": float(counts.max() / len(values)), "smallest": float(counts.min() / len(values))}
    if len(found) == 2 and whole:
        form = {(0.0, 1.0): "binary", (-1.0, 1.0): "signs"}.get((low, high), "ids")
        return Labels(form, 2, 1, low, high, **shares)
    dense = high - low < 2 * len(found) and len(found) <= min(_MOST_CLASSES, max(3, len(values) // 2))
    if whole and low >= 0 and dense:
        return Labels("ids", len(found), 1, low, high, **shares)
    return Labels("amounts", 0, 1, low, high)


def _columns(rows: Array, low: float, high: float) -> Labels:
    columns = rows.shape[1]
    sums = rows.sum(axis=1)
    if np.isin(rows, (0.0, 1.0)).all():
        if (sums == 1).all():
            shares = rows.mean(axis=0)
            present = shares[shares > 0]
            return Labels("one_hot", columns, columns, low, high, float(shares.max()), float(present.min()))
        return Labels("multi_hot", columns, columns, low, high)
    if low >= 0 and np.allclose(sums, 1, atol=1e-4):
        return Labels("shares", columns, columns, low, high)
    return Labels("amounts", 0, columns, low, high)


def class_numbers(y: Array) -> Array:
    """The class of every row, from 0: the largest of (n, classes) columns, or the rank among the labels of one."""
    y = np.asarray(y).reshape(len(y), -1)
    return np.asarray(y.argmax(axis=1) if y.shape[1] > 1 else np.unique(y[:, 0], return_inverse=True)[1])
