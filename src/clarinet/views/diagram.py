"""Positions of the circles and lines of a network's drawing: plain numbers, without a canvas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from clarinet.graph import same_tensors
from clarinet.layers.base import Layer
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Units of a layer that are drawn; of larger layers the first and the last.
MOST_UNITS = 10
#: Distance of two columns in distances of two units, at least; as a share of the tallest column; of two blocks.
_APART, _SLOPE, _BLOCKS = 2.8, 0.55, 2.8


class Node(NamedTuple):
    """A circle.

    Attributes:
        column: from 0, the input.
        unit: index in the column's flattened values.
        x, y: its centre; units of a column are 1 apart, y grows upwards and is 0 in the middle.
    """

    column: int
    unit: int
    x: float
    y: float


class Edge(NamedTuple):
    """A line between two circles and its weight."""

    source: Node
    target: Node
    weight: float


@dataclass(frozen=True)
class Column:
    """The output values of one or several layers.

    Attributes:
        title: ``"input"``, or the layers' names.
        size, shape: how many values there are, and how the first of the layers arranges them.
        layer: number of the last layer whose values these are, in the order in which they follow; -1 for the input.
        x: its position.
        nodes: the circles that are drawn; none where the column is a block, such as a convolution's.
        gap: y of the mark for those left out; None where all are drawn.
    """

    title: str
    size: int
    shape: tuple[int, ...]
    layer: int
    x: float
    nodes: tuple[Node, ...]
    gap: float | None

    @property
    def left_out(self) -> int:
        """How many values have no circle."""
        return self.size - len(self.nodes)


@dataclass(frozen=True)
class Diagram:
    """A network as columns of circles, the input first, and the lines between them."""

    columns: tuple[Column, ...]
    edges: tuple[Edge, ...]

    @property
    def height(self) -> float:
        """Of the tallest column."""
        return max(max((abs(node.y) for node in c.nodes), default=1.0) for c in self.columns) * 2 + 1


class _Stage(NamedTuple):
    title: str
    shape: tuple[int, ...]
    layer: int
    units: bool
    kernel: Array | None


def arrange(model: Trainable, most: int = MOST_UNITS, chosen: Mapping[str, Sequence[int]] | None = None) -> Diagram:
    """The drawing of a built model.

    Dense layers become columns of circles, with a line for every weight between circles that are drawn. A layer that
    has one output for each input, such as ``Dropout`` or ``Flatten``, joins the column before it. Others, such as
    convolutions, become blocks.

    Args:
        model: built.
        most: how many circles a column has at most.
        chosen: units to draw of a column with more, by its first title; default the first and the last.

    Example:
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(3), clarinet.layers.Dense(1)])
        >>> diagram = arrange(model)
        >>> [len(column.nodes) for column in diagram.columns], len(diagram.edges)
        ([2, 3, 1], 9)
    """
    stages = _stages(model)
    tallest = max(min(prod(s.shape), most) if s.units else 1 for s in stages)
    steps = [max(_APART, _SLOPE * tallest) if stage.kernel is not None else _BLOCKS for stage in stages[1:]]
    places = [0.0, *accumulate(steps)]
    columns = tuple(
        _column(number, stage, places[number], most, (chosen or {}).get(stage.title.split("\n")[0]))
        for number, stage in enumerate(stages)
    )
    edges = [
        Edge(source, target, float(stage.kernel[source.unit, target.unit]))
        for number, stage in enumerate(stages)
        if stage.kernel is not None
        for target in columns[number].nodes
        for source in columns[number - 1].nodes
    ]
    return Diagram(columns, tuple(edges))


def is_chain(model: Trainable) -> bool:
    """Whether each layer takes what the one before gives, and all are single layers."""
    (before, *others), outputs = model.network.inputs, model.network.outputs
    for node in model.network.nodes:
        if (
            others
            or not same_tensors(node.inputs, (before,))
            or len(node.outputs) != 1
            or not isinstance(node.operator, Layer)
        ):
            return False
        if node.operator.is_authored or node.operator.merges:
            return False
        (before,) = node.outputs
    return same_tensors(outputs, (before,))


def in_line(model: Trainable) -> list[Layer]:
    """The layers of a chain, one after another."""
    return [cast(Layer, node.operator) for node in model.network.nodes]


def _stages(model: Trainable) -> list[_Stage]:
    shape = model.sample_shape
    assert shape is not None
    stages = [_Stage("input", shape, -1, True, None)]
    for index, layer in enumerate(in_line(model)):
        taken, shape = shape, layer.output_shape(shape)
        last = stages[-1]
        if layer.weighted_sum == "dense" and len(taken) == 1:
            kernel = np.array(layer.get_weights()[0], np.float64)
            stages.append(_Stage(layer.name, shape, index, True, kernel))
        elif prod(shape) == prod(taken) and not any(w.ndim > 1 for w in layer.get_weights()) and not layer.children:
            stages[-1] = last._replace(title=f"{last.title}\n{layer.name}", layer=index)
        else:
            stages[-1] = last._replace(units=last.units and len(last.shape) == 1)
            stages.append(_Stage(layer.name, shape, index, False, None))
    return stages


def _column(number: int, stage: _Stage, x: float, most: int, chosen: Sequence[int] | None) -> Column:
    size = prod(stage.shape)
    if not stage.units:
        return Column(stage.title, size, stage.shape, stage.layer, x, (), None)
    if size <= most:
        units, slots, gap = list(range(size)), list(range(size)), None
    elif chosen is not None:  # a mark below them
        units, slots, gap = list(chosen), list(range(len(chosen))), len(chosen)
    else:  # the first ones, a mark, the last ones
        above = most // 2
        below = max(1, most - 1 - above)
        units = [*range(above), *range(size - below, size)]
        slots, gap = [*range(above), *range(above + 1, above + 1 + below)], above
    middle = max(slots[-1], gap or 0) / 2
    nodes = tuple(Node(number, unit, x, middle - slot) for unit, slot in zip(units, slots, strict=True))
    return Column(stage.title, size, stage.shape, stage.layer, x, nodes, None if gap is None else middle - gap)
