"""Focal cross-entropies: samples that are predicted well count little (Lin et al., ICCV 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clarinet.activations.smooth import logistic, softplus
from clarinet.arrays import EPSILON
from clarinet.configurable import check_flag, check_number
from clarinet.losses.base import per_sample
from clarinet.losses.crossentropy import BinaryTargets, CategoricalTargets, log_softmax
from clarinet.types import Array, Namespace, Scalar

__all__ = [
    "BinaryFocalCrossentropy",
    "CategoricalFocalCrossentropy",
    "binary_focal_crossentropy",
    "categorical_focal_crossentropy",
]


@dataclass(eq=False, repr=False)
class BinaryFocalCrossentropy(BinaryTargets):
    """Mean over the last axis of ``(1 - q)**gamma b``, ``b`` the binary cross-entropy, ``q = t p + (1 - t)(1 - p)``.

    Gradient ``((1 - q)**gamma db/dp - gamma (1 - q)**(gamma - 1) (2 t - 1) b) / k``, ``db/dp = (1 - t) / (1 - p) - t /
    p``; from logits times ``p (1 - p)``. Probabilities are clipped in ``b`` alone, as in Keras; logits are not clipped.

    Args:
        apply_class_balancing: weigh by ``t alpha + (1 - t)(1 - alpha)``; default False.
        alpha: weight of the class 1, in [0, 1]; default 0.25.
        gamma: at least 0; 0 is the plain cross-entropy; default 2.
        from_logits: predictions are logits ``z``, with ``p = sigmoid(z)``; default False.
        label_smoothing: ``s`` in [0, 1] moves targets towards one half, ``t (1 - s) + s / 2``; default 0.
        axis: only -1.
        reduction, name: see :class:`clarinet.losses.Loss`.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> round(BinaryFocalCrossentropy()([[1.0], [0.0]], [[0.5], [0.5]]), 4)
        0.1733
    """

    apply_class_balancing: bool = False
    alpha: float = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        name = type(self).__name__
        check_flag(self.apply_class_balancing, f"{name}: apply_class_balancing")
        check_number(self.alpha, f"{name}: alpha", low=0, high=1)
        check_number(self.gamma, f"{name}: gamma", low=0)

    def _entropy(self, t: Array, y_pred: Array, xp: Namespace) -> tuple[Array, Array]:
        """``p`` and ``b``."""
        if self.from_logits:
            return logistic(y_pred, xp), softplus(y_pred, xp) - t * y_pred
        p = xp.clip(y_pred, EPSILON, 1 - EPSILON)
        return y_pred, -t * xp.log(p) - (1 - t) * xp.log(1 - p)

    def _weight(self, t: Array) -> Scalar:
        return t * self.alpha + (1 - t) * (1 - self.alpha) if self.apply_class_balancing else 1.0

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t = self.targets(y_true, y_pred, xp)
        p, b = self._entropy(t, y_pred, xp)
        miss = 1 - (t * p + (1 - t) * (1 - p))
        return xp.mean(self._weight(t) * miss**self.gamma * b, axis=-1)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t = self.targets(y_true, y_pred, xp)
        p, b = self._entropy(t, y_pred, xp)
        miss = 1 - (t * p + (1 - t) * (1 - p))
        inner = p * (1 - p) if self.from_logits else 1.0
        fading = inner * self.gamma * miss ** (self.gamma - 1) * (2 * t - 1) * b if self.gamma else 0.0
        slope = miss**self.gamma * self._slope(t, p, xp) - fading
        gradient: Array = self._weight(t) * slope * (1 / y_pred.shape[-1])
        return gradient

    def _slope(self, t: Array, p: Array, xp: Namespace) -> Array:
        """``db/dp``, or ``db/dz`` from logits."""
        if self.from_logits:
            return p - t
        clipped = xp.clip(p, EPSILON, 1 - EPSILON)
        slope = (1 - t) / (1 - clipped) - t / clipped
        return xp.where(clipped == p, slope, xp.zeros_like(slope))


def binary_focal_crossentropy(
    y_true: object,
    y_pred: object,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """:class:`BinaryFocalCrossentropy`, one value per sample.

    Example:
        >>> binary_focal_crossentropy([[1.0], [0.0]], [[0.5], [0.5]]).round(4).tolist()
        [0.1733, 0.1733]
    """
    settings = (apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis)
    return per_sample(BinaryFocalCrossentropy(*settings), y_true, y_pred)


def _missing(q: Array, xp: Namespace) -> Array:
    """``1 - q``, and above 0 where ``q`` rounds to 1, so that every power of it is finite."""
    return xp.clip(1 - q, EPSILON, None)


@dataclass(eq=False, repr=False)
class CategoricalFocalCrossentropy(CategoricalTargets):
    """For one-hot targets: ``-sum_i alpha_i (1 - q_i)**gamma t_i log q_i``.

    ``q = p / sum(p)``. Gradient ``(h - q sum_i h_i) / p`` with ``h = alpha t (gamma (1 - q)**(gamma - 1) q log q - (1 -
    q)**gamma)``; from logits ``h - q sum_i h_i``. Probabilities are clipped to [1e-7, 1 - 1e-7], outside ``h = 0``.

    Args:
        alpha: weight of all classes, or a list with one for each; at least 0; default 0.25.
        gamma: at least 0; 0 is the plain cross-entropy; default 2.
        from_logits: predictions are logits ``z``, with ``q = softmax(z)``; default False.
        label_smoothing: ``s`` in [0, 1] moves targets towards equal shares, ``t (1 - s) + s / k``; default 0.
        axis: only -1.
        reduction, name: see :class:`clarinet.losses.Loss`.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> round(CategoricalFocalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]), 4)
        0.0433
    """

    alpha: float | Sequence[float] = 0.25
    gamma: float = 2.0
    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        name = type(self).__name__
        check_number(self.gamma, f"{name}: gamma", low=0)
        if isinstance(self.alpha, (list, tuple, np.ndarray)):
            object.__setattr__(self, "alpha", tuple(check_number(a, f"{name}: alpha", low=0) for a in self.alpha))
        else:
            check_number(self.alpha, f"{name}: alpha", low=0)

    def _shares(self, y_pred: Array, xp: Namespace) -> tuple[Array, Array]:
        """``q`` and ``log q``."""
        if self.from_logits:
            log_q = log_softmax(y_pred, xp)
            return xp.exp(log_q), log_q
        q = xp.clip(y_pred / xp.sum(y_pred, axis=-1, keepdims=True), EPSILON, 1 - EPSILON)
        return q, xp.log(q)

    def _weighted(self, y_true: Array, y_pred: Array, xp: Namespace) -> Array:
        """``alpha t``."""
        t = self.targets(y_true, y_pred, xp)
        return (xp.asarray(self.alpha, dtype=t.dtype) if isinstance(self.alpha, tuple) else self.alpha) * t

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        q, log_q = self._shares(y_pred, xp)
        return -xp.sum(self._weighted(y_true, y_pred, xp) * _missing(q, xp) ** self.gamma * log_q, axis=-1)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        q, log_q = self._shares(y_pred, xp)
        fading = self.gamma * _missing(q, xp) ** (self.gamma - 1) * q * log_q if self.gamma else 0.0
        h = self._weighted(y_true, y_pred, xp) * (fading - _missing(q, xp) ** self.gamma)
        if self.from_logits:
            gradient: Array = h - q * xp.sum(h, axis=-1, keepdims=True)
            return gradient
        total = xp.sum(y_pred, axis=-1, keepdims=True)
        share = y_pred / total
        slope = xp.where(share == q, h / q, xp.zeros_like(h))
        return (slope - xp.sum(slope * share, axis=-1, keepdims=True)) / total


def categorical_focal_crossentropy(
    y_true: object,
    y_pred: object,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """:class:`CategoricalFocalCrossentropy`, one value per sample.

    Example:
        >>> categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4).tolist()
        [0.0433]
    """
    settings = (alpha, gamma, from_logits, label_smoothing, axis)
    return per_sample(CategoricalFocalCrossentropy(*settings), y_true, y_pred)
