"""F scores and the coefficient of determination."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np

from clarinet.arrays import EPSILON, widest
from clarinet.configurable import check_number, check_whole
from clarinet.losses.base import align
from clarinet.metrics.base import PureMetric, Sums
from clarinet.metrics.confusion import quotient, spread_over
from clarinet.types import Array, Namespace, Scalar

_AVERAGES = (None, "micro", "macro", "weighted")
_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


def _rows(y_true: Array, y_pred: Array, weight: Array | None, xp: Namespace) -> tuple[Array, Array, Array]:
    """Targets, predictions and weights of shape (rows, columns), in float64."""
    arrays = align(y_true, y_pred, xp), y_pred, spread_over(weight, y_pred, xp)
    columns = y_pred.shape[-1] if y_pred.ndim > 1 else 1
    t, p, w = (a.reshape(-1, columns).astype(widest(xp)) for a in arrays)
    return t, p, w


@dataclass(eq=False, repr=False)
class FBetaScore(PureMetric):
    """A mean of precision ``P`` and recall ``R``: ``(1 + beta**2) P R / (beta**2 P + R)``, 1 at best.

    Without a threshold the largest prediction of a row is positive, so targets are one-hot; with one, each column
    decides for itself.

    Args:
        average: None (default) gives one score a class; ``"micro"`` counts over all classes, ``"macro"`` is the mean of
            the classes' scores, ``"weighted"`` their mean weighted by the number of targets.
        beta: how many times recall counts as much as precision, positive; default 1.
        threshold: in (0, 1]; default None.
        name: default ``"fbeta_score"``.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> score = FBetaScore("macro", beta=2.0, threshold=0.5)
        >>> round(score([[1, 1], [1, 0], [0, 1]], [[0.2, 0.6], [0.9, 0.1], [0.3, 0.8]]), 4)
        0.7778
    """

    name: str = field(default="fbeta_score", kw_only=True)
    average: str | None = None
    beta: float = 1.0
    threshold: float | None = None

    true_positives: Array = field(init=False, repr=False)
    predicted: Array = field(init=False, repr=False)
    actual: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        kind = type(self).__name__
        if self.average not in _AVERAGES:
            raise ValueError(f"{kind}: average is one of {', '.join(map(str, _AVERAGES))}, received {self.average!r}")
        if check_number(self.beta, f"{kind}: beta", low=0) == 0:
            raise ValueError(f"{kind}: beta is above 0, received 0; with 0 the score is Precision()")
        if self.threshold is not None and check_number(self.threshold, f"{kind}: threshold", low=0, high=1) == 0:
            raise ValueError(f"{kind}: threshold is above 0, received 0")
        self.reset_state()

    def start(self, xp: Namespace = np) -> Sums:
        return dict.fromkeys(("true_positives", "predicted", "actual"), xp.zeros(1, dtype=widest(xp)))

    def update(self, sums: Sums, y_true: Array, y_pred: Array, weight: Array | None = None, xp: Namespace = np) -> Sums:
        t, p, w = _rows(y_true, y_pred, weight, xp)
        if self.threshold is None:
            chosen = (p >= p.max(axis=-1, keepdims=True)) & (xp.abs(p) > 1e-9)  # all zeros are no choice
        else:
            chosen = p > self.threshold
        return {
            "true_positives": sums["true_positives"] + (w * chosen * t).sum(axis=0),
            "predicted": sums["predicted"] + (w * chosen).sum(axis=0),
            "actual": sums["actual"] + (w * t).sum(axis=0),
        }

    def result(self) -> Scalar:
        tp, predicted, actual = self.true_positives, self.predicted, self.actual
        if self.average == "micro":
            tp, predicted, actual = tp.sum(), predicted.sum(), actual.sum()
        precision, recall = tp / (predicted + EPSILON), tp / (actual + EPSILON)
        score = (1 + self.beta**2) * precision * recall / (self.beta**2 * precision + recall + EPSILON)
        if self.average == "weighted":
            return float((score * actual).sum() / (actual.sum() + EPSILON))
        return score if self.average is None else float(score.mean())


@dataclass(eq=False, repr=False)
class F1Score(FBetaScore):
    """The harmonic mean of precision and recall, ``2 P R / (P + R)``: :class:`FBetaScore` with ``beta=1``.

    Args:
        average, threshold: as for :class:`FBetaScore`.
        name: default ``"f1_score"``.

    Example:
        >>> score = F1Score(threshold=0.5)
        >>> score([[1, 1], [1, 0], [0, 1]], [[0.2, 0.6], [0.9, 0.1], [0.3, 0.8]]).round(4).tolist()
        [0.6667, 1.0]
    """

    name: str = field(default="f1_score", kw_only=True)
    average: str | None = None
    beta: float = field(default=1.0, init=False, repr=False)
    threshold: float | None = None


#: The share of a sum of squares that rounding may leave of a variance that is 0.
_ROUNDING = 1e-13


@dataclass(eq=False, repr=False)
class R2Score(PureMetric):
    """Coefficient of determination: ``1 - sum (t - p)**2 / sum (t - mean(t))**2``, the share of variance explained.

    1 is perfect, 0 as good as predicting the mean, below worse; 0 for targets that are all equal.

    Args:
        class_aggregation: over the columns: ``"uniform_average"`` (default), ``"variance_weighted_average"``, or None
            for one score each.
        num_regressors: number ``k`` of inputs for the adjusted score ``1 - (1 - R2)(n - 1) / (n - k - 1)``, ``n``
            values; default 0, not adjusted, as also where ``k`` is not below ``n - 1``.
        name: default ``"r2_score"``.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> round(R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]]), 4)
        0.5714
    """

    name: str = field(default="r2_score", kw_only=True)
    class_aggregation: str | None = "uniform_average"
    num_regressors: int = 0

    sum: Array = field(init=False, repr=False)
    squared_sum: Array = field(init=False, repr=False)
    residual: Array = field(init=False, repr=False)
    count: Array = field(init=False, repr=False)
    num_samples: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.class_aggregation not in _AGGREGATIONS:
            raise ValueError(
                f"R2Score: class_aggregation is one of {', '.join(map(str, _AGGREGATIONS))}, "
                f"received {self.class_aggregation!r}"
            )
        check_whole(self.num_regressors, "R2Score: num_regressors", low=0)
        self.reset_state()

    def start(self, xp: Namespace = np) -> Sums:
        zeros = xp.zeros(1, dtype=widest(xp))
        sums = dict.fromkeys(("sum", "squared_sum", "residual", "count"), zeros)
        return sums | {"num_samples": cast(Array, 0) if xp is np else xp.asarray(0)}

    def update(self, sums: Sums, y_true: Array, y_pred: Array, weight: Array | None = None, xp: Namespace = np) -> Sums:
        t, p, w = _rows(y_true, y_pred, weight, xp)
        return {
            "sum": sums["sum"] + (w * t).sum(axis=0),
            "squared_sum": sums["squared_sum"] + (w * t * t).sum(axis=0),
            "residual": sums["residual"] + (w * (t - p) ** 2).sum(axis=0),
            "count": sums["count"] + w.sum(axis=0),
            "num_samples": sums["num_samples"] + t.size,
        }

    def scaled(self, scale: float) -> bool:
        return True  # numerator and denominator grow alike

    def result(self) -> Scalar:
        total = self.squared_sum - self.sum * quotient(self.sum, self.count)
        total = np.where(total > _ROUNDING * self.squared_sum, total, 0.0)
        scores = np.where(total > 0, 1 - quotient(self.residual, total), 0.0)
        if self.class_aggregation is None:
            return self._adjusted(scores)
        if self.class_aggregation == "uniform_average":
            return float(self._adjusted(scores.mean()))
        return float(self._adjusted(quotient((total * scores).sum(), total.sum())))

    def _adjusted(self, score: Array) -> Array:
        n, k = self.num_samples, self.num_regressors
        return 1 - (1 - score) * (n - 1) / (n - k - 1) if 0 < k < n - 1 else score
