"""Layers that scale a table's features and its target."""

from __future__ import annotations

import numpy as np

from clarinet import layers
from clarinet.datasets.coding import TableCoding
from clarinet.types import Array

#: Beside variances, so that columns of numbers such as 1e-9 are scaled as all others are.
EPSILON = 1e-30
#: What differs by less, as a part of its size, is the same in float32.
_LEAST_SPREAD = 1e-7


def standardised() -> layers.Layer:
    """A layer that scales a table's columns to mean 0 and variance 1; frozen, so it keeps these statistics."""
    return layers.BatchNormalization(center=False, scale=False, epsilon=EPSILON, trainable=False, name="standardise")


def statistics(x: Array, table: TableCoding) -> list[Array]:
    """Means and variances of the features; the words of a column of sentences share one variance and have no mean, so
    that rare ones do not become large. A feature that never differs is left as large as it is: a category that only
    new rows hold."""
    mean, variance = moments(x)
    begin = 0
    for column in table.columns:
        end = begin + len(column.features)
        if column.together:
            mean[begin:end], variance[begin:end] = 0, variance[begin:end].mean()
        begin = end
    return [mean, variance]


def moments(x: Array) -> list[Array]:
    """Means and variances of columns, float32; 1 of a column that is the same in every row.

    Example:
        >>> [each.tolist() for each in moments(np.array([[0.0, 5.0], [2.0, 5.0]]))]
        [[1.0, 5.0], [1.0, 1.0]]
    """
    mean, variance = x.mean(axis=0, dtype=np.float64), x.var(axis=0, dtype=np.float64)
    variance[variance <= (_LEAST_SPREAD * mean) ** 2] = 1
    limits = np.finfo(np.float32)
    return [mean.astype(np.float32), np.clip(variance, limits.tiny, limits.max).astype(np.float32)]


def unscaled(mean: float, scale: float) -> layers.Layer:
    """Lets the network predict numbers near 0 and puts the target's own range back on them."""
    return layers.Rescaling(scale, mean, name="units_of_the_target")
