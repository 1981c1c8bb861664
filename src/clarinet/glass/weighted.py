"""Which inputs meet which weights in one weighted sum of a dense or convolutional layer."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from clarinet.glass.records import LayerTrace
from clarinet.layers import Dense, DepthwiseConv2D
from clarinet.layers.convolution import Convolution
from clarinet.layers.geometry import margins
from clarinet.params import Array

Index = tuple[int, ...]


class Meeting(NamedTuple):
    """One term of a weighted sum: where the input is in a row, and where the weight is in the kernel."""

    at: Index
    weight: Index


def meetings(layer: LayerTrace, unit: Index) -> list[Meeting]:
    """The terms of ``z[unit]``, without the bias; padding, whose terms are zero, is left out."""
    if isinstance(layer.layer, Dense):
        *place, own = unit
        return [Meeting((*place, i), (i, own)) for i in range(layer.x.shape[-1])]
    assert isinstance(layer.layer, Convolution)
    return _in_window(layer.layer, layer.x.shape[1:], layer.weights["kernel"].value, unit)


def _in_window(layer: Convolution, shape: Index, kernel: Array, unit: Index) -> list[Meeting]:
    *place, channel = unit
    spatial, channels = shape[:-1], shape[-1]
    edges = margins(spatial, layer.kernel_size, layer.strides, layer.dilation_rate, layer.padding)
    found = []
    for offset in product(*map(range, layer.kernel_size)):
        at = tuple(
            p * stride + o * dilation - before
            for p, o, stride, dilation, (before, _) in zip(
                place, offset, layer.strides, layer.dilation_rate, edges, strict=True
            )
        )
        if all(0 <= a < size for a, size in zip(at, spatial, strict=True)):
            found += [Meeting((*at, c), (*offset, *w)) for c, w in _channels(layer, channels, kernel.shape, channel)]
    return found


def _channels(layer: Convolution, channels: int, kernel: Index, channel: int) -> list[tuple[int, Index]]:
    """Input channels that an output channel looks at, each with the last two places of its weight."""
    groups = layer.groups_of(channels)
    if isinstance(layer, DepthwiseConv2D):
        return [(channel // kernel[-1], (channel // kernel[-1], channel % kernel[-1]))]
    each = channels // groups
    first = channel // (kernel[-1] // groups) * each
    return [(first + i, (i, channel)) for i in range(each)]


def products(layer: LayerTrace, row: int, terms: list[Meeting], kernel: Array) -> Array:
    """The numbers of the terms, in float64."""
    x, w = np.asarray(layer.x[row], np.float64), np.asarray(kernel, np.float64)
    return np.array([x[t.at] * w[t.weight] for t in terms])
