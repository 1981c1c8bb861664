"""Losses as metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from clarinet import losses
from clarinet.arrays import namespace, spread
from clarinet.configurable import Unsupported
from clarinet.metrics.base import MeanMetric, Sums
from clarinet.types import Array, Namespace


class _OfLoss(MeanMetric):
    """The mean of a loss."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.loss()  # which refuses settings out of range

    def loss(self) -> losses.Loss:
        """The loss."""
        raise NotImplementedError

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return self.loss().values(y_true, y_pred, namespace(y_pred))


class MeanSquaredError(_OfLoss):
    """Mean of ``(y_pred - y_true)**2``.

    Args:
        name: default ``"mean_squared_error"``.

    Example:
        >>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 1.0]])
        0.5
    """

    degree = 2

    def loss(self) -> losses.Loss:
        return losses.MeanSquaredError()


class RootMeanSquaredError(MeanSquaredError):
    """Square root of the mean of ``(y_pred - y_true)**2`` over all samples.

    Args:
        name: default ``"root_mean_squared_error"``.

    Example:
        >>> RootMeanSquaredError()([[0.0, 0.0]], [[3.0, 3.0]])
        3.0
    """

    masked = False

    def result(self) -> float:
        return float(np.sqrt(super().result()))


class MeanAbsoluteError(_OfLoss):
    """Mean of ``|y_pred - y_true|``.

    Args:
        name: default ``"mean_absolute_error"``.

    Example:
        >>> MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]])
        1.0
    """

    degree = 1

    def loss(self) -> losses.Loss:
        return losses.MeanAbsoluteError()


@dataclass(eq=False, repr=False)
class BinaryCrossentropy(_OfLoss):
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

    def loss(self) -> losses.Loss:
        return losses.BinaryCrossentropy(self.from_logits, self.label_smoothing)


@dataclass(eq=False, repr=False)
class CategoricalCrossentropy(_OfLoss):
    """Mean of :class:`clarinet.losses.CategoricalCrossentropy`.

    Args:
        name: default ``"categorical_crossentropy"``.
        from_logits, label_smoothing: as for the loss.

    Example:
        >>> round(CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]), 4)
        0.6931
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **MeanMetric.unsupported,
        "axis": Unsupported("classes are on the last axis", default=-1),
    }

    from_logits: bool = False
    label_smoothing: float = 0.0

    def loss(self) -> losses.Loss:
        return losses.CategoricalCrossentropy(self.from_logits, self.label_smoothing)


@dataclass(eq=False, repr=False)
class SparseCategoricalCrossentropy(_OfLoss):
    """Mean of :class:`clarinet.losses.SparseCategoricalCrossentropy`.

    Args:
        name: default ``"sparse_categorical_crossentropy"``.
        from_logits: as for the loss.
        ignore_class: an id of labels that add nothing to the sum; as in Keras they count in the mean all the same,
            unless there are sample weights. Default None. It runs on the reference engine.

    Example:
        >>> round(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]), 4)
        0.6931
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = CategoricalCrossentropy.unsupported

    from_logits: bool = False
    ignore_class: int | None = None

    def loss(self) -> losses.Loss:
        return losses.SparseCategoricalCrossentropy(self.from_logits, self.ignore_class)

    def update(self, sums: Sums, y_true: Array, y_pred: Array, weight: Array | None = None, xp: Namespace = np) -> Sums:
        values = self.values(y_true, y_pred)
        if weight is not None and self.ignore_class is not None:
            weight = spread(weight, values, xp) * (xp.reshape(y_true, values.shape) != self.ignore_class)
        return self.with_values(sums, values, weight, xp)


class MeanAbsolutePercentageError(_OfLoss):
    """Mean of ``100 |y_pred - y_true| / |y_true|``; see the loss.

    Args:
        name: default ``"mean_absolute_percentage_error"``.

    Example:
        >>> MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 5.0]])
        37.5
    """

    def loss(self) -> losses.Loss:
        return losses.MeanAbsolutePercentageError()


class MeanSquaredLogarithmicError(_OfLoss):
    """Mean of ``(log(1 + y_pred) - log(1 + y_true))**2``; see the loss.

    Args:
        name: default ``"mean_squared_logarithmic_error"``.

    Example:
        >>> round(MeanSquaredLogarithmicError()([[0.0, 3.0]], [[1.0, 3.0]]), 4)
        0.2402
    """

    def loss(self) -> losses.Loss:
        return losses.MeanSquaredLogarithmicError()


@dataclass(eq=False, repr=False)
class LogCoshError(_OfLoss):
    """Mean of ``log(cosh(y_pred - y_true))``; see :class:`clarinet.losses.LogCosh`.

    Args:
        name: default ``"logcosh"``.

    Example:
        >>> round(LogCoshError()([[0.0, 0.0]], [[0.0, 1.0]]), 4)
        0.2169
    """

    name: str = "logcosh"

    def loss(self) -> losses.Loss:
        return losses.LogCosh()


@dataclass(eq=False, repr=False)
class CosineSimilarity(_OfLoss):
    """Mean cosine of the angle between prediction and target: 1 same direction, -1 opposite, unlike the loss.

    Args:
        name: default ``"cosine_similarity"``.
        axis: only -1.

    Example:
        >>> round(CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]), 4)
        0.5
    """

    axis: int = -1

    def loss(self) -> losses.Loss:
        return losses.CosineSimilarity(self.axis)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return -super().values(y_true, y_pred)


class KLDivergence(_OfLoss):
    """Mean of :class:`clarinet.losses.KLDivergence`.

    Args:
        name: default ``"kl_divergence"``.

    Example:
        >>> round(KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]), 4)
        0.1438
    """

    def loss(self) -> losses.Loss:
        return losses.KLDivergence()


class Poisson(_OfLoss):
    """Mean of :class:`clarinet.losses.Poisson`.

    Args:
        name: default ``"poisson"``.

    Example:
        >>> round(Poisson()([[2.0]], [[1.0]]), 4)
        1.0
    """

    def loss(self) -> losses.Loss:
        return losses.Poisson()


class Hinge(_OfLoss):
    """Mean of :class:`clarinet.losses.Hinge`.

    Args:
        name: default ``"hinge"``.

    Example:
        >>> Hinge()([[1.0, -1.0]], [[0.5, 2.0]])
        1.75
    """

    def loss(self) -> losses.Loss:
        return losses.Hinge()


class SquaredHinge(_OfLoss):
    """Mean of :class:`clarinet.losses.SquaredHinge`.

    Args:
        name: default ``"squared_hinge"``.

    Example:
        >>> SquaredHinge()([[1.0, -1.0]], [[0.5, 2.0]])
        4.625
    """

    def loss(self) -> losses.Loss:
        return losses.SquaredHinge()


class CategoricalHinge(_OfLoss):
    """Mean of :class:`clarinet.losses.CategoricalHinge`.

    Args:
        name: default ``"categorical_hinge"``.

    Example:
        >>> CategoricalHinge()([[0.0, 1.0, 0.0]], [[0.5, 1.0, 0.25]])
        0.5
    """

    def loss(self) -> losses.Loss:
        return losses.CategoricalHinge()
