"""Losses as metrics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet import losses
from clarinet.metrics.base import MeanMetric
from clarinet.params import Array


@dataclass(eq=False)
class MeanSquaredError(MeanMetric):
    """Mean of ``(y_pred - y_true)**2``.

    Args:
        name: default ``"mean_squared_error"``.

    Example:
        >>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 1.0]])
        0.5
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return losses.MeanSquaredError().values(y_true, y_pred)


@dataclass(eq=False)
class RootMeanSquaredError(MeanSquaredError):
    """Square root of the mean of ``(y_pred - y_true)**2`` over all samples.

    Args:
        name: default ``"root_mean_squared_error"``.

    Example:
        >>> RootMeanSquaredError()([[0.0, 0.0]], [[3.0, 3.0]])
        3.0
    """

    def result(self) -> float:
        return float(np.sqrt(super().result()))


@dataclass(eq=False)
class MeanAbsoluteError(MeanMetric):
    """Mean of ``|y_pred - y_true|``.

    Args:
        name: default ``"mean_absolute_error"``.

    Example:
        >>> MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]])
        1.0
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return losses.MeanAbsoluteError().values(y_true, y_pred)


@dataclass(eq=False)
class BinaryCrossentropy(MeanMetric):
    """Mean of :class:`clarinet.losses.BinaryCrossentropy`.

    Args:
        name: default ``"binary_crossentropy"``.
        from_logits, label_smoothing: as for the loss.

    Example:
        >>> round(BinaryCrossentropy()([[1.0], [0.0]], [[0.5], [0.5]]), 4)
        0.6931
    """

    from_logits: bool = False
    label_smoothing: float = 0.0

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return losses.BinaryCrossentropy(self.from_logits, self.label_smoothing).values(y_true, y_pred)


@dataclass(eq=False)
class CategoricalCrossentropy(MeanMetric):
    """Mean of :class:`clarinet.losses.CategoricalCrossentropy`.

    Args:
        name: default ``"categorical_crossentropy"``.
        from_logits, label_smoothing: as for the loss.

    Example:
        >>> round(CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]), 4)
        0.6931
    """

    from_logits: bool = False
    label_smoothing: float = 0.0

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return losses.CategoricalCrossentropy(self.from_logits, self.label_smoothing).values(y_true, y_pred)


@dataclass(eq=False)
class SparseCategoricalCrossentropy(MeanMetric):
    """Mean of :class:`clarinet.losses.SparseCategoricalCrossentropy`.

    Args:
        name: default ``"sparse_categorical_crossentropy"``.
        from_logits: as for the loss.

    Example:
        >>> round(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]), 4)
        0.6931
    """

    from_logits: bool = False

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return losses.SparseCategoricalCrossentropy(self.from_logits).values(y_true, y_pred)
