"""Losses of how much a predicted region and the true one have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from clarinet import ops
from clarinet.arrays import EPSILON
from clarinet.configurable import check_number, check_whole
from clarinet.losses.base import Loss, per_sample
from clarinet.types import AnyTensor, Array

__all__ = ["Dice", "Tversky", "dice", "tversky"]

#: The axes that are summed over: one, several, or None for all.
Axis = int | Sequence[int] | None


@dataclass(eq=False, repr=False)
class Tversky(Loss):
    """``1 - i / (i + alpha m + beta a)``: ``i = sum(t p)`` is what both have, ``m = sum(t (1 - p))`` what is missed,
    ``a = sum(p (1 - t))`` what is added; 0 where the region is found exactly.

    The sums go over ``axis``. (Salehi, Erdogmus, Gholipour, MLMI 2017.) It is made of operations, which derive
    themselves.

    Args:
        alpha: weight of what is missed; at least 0; default 0.5. As in Keras, whose words say the opposite.
        beta: weight of what is added; at least 0; default 0.5. With both 0.5 it is :class:`Dice`.
        axis: of targets and predictions, with the batch as axis 0; default None, all: one number for the whole batch.
            ``(1, 2, 3)`` gives one for each picture, which is what sample weights need.
        reduction, name: see :class:`clarinet.losses.Loss`.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> round(Tversky(alpha=0.3, beta=0.7)([[1.0, 0.0]], [[0.5, 0.5]]), 4)
        0.5
    """

    labels = "any"
    encoded_for = Loss.encoded_for

    alpha: float = 0.5
    beta: float = 0.5
    axis: Axis = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self.alpha, "Tversky: alpha", low=0)
        check_number(self.beta, "Tversky: beta", low=0)
        object.__setattr__(self, "axis", _axes(self.axis, "Tversky"))

    def joins_rows(self, axes: int) -> bool:
        return _joins_rows(self.axis, axes)

    def call(self, y_true: object, y_pred: object) -> object:
        t, p = cast(AnyTensor, y_true), cast(AnyTensor, y_pred)
        both, missed, added = (ops.sum(part, axis=self.axis) for part in (t * p, t * (1 - p), p * (1 - t)))
        return 1 - both / (both + self.alpha * missed + self.beta * added + EPSILON)


@dataclass(eq=False, repr=False)
class Dice(Loss):
    """``1 - 2 sum(t p) / (sum(t) + sum(p))``: 0 where the region is found exactly, 1 where nothing of it is.

    The sums go over ``axis``. (Milletari, Navab, Ahmadi, 3DV 2016.) It is made of operations, which derive themselves.

    Args:
        axis: as for :class:`Tversky`.
        reduction, name: see :class:`clarinet.losses.Loss`.

    Raises:
        TypeError: an axis that is no whole number.

    Example:
        >>> round(Dice()([[1.0, 0.0]], [[0.5, 0.5]]), 4)
        0.5
    """

    labels = "any"
    encoded_for = Loss.encoded_for

    axis: Axis = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "axis", _axes(self.axis, "Dice"))

    def joins_rows(self, axes: int) -> bool:
        return _joins_rows(self.axis, axes)

    def call(self, y_true: object, y_pred: object) -> object:
        t, p = cast(AnyTensor, y_true), cast(AnyTensor, y_pred)
        both, true, predicted = (ops.sum(part, axis=self.axis) for part in (t * p, t, p))
        return 1 - 2 * both / (true + predicted + EPSILON)


def _axes(axis: Axis, kind: str) -> Axis:
    """Axes as numbers and lists of them, which files can hold."""
    if axis is None or isinstance(axis, int):
        return axis
    return tuple(check_whole(one, f"{kind}: axis") for one in axis)


def _joins_rows(axis: Axis, axes: int) -> bool:
    """Whether axis 0, the batch's, is summed over."""
    summed = (0,) if axis is None else (axis,) if isinstance(axis, int) else axis
    return any(one in (0, -axes) for one in summed)


def dice(y_true: object, y_pred: object, axis: Axis = None) -> Array:
    """:class:`Dice`, one value for each place along the other axes; one number for all without ``axis``.

    Example:
        >>> dice([[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.0, 1.0]], axis=1).round(4).tolist()
        [0.5, 0.0]
    """
    return per_sample(Dice(axis), y_true, y_pred)


def tversky(y_true: object, y_pred: object, alpha: float = 0.5, beta: float = 0.5, axis: Axis = None) -> Array:
    """:class:`Tversky`, one value for each place along the other axes; one number for all without ``axis``.

    Example:
        >>> tversky([[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.0, 1.0]], axis=1).round(4).tolist()
        [0.5, 0.0]
    """
    return per_sample(Tversky(alpha, beta, axis), y_true, y_pred)
