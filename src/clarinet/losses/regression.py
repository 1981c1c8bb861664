"""Losses for numbers: ``e = p - t`` is the error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.arrays import EPSILON
from clarinet.configurable import check_number
from clarinet.losses.base import Loss, align, check_last_axis, per_sample
from clarinet.types import Array, Namespace

__all__ = [
    "CosineSimilarity",
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "cosine_similarity",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
]


class MeanSquaredError(Loss):
    """Mean over the last axis of ``(p - t)**2``; gradient ``2 (p - t) / k``.

    Args:
        reduction, name: see :class:`Loss`.

    Example:
        >>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 1.0]])
        0.5
    """

    of_difference = True

    likelihood = "normal"

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        error = y_pred - align(y_true, y_pred, xp)
        return xp.mean(error * error, axis=-1)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        gradient: Array = (y_pred - align(y_true, y_pred, xp)) * (2 / y_pred.shape[-1])
        return gradient


def mean_squared_error(y_true: object, y_pred: object) -> Array:
    """Mean over the last axis of ``(y_pred - y_true)**2``, one value per sample.

    Example:
        >>> mean_squared_error([[0.0, 1.0]], [[1.0, 1.0]]).tolist()
        [0.5]
    """
    return per_sample(MeanSquaredError(), y_true, y_pred)


class MeanAbsoluteError(Loss):
    """Mean over the last axis of ``|p - t|``; gradient ``sign(p - t) / k``, 0 where they are equal.

    Args:
        reduction, name: see :class:`Loss`.

    Example:
        >>> MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]])
        1.0
    """

    of_difference = True

    likelihood = "laplace"

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return xp.mean(xp.abs(y_pred - align(y_true, y_pred, xp)), axis=-1)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        gradient: Array = xp.sign(y_pred - align(y_true, y_pred, xp)) * (1 / y_pred.shape[-1])
        return gradient


def mean_absolute_error(y_true: object, y_pred: object) -> Array:
    """Mean over the last axis of ``|y_pred - y_true|``, one value per sample.

    Example:
        >>> mean_absolute_error([[0.0, 1.0]], [[1.0, 1.0]]).tolist()
        [0.5]
    """
    return per_sample(MeanAbsoluteError(), y_true, y_pred)


class MeanAbsolutePercentageError(Loss):
    """Mean over the last axis of ``100 |e| / max(|t|, 1e-7)``; gradient ``100 sign(e) / max(|t|, 1e-7) / k``.

    Targets near 0 make it huge; targets should stay away from 0.

    Args:
        reduction, name: see :class:`Loss`.

    Example:
        >>> MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 5.0]])
        37.5
    """

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t = align(y_true, y_pred, xp)
        return 100 * xp.mean(xp.abs(y_pred - t) / xp.clip(xp.abs(t), EPSILON, None), axis=-1)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t = align(y_true, y_pred, xp)
        gradient: Array = xp.sign(y_pred - t) / xp.clip(xp.abs(t), EPSILON, None) * (100 / y_pred.shape[-1])
        return gradient


def mean_absolute_percentage_error(y_true: object, y_pred: object) -> Array:
    """:class:`MeanAbsolutePercentageError`, one value per sample.

    Example:
        >>> mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 5.0]]).tolist()
        [37.5]
    """
    return per_sample(MeanAbsolutePercentageError(), y_true, y_pred)


class MeanSquaredLogarithmicError(Loss):
    """Mean over the last axis of ``(log(1 + p) - log(1 + t))**2``, for numbers that are not negative.

    Gradient ``2 (log(1 + p) - log(1 + t)) / (1 + p) / k``. Numbers below 1e-7 count as 1e-7, as in Keras; there the
    gradient is 0.

    Args:
        reduction, name: see :class:`Loss`.

    Example:
        >>> round(MeanSquaredLogarithmicError()([[0.0, 3.0]], [[1.0, 3.0]]), 4)
        0.2402
    """

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        error = self._logarithms(y_true, y_pred, xp)
        return xp.mean(error * error, axis=-1)

    def _logarithms(self, y_true: Array, y_pred: Array, xp: Namespace) -> Array:
        t = align(y_true, y_pred, xp)
        return xp.log1p(xp.clip(y_pred, EPSILON, None)) - xp.log1p(xp.clip(t, EPSILON, None))

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        slope = self._logarithms(y_true, y_pred, xp) / (1 + xp.clip(y_pred, EPSILON, None)) * (2 / y_pred.shape[-1])
        return xp.where(y_pred > EPSILON, slope, xp.zeros_like(slope))


def mean_squared_logarithmic_error(y_true: object, y_pred: object) -> Array:
    """:class:`MeanSquaredLogarithmicError`, one value per sample.

    Example:
        >>> mean_squared_logarithmic_error([[0.0, 3.0]], [[1.0, 3.0]]).round(4).tolist()
        [0.2402]
    """
    return per_sample(MeanSquaredLogarithmicError(), y_true, y_pred)


@dataclass(eq=False, repr=False)
class Huber(Loss):
    """Squares for small errors, lines for large ones, which outliers cannot dominate.

    Mean over the last axis of ``e**2 / 2`` where ``|e| <= delta``, else ``delta |e| - delta**2 / 2``; gradient
    ``clip(e, -delta, delta) / k``. (Huber, Annals of Mathematical Statistics 35, 1964.)

    Args:
        delta: where the line begins, at least 0; default 1.
        reduction, name: see :class:`Loss`.

    Raises:
        TypeError, ValueError: ``delta`` is not a number of at least 0.

    Example:
        >>> Huber()([[0.0, 0.0]], [[1.0, 3.0]])
        1.5
    """

    of_difference = True

    delta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self.delta, "Huber: delta", low=0)

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        error = y_pred - align(y_true, y_pred, xp)
        size = xp.abs(error)
        line = self.delta * size - 0.5 * self.delta**2
        return xp.mean(xp.where(size <= self.delta, 0.5 * error * error, line), axis=-1)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        error = y_pred - align(y_true, y_pred, xp)
        gradient: Array = xp.clip(error, -self.delta, self.delta) * (1 / y_pred.shape[-1])
        return gradient


def huber(y_true: object, y_pred: object, delta: float = 1.0) -> Array:
    """:class:`Huber`, one value per sample.

    Example:
        >>> huber([[0.0, 0.0]], [[1.0, 3.0]]).tolist()
        [1.5]
    """
    return per_sample(Huber(delta), y_true, y_pred)


class LogCosh(Loss):
    """Mean over the last axis of ``log(cosh(e))``: ``e**2 / 2`` for small errors, ``|e| - log 2`` for large ones.

    Gradient ``tanh(e) / k``.

    Args:
        reduction, name: see :class:`Loss`.

    Example:
        >>> round(LogCosh()([[0.0, 0.0]], [[0.0, 1.0]]), 4)
        0.2169
    """

    of_difference = True

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        size = xp.abs(y_pred - align(y_true, y_pred, xp))  # log cosh e = |e| + log(1 + exp(-2 |e|)) - log 2
        return xp.mean(size + xp.log1p(xp.exp(-2 * size)) - 0.6931471805599453, axis=-1)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        gradient: Array = xp.tanh(y_pred - align(y_true, y_pred, xp)) * (1 / y_pred.shape[-1])
        return gradient


def log_cosh(y_true: object, y_pred: object) -> Array:
    """:class:`LogCosh`, one value per sample.

    Example:
        >>> log_cosh([[0.0, 0.0]], [[0.0, 1.0]]).round(4).tolist()
        [0.2169]
    """
    return per_sample(LogCosh(), y_true, y_pred)


@dataclass(eq=False, repr=False)
class CosineSimilarity(Loss):
    """Minus the cosine of the angle between prediction and target: -1 same direction, 1 opposite.

    ``l = -sum_i u_i v_i`` with ``u = t / |t|``, ``v = p / |p|``; gradient ``(v sum_i u_i v_i - u) / |p|``. Lengths
    below 1e-7 count as 1e-7.

    Args:
        axis: only -1.
        reduction, name: see :class:`Loss`.

    Raises:
        ValueError: another axis.

    Example:
        >>> round(CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]), 4)
        -0.5
    """

    axis: int = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_last_axis(self, self.axis)

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        u, v, _ = self._directions(y_true, y_pred, xp)
        return -xp.sum(u * v, axis=-1)

    def _directions(self, y_true: Array, y_pred: Array, xp: Namespace) -> tuple[Array, Array, Array]:
        """``u``, ``v`` and the length of ``p``."""
        t = align(y_true, y_pred, xp)
        lengths = [xp.sqrt(xp.sum(a * a, axis=-1, keepdims=True)) for a in (t, y_pred)]
        long, length = (xp.clip(n, EPSILON, None) for n in lengths)
        return t / long, y_pred / length, length

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        u, v, length = self._directions(y_true, y_pred, xp)
        slope = v * xp.sum(u * v, axis=-1, keepdims=True)
        return (xp.where(length > EPSILON, slope, xp.zeros_like(slope)) - u) / length


def cosine_similarity(y_true: object, y_pred: object, axis: int = -1) -> Array:
    """:class:`CosineSimilarity`, one value per sample: minus the cosine, as in Keras.

    Example:
        >>> cosine_similarity([[0.0, 1.0]], [[0.0, 2.0]]).tolist()
        [-1.0]
    """
    return per_sample(CosineSimilarity(axis), y_true, y_pred)
