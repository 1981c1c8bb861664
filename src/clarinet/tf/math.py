"""``tf.math``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases, ops
from clarinet.names import public
from clarinet.tf.adapting import functions
from clarinet.tf.arrays import argmax, argmin
from clarinet.tf.nn import l2_normalize
from clarinet.tf.tables import BOTH, MATH
from clarinet.types import AnyTensor, Axes, DTypeArg, TensorLike

__all__ = [
    "argmax",
    "argmin",
    "confusion_matrix",
    "l2_normalize",
    "multiply_no_nan",
    "reduce_euclidean_norm",
    "squared_difference",
]
__all__ += list(BOTH) + list(MATH)


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
    globals().update(functions(BOTH | MATH))


def confusion_matrix(
    labels: TensorLike,
    predictions: TensorLike,
    num_classes: int | None = None,
    weights: TensorLike = None,
    dtype: DTypeArg = "int32",
    name: object = None,
) -> AnyTensor:
    """How often each class, a row, was taken for each, a column.

    Args:
        labels, predictions: class ids.
        num_classes: default the largest id plus 1.
        weights: of the samples; default 1.
        dtype: of the result.

    Example:
        >>> confusion_matrix([0, 1, 1], [0, 1, 0]).tolist()
        [[1, 0], [1, 1]]
    """
    rows, columns = np.asarray(labels).ravel().astype(int), np.asarray(predictions).ravel().astype(int)
    classes = int(max(rows.max(initial=-1), columns.max(initial=-1)) + 1 if num_classes is None else num_classes)
    counts = np.zeros((classes, classes))
    np.add.at(counts, (rows, columns), 1 if weights is None else np.asarray(weights).ravel())
    return ops.convert_to_tensor(counts, dtype)


def squared_difference(x: TensorLike, y: TensorLike, name: object = None) -> AnyTensor:
    """``(x - y)**2``."""
    return ops.square(ops.subtract(x, y))


def multiply_no_nan(x: TensorLike, y: TensorLike, name: object = None) -> AnyTensor:
    """``x y``, and 0 where ``y`` is 0, whatever ``x`` is."""
    zero = ops.equal(y, 0)
    return ops.where(zero, 0.0, ops.multiply(ops.where(zero, 0.0, x), y))


def reduce_euclidean_norm(
    input_tensor: TensorLike, axis: Axes = None, keepdims: bool = False, name: object = None
) -> AnyTensor:
    """The square root of the sum of the squares."""
    return ops.sqrt(ops.sum(ops.square(input_tensor), axis, keepdims))
