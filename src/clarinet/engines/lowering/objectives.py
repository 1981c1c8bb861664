"""Native names and settings of losses and metrics."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from clarinet import losses, metrics
from clarinet.metrics import Metric
from clarinet.types import Array

Settings = dict[str, object]


def _named(name: str, *settings: str) -> Callable[[Any], tuple[str, Settings]]:
    """A loss by its native name, with those of its settings that the native form takes too."""
    return lambda spec: (
        name + "_logits" * bool(getattr(spec, "from_logits", False)),
        {setting: getattr(spec, setting) for setting in settings},
    )


#: Native name and settings of each loss.
LOSSES: dict[type, Callable[[Any], tuple[str, Settings]]] = {
    losses.BinaryCrossentropy: _named("binary_crossentropy", "label_smoothing"),
    losses.BinaryFocalCrossentropy: _named(
        "binary_focal_crossentropy", "label_smoothing", "gamma", "alpha", "apply_class_balancing"
    ),
    losses.CategoricalCrossentropy: _named("categorical_crossentropy", "label_smoothing"),
    losses.CategoricalFocalCrossentropy: _named("categorical_focal_crossentropy", "label_smoothing", "gamma", "alpha"),
    losses.CategoricalHinge: _named("categorical_hinge"),
    losses.CosineSimilarity: _named("cosine_similarity"),
    losses.Hinge: _named("hinge"),
    losses.Huber: _named("huber", "delta"),
    losses.KLDivergence: _named("kl_divergence"),
    losses.LogCosh: _named("log_cosh"),
    losses.MeanAbsoluteError: _named("mean_absolute_error"),
    losses.MeanAbsolutePercentageError: _named("mean_absolute_percentage_error"),
    losses.MeanSquaredError: _named("mean_squared_error"),
    losses.MeanSquaredLogarithmicError: _named("mean_squared_logarithmic_error"),
    losses.Poisson: _named("poisson"),
    losses.SparseCategoricalCrossentropy: _named("categorical_crossentropy"),
    losses.SquaredHinge: _named("squared_hinge"),
}


def _dense(name: str, *settings: str) -> Callable[[Any], tuple[str, bool, Settings]]:
    """A metric of targets that have the predictions' shape."""
    lowered = _named(name, *settings)
    return lambda spec: (lowered(spec)[0], False, lowered(spec)[1])


def _sparse(name: str, *settings: str) -> Callable[[Any], tuple[str, bool, Settings]]:
    """A metric of class ids."""
    lowered = _named(name, *settings)
    return lambda spec: (lowered(spec)[0], True, lowered(spec)[1])


def _counts(metric: Any) -> tuple[str, bool, Settings]:
    class_id, top_k = getattr(metric, "class_id", None), getattr(metric, "top_k", None)
    settings = {"thresholds": metric.limits, "class_id": -1 if class_id is None else class_id, "top_k": top_k or 0}
    return "counts", False, settings


def _auc(metric: Any) -> tuple[str, bool, Settings]:
    settings = {"thresholds": metric.limits, "multi_label": metric.multi_label, "from_logits": metric.from_logits}
    shares = [] if metric.multi_label or metric.label_weights is None else metric.label_weights
    return "histogram", False, {**settings, "label_weights": shares}


def _chosen(metric: Any) -> tuple[str, bool, Settings]:
    return "chosen", False, {"threshold": metric.threshold or 0.0}


#: Native name, whether it takes class ids (None: these or one-hot targets), and settings of each metric.
METRICS: dict[type, Callable[[Any], tuple[str, bool | None, Settings]]] = {
    metrics.AUC: _auc,
    metrics.Accuracy: _dense("accuracy"),
    metrics.BinaryAccuracy: _dense("binary_accuracy", "threshold"),
    metrics.BinaryCrossentropy: _dense("binary_crossentropy", "label_smoothing"),
    metrics.CategoricalAccuracy: _dense("categorical_accuracy"),
    metrics.CategoricalCrossentropy: _dense("categorical_crossentropy", "label_smoothing"),
    metrics.CategoricalHinge: _dense("categorical_hinge"),
    metrics.ConfusionMatrix: lambda m: (
        "confusion_matrix",
        None,
        {"num_classes": m.num_classes or 0, "threshold": m.threshold},
    ),
    metrics.CosineSimilarity: lambda m: ("cosine_similarity", False, {"negated": True}),
    metrics.F1Score: _chosen,
    metrics.FBetaScore: _chosen,
    metrics.FalseNegatives: _counts,
    metrics.FalsePositives: _counts,
    metrics.Hinge: _dense("hinge"),
    metrics.KLDivergence: _dense("kl_divergence"),
    metrics.LogCoshError: _dense("log_cosh"),
    metrics.MeanAbsoluteError: _dense("mean_absolute_error"),
    metrics.MeanAbsolutePercentageError: _dense("mean_absolute_percentage_error"),
    metrics.MeanSquaredError: _dense("mean_squared_error"),
    metrics.MeanSquaredLogarithmicError: _dense("mean_squared_logarithmic_error"),
    metrics.Poisson: _dense("poisson"),
    metrics.Precision: _counts,
    metrics.R2Score: lambda m: ("variance", False, {}),
    metrics.Recall: _counts,
    metrics.RootMeanSquaredError: _dense("mean_squared_error"),
    metrics.SparseCategoricalAccuracy: _sparse("categorical_accuracy"),
    metrics.SparseCategoricalCrossentropy: _sparse("categorical_crossentropy"),
    metrics.SparseTopKCategoricalAccuracy: _sparse("top_k_categorical_accuracy", "k"),
    metrics.SquaredHinge: _dense("squared_hinge"),
    metrics.TopKCategoricalAccuracy: _dense("top_k_categorical_accuracy", "k"),
    metrics.TrueNegatives: _counts,
    metrics.TruePositives: _counts,
}


_COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")
#: What the native sums of a metric are, one part after the other, where they are not total and count.
_PARTS: dict[str, tuple[str, ...]] = {
    "chosen": ("true_positives", "predicted", "actual"),
    "counts": _COUNTS,
    "histogram": ("positives", "negatives"),
    "variance": ("sum", "squared_sum", "residual", "count", "num_samples"),
}


def _kind(metric: object) -> str:
    return METRICS[type(metric)](metric)[0] if type(metric) in METRICS else ""


def restore(metric: Metric, sums: Sequence[float]) -> None:
    """Give a metric the native sums since the last reset."""
    vars(metric).update(_parts(metric, np.array(sums)))


def _parts(metric: Metric, numbers: Array) -> dict[str, object]:
    kind = _kind(metric)
    if kind == "confusion_matrix":
        classes = math.isqrt(len(numbers) - 1)
        if numbers[-1]:
            raise ValueError(
                f"ConfusionMatrix: {int(numbers[-1])} targets or predictions are not class ids from 0 to {classes - 1}"
                "; give num_classes"
            )
        return {"counts": numbers[:-1].reshape(classes, -1)}
    if kind not in _PARTS:
        total, count = numbers.tolist()
        return {"total": total, "count": count}
    names = _PARTS[kind]
    if names[-1] == "num_samples":
        return {**_split(names[:-1], numbers[:-1]), "num_samples": int(numbers[-1])}
    rows = (np.asarray(METRICS[type(metric)](metric)[2]["thresholds"]).size + 1, -1) if kind == "histogram" else (-1,)
    return {name: part.reshape(rows) for name, part in _split(names, numbers).items()}


def _split(names: Sequence[str], numbers: Array) -> dict[str, Array]:
    return dict(zip(names, np.split(numbers, len(names)), strict=True))


def sums_of(metric: Metric, size: int) -> list[float]:
    """The sums of a metric for :func:`restore`, ``size`` numbers."""
    kind = _kind(metric)
    if kind == "confusion_matrix":
        parts = [vars(metric)["counts"], 0.0]
    else:
        parts = [getattr(metric, name) for name in _PARTS.get(kind, ("total", "count"))]
    fresh = any(part is None for part in parts)
    sums = [] if fresh else np.concatenate([np.ravel(part) for part in parts]).tolist()
    return sums if len(sums) == size else [0.0] * size  # one that has seen nothing does not know its shape
