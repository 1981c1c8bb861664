"""Pairs of inputs and weights in one weighted sum of a dense or convolutional layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from clarinet.glass.records import LayerTrace
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.layers.convolution import Convolution

Index = tuple[int, ...]


class Meeting(NamedTuple):
    """One term of a weighted sum: where the input is in a row, and where the weight is in the kernel."""

    at: Index
    weight: Index


def meetings(layer: LayerTrace, unit: Index) -> list[Meeting]:
    """The terms of ``z[unit]``, without the bias; padding, whose terms are zero, is left out."""
    return MEETINGS[layer.layer.weighted_sum](layer, unit)


def _on_last_axis(layer: LayerTrace, unit: Index) -> list[Meeting]:
    *place, own = unit
    return [Meeting((*place, i), (i, own)) for i in range(layer.input.shape[-1])]


def _in_window(trace: LayerTrace, unit: Index) -> list[Meeting]:
    layer = cast("Convolution", trace.layer)
    *place, channel = unit
    *spatial, channels = trace.input.shape[1:]
    found = []
    for offset, at in layer.reads(tuple(place), tuple(spatial)):
        found += [Meeting((*at, c), (*offset, *w)) for c, w in layer.seen_by(channel, channels)]
    return found


#: Weighted sums that can be written out, by the layers' ``weighted_sum``.
MEETINGS: dict[str, Callable[[LayerTrace, Index], list[Meeting]]] = {"dense": _on_last_axis, "window": _in_window}


def products(layer: LayerTrace, row: int, terms: list[Meeting], kernel: Array) -> Array:
    """The numbers of the terms, in float64."""
    x, w = np.asarray(layer.x[row], np.float64), np.asarray(kernel, np.float64)
    return np.array([x[t.at] * w[t.weight] for t in terms])
