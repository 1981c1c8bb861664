"""One share of right decisions at best, where another one is at least as large as asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from clarinet.arrays import EPSILON
from clarinet.configurable import check_number, check_whole
from clarinet.metrics.confusion import Selected, quotient
from clarinet.types import Array


@dataclass(eq=False, repr=False)
class _Evenly(Selected):
    """Counts at thresholds that are made, not given."""

    thresholds: float | Sequence[float] | None = field(default=None, init=False, repr=False)


class _Best(_Evenly):
    """Base: the largest ``best`` among the thresholds at which ``least`` is as large as asked; 0 where it never is."""

    least: ClassVar[str]
    best: ClassVar[str]
    num_thresholds: int
    top_k: int | None = None

    def __post_init__(self) -> None:
        check_whole(self.num_thresholds, f"{type(self).__name__}: num_thresholds", low=1)
        check_number(getattr(self, self.least), f"{type(self).__name__}: {self.least}", low=0, high=1)
        super().__post_init__()

    @property
    def limits(self) -> Array:
        """From just below 0 to 1; the one of a single threshold is 0.5."""
        if self.num_thresholds == 1:
            return np.array([0.5])
        last = self.num_thresholds - 1
        return np.array([-EPSILON, *(np.arange(1, last) / last), 1.0])

    def result(self) -> float:
        tp, fp, tn, fn = self.true_positives, self.false_positives, self.true_negatives, self.false_negatives
        found = quotient(tp, tp + fn)
        shares = {
            "sensitivity": found,
            "recall": found,
            "specificity": quotient(tn, tn + fp),
            "precision": quotient(tp, tp + fp),
        }
        enough = shares[self.least] >= getattr(self, self.least)
        return float(np.max(shares[self.best], where=enough, initial=0.0))


@dataclass(eq=False, repr=False)
class SensitivityAtSpecificity(_Best):
    """The best sensitivity ``tp / (tp + fn)`` of those thresholds at which the specificity ``tn / (tn + fp)`` is high
    enough.

    Args:
        specificity: the least that is asked for, in [0, 1].
        num_thresholds: how many thresholds from 0 to 1 are tried; default 200.
        class_id: judge this column alone; default None, all columns together.
        name: default ``"sensitivity_at_specificity"``.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        0.5
    """

    least, best = "specificity", "sensitivity"

    specificity: float
    num_thresholds: int = 200
    class_id: int | None = None


@dataclass(eq=False, repr=False)
class SpecificityAtSensitivity(_Best):
    """The best specificity ``tn / (tn + fp)`` of those thresholds at which the sensitivity ``tp / (tp + fn)`` is high
    enough.

    Args:
        sensitivity: the least that is asked for, in [0, 1].
        num_thresholds, class_id: as for :class:`SensitivityAtSpecificity`.
        name: default ``"specificity_at_sensitivity"``.

    Example:
        >>> round(SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]), 4)
        0.6667
    """

    least, best = "sensitivity", "specificity"

    sensitivity: float
    num_thresholds: int = 200
    class_id: int | None = None


@dataclass(eq=False, repr=False)
class PrecisionAtRecall(_Best):
    """The best precision ``tp / (tp + fp)`` of those thresholds at which the recall ``tp / (tp + fn)`` is high enough.

    Args:
        recall: the least that is asked for, in [0, 1].
        num_thresholds, class_id: as for :class:`SensitivityAtSpecificity`.
        name: default ``"precision_at_recall"``.

    Example:
        >>> PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        0.5
    """

    least, best = "recall", "precision"

    recall: float
    num_thresholds: int = 200
    class_id: int | None = None


@dataclass(eq=False, repr=False)
class RecallAtPrecision(_Best):
    """The best recall ``tp / (tp + fn)`` of those thresholds at which the precision ``tp / (tp + fp)`` is high enough.

    Args:
        precision: the least that is asked for, in [0, 1].
        num_thresholds, class_id: as for :class:`SensitivityAtSpecificity`.
        name: default ``"recall_at_precision"``.

    Example:
        >>> RecallAtPrecision(0.8)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
        0.5
    """

    least, best = "precision", "recall"

    precision: float
    num_thresholds: int = 200
    class_id: int | None = None
