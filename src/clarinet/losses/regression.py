"""Losses for numbers, and the wrapper for a Python function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from clarinet.losses.base import Loss, align
from clarinet.params import Array


@dataclass(eq=False, repr=False)
class MeanSquaredError(Loss):
    """Mean over the last axis of ``(p - t)**2``; gradient ``2 (p - t) / k``.

    Args:
        reduction, name: see :class:`Loss`.

    Example:
        >>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 1.0]])
        0.5
    """

    def values(self, y_true: Array, y_pred: Array, xp: Any = np) -> Array:
        error = y_pred - align(y_true, y_pred, xp)
        return xp.mean(error * error, axis=-1)  # type: ignore[no-any-return]

    def gradient(self, y_true: Array, y_pred: Array, xp: Any = np) -> Array:
        return (y_pred - align(y_true, y_pred, xp)) * (2 / y_pred.shape[-1])  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class MeanAbsoluteError(Loss):
    """Mean over the last axis of ``|p - t|``; gradient ``sign(p - t) / k``, 0 where they are equal.

    Args:
        reduction, name: see :class:`Loss`.

    Example:
        >>> MeanAbsoluteError()([[0.0, 1.0]], [[2.0, 1.0]])
        1.0
    """

    def values(self, y_true: Array, y_pred: Array, xp: Any = np) -> Array:
        return xp.mean(xp.abs(y_pred - align(y_true, y_pred, xp)), axis=-1)  # type: ignore[no-any-return]

    def gradient(self, y_true: Array, y_pred: Array, xp: Any = np) -> Array:
        return xp.sign(y_pred - align(y_true, y_pred, xp)) * (1 / y_pred.shape[-1])  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class Custom(Loss):
    """A Python function with its gradient; runs on the reference engine.

    Args:
        function: ``values = function(y_true, y_pred)``, one per sample, shape ``y_pred.shape[:-1]``.
        derivative: the derivative of each value at ``y_pred``, of its shape.
        reduction, name: see :class:`Loss`.

    Example:
        >>> import numpy as np
        >>> quartic = Custom(lambda t, p: np.mean((p - t) ** 4, axis=-1), lambda t, p: 4 * (p - t) ** 3 / p.shape[-1])
        >>> quartic([[0.0]], [[2.0]])
        16.0
    """

    function: Callable[[Array, Array], Array]
    derivative: Callable[[Array, Array], Array]

    def values(self, y_true: Array, y_pred: Array, xp: Any = np) -> Array:
        return self.function(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array, xp: Any = np) -> Array:
        return self.derivative(y_true, y_pred)
