"""A training step as a sequence of pictures: forward unit by unit, the loss, back again, and the new weights."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.glass import loss_text
from clarinet.glass.captions import brief, folded, reading_time
from clarinet.glass.choosing import picture_of, strongest
from clarinet.glass.records import LayerTrace, Trace
from clarinet.glass.shapes import (
    LEVELS,
    WIDTH,
    Disc,
    Flow,
    Label,
    Line,
    Mark,
    Moment,
    Picture,
    Scene,
    Shape,
    Spot,
    Tie,
)
from clarinet.glass.sums import number
from clarinet.glass.units import UnitText
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable
    from clarinet.views.diagram import Column, Diagram, Edge, Node

#: Pixels: the network's part of the picture, its margins, the largest distance of two circles.
_FLOOR, _SIDE, _TOP, _STEP = 430, 110, 26, 84
#: The picture of an example: its longer side, and where it begins.
_PICTURE, _EDGE = 150, 24
#: Terms of a sum that are written out.
_TERMS = 5


def scene(model: Trainable, trace: Trace, loss_after: float | None, row: int, most: int) -> Scene:
    """The pictures for one row of a trace.

    Args:
        model: whose step was traced.
        trace: of the step.
        loss_after: the loss of the same rows after the step; None without labels.
        row: that is shown.
        most: circles in a column.

    Chains of dense layers, and of layers with one output for each input, are circles; other networks boxes.
    """
    from clarinet.glass.graph_scene import graph_scene
    from clarinet.views.diagram import arrange, is_chain

    if not is_chain(model):
        return graph_scene(model, trace, loss_after, row, most)
    diagram = arrange(model, most, strongest(trace, row, max(2, most - 1)))
    if not all(column.nodes for column in diagram.columns):
        return graph_scene(model, trace, loss_after, row, most)
    return _Director(trace, diagram, loss_after, row, picture_of(model, trace.x[row])).scene()


class _Director:
    """Goes through the step and makes every picture."""

    def __init__(
        self, trace: Trace, diagram: Diagram, loss_after: float | None, row: int, picture: Array | None
    ) -> None:
        self.trace, self.diagram, self.loss_after, self.row, self.picture = trace, diagram, loss_after, row, picture
        self.layers = {layer.name: layer for layer in trace.layers}
        self.givers: dict[int, str] = {}  # by column: the layer whose numbers are in its circles by now
        last = diagram.columns[-1].x or 1.0
        self.left = _SIDE if picture is None else _SIDE + _PICTURE + 20
        self.across = (WIDTH - self.left - _SIDE) / last
        self.down = min(_STEP, (_FLOOR - 2 * _TOP - 34) / diagram.height)
        self.radius = 0.36 * self.down
        self.under = self.down - 2 * self.radius > 13  # whether there is room for a delta between two circles
        self.values: dict[Node, float] = {}
        self.deltas: dict[Node, float] = {}
        self.targets: dict[Node, float] = {}

    def scene(self) -> Scene:
        ground: list[Shape] = [*self.lines(self.diagram.edges, 0.22), *self.names(), *self.example()]
        moments = [*self.forward()]
        if self.trace.loss is not None:
            moments += [self.loss(), *self.backward(), *self.updates()]
        return Scene(f"One step of {self.trace.model!r}", tuple(ground), tuple(moments))

    # Where things are.

    def place(self, node: Node) -> tuple[float, float]:
        """The centre of a circle in pixels."""
        return self.left + node.x * self.across, _TOP + (self.diagram.height / 2 - node.y) * self.down

    def lines(self, edges: Any, opacity: float, weights: Any = None) -> Iterator[Line]:
        """Lines whose width shows the size of a weight, relative to its layer."""
        weights = [edge.weight for edge in edges] if weights is None else weights
        most: dict[int, float] = {}
        for edge, weight in zip(edges, weights, strict=True):
            most[edge.target.column] = max(most.get(edge.target.column, 1e-30), abs(weight))
        for edge, weight in zip(edges, weights, strict=True):
            strength = abs(weight) / most[edge.target.column] if isfinite(weight) else 1.0
            (x0, y0), (x1, y1) = self.place(edge.source), self.place(edge.target)
            layer = self.dense(self.diagram.columns[edge.target.column]).name
            tie = Tie(layer, (edge.source.unit, edge.target.unit), float(weight))
            yield Line(x0, y0, x1, y1, "plus" if weight >= 0 else "minus", 0.6 + 3.4 * strength, opacity, tie)

    def names(self) -> Iterator[Label]:
        """The name of each column, under it, and the number of units that are not drawn."""
        for column in self.diagram.columns:
            x = self.left + column.x * self.across
            title = column.title.replace("\n", ", ")
            yield Label(x, _FLOOR - 26, title, 14, bold=True)
            yield Label(x, _FLOOR - 8, f"{column.size:,}", 13, "quiet")
            if column.gap is not None:
                y = _TOP + (self.diagram.height / 2 - column.gap) * self.down
                yield Label(x, y, f"… {column.left_out:,} more", 13, "quiet")
            for node in column.nodes:
                yield from self.called(node)

    def example(self) -> Iterator[Shape]:
        """The example as a picture, and on it the numbers that have a circle."""
        if self.picture is None:
            return
        height, width = self.picture.shape[:2]
        pixel = _PICTURE / max(height, width)
        x, y = _EDGE, (_FLOOR - 34) / 2 - pixel * height / 2
        yield Picture(x, y, pixel * width, pixel * height, self.picture)
        for node in self.diagram.columns[0].nodes if self.diagram.columns[0].left_out else ():
            row, column = self.pixel(node)
            yield Mark(x + (column + 0.5) * pixel, y + (row + 0.5) * pixel, max(pixel + 2, 7))

    def pixel(self, node: Node) -> tuple[int, int]:
        """Row and column of an input in the picture."""
        assert self.picture is not None
        height, width = self.picture.shape[:2]
        channels: int = self.trace.x[self.row].size // (height * width)
        return divmod(node.unit // channels, int(width))

    def called(self, node: Node) -> Iterator[Label]:
        """Which unit a circle is, where not all of a column are drawn."""
        if not self.diagram.columns[node.column].left_out:
            return
        x, y = self.place(node)
        if node.column == 0:
            text = str(node.unit) if self.picture is None else "{}, {}".format(*self.pixel(node))
            yield Label(x - self.radius - 8 - 0.32 * 12 * len(text), y, text, 12, "quiet")
        else:
            text = str(node.unit)
            yield Label(x - self.radius - 2 - 0.32 * 12 * len(text), y - self.radius, text, 12, "quiet")

    def moment(
        self,
        title: str,
        lines: list[str],
        nodes: Any = (),
        edges: Any = (),
        *,
        back: bool = False,
        weights: Any = None,
        about: tuple[str, str] = ("start", ""),
    ) -> Moment:
        """A picture in which these circles and lines stand out; ``about`` are its stage and layer."""
        marked = list(self.lines(edges, 0.95, weights))
        shapes: list[Shape] = [] if weights is None else [line._replace(role="erase", width=7.0) for line in marked]
        shapes += marked
        flows = [self.flow(edge, back) for edge in edges] if weights is None else []
        arriving: list[Shape] = []
        for column in self.diagram.columns:
            for node in column.nodes:
                coming = bool(flows) and node in nodes  # forward its number comes with the dots, back its delta
                shapes += self.circle(node, node in nodes, empty=coming and not back)
                arriving += self.circle(node, True) if coming and not back else ()
                (arriving if coming else shapes).extend(self.delta(node, node in nodes))
        shown = tuple(part for line in lines for part in folded(line))
        return Moment(title, shown, tuple(shapes), tuple(flows), tuple(arriving), reading_time(title, shown), *about)

    def flow(self, edge: Edge, back: bool) -> Flow:
        """The way of a number along a line, from rim to rim."""
        ends = (edge.target, edge.source) if back else (edge.source, edge.target)
        (x0, y0), (x1, y1) = map(self.place, ends)
        part = self.radius / hypot(x1 - x0, y1 - y0)
        dx, dy = part * (x1 - x0), part * (y1 - y0)
        return Flow(x0 + dx, y0 + dy, x1 - dx, y1 - dy)

    def circle(self, node: Node, ring: bool, empty: bool = False) -> Iterator[Shape]:
        """A circle with its number in it and its target beside it."""
        x, y = self.place(node)
        value = None if empty else self.values.get(node)
        level = None if value is None else self.level(node, value)
        yield Disc(x, y, self.radius, level, ring, self.spot(node))
        if value is not None:
            yield Label(x, y, brief(value), min(14.0, 0.52 * self.radius), "on", level or 0)
        if node in self.targets:
            text = f"target {brief(self.targets[node])}"
            yield Label(x + self.radius + 8, y - 7 * (not self.under), text, 13, "quiet", start=True)

    def spot(self, node: Node) -> Spot:
        """Where a circle's number is in the trace, with what is known of it by now."""
        giver = self.givers.get(node.column)
        if giver is None:  # not yet: a click still finds the unit
            giver = "input" if node.column == 0 else self.dense(self.diagram.columns[node.column]).name
        shape = self.trace.x.shape[1:] if giver == "input" else self.layers[giver].a.shape[1:]
        place = tuple(int(i) for i in np.unravel_index(node.unit, shape))
        column = self.diagram.columns[node.column]
        known = self.values.get(node), self.deltas.get(node), self.targets.get(node)
        return Spot(giver, place, *known, delta_of=self.dense(column).name if node in self.deltas else "")

    def delta(self, node: Node, bold: bool) -> Iterator[Label]:
        """A circle's delta, under it, or beside it where there is no room."""
        if node in self.deltas:
            x, y = self.place(node)
            place = (x, y + self.radius + 9) if self.under else (x + self.radius + 8, y + 7)
            size = max(min(13.0, 0.52 * self.radius - 1), 10)
            yield Label(*place, f"δ {brief(self.deltas[node])}", size, "delta", start=not self.under, bold=bold)

    def level(self, node: Node, value: float) -> int:
        """How strongly a circle is filled: its number compared with the largest of its column."""
        column = [v for n, v in self.values.items() if n.column == node.column and isfinite(v)]
        most = max(map(abs, column), default=0.0)
        return round(LEVELS * value / most) if most and isfinite(value) else 0

    # What happens.

    def forward(self) -> Iterator[Moment]:
        sizes = " – ".join(f"{column.size:,}" for column in self.diagram.columns)
        about = [
            "Lines are weights: solid above zero, dashed below, the thicker the larger.",
            "Circles are numbers. Those on the left are the input.",
        ]
        if any(column.left_out for column in self.diagram.columns):
            about[1] += " Of large layers, the units that matter most in this step are drawn."
        yield self.moment(f"A network of {sizes} units", about)
        yield from self.enter(self.diagram.columns[0], np.ravel(self.trace.x[self.row]))
        for column in self.diagram.columns[1:]:
            layer = self.dense(column)
            for node in column.nodes:
                self.values[node] = float(layer.a[self.row, node.unit])
                self.givers[node.column] = layer.name
                edges = [edge for edge in self.diagram.edges if edge.target == node]
                lines = [*self.text(layer, node).forward()]
                title = f"Forward: {layer.name}, unit {node.unit}"
                yield self.moment(title, lines, {node}, edges, about=("forward", layer.name))
            yield from self.joined(column, column.title.split("\n")[1:])

    def enter(self, column: Column, x: Array) -> Iterator[Moment]:
        """The input's numbers appear, and the outputs of layers without weights."""
        self.values |= {node: float(x[node.unit]) for node in column.nodes}
        yield self.moment("One example goes in", [self.given(column, x)], set(column.nodes))
        yield from self.joined(column, column.title.split("\n")[1:])

    def given(self, column: Column, x: Array) -> str:
        """The example in a line."""
        if self.picture is None or not column.left_out:
            return "x = " + ", ".join(brief(float(v)) for v in x[:12]) + (", …" if len(x) > 12 else "")
        height, width = self.picture.shape[:2]
        most = "The numbers that the first layer uses most are marked (row, column)."
        return f"A picture of {height} × {width}. {most}"

    def joined(self, column: Column, names: list[str]) -> Iterator[Moment]:
        """Layers with one output for each input: every circle gets its new number."""
        for name in names:
            layer = self.layers[name]
            given = np.ravel(layer.a[self.row])
            before, self.givers[column.nodes[0].column] = dict(self.values), name
            self.values |= {node: float(given[node.unit]) for node in column.nodes}
            if any(before[node] != self.values[node] for node in column.nodes):
                lines = [f"{name} ({layer.kind}) changes each number by itself."]
                yield self.moment(f"Forward: {name}", lines, set(column.nodes), about=("forward", name))

    def loss(self) -> Moment:
        assert self.trace.loss is not None
        column = self.diagram.columns[-1]
        last = self.layers[column.title.split("\n")[-1]]
        output = self.trace.outputs[0]
        target = loss_text.targets(output, last)[self.row]
        if np.shape(target) == last.a.shape[1:]:
            self.targets = {node: float(target[node.unit]) for node in column.nodes}
        lines = [*loss_text.loss(self.trace, output, last, self.row, 4, _TERMS)]
        if column.left_out:
            said, wanted = (int(np.argmax(values)) for values in (last.a[self.row], target))
            lines.append(f"The largest output is unit {said}, the largest target unit {wanted}.")
        return self.moment(f"The loss: {number(self.trace.loss, 4)}", lines, set(column.nodes), about=("loss", ""))

    def backward(self) -> Iterator[Moment]:
        columns = self.diagram.columns
        for column in reversed(columns[1:]):
            layer = self.dense(column)
            assert layer.dz is not None
            for node in column.nodes:
                self.deltas[node] = float(layer.dz[self.row, node.unit])
                edges = [edge for edge in self.diagram.edges if edge.source == node]
                lines = [*self.text(layer, node).backward()]
                title = f"Back: δ = dL/dz of {layer.name}, unit {node.unit}"
                yield self.moment(title, lines, {node}, edges, back=True, about=("back", layer.name))

    def updates(self) -> Iterator[Moment]:
        for column in self.diagram.columns[1:]:
            layer = self.dense(column)
            kernel = layer.weights["kernel"]
            if kernel.update is None or kernel.gradient is None:
                continue
            edges: list[Edge] = [edge for edge in self.diagram.edges if edge.target.column == column.nodes[0].column]
            changes = [float(kernel.update[edge.source.unit, edge.target.unit]) for edge in edges]
            strongest = edges[int(np.argmax(np.abs(changes)))].target
            about = "Each weight's gradient is its input times its δ. Lines now show changes: solid up, dashed down."
            lines = [about, *list(self.text(layer, strongest, most=3).changes())[:3]]
            title, units, now = f"New weights of {layer.name}", set(column.nodes), ("update", layer.name)
            yield self.moment(title, lines, units, edges, weights=changes, about=now)
        if self.loss_after is not None and self.trace.loss is not None:
            before, after = number(self.trace.loss, 5), number(self.loss_after, 5)
            how = f"{type(self.trace.optimizer).__name__}, learning rate {self.trace.learning_rate:g}"
            yield self.moment(
                f"The same example again: loss {before} → {after}",
                [f"That was one step ({how}). Training is many of them."],
                set(self.diagram.columns[-1].nodes),
                about=("end", ""),
            )

    def dense(self, column: Column) -> LayerTrace:
        """The dense layer that a column's numbers come from."""
        layer = self.layers[column.title.split("\n")[0]]
        assert layer.layer.weighted_sum == "dense"
        return layer

    def text(self, layer: LayerTrace, node: Node, most: int = _TERMS) -> UnitText:
        """The caption of a unit."""
        after = self.trace.layers[[own.name for own in self.trace.layers].index(layer.name) + 1 :]
        return UnitText(self.trace, layer, list(after), (node.unit,), self.row, 4, most)
