"""Hinges: losses that are zero once a prediction is right by a margin.

Targets are -1 and 1; where all targets of a call (of a batch) are 0 or 1, the zeros count as -1, as in Keras.
"""

from __future__ import annotations

import numpy as np

from clarinet.arrays import choose
from clarinet.losses.base import Loss, align, per_sample
from clarinet.types import Array, Namespace

__all__ = [
    "CategoricalHinge",
    "Hinge",
    "SquaredHinge",
    "categorical_hinge",
    "hinge",
    "squared_hinge",
]


def _signs(y_true: Array, y_pred: Array, xp: Namespace) -> Array:
    t = align(y_true, y_pred, xp)
    signs: Array = 2 * t - 1
    return choose(xp.all((t == 0) | (t == 1)), signs, t, xp)


def _margin(t: Array, p: Array, xp: Namespace) -> Array:
    """``max(1 - t p, 0)``."""
    return xp.clip(1 - t * p, 0.0, None)


class Hinge(Loss):
    """Mean over the last axis of ``max(1 - t p, 0)``; gradient ``-t / k`` where ``t p < 1``, else 0.

    (The loss of support vector machines: Cortes and Vapnik, Machine Learning 20, 1995.)

    Args:
        reduction, name: see :class:`clarinet.losses.Loss`.

    Example:
        >>> Hinge()([[1.0, -1.0]], [[0.5, 2.0]])
        1.75
    """

    labels = "signs"

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return xp.mean(_margin(_signs(y_true, y_pred, xp), y_pred, xp), axis=-1)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t = _signs(y_true, y_pred, xp)
        gradient: Array = xp.where(t * y_pred < 1, -t, xp.zeros_like(t)) * (1 / y_pred.shape[-1])
        return gradient


def hinge(y_true: object, y_pred: object) -> Array:
    """:class:`Hinge`, one value per sample.

    Example:
        >>> hinge([[1.0, -1.0]], [[0.5, 2.0]]).tolist()
        [1.75]
    """
    return per_sample(Hinge(), y_true, y_pred)


class SquaredHinge(Loss):
    """Mean over the last axis of ``max(1 - t p, 0)**2``; gradient ``-2 t max(1 - t p, 0) / k``.

    Args:
        reduction, name: see :class:`clarinet.losses.Loss`.

    Example:
        >>> SquaredHinge()([[1.0, -1.0]], [[0.5, 2.0]])
        4.625
    """

    labels = "signs"

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        margin = _margin(_signs(y_true, y_pred, xp), y_pred, xp)
        return xp.mean(margin * margin, axis=-1)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t = _signs(y_true, y_pred, xp)
        gradient: Array = -t * _margin(t, y_pred, xp) * (2 / y_pred.shape[-1])
        return gradient


def squared_hinge(y_true: object, y_pred: object) -> Array:
    """:class:`SquaredHinge`, one value per sample.

    Example:
        >>> squared_hinge([[1.0, -1.0]], [[0.5, 2.0]]).tolist()
        [4.625]
    """
    return per_sample(SquaredHinge(), y_true, y_pred)


class CategoricalHinge(Loss):
    """For one-hot targets: ``max(n - s + 1, 0)``, ``s = sum_i t_i p_i`` the true class's score, ``n = max_i (1 - t_i)
    p_i`` the best of the others.

    Gradient ``(1 - t) m - t`` where the loss is positive, with ``m`` 1 at the largest of the others, shared where
    several are largest.

    Args:
        reduction, name: see :class:`clarinet.losses.Loss`.

    Example:
        >>> CategoricalHinge()([[0.0, 1.0, 0.0]], [[0.5, 1.0, 0.25]])
        0.5
    """

    labels = "signs"

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t = align(y_true, y_pred, xp)
        margin = xp.max((1 - t) * y_pred, axis=-1) - xp.sum(t * y_pred, axis=-1) + 1
        return xp.clip(margin, 0.0, None)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t = align(y_true, y_pred, xp)
        others = (1 - t) * y_pred
        best = xp.max(others, axis=-1, keepdims=True)
        largest = xp.astype(others == best, y_pred.dtype)
        share = largest / xp.sum(largest, axis=-1, keepdims=True)
        positive = best - xp.sum(t * y_pred, axis=-1, keepdims=True) + 1 > 0
        return xp.where(positive, (1 - t) * share - t, xp.zeros_like(t))


def categorical_hinge(y_true: object, y_pred: object) -> Array:
    """:class:`CategoricalHinge`, one value per sample.

    Example:
        >>> categorical_hinge([[0.0, 1.0, 0.0]], [[0.5, 1.0, 0.25]]).tolist()
        [0.5]
    """
    return per_sample(CategoricalHinge(), y_true, y_pred)
