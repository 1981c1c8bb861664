"""Metrics of given values, for loops and steps of one's own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from clarinet.metrics.base import MeanMetric, Metric
from clarinet.types import Array


class Mean(MeanMetric):
    """The mean of given values.

    Args:
        name: default ``"mean"``.
        dtype: accepted for Keras programs: sums are float64.

    Example:
        >>> mean = Mean()
        >>> mean.update_state([1.0, 3.0, 5.0])
        >>> mean.result()
        3.0
    """

    def __init__(self, name: str = "mean", dtype: object = None) -> None:
        super().__init__(name)

    def update_state(self, values: object, sample_weight: object = None, _: object = None) -> None:  # type: ignore[override]
        """Add values, perhaps weighted."""
        self.sums = self.with_values(self.sums, values, sample_weight)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Nothing: it is given values."""
        raise TypeError(f"{self.name}: Mean takes values; for a metric of compile define update_state in a subclass")


@dataclass(eq=False, repr=False)
class Sum(Metric):
    """The sum of given values.

    Args:
        name: default ``"sum"``.

    Attributes:
        total: so far.

    Example:
        >>> total = Sum()
        >>> total.update_state([1.0, 3.0, 5.0])
        >>> total.result()
        9.0
    """

    total: float = field(default=0.0, init=False)

    def update_state(self, values: object, sample_weight: object = None, _: object = None) -> None:  # type: ignore[override]
        """Add values, perhaps weighted."""
        weight = 1.0 if sample_weight is None else np.asarray(sample_weight)
        self.total += float(np.sum(np.asarray(values, np.float64) * weight))

    def result(self) -> float:
        return self.total

    def reset_state(self) -> None:
        self.total = 0.0
