"""Layers that scale a table's features and its target."""

from __future__ import annotations

from clarinet import layers
from clarinet.datasets.coding import TableCoding
from clarinet.types import Array


def standardised() -> layers.Layer:
    """A layer that scales a table's columns to mean 0 and variance 1; frozen, so it keeps these statistics."""
    return layers.BatchNormalization(center=False, scale=False, epsilon=1e-7, trainable=False, name="standardise")


def statistics(x: Array, table: TableCoding) -> list[Array]:
    """Means and variances of the features; the words of a column of sentences share one variance and have no mean, so
    that rare ones do not become large. A feature that never differs is left as large as it is: a category that only
    new rows hold."""
    mean, variance = x.mean(axis=0), x.var(axis=0)
    variance[variance == 0] = 1
    begin = 0
    for column in table.columns:
        end = begin + len(column.features)
        if column.together:
            mean[begin:end], variance[begin:end] = 0, variance[begin:end].mean()
        begin = end
    return [mean, variance]


def unscaled(mean: float, scale: float) -> layers.Layer:
    """Lets the network predict numbers near 0 and puts the target's own range back on them."""
    return layers.Rescaling(scale, mean, name="units_of_the_target")
