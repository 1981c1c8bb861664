"""Shares of predictions that are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from clarinet.arrays import namespace
from clarinet.configurable import Unsupported
from clarinet.losses.base import align, class_ids
from clarinet.metrics.base import MeanMetric
from clarinet.types import Array


class Accuracy(MeanMetric):
    """Share of predictions that equal the targets exactly.

    Args:
        name: default ``"accuracy"``.

    Example:
        >>> Accuracy()([[1], [2], [3], [4]], [[0], [2], [3], [4]])
        0.75
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        right: Array = align(y_true, y_pred, namespace(y_pred)) == y_pred
        return right


@dataclass(eq=False, repr=False)
class BinaryAccuracy(MeanMetric):
    """Share of predictions on the right side of ``threshold``.

    Args:
        name: default ``"binary_accuracy"``.
        threshold: above it a prediction counts as 1; default 0.5.

    Example:
        >>> BinaryAccuracy()([[1], [1], [0], [0]], [[0.98], [1.0], [0.0], [0.6]])
        0.75
    """

    threshold: float = 0.5

    def values(self, y_true: Array, y_pred: Array) -> Array:
        right: Array = align(y_true, y_pred, namespace(y_pred)) == (y_pred > self.threshold)
        return right


class CategoricalAccuracy(MeanMetric):
    """Share of samples whose largest prediction is at the largest entry of the one-hot target.

    Args:
        name: default ``"categorical_accuracy"``.

    Example:
        >>> CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]])
        0.5
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        right: Array = align(y_true, y_pred, namespace(y_pred)).argmax(-1) == y_pred.argmax(-1)
        return right


class SparseCategoricalAccuracy(MeanMetric):
    """Share of samples whose largest prediction is at the class id.

    Args:
        name: default ``"sparse_categorical_accuracy"``.

    Example:
        >>> SparseCategoricalAccuracy()([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]])
        0.5
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        right: Array = class_ids(y_true, y_pred) == y_pred.argmax(-1)
        return right


def _in_top_k(ids: Array, y_pred: Array, k: int) -> Array:
    """Whether fewer than ``k`` classes score higher than the one of the id; a tie counts as a hit."""
    own = namespace(y_pred).take_along_axis(y_pred, ids[..., None].astype(int), axis=-1)
    right: Array = (y_pred > own).sum(-1) < k
    return right


@dataclass(eq=False, repr=False)
class TopKCategoricalAccuracy(MeanMetric):
    """Share of samples whose one-hot target's class is among the ``k`` largest predictions; ties count as hits.

    Args:
        k: default 5.
        name: default ``"top_k_categorical_accuracy"``.

    Example:
        >>> TopKCategoricalAccuracy(k=2)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.5, 0.0, 0.5]])
        0.5
    """

    name: str = field(default="", kw_only=True)
    k: int = 5

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return _in_top_k(align(y_true, y_pred, namespace(y_pred)).argmax(-1), y_pred, self.k)


@dataclass(eq=False, repr=False)
class SparseTopKCategoricalAccuracy(MeanMetric):
    """Share of samples whose class id is among the ``k`` largest predictions; ties count as hits.

    Args:
        k: default 5.
        name: default ``"sparse_top_k_categorical_accuracy"``.

    Example:
        >>> SparseTopKCategoricalAccuracy(k=2)([2, 1], [[0.1, 0.9, 0.8], [0.5, 0.0, 0.5]])
        0.5
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **MeanMetric.unsupported,
        "from_sorted_ids": Unsupported("predictions are one number a class", default=False),
    }

    name: str = field(default="", kw_only=True)
    k: int = 5

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return _in_top_k(class_ids(y_true, y_pred), y_pred, self.k)
