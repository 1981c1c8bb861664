"""Correlations between targets and predictions, along each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.arrays import EPSILON, namespace
from clarinet.losses.base import align, as_arrays
from clarinet.metrics.base import MeanMetric
from clarinet.ops.tensor import Tensor, tensor
from clarinet.types import Array


def _moments(y_true: Array, y_pred: Array) -> tuple[Array, Array, Array, Array]:
    """Covariance, both variances, and the difference of the means, along the last axis."""
    xp = namespace(y_pred)
    t = align(y_true, y_pred, xp)
    t_mean, p_mean = (xp.mean(x, axis=-1, keepdims=True) for x in (t, y_pred))
    t, p = t - t_mean, y_pred - p_mean
    return xp.mean(t * p, axis=-1), xp.mean(t * t, axis=-1), xp.mean(p * p, axis=-1), (t_mean - p_mean)[..., 0]


@dataclass(eq=False, repr=False)
class _Correlation(MeanMetric):
    """Base: one value for each row."""

    axis: int = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.axis != -1:
            raise ValueError(
                f"{type(self).__name__}: values that belong together are along the last axis, axis=-1; received "
                f"axis={self.axis!r}"
            )


class PearsonCorrelation(_Correlation):
    """Mean over rows of ``cov(t, p) / (std(t) std(p))``: 1 where predictions are a rising line of the targets, 0 where
    one of the two is the same all along.

    Args:
        name: default ``"pearson_correlation"``.
        axis: only -1.

    Raises:
        ValueError: another axis.

    Example:
        >>> round(PearsonCorrelation()([[0.0, 1.0, 0.5]], [[1.0, 3.0, 2.0]]), 4)
        1.0
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        xp = namespace(y_pred)
        both, t, p, _ = _moments(y_true, y_pred)
        size = xp.sqrt(t) * xp.sqrt(p)
        return xp.where(size > 0, both / xp.where(size > 0, size, xp.ones_like(size)), xp.zeros_like(size))


class ConcordanceCorrelation(_Correlation):
    """Mean over rows of ``2 cov(t, p) / (var(t) + var(p) + (mean(t) - mean(p))**2)``: 1 where predictions are the
    targets, less where they are a line of them only (Lin, Biometrics 45, 1989).

    Args:
        name: default ``"concordance_correlation"``.
        axis: only -1.

    Raises:
        ValueError: another axis.

    Example:
        >>> round(ConcordanceCorrelation()([[0.0, 1.0, 0.5]], [[1.0, 3.0, 2.0]]), 4)
        0.2162
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        both, t, p, apart = _moments(y_true, y_pred)
        found: Array = 2 * both / (t + p + apart * apart + EPSILON)
        return found


def pearson_correlation(y_true: object, y_pred: object, axis: int = -1) -> Tensor:
    """:class:`PearsonCorrelation`, one value per row.

    Example:
        >>> pearson_correlation([[0.0, 1.0, 0.5]], [[1.0, 3.0, 2.0]]).round(4).tolist()
        [1.0]
    """
    return tensor(np.asarray(PearsonCorrelation(axis=axis).values(*as_arrays(y_true, y_pred))))


def concordance_correlation(y_true: object, y_pred: object, axis: int = -1) -> Tensor:
    """:class:`ConcordanceCorrelation`, one value per row.

    Example:
        >>> concordance_correlation([[0.0, 1.0, 0.5]], [[1.0, 3.0, 2.0]]).round(4).tolist()
        [0.2162]
    """
    return tensor(np.asarray(ConcordanceCorrelation(axis=axis).values(*as_arrays(y_true, y_pred))))
