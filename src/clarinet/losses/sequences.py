"""A loss of sequences whose labels have no place in time."""

from __future__ import annotations

from typing import cast

from clarinet import ops
from clarinet.losses.base import Loss, per_sample
from clarinet.types import AnyTensor, Array

__all__ = ["CTC", "ctc"]


class CTC(Loss):
    """``-log p(labels)``, the sum over all ways to say the labels in the given steps, with blanks and repetitions
    between: connectionist temporal classification (Graves et al., ICML 2006).

    Targets are whole numbers of shape (n, labels), filled up with 0, which stands for the blank and is no label.
    Predictions are logits of shape (n, steps, classes). It is made of operations, which derive themselves; for targets
    and lengths of one's own there is :func:`clarinet.ops.ctc_loss`.

    Args:
        reduction, name: see :class:`clarinet.losses.Loss`.

    Example:
        >>> import numpy as np
        >>> round(CTC()([[1]], np.zeros((1, 2, 2), np.float32)), 4)  # three of four ways say "1"
        0.2877
    """

    labels = "any"
    encoded_for = Loss.encoded_for

    def call(self, y_true: object, y_pred: object) -> object:
        labels, logits = ops.cast(y_true, "int32"), cast(AnyTensor, y_pred)
        length = ops.sum(ops.cast(ops.not_equal(labels, 0), "int32"), axis=-1)
        return ops.ctc_loss(labels, logits, length, ops.full_like(length, ops.shape(logits)[1]))


def ctc(y_true: object, y_pred: object) -> Array:
    """:class:`CTC`, one value per sample.

    Example:
        >>> import numpy as np
        >>> [round(float(value), 4) for value in ctc([[1]], np.zeros((1, 2, 2), np.float32))]
        [0.2877]
    """
    return per_sample(CTC(), y_true, y_pred)
