"""Native names and settings of losses and metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clarinet import losses, metrics


def _logits(name: str) -> Callable[[Any], tuple[str, float]]:
    return lambda spec: (name + "_logits" * bool(spec.from_logits), getattr(spec, "label_smoothing", 0.0))


#: Native name and label smoothing of each loss.
LOSSES: dict[type, Callable[[Any], tuple[str, float]]] = {
    losses.BinaryCrossentropy: _logits("binary_crossentropy"),
    losses.CategoricalCrossentropy: _logits("categorical_crossentropy"),
    losses.MeanAbsoluteError: lambda spec: ("mean_absolute_error", 0.0),
    losses.MeanSquaredError: lambda spec: ("mean_squared_error", 0.0),
    losses.SparseCategoricalCrossentropy: _logits("categorical_crossentropy"),
}

#: Native name, whether it takes class ids, and parameter (threshold or k) of each metric.
METRICS: dict[type, Callable[[Any], tuple[str, bool, float]]] = {
    metrics.Accuracy: lambda m: ("accuracy", False, 0),
    metrics.BinaryAccuracy: lambda m: ("binary_accuracy", False, m.threshold),
    metrics.BinaryCrossentropy: lambda m: (_logits("binary_crossentropy")(m)[0], False, 0),
    metrics.CategoricalAccuracy: lambda m: ("categorical_accuracy", False, 0),
    metrics.CategoricalCrossentropy: lambda m: (_logits("categorical_crossentropy")(m)[0], False, 0),
    metrics.MeanAbsoluteError: lambda m: ("mean_absolute_error", False, 0),
    metrics.MeanSquaredError: lambda m: ("mean_squared_error", False, 0),
    metrics.RootMeanSquaredError: lambda m: ("mean_squared_error", False, 0),
    metrics.SparseCategoricalAccuracy: lambda m: ("categorical_accuracy", True, 0),
    metrics.SparseCategoricalCrossentropy: lambda m: (_logits("categorical_crossentropy")(m)[0], True, 0),
    metrics.SparseTopKCategoricalAccuracy: lambda m: ("top_k_categorical_accuracy", True, m.k),
    metrics.TopKCategoricalAccuracy: lambda m: ("top_k_categorical_accuracy", False, m.k),
}
