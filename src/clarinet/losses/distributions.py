"""Losses for distributions and counts."""

from __future__ import annotations

import numpy as np

from clarinet.arrays import EPSILON
from clarinet.losses.base import Loss, align, per_sample
from clarinet.types import Array, Namespace

__all__ = [
    "KLDivergence",
    "Poisson",
    "kl_divergence",
    "poisson",
]


class KLDivergence(Loss):
    """How far a predicted distribution is from the target's: ``sum_i t_i log(t_i / p_i)`` over the last axis.

    Gradient ``-t / p``. Both are clipped to [1e-7, 1]; outside, the gradient is 0. (Kullback and Leibler, Annals of
    Mathematical Statistics 22, 1951.)

    Args:
        reduction, name: see :class:`clarinet.losses.Loss`.

    Example:
        >>> round(KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]), 4)
        0.1438
    """

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t = xp.clip(align(y_true, y_pred, xp), EPSILON, 1.0)
        return xp.sum(t * xp.log(t / xp.clip(y_pred, EPSILON, 1.0)), axis=-1)

    def target_gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        given = align(y_true, y_pred, xp)
        t, p = xp.clip(given, EPSILON, 1.0), xp.clip(y_pred, EPSILON, 1.0)
        return xp.where(t == given, xp.log(t / p) + 1.0, xp.zeros_like(t))

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t, p = xp.clip(align(y_true, y_pred, xp), EPSILON, 1.0), xp.clip(y_pred, EPSILON, 1.0)
        return xp.where(p == y_pred, -t / p, xp.zeros_like(p))


def kl_divergence(y_true: object, y_pred: object) -> Array:
    """:class:`KLDivergence`, one value per sample.

    Example:
        >>> kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).round(4).tolist()
        [0.1438]
    """
    return per_sample(KLDivergence(), y_true, y_pred)


class Poisson(Loss):
    """For counts: the mean over the last axis of ``p - t log(p + 1e-7)``, ``p`` being the predicted mean count.

    Gradient ``(1 - t / (p + 1e-7)) / k``. Up to a constant the negative log-likelihood of Poisson's distribution;
    predictions have to be positive, so let the last activation be ``"softplus"`` or ``"exponential"``.

    Args:
        reduction, name: see :class:`clarinet.losses.Loss`.

    Example:
        >>> round(Poisson()([[2.0]], [[1.0]]), 4)
        1.0
    """

    likelihood = "poisson"

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return xp.mean(y_pred - align(y_true, y_pred, xp) * xp.log(y_pred + EPSILON), axis=-1)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        gradient: Array = (1 - align(y_true, y_pred, xp) / (y_pred + EPSILON)) * (1 / y_pred.shape[-1])
        return gradient


def poisson(y_true: object, y_pred: object) -> Array:
    """:class:`Poisson`, one value per sample.

    Example:
        >>> poisson([[2.0]], [[1.0]]).round(4).tolist()
        [1.0]
    """
    return per_sample(Poisson(), y_true, y_pred)
