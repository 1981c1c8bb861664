"""Counts of right and wrong decisions, and shares made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from clarinet.arrays import bincount, spread, widest
from clarinet.configurable import check_number, check_whole
from clarinet.losses.base import align
from clarinet.metrics.base import PureMetric, Sums
from clarinet.types import Array, Namespace, Scalar


def quotient(a: Array, b: Array) -> Array:
    """``a / b``, and 0 where ``b`` is 0."""
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)


@dataclass(eq=False, repr=False)
class _Counts(PureMetric):
    """Counts of true and false positives and negatives, for each of some thresholds; a decision is
    ``y_pred > threshold``.

    Attributes:
        true_positives, false_positives, true_negatives, false_negatives: float64 sums of weights, one a threshold.
    """

    name: str = field(default="", kw_only=True)
    thresholds: float | Sequence[float] | None = None

    true_positives: Array = field(init=False, repr=False)
    false_positives: Array = field(init=False, repr=False)
    true_negatives: Array = field(init=False, repr=False)
    false_negatives: Array = field(init=False, repr=False)

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

    def start(self, xp: Namespace = np) -> Sums:
        zeros = xp.zeros(len(self.limits), dtype=widest(xp))
        return dict.fromkeys(("true_positives", "false_positives", "true_negatives", "false_negatives"), zeros)

    def update(self, sums: Sums, y_true: Array, y_pred: Array, weight: Array | None = None, xp: Namespace = np) -> Sums:
        y_true = align(y_true, y_pred, xp)
        chosen = self._chosen(y_true, y_pred, spread_over(weight, y_pred, xp), xp)
        y_true, y_pred, weight = (a.reshape(-1) for a in chosen)
        positive = y_true != 0
        above = (y_pred > self.limits[:, None].astype(y_pred.dtype)).astype(widest(xp))
        yes, no = weight * positive, weight * ~positive
        return {
            "true_positives": sums["true_positives"] + above @ yes,
            "false_positives": sums["false_positives"] + above @ no,
            "true_negatives": sums["true_negatives"] + (1 - above) @ no,
            "false_negatives": sums["false_negatives"] + (1 - above) @ yes,
        }

    def _chosen(self, y_true: Array, y_pred: Array, weight: Array, xp: Namespace) -> tuple[Array, Array, Array]:
        """The part of the predictions that counts."""
        return y_true, y_pred, weight

    def _one_or_all(self, values: Array) -> Scalar:
        return float(values[0]) if len(values) == 1 else values


def spread_over(weight: Array | None, values: Array, xp: Namespace = np) -> Array:
    """Sample weights in the shape of the predictions; ones where there are none."""
    if weight is None:
        return xp.ones(values.shape, dtype=widest(xp))
    weight = xp.asarray(weight, dtype=widest(xp))
    if weight.ndim != values.ndim:
        weight = spread(weight, values[..., 0].astype(widest(xp)), xp)[..., None]
    return xp.broadcast_to(weight, values.shape)


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

    def result(self) -> Scalar:
        return self._one_or_all(self.true_positives)


class FalsePositives(_Counts):
    """Number (sum of the weights) of negative targets that are predicted to be positive.

    Args:
        thresholds, name: as for :class:`TruePositives`.

    Example:
        >>> FalsePositives()([0, 1, 0, 0], [0.0, 0.0, 1.0, 1.0])
        2.0
    """

    def result(self) -> Scalar:
        return self._one_or_all(self.false_positives)


class TrueNegatives(_Counts):
    """Number (sum of the weights) of negative targets that are predicted so.

    Args:
        thresholds, name: as for :class:`TruePositives`.

    Example:
        >>> TrueNegatives()([0, 1, 0, 0], [1.0, 1.0, 0.0, 0.0])
        2.0
    """

    def result(self) -> Scalar:
        return self._one_or_all(self.true_negatives)


class FalseNegatives(_Counts):
    """Number (sum of the weights) of positive targets that are predicted to be negative.

    Args:
        thresholds, name: as for :class:`TruePositives`.

    Example:
        >>> FalseNegatives()([0, 1, 1, 1], [0.0, 1.0, 0.0, 0.0])
        2.0
    """

    def result(self) -> Scalar:
        return self._one_or_all(self.false_negatives)


class Selected(_Counts):
    """Base of counts over all classes, over one, or over the highest predictions; subclasses order their settings."""

    top_k: int | None
    class_id: int | None

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

    def _chosen(self, y_true: Array, y_pred: Array, weight: Array, xp: Namespace) -> tuple[Array, Array, Array]:
        if self.top_k is not None:
            rank = xp.argsort(xp.argsort(-y_pred, axis=-1, stable=True), axis=-1)
            y_pred = xp.where(rank < self.top_k, y_pred, -np.inf)
        if self.class_id is None:
            return y_true, y_pred, weight
        self.check_shape(y_pred.shape[1:])
        return y_true[..., self.class_id], y_pred[..., self.class_id], weight[..., self.class_id]


@dataclass(eq=False, repr=False)
class _Share(Selected):
    """Precision and recall."""

    top_k: int | None = None
    class_id: int | None = None


class Precision(_Share):
    """Share of the positive predictions that are right: ``tp / (tp + fp)``; 0 where there are none.

    Args:
        thresholds: a prediction above it is positive; a number or a list (the result is a list then), in [0, 1];
            default 0.5.
        top_k: only the ``top_k`` highest predictions of a sample count as positive, regardless of the threshold;
            default None.
        class_id: judge this column alone; default None, all columns together.
        name: default ``"precision"``.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> Precision()([0, 1, 1, 1], [1.0, 0.0, 1.0, 1.0])
        0.6666666666666666
    """

    def result(self) -> Scalar:
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

    def result(self) -> Scalar:
        return self._one_or_all(quotient(self.true_positives, self.true_positives + self.false_negatives))


@dataclass(eq=False, repr=False)
class ConfusionMatrix(PureMetric):
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

    counts: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_classes is not None:
            check_whole(self.num_classes, "ConfusionMatrix: num_classes", low=2)
        check_number(self.threshold, "ConfusionMatrix: threshold")
        self.reset_state()

    def start(self, xp: Namespace = np) -> Sums:
        return {"counts": xp.zeros((self.num_classes or 0,) * 2, dtype=widest(xp))}

    def result(self) -> Scalar:
        return self.counts.copy()

    def update(self, sums: Sums, y_true: Array, y_pred: Array, weight: Array | None = None, xp: Namespace = np) -> Sums:
        actual, predicted, classes = self._classes(y_true, y_pred)
        if xp is np:  # traced arrays have no values to look at
            _check_classes(actual, predicted, classes)
        if weight is not None:
            weight = spread(weight, predicted.reshape(y_pred.shape[0], -1).astype(widest(xp)), xp).reshape(-1)
        counts = bincount(actual * classes + predicted, weight, classes * classes, xp).reshape(classes, classes)
        return {"counts": counts + (sums["counts"] if sums["counts"].shape[0] else 0.0)}

    def _classes(self, y_true: Array, y_pred: Array) -> tuple[Array, Array, int]:
        """True and predicted classes, and their number."""
        if y_pred.ndim == 1 or y_pred.shape[-1] == 1:
            predicted = (y_pred > self.threshold).astype(int)
            return y_true.astype(int).ravel(), predicted.ravel(), self.num_classes or 2
        one_hot = y_true.shape == y_pred.shape
        actual = y_true.argmax(-1) if one_hot else y_true.astype(int)
        return actual.ravel(), y_pred.argmax(-1).ravel(), self.num_classes or y_pred.shape[-1]


def _check_classes(actual: Array, predicted: Array, classes: int) -> None:
    if len(actual) != len(predicted) or (len(actual) and not 0 <= actual.min() <= actual.max() < classes):
        found = f" from {actual.min()} to {actual.max()}" if len(actual) else ""
        raise ValueError(
            f"ConfusionMatrix: expected {len(predicted)} class ids from 0 to {classes - 1}, received {len(actual)}"
            f"{found}; one-hot targets need a column for every output"
        )
