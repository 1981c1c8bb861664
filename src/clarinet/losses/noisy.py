"""A cross-entropy for labels of which some are wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.configurable import check_number
from clarinet.losses.base import Loss, class_ids, per_sample
from clarinet.types import Array, Namespace

__all__ = ["CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy"]

#: Below it a probability counts as this in the slope, which has no limit at 0.
_LEAST = 1e-7


@dataclass(eq=False, repr=False)
class CategoricalGeneralizedCrossEntropy(Loss):
    """For class ids of which some are wrong: ``(1 - p_t**q) / q``, from the cross-entropy (``q`` near 0) to the mean
    absolute error (``q`` near 1), which learns less of a label that surprises it.

    Gradient ``-p_t**(q - 1)`` at the class of the label, ``p_t`` being at least 1e-7 there. Predictions are
    probabilities of shape (n, …, classes). (Zhang and Sabuncu, NeurIPS 2018.)

    Args:
        q: above 0 and below 1; default 0.5.
        reduction, name: see :class:`clarinet.losses.Loss`.

    Raises:
        TypeError, ValueError: ``q`` out of range.

    Example:
        >>> CategoricalGeneralizedCrossEntropy(q=0.5)([1], [[0.75, 0.25]])
        1.0
    """

    labels = "ids"

    q: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if check_number(self.q, "CategoricalGeneralizedCrossEntropy: q", low=0, below=1) == 0:
            raise ValueError(
                "CategoricalGeneralizedCrossEntropy: q is above 0, received 0; there it is "
                "SparseCategoricalCrossentropy()"
            )

    def _hot(self, y_true: Array, y_pred: Array, xp: Namespace) -> Array:
        """Where the class of the label is, as truth values."""
        ids = xp.astype(class_ids(y_true, y_pred, xp), xp.int32)
        hot: Array = ids[..., None] == xp.arange(y_pred.shape[-1], dtype=xp.int32)
        return hot

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        hot = self._hot(y_true, y_pred, xp)
        p = xp.sum(xp.where(hot, y_pred, xp.zeros_like(y_pred)), axis=-1)
        found: Array = (1 - p**self.q) / self.q
        return found

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        slope = -(xp.clip(y_pred, _LEAST, None) ** (self.q - 1))
        return xp.where(self._hot(y_true, y_pred, xp), slope, xp.zeros_like(y_pred))


def categorical_generalized_cross_entropy(y_true: object, y_pred: object, q: float) -> Array:
    """:class:`CategoricalGeneralizedCrossEntropy`, one value per sample.

    Example:
        >>> categorical_generalized_cross_entropy([1], [[0.75, 0.25]], 0.5).tolist()
        [1.0]
    """
    return per_sample(CategoricalGeneralizedCrossEntropy(q), y_true, y_pred)
