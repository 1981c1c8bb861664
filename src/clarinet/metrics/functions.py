"""Accuracies as functions: one number a sample, 1 where it is right."""

from __future__ import annotations

import numpy as np

from clarinet.losses.base import as_arrays
from clarinet.metrics.accuracy import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from clarinet.metrics.base import MeanMetric
from clarinet.ops.tensor import Tensor, tensor

__all__ = [
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]


def _per_sample(metric: MeanMetric, y_true: object, y_pred: object) -> Tensor:
    return tensor(np.asarray(metric.values(*as_arrays(y_true, y_pred)), np.float32))


def binary_accuracy(y_true: object, y_pred: object, threshold: float = 0.5) -> Tensor:
    """1 for each prediction on the right side of the threshold.

    Example:
        >>> binary_accuracy([[1.0], [0.0]], [[0.9], [0.8]]).tolist()
        [[1.0], [0.0]]
    """
    return _per_sample(BinaryAccuracy(threshold=threshold), y_true, y_pred)


def categorical_accuracy(y_true: object, y_pred: object) -> Tensor:
    """1 for each sample whose largest prediction is at the largest entry of the one-hot target.

    Example:
        >>> categorical_accuracy([[0.0, 1.0], [1.0, 0.0]], [[0.3, 0.7], [0.4, 0.6]]).tolist()
        [1.0, 0.0]
    """
    return _per_sample(CategoricalAccuracy(), y_true, y_pred)


def sparse_categorical_accuracy(y_true: object, y_pred: object) -> Tensor:
    """1 for each sample whose largest prediction is at the class id.

    Example:
        >>> sparse_categorical_accuracy([1, 0], [[0.3, 0.7], [0.4, 0.6]]).tolist()
        [1.0, 0.0]
    """
    return _per_sample(SparseCategoricalAccuracy(), y_true, y_pred)


def top_k_categorical_accuracy(y_true: object, y_pred: object, k: int = 5) -> Tensor:
    """1 for each sample whose one-hot target's class is among the ``k`` largest predictions."""
    return _per_sample(TopKCategoricalAccuracy(k=k), y_true, y_pred)


def sparse_top_k_categorical_accuracy(
    y_true: object, y_pred: object, k: int = 5, from_sorted_ids: bool = False
) -> Tensor:
    """1 for each sample whose class id is among the ``k`` largest predictions.

    Args:
        y_true, y_pred: class ids, and a number for each class.
        k: default 5.
        from_sorted_ids: only False: predictions are numbers, no ids.
    """
    refused = {"from_sorted_ids": from_sorted_ids}  # unless False
    return _per_sample(SparseTopKCategoricalAccuracy(k=k, **refused), y_true, y_pred)  # type: ignore[arg-type]
