"""A network with branches as a drawing: boxes in rows by depth, and lines between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import activations
from clarinet.layers.handle import Handle
from clarinet.ops.operation import Operation
from clarinet.plots import style
from clarinet.plots.data import drawable
from clarinet.types import Array
from clarinet.views.layers_of_graph import Layout, Place, lay_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from clarinet.graph import Network, Node, Tensor
    from clarinet.trainable import Trainable

#: In inches: of a letter, of a box, between two rows, around everything.
_LETTER, _HIGH, _ROWS, _AROUND = 0.068, 0.46, 0.92, 0.25
_STRIP = 0.2  # of the numbers of an example, under a box


@dataclass(frozen=True)
class Box:
    """What is written in a box.

    Attributes:
        name, about: its two lines.
        role: ``"input"``, ``"layer"``, ``"operation"`` or ``"output"``.
        values: of the first example, if there is one.
    """

    name: str
    about: str
    role: str
    values: Array | None = None

    @property
    def width(self) -> float:
        """In inches."""
        return max(0.9, 0.22 + _LETTER * max(len(self.name) * 1.08, len(self.about)))


def draw(model: Trainable, x: object, ax: Axes | None, most: int, theme: str | None) -> Axes | FigureBase:
    """Draw a graph; arguments as for :func:`clarinet.plots.network`."""
    boxes, edges = boxes_of(model, None if x is None else _Values(model, x))
    layout = lay_out([box.width for box in boxes], edges)
    left, right = layout.extent
    step = _ROWS + (_STRIP if x is not None else 0.0)
    size = right - left + 2 * _AROUND, _HIGH + step * (layout.rows - 1) + 2 * _AROUND + 0.3
    axes, look, drawn = style.open_axes(ax, theme, max(3.0, size[0]), max(2.0, size[1]))
    picture = _Picture(axes, look, step, most)
    picture.lines(layout)
    for box, place in zip(boxes, layout.boxes, strict=True):
        picture.box(box, place)
    style.bare(axes, framed=False)
    axes.set_xlim(left - _AROUND, right + _AROUND)
    axes.set_ylim(-step * (layout.rows - 1) - _HIGH / 2 - _STRIP - 0.1, _HIGH / 2 + 0.1)
    axes.set_aspect("equal")
    axes.set_title(style.plain(model.name))
    return drawn


class _Values:
    """The numbers of every tensor for the first example."""

    def __init__(self, model: Trainable, x: object) -> None:
        from clarinet import glass

        trace = glass.trace(model, x, training=False)
        self.inputs = [np.ravel(own[0]) for own in trace.xs]
        uses = [node for node in model.network.nodes if isinstance(node.operator, (Handle, Operation))]
        traced = trace.layers if len(trace.layers) == len(uses) else ()  # some run in training alone
        self._values = {id(node): np.ravel(own.a[0]) for node, own in zip(uses, traced, strict=False)}
        self.outputs = [np.ravel(own.prediction[0]) for own in trace.outputs]

    def of(self, node: Node) -> Array | None:
        """What a use of a layer or an operation gives."""
        return self._values.get(id(node))


def boxes_of(model: Trainable, values: _Values | None = None) -> tuple[list[Box], list[tuple[int, int]]]:
    """A box for every input, every use of a layer or operation, and every output; and the lines between them."""
    network = model.network
    boxes: list[Box] = []
    edges: list[tuple[int, int]] = []
    at: dict[Tensor, int] = {}
    for number, (name, tensor) in enumerate(zip(model.input_names, network.inputs, strict=True)):
        at[tensor] = len(boxes)
        given = None if values is None else values.inputs[number]
        boxes.append(Box(name, f"input  {_size(tensor)}", "input", given))
    nodes = _without_masks(network)
    uses = [id(node.operator) for node in nodes]
    for node in nodes:
        if isinstance(node.operator, (Handle, Operation)):
            edges += [(at[tensor], len(boxes)) for tensor in dict.fromkeys(node.data) if tensor in at]
            at.update(dict.fromkeys(node.outputs, len(boxes)))
            role = "layer" if isinstance(node.operator, Handle) else "operation"
            about = _about(node) + "  shared" * (role == "layer" and uses.count(id(node.operator)) > 1)
            boxes.append(Box(node.operator.name, about, role, None if values is None else values.of(node)))
        else:  # a choice between two tensors, or a weight
            origin = next((at[tensor] for tensor in node.data if tensor in at), None)
            at.update({} if origin is None else dict.fromkeys(node.outputs, origin))
    for number, (name, tensor) in enumerate(zip(model.output_names, network.outputs, strict=True)):
        if tensor in at:
            edges.append((at[tensor], len(boxes)))
        given = None if values is None else values.outputs[number]
        boxes.append(Box(name, f"output  {_size(tensor)}", "output", given))
    return boxes, edges


def _without_masks(network: Network) -> list[Node]:
    """The nodes that data run through to the outputs, without those that only find out masks or change weights."""
    found: set[int] = set()
    waiting = [tensor.node for tensor in network.outputs]
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found.add(id(node))
            waiting += [tensor.node for tensor in node.data]
    return [node for node in network.nodes if id(node) in found]


def _size(tensor: Tensor) -> str:
    return " × ".join("?" if size < 0 else str(size) for size in tensor.sample_shape) or "1"


def _about(node: Node) -> str:
    """``"Dense  relu  5"``."""
    operator: Any = node.operator
    if isinstance(operator, Operation):
        return _size(node.outputs[0])
    function, kind = getattr(operator, "activation", None), type(operator).__name__
    own = function.name if isinstance(function, activations.Activation) and function != activations.linear else ""
    said = [own] if own and kind == "Activation" else [kind, own] if own else [kind]
    return "  ".join([*said, ", ".join(map(_size, node.results))])


class _Picture:
    """Draws boxes and lines in some axes; lengths are inches."""

    def __init__(self, axes: Axes, look: style.Theme, step: float, most: int) -> None:
        self.axes, self.look, self.step, self.most = axes, look, step, most
        self.words: dict[str, Any] = {"color": look.text, "ha": "center", "va": "center", "zorder": 4}

    def box(self, box: Box, place: Place) -> None:
        from matplotlib.patches import FancyBboxPatch

        y = -self.step * place.row
        edge = {"input": self.look.series[0], "output": self.look.series[1]}.get(box.role, self.look.text)
        round_, dash = (
            ("round,pad=0,rounding_size=0.2", "solid")
            if box.role in ("input", "output")
            else ("round,pad=0,rounding_size=0.05", "dashed" if box.role == "operation" else "solid")
        )
        corner = (place.x - place.width / 2, y - _HIGH / 2)
        patch = FancyBboxPatch(corner, place.width, _HIGH, round_, fc=self.look.background, ec=edge, ls=dash, zorder=3)
        self.axes.add_patch(patch)
        self.axes.text(place.x, y + 0.09, style.plain(box.name), fontsize=8.5, fontweight="bold", **self.words)
        self.axes.text(place.x, y - 0.11, style.plain(box.about), fontsize=7.5, **self.words)
        if box.values is not None:
            self.strip(box.values, place, y - _HIGH / 2 - _STRIP / 2 - 0.02)

    def strip(self, values: Array, place: Place, y: float) -> None:
        """The numbers of an example as colours; of many the first."""
        from matplotlib.patches import Rectangle

        shown = np.asarray(values[: max(2, min(len(values), self.most))], np.float64)
        _, largest, _ = drawable(np.asarray(values, np.float64))
        wide = min(_STRIP, place.width / (len(shown) + 1))
        for number, value in enumerate(shown):
            x = place.x + (number - len(shown) / 2) * wide
            fill = style.colors(self.look.signed)((value / (largest or 1.0) + 1) / 2)
            high = _STRIP * 0.8
            bar = Rectangle((x, y - high / 2), wide, high, fc=fill, ec=self.look.faint, lw=0.5, zorder=3)
            self.axes.add_patch(bar)
        if len(shown) < len(values):
            self.axes.text(place.x + (len(shown) / 2) * wide + 0.07, y, "…", fontsize=7, **self.words)

    def lines(self, layout: Layout) -> None:
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path

        for line, ends in zip(layout.lines, _ends(layout), strict=True):
            points = [
                (ends[0], -self.step * line[0].row - _HIGH / 2 - (self.step - _ROWS)),
                *((place.x, -self.step * place.row) for place in line[1:-1]),
                (ends[1], -self.step * line[-1].row + _HIGH / 2 + 0.02),
            ]
            codes, curve = [Path.MOVETO], [points[0]]
            for (x0, y0), (x1, y1) in pairwise(points):
                half = (y0 - y1) / 2
                curve += [(x0, y0 - half), (x1, y1 + half), (x1, y1)]
                codes += [Path.CURVE4] * 3
            arrow = FancyArrowPatch(
                path=Path(curve, codes), arrowstyle="-|>", mutation_scale=9, color=self.look.faint, lw=1.2, zorder=1
            )
            self.axes.add_patch(arrow)


def _ends(layout: Layout) -> Iterator[tuple[float, float]]:
    """Where every line leaves its box, and where it meets the other one: side by side where there are several."""
    leave, meet = _side_by_side(layout, 0), _side_by_side(layout, -1)
    yield from zip(leave, meet, strict=True)


def _side_by_side(layout: Layout, end: int) -> Sequence[float]:
    own: dict[int, list[int]] = {}
    for number, line in enumerate(layout.lines):
        own.setdefault(id(line[end]), []).append(number)
    found = [line[end].x for line in layout.lines]
    for numbers in own.values():
        place = layout.lines[numbers[0]][end]
        numbers.sort(key=lambda number: layout.lines[number][1 if end == 0 else -2].x)
        room = min(0.5 * place.width, 0.22 * (len(numbers) - 1))
        for k, number in enumerate(numbers if end else ()):
            found[number] = place.x + (k / max(len(numbers) - 1, 1) - 0.5) * room * (len(numbers) > 1)
    return found
