"""Areas under curves of decisions at many thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from clarinet.activations import sigmoid
from clarinet.arrays import EPSILON, bincount
from clarinet.configurable import check_flag, check_whole
from clarinet.losses.base import align
from clarinet.metrics.base import PureMetric, Sums
from clarinet.metrics.confusion import quotient, spread_over
from clarinet.types import Array, Namespace

_CURVES = ("ROC", "PR", "PRGAIN")
_SUMS = ("interpolation", "majoring", "minoring")


@dataclass(eq=False, repr=False)
class AUC(PureMetric):
    """Area under the curve of the true positive rate over the false positive rate, from counts at some thresholds.

    1 is perfect, 0.5 is guessing. ROC: the curve of ``tp / (tp + fn)`` over ``fp / (fp + tn)``; PR: ``tp / (tp + fp)``
    over ``tp / (tp + fn)``, interpolated as Davis and Goadrich (ICML 2006) do; PRGAIN: the precision gain ``1 - P / N
    fp / tp`` over the recall gain ``1 - P / N fn / tp``, of ``P`` positives and ``N`` negatives (Flach and Kull,
    NeurIPS 2015). A finite number of thresholds makes it an approximation, the same as Keras's.

    Args:
        num_thresholds: how many, from just below 0 to just above 1; at least 2; default 200.
        curve: ``"ROC"`` (default), ``"PR"`` or ``"PRGAIN"``.
        summation_method: ``"interpolation"`` (default, trapezoids), ``"minoring"`` or ``"majoring"`` (the lower or
            the upper corner of each step).
        thresholds: a list of thresholds in (0, 1) in the place of ``num_thresholds``.
        multi_label: average the areas of the columns; default False, all columns together.
        num_labels: accepted for Keras programs; the predictions have the number of columns.
        label_weights: weights of the columns, in the average or in the counts.
        from_logits: predictions are logits; default False.
        name: default ``"auc"``.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> round(AUC(num_thresholds=3)([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9]), 6)
        0.75
    """

    name: str = field(default="", kw_only=True)
    num_thresholds: int = 200
    curve: str = "ROC"
    summation_method: str = "interpolation"
    thresholds: Sequence[float] | None = field(default=None, kw_only=True)
    multi_label: bool = field(default=False, kw_only=True)
    num_labels: int | None = field(default=None, kw_only=True)
    label_weights: Sequence[float] | None = field(default=None, kw_only=True)
    from_logits: bool = field(default=False, kw_only=True)

    positives: Array | None = field(init=False, repr=False)
    negatives: Array | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self.num_thresholds, "AUC: num_thresholds", low=2)
        for name, choices in (("curve", _CURVES), ("summation_method", _SUMS)):
            if getattr(self, name) not in choices:
                raise ValueError(f"AUC: {name} is one of {', '.join(choices)}, received {getattr(self, name)!r}")
        for name in ("multi_label", "from_logits"):
            check_flag(getattr(self, name), f"AUC: {name}")
        for name in ("thresholds", "label_weights"):
            value = getattr(self, name)
            setattr(self, name, None if value is None else [float(v) for v in value])
        if self.thresholds and not (min(self.thresholds) >= 0 and max(self.thresholds) <= 1):
            raise ValueError(f"AUC: thresholds are numbers in [0, 1], received {self.thresholds}")
        self.reset_state()

    @property
    def limits(self) -> Array:
        """All thresholds: those between 0 and 1, and one beyond each end, so that both ends of the curve are there."""
        inner = np.arange(1, self.num_thresholds - 1) / (self.num_thresholds - 1)
        inner = inner if self.thresholds is None else np.sort(self.thresholds)
        return np.array([-EPSILON, *inner, 1 + EPSILON])

    def start(self, xp: Namespace = np) -> Sums:
        return cast(Sums, {"positives": None, "negatives": None})

    def check_shape(self, shape: tuple[int, ...]) -> None:
        columns = shape[-1] if shape else 1
        if self.label_weights is not None and len(self.label_weights) != columns:
            raise ValueError(
                f"AUC: label_weights has {len(self.label_weights)} numbers, but a prediction has {columns} columns; "
                "give one for each column"
            )

    def update(self, sums: Sums, y_true: Array, y_pred: Array, weight: Array | None = None, xp: Namespace = np) -> Sums:
        y_true = align(y_true, y_pred, xp)
        self.check_shape(y_pred.shape[1:])
        y_pred = xp.clip(sigmoid.forward(y_pred, xp) if self.from_logits else y_pred, 0, 1)
        weight = spread_over(weight, y_pred, xp)
        if self.label_weights is not None and not self.multi_label:
            weight = weight * xp.asarray(self.label_weights)
        columns = y_pred.shape[-1] if self.multi_label else 1
        positive, y_pred, weight = (a.reshape(-1, columns) for a in (y_true != 0, y_pred, weight))
        limits = xp.asarray(self.limits)
        below = xp.searchsorted(limits, y_pred)  # how many thresholds a prediction is above
        parts = {"positives": weight * positive, "negatives": weight * ~positive}
        counts = {name: _histogram(below, part, len(limits) + 1, xp) for name, part in parts.items()}
        return {name: new if sums[name] is None else sums[name] + new for name, new in counts.items()}

    def counts(self) -> tuple[Array, Array, Array, Array]:
        """``tp``, ``fp``, ``fn`` and ``tn`` at every threshold, shape (thresholds, columns)."""
        none = np.zeros((len(self.limits) + 1, 1))
        positives = none if self.positives is None else self.positives
        negatives = none if self.negatives is None else self.negatives
        tp, fp = (h[::-1].cumsum(axis=0)[::-1][1:] for h in (positives, negatives))
        return tp, fp, positives.sum(axis=0) - tp, negatives.sum(axis=0) - fp

    def result(self) -> float:
        areas = self._areas()
        if self.multi_label and self.label_weights is not None:
            weights = np.asarray(self.label_weights)
            return float((areas * weights).sum() / weights.sum())
        return float(areas.mean())

    def _areas(self) -> Array:
        """The area of every column."""
        tp, fp, fn, tn = self.counts()
        recall = quotient(tp, tp + fn)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return _interpolated(tp, fp, fn)
        if self.curve == "PRGAIN":
            x, y = _gains(tp, fp, fn, tn)
        else:
            x, y = (quotient(fp, fp + tn), recall) if self.curve == "ROC" else (recall, quotient(tp, tp + fp))
        height = {
            "interpolation": (y[:-1] + y[1:]) / 2,
            "minoring": np.minimum(y[:-1], y[1:]),
            "majoring": np.maximum(y[:-1], y[1:]),
        }
        found: Array = ((x[:-1] - x[1:]) * height[self.summation_method]).sum(axis=0)
        return found


def _histogram(below: Array, weight: Array, size: int, xp: Namespace) -> Array:
    """Sums of weights, shape (size, columns), of the predictions, by the number of thresholds below them."""
    columns = range(below.shape[1])
    return xp.stack([bincount(below[:, c], weight[:, c], size, xp) for c in columns], axis=1)


def _gains(tp: Array, fp: Array, fn: Array, tn: Array) -> tuple[Array, Array]:
    """Recall gain, at least 0, and precision gain; 0 and 1 where nothing was found."""
    scale = quotient(tp + fn, tn + fp)
    recall, precision = (1 - scale * quotient(wrong, tp) for wrong in (fn, fp))
    return np.where(tp == 0, 0.0, np.maximum(recall, 0.0)), np.where(tp == 0, 1.0, precision)


def _interpolated(tp: Array, fp: Array, fn: Array) -> Array:
    """Area under precision over recall, with ``tp`` taken to be linear in the number of positive predictions."""
    predicted = tp + fp
    found, more = tp[:-1] - tp[1:], predicted[:-1] - predicted[1:]
    slope = quotient(found, np.maximum(more, 0))
    intercept = tp[1:] - slope * predicted[1:]
    both = (predicted[:-1] > 0) & (predicted[1:] > 0)
    ratio = np.where(both, quotient(predicted[:-1], predicted[1:]), 1.0)
    area: Array = quotient(slope * (found + intercept * np.log(ratio)), (tp + fn)[1:]).sum(axis=0)
    return area
