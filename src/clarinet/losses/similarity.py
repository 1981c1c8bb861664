"""A loss of embeddings: alike within a class, and unlike between classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet import ops
from clarinet.configurable import check_flag, check_number
from clarinet.losses.base import Loss
from clarinet.types import AnyTensor, Array, Namespace

__all__ = ["Circle", "circle"]

#: What stands for the logarithm of 0: so little that nothing is left of it, and finite, so that gradients are numbers.
_NOTHING = -1e30


@dataclass(eq=False, repr=False)
class Circle(Loss):
    """``softplus(log sum_p exp(gamma a_p (d_p - m)) + log sum_n exp(gamma a_n (1 - m - d_n)))`` for each embedding.

    ``d = max(1 - cosine, 0)`` is its distance to the others of the batch, ``p`` those of its class, ``n`` the rest,
    with weights ``a_p = max(m + d_p, 0)`` and ``a_n = max(1 + m - d_n, 0)``, through which the gradient goes as
    well, as in Keras. Embeddings that have nothing on one of the sides have a loss of 0, and do not count in the
    mean. (Sun et al., CVPR 2020.) It is made of operations, which derive themselves, and runs on the reference engine.

    Targets are class ids (n,), predictions embeddings (n, k) of length 1 (see ``UnitNormalization``).

    Args:
        gamma: scale; above 0; default 80.
        margin: ``m``, in [0, 1]; default 0.4.
        remove_diagonal: an embedding is not one of its own class; default True.
        reduction, name: see :class:`clarinet.losses.Loss`.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> round(Circle(gamma=2.0)([0, 0, 1], [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]), 4)
        0.915
    """

    labels = "any"
    encoded_for = Loss.encoded_for

    gamma: float = 80.0
    margin: float = 0.4
    remove_diagonal: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self.gamma, "Circle: gamma", low=0)
        check_number(self.margin, "Circle: margin", low=0, high=1)
        check_flag(self.remove_diagonal, "Circle: remove_diagonal")

    @property
    def selective(self) -> bool:
        return True

    def valid(self, y_true: Array, values: Array, xp: Namespace = np) -> Array:
        return values > 0

    def call(self, y_true: object, y_pred: object) -> object:
        return circle(y_true, y_pred, remove_diagonal=self.remove_diagonal, gamma=self.gamma, margin=self.margin)


def circle(
    y_true: object,
    y_pred: object,
    ref_labels: object = None,
    ref_embeddings: object = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> AnyTensor:
    """:class:`Circle`, one value per embedding.

    Args:
        y_true: class ids (n,) or (n, 1).
        y_pred: embeddings (n, k) of length 1.
        ref_labels, ref_embeddings: class ids and embeddings that they are compared with; default the same.
        remove_diagonal, gamma, margin: as for the class.

    Example:
        >>> values = circle([0, 0], [[1.0, 0.0], [0.6, 0.8]], [0, 1], [[1.0, 0.0], [0.0, 1.0]], False, 2.0)
        >>> [round(float(value), 4) for value in values]
        [0.4235, 1.2842]
    """
    labels, x = ops.reshape(ops.cast(y_true, "int32"), (-1, 1)), ops.convert_to_tensor(y_pred)
    others = labels if ref_labels is None else ops.reshape(ops.cast(ref_labels, "int32"), (-1, 1))
    embeddings = x if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings)
    distance = ops.maximum(ops.subtract(1.0, ops.matmul(x, ops.transpose(embeddings))), 0.0)
    same = ops.equal(labels, ops.transpose(others))
    unlike = ops.logical_not(same)
    if remove_diagonal:
        row = ops.cumsum(ops.ones_like(labels), axis=0)
        column = ops.cumsum(ops.ones_like(others), axis=0)
        same = ops.logical_and(same, ops.not_equal(row, ops.transpose(column)))
    near = ops.multiply(ops.maximum(distance + margin, 0.0), distance - margin)
    far = ops.multiply(ops.maximum(1.0 + margin - distance, 0.0), 1.0 - margin - distance)
    sums = [
        ops.logsumexp(ops.where(mask, ops.multiply(side, gamma), _NOTHING), axis=1)
        for mask, side in ((same, near), (unlike, far))
    ]
    return ops.softplus(ops.add(*sums))
