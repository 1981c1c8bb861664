"""Native names and settings of losses and metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from clarinet import losses, metrics

Settings = dict[str, Any]


def _named(name: str, *settings: str) -> Callable[[Any], tuple[str, Settings]]:
    """A loss by its native name, with those of its settings that the native form takes too."""
    return lambda spec: (
        name + "_logits" * bool(getattr(spec, "from_logits", False)),
        {setting: getattr(spec, setting) for setting in settings},
    )


#: Native name and settings of each loss.
LOSSES: dict[type, Callable[[Any], tuple[str, Settings]]] = {
    losses.BinaryCrossentropy: _named("binary_crossentropy", "label_smoothing"),
    losses.CategoricalCrossentropy: _named("categorical_crossentropy", "label_smoothing"),
    losses.MeanAbsoluteError: _named("mean_absolute_error"),
    losses.MeanSquaredError: _named("mean_squared_error"),
    losses.SparseCategoricalCrossentropy: _named("categorical_crossentropy"),
}


def _dense(name: str, *settings: str) -> Callable[[Any], tuple[str, bool, Settings]]:
    """A metric of targets that have the predictions' shape."""
    lowered = _named(name, *settings)
    return lambda spec: (lowered(spec)[0], False, lowered(spec)[1])


def _sparse(name: str, *settings: str) -> Callable[[Any], tuple[str, bool, Settings]]:
    """A metric of class ids."""
    lowered = _named(name, *settings)
    return lambda spec: (lowered(spec)[0], True, lowered(spec)[1])


#: Native name, whether it takes class ids, and settings of each metric.
METRICS: dict[type, Callable[[Any], tuple[str, bool, Settings]]] = {
    metrics.Accuracy: _dense("accuracy"),
    metrics.BinaryAccuracy: _dense("binary_accuracy", "threshold"),
    metrics.BinaryCrossentropy: _dense("binary_crossentropy", "label_smoothing"),
    metrics.CategoricalAccuracy: _dense("categorical_accuracy"),
    metrics.CategoricalCrossentropy: _dense("categorical_crossentropy", "label_smoothing"),
    metrics.MeanAbsoluteError: _dense("mean_absolute_error"),
    metrics.MeanSquaredError: _dense("mean_squared_error"),
    metrics.RootMeanSquaredError: _dense("mean_squared_error"),
    metrics.SparseCategoricalAccuracy: _sparse("categorical_accuracy"),
    metrics.SparseCategoricalCrossentropy: _sparse("categorical_crossentropy"),
    metrics.SparseTopKCategoricalAccuracy: _sparse("top_k_categorical_accuracy", "k"),
    metrics.TopKCategoricalAccuracy: _dense("top_k_categorical_accuracy", "k"),
}


def restore(metric: Any, sums: Sequence[float]) -> None:
    """Give a metric the native sums since the last reset."""
    metric.total, metric.count = sums


def sums_of(metric: Any) -> list[float]:
    """What :func:`restore` takes, of a metric as it is."""
    return [metric.total, metric.count]
