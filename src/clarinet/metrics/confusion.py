"""Counts of right and wrong decisions, and shares made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clarinet.configurable import check_number, check_whole
from clarinet.losses.base import align, as_arrays, spread
from clarinet.metrics.base import Metric
from clarinet.params import Array


def quotient(a: Array, b: Array) -> Array:
    """``a / b``, and 0 where ``b`` is 0."""
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)


@dataclass(eq=False, repr=False)
class _Counts(Metric):
    """How often targets and decisions are what, for each of some thresholds; a decision is ``y_pred > threshold``.

    Attributes:
        true_positives, false_positives, true_negatives, false_negatives: float64 sums of weights, one a threshold.
    """

    name: str = field(default="", kw_only=True)
    thresholds: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.thresholds, (list, tuple, np.ndarray)):
            self.thresholds = [float(value) for value in self.thresholds]
        given = self.thresholds if isinstance(self.thresholds, list) else [self.thresholds]
        for value in given:
            if value is not None:
                check_number(value, f"{type(self).__name__}: thresholds", low=0, high=1)
        self.reset_state()

    @property
    def limits(self) -> Array:
        """The thresholds as an array; 0.5 where none were given."""
        given = 0.5 if self.thresholds is None else self.thresholds
        return np.atleast_1d(np.asarray(given, np.float64))

    def reset_state(self) -> None:
        zeros = np.zeros(len(self.limits))
        self.true_positives: Array = zeros
        self.false_positives: Array = zeros
        self.true_negatives: Array = zeros
        self.false_negatives: Array = zeros

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = as_arrays(y_true, y_pred)
        y_true = align(y_true, y_pred)
        weight = np.ones(y_pred.shape) if sample_weight is None else spread_over(sample_weight, y_pred)
        y_true, y_pred, weight = (a.ravel() for a in self._chosen(y_true, y_pred, weight))
        self._count(y_true != 0, y_pred, weight)

    def _chosen(self, y_true: Array, y_pred: Array, weight: Array) -> tuple[Array, Array, Array]:
        """The part of the predictions that counts."""
        return y_true, y_pred, weight

    def _count(self, positive: Array, y_pred: Array, weight: Array) -> None:
        above = (y_pred > self.limits[:, None].astype(y_pred.dtype)).astype(np.float64)
        yes, no = weight * positive, weight * ~positive
        self.true_positives = self.true_positives + above @ yes
        self.false_positives = self.false_positives + above @ no
        self.false_negatives = self.false_negatives + (1 - above) @ yes
        self.true_negatives = self.true_negatives + (1 - above) @ no

    def _one_or_all(self, values: Array) -> Any:
        return float(values[0]) if len(values) == 1 else values


def spread_over(weight: Any, values: Array) -> Array:
    """Sample weights in the shape of the predictions."""
    weight = np.asarray(weight, np.float64)
    if weight.ndim == values.ndim:
        return np.broadcast_to(weight, values.shape)
    return np.broadcast_to(spread(weight, values[..., 0].astype(np.float64))[..., None], values.shape)


class TruePositives(_Counts):
    """Number (sum of the weights) of positive targets that are predicted so.

    Args:
        thresholds: a prediction above it is positive; a number or a list, in [0, 1]; default 0.5.
        name: default ``"true_positives"``.

    Raises:
        TypeError, ValueError: a threshold that is not a number in [0, 1].

    Example:
        >>> TruePositives()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0])
        2.0
    """

    def result(self) -> Any:
        return self._one_or_all(self.true_positives)


class FalsePositives(_Counts):
    """Number (sum of the weights) of negative targets that are predicted to be positive.

    Args:
        thresholds, name: as for :class:`TruePositives`.

    Example:
        >>> FalsePositives()([0, 1, 0, 0], [0.0, 0.0, 1.0, 1.0])
        2.0
    """

    def result(self) -> Any:
        return self._one_or_all(self.false_positives)


class TrueNegatives(_Counts):
    """Number (sum of the weights) of negative targets that are predicted so.

    Args:
        thresholds, name: as for :class:`TruePositives`.

    Example:
        >>> TrueNegatives()([0, 1, 0, 0], [1.0, 1.0, 0.0, 0.0])
        2.0
    """

    def result(self) -> Any:
        return self._one_or_all(self.true_negatives)


class FalseNegatives(_Counts):
    """Number (sum of the weights) of positive targets that are predicted to be negative.

    Args:
        thresholds, name: as for :class:`TruePositives`.

    Example:
        >>> FalseNegatives()([0, 1, 1, 1], [0.0, 1.0, 0.0, 0.0])
        2.0
    """

    def result(self) -> Any:
        return self._one_or_all(self.false_negatives)


@dataclass(eq=False, repr=False)
class _Share(_Counts):
    """Precision and recall: counts over all classes, over one, or over the highest predictions."""

    top_k: int | None = None
    class_id: int | None = None

    def __post_init__(self) -> None:
        for name, low in (("top_k", 1), ("class_id", 0)):
            if getattr(self, name) is not None:
                check_whole(getattr(self, name), f"{type(self).__name__}: {name}", low=low)
        super().__post_init__()

    @property
    def limits(self) -> Array:
        if self.top_k is not None and self.thresholds is None:
            return np.array([-1e10])  # all of the highest count
        return super().limits

    def check_shape(self, shape: tuple[int, ...]) -> None:
        if self.class_id is not None and not (shape and self.class_id < shape[-1]):
            raise ValueError(
                f"{type(self).__name__}: class_id={self.class_id}, but one prediction has shape {shape}; class ids "
                "count from 0 along the last axis"
            )

    def _chosen(self, y_true: Array, y_pred: Array, weight: Array) -> tuple[Array, Array, Array]:
        if self.top_k is not None:
            lower = np.argsort(-y_pred, axis=-1, kind="stable")[..., self.top_k :]
            y_pred = y_pred.copy()
            np.put_along_axis(y_pred, lower, -np.inf, axis=-1)
        if self.class_id is None:
            return y_true, y_pred, weight
        self.check_shape(y_pred.shape[1:])
        return y_true[..., self.class_id], y_pred[..., self.class_id], weight[..., self.class_id]


class Precision(_Share):
    """Share of the positive predictions that are right: ``tp / (tp + fp)``; 0 where there are none.

    Args:
        thresholds: a prediction above it is positive; a number or a list (the result is a list then), in [0, 1];
            default 0.5.
        top_k: only the ``top_k`` highest predictions of a sample count as positive, whatever their value; default None.
        class_id: judge this column alone; default None, all columns together.
        name: default ``"precision"``.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> Precision()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0])
        0.6666666666666666
    """

    def result(self) -> Any:
        return self._one_or_all(quotient(self.true_positives, self.true_positives + self.false_positives))


class Recall(_Share):
    """Share of the positive targets that are found: ``tp / (tp + fn)``; 0 where there are none.

    Args:
        thresholds, top_k, class_id: as for :class:`Precision`.
        name: default ``"recall"``.

    Example:
        >>> Recall()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0])
        0.6666666666666666
    """

    def result(self) -> Any:
        return self._one_or_all(quotient(self.true_positives, self.true_positives + self.false_negatives))


@dataclass(eq=False, repr=False)
class ConfusionMatrix(Metric):
    """How often each class was taken for each: entry ``[i, j]`` counts targets ``i`` predicted as ``j``.

    Targets are class ids or one-hot; a single output is class 1 where it is above ``threshold``. The result is a matrix
    (with float64 sums of weights), so it is not in logs and history: ``model.get_metrics_result()`` after ``evaluate``.

    Args:
        num_classes: default None, as many as there are outputs (two for a single one).
        threshold: for a single output; default 0.5.
        name: default ``"confusion_matrix"``.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> ConfusionMatrix()([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]).tolist()
        [[1.0, 0.0], [1.0, 1.0]]
    """

    name: str = field(default="", kw_only=True)
    num_classes: int | None = None
    threshold: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_classes is not None:
            check_whole(self.num_classes, "ConfusionMatrix: num_classes", low=2)
        check_number(self.threshold, "ConfusionMatrix: threshold")
        self.reset_state()

    def reset_state(self) -> None:
        self.counts: Array = np.zeros((self.num_classes or 0,) * 2)

    def result(self) -> Any:
        return self.counts.copy()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = as_arrays(y_true, y_pred)
        single = y_pred.ndim == 1 or y_pred.shape[-1] == 1
        if single:
            predicted = (y_pred > self.threshold).astype(np.int64).ravel()
            actual = y_true.astype(np.int64).ravel()
        else:
            one_hot = y_true.shape == y_pred.shape
            actual = (y_true.argmax(-1) if one_hot else y_true.astype(np.int64)).ravel()
            predicted = y_pred.argmax(-1).ravel()
        classes = self.num_classes or (2 if single else y_pred.shape[-1])
        if len(actual) != len(predicted) or (len(actual) and not 0 <= actual.min() <= actual.max() < classes):
            found = f" from {actual.min()} to {actual.max()}" if len(actual) else ""
            raise ValueError(
                f"ConfusionMatrix: expected {len(predicted)} class ids from 0 to {classes - 1}, received {len(actual)}"
                f"{found}; one-hot targets need a column for every output"
            )
        weight = None if sample_weight is None else spread(sample_weight, predicted.reshape(len(y_true), -1)).ravel()
        counts = np.bincount(actual * classes + predicted, weight, classes * classes).reshape(classes, classes)
        self.counts = counts + (self.counts if self.counts.size else 0.0)
