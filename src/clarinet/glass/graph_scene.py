"""A training step of a graph as a sequence of pictures: every layer and operation is a box with its numbers in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from clarinet.glass import loss_text
from clarinet.glass.boxes import CELL, PICTURE, Boxes, View
from clarinet.glass.captions import brief, folded, reading_time
from clarinet.glass.explaining import following, text_of
from clarinet.glass.records import Trace
from clarinet.glass.shapes import LEVELS, Box, Flow, Label, Line, Mark, Moment, Picture, Scene, Shape, Spot
from clarinet.glass.sums import number
from clarinet.glass.theme import room
from clarinet.glass.units import UnitText
from clarinet.glass.wiring import Part, edges_of, parts_of, targets_of
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

_TERMS = 5
#: Where boxes are smaller than this nothing is written in them.
_READABLE = 0.62


def graph_scene(model: Trainable, trace: Trace, loss_after: float | None, row: int, most: int) -> Scene:
    """The pictures for one row of a trace of a graph; arguments as of :func:`clarinet.glass.scene.scene`."""
    return _Director(trace, parts_of(trace, model.input_names, row, most), loss_after, row).scene()


class _Director:
    """Goes through the step and makes every picture."""

    def __init__(self, trace: Trace, parts: list[Part], loss_after: float | None, row: int) -> None:
        self.trace, self.parts, self.loss_after, self.row = trace, parts, loss_after, row
        self.edges = edges_of(trace, parts)
        self.boxes = Boxes(parts, self.edges)
        self.filled: set[int] = set()
        self.returned: set[int] = set()
        self.wanted: dict[int, Array] = {}

    def scene(self) -> Scene:
        moments = [self.overview(), *self.forward()]
        if self.trace.loss is not None:
            moments += [*self.losses(), *self.backward(), *self.updates(), *self.again()]
        return Scene(f"One step of {self.trace.model!r}", (), tuple(moments))

    # What is drawn.

    def moment(
        self,
        title: str,
        lines: Sequence[str],
        subjects: Sequence[int],
        edges: Sequence[int] = (),
        *,
        back: bool = False,
        view: View | None = None,
        stage: str = "start",
    ) -> Moment:
        """A picture in which these boxes and lines stand out; with lines the boxes' numbers come with the dots."""
        view = view or self.boxes.around(subjects)
        shapes: list[Shape] = [line for edge in range(len(self.edges)) for line in self.line(view, edge, edge in edges)]
        arriving: list[Shape] = []
        for box in range(len(self.parts)):
            if self.boxes.sees(view, box):
                own = box in subjects
                shapes += self.frame(view, box, own)
                coming = own and bool(edges)
                (arriving if coming and not back else shapes).extend(self.numbers(view, box, own))
                (arriving if coming else shapes).extend(self.under(view, box))
        flows = [self.flow(line, back) for edge in edges for line in self.line(view, edge, True)]
        said = [part for line in lines for part in folded(line)]
        said = said if len(said) <= room() else [*said[: room() - 1], "…"]
        layer = self.parts[subjects[0]].name if len(subjects) == 1 and stage not in ("start", "loss") else ""
        drawn = tuple(shapes), tuple(flows), tuple(arriving)
        return Moment(title, tuple(said), *drawn, reading_time(title, said), stage, layer)

    def line(self, view: View, edge: int, lit: bool) -> Iterator[Line]:
        width, opacity = (2.6, 1.0) if lit else (1.2, 0.45)
        yield from self.boxes.way(view, edge, "link", width * view.scale, opacity)

    def flow(self, line: Line, back: bool) -> Flow:
        ends = line[:2], line[2:4]
        (x0, y0), (x1, y1) = ends[::-1] if back else ends
        return Flow(x0, y0, x1, y1)

    def frame(self, view: View, box: int, ring: bool) -> Iterator[Shape]:
        """A box with its name, its class and how many numbers it gives."""
        (x0, y0), (x1, y1) = self.boxes.rectangle(view, box)
        yield Box(x0, y0, x1 - x0, y1 - y0, None, ring)
        part, middle, scale = self.parts[box], (x0 + x1) / 2, view.scale
        letters = int((x1 - x0) / (max(scale, _READABLE) * 8.2))
        if scale < _READABLE:  # the name alone, where there is room for it
            if letters >= 6 and y1 - y0 >= 14:
                yield Label(middle, (y0 + y1) / 2, _short(part.name, letters), 12 * _READABLE + 2, bold=True)
            return
        size = " × ".join(map(str, part.values.shape)) or "1"
        yield Label(middle, y0 + 13 * scale, _short(part.name, letters), 12 * scale, bold=True)
        yield Label(middle, y0 + 27 * scale, _short(f"{part.kind}  {size}", letters + 2), 11 * scale, "quiet")

    def numbers(self, view: View, box: int, ring: bool) -> Iterator[Shape]:
        """The numbers that are drawn of a box, and the picture that they are of."""
        if box not in self.filled or view.scale < _READABLE:
            return
        part, pixels = self.parts[box], self.parts[box].picture
        if pixels is not None:
            yield from self.picture(view, box, pixels)
        for unit, (x, y) in self.cells(view, box):
            value = float(part.values.flat[unit])
            level = self.level(part, value)
            wide, high = CELL * view.scale, 20 * view.scale
            yield Box(x, y, wide, high, level, ring and unit == part.subject, self.spot(box, unit))
            yield Label(x + wide / 2, y + high / 2, brief(value), 10.5 * view.scale, "on", level)

    def spot(self, box: int, unit: int) -> Spot:
        """Where a cell's number is in the trace, with what is known of it by now."""
        part, wanted = self.parts[box], self.wanted.get(box)
        delta = None if box not in self.returned or part.deltas is None else float(part.deltas.flat[unit])
        target = None if wanted is None else float(wanted.flat[unit])
        place = tuple(int(i) for i in np.unravel_index(unit, part.values.shape))
        return Spot(
            part.name, place, float(part.values.flat[unit]), delta, target, part.name if delta is not None else ""
        )

    def picture(self, view: View, box: int, pixels: Array) -> Iterator[Shape]:
        (x0, y0), (x1, _) = self.boxes.rectangle(view, box)
        pixel = PICTURE * view.scale / max(pixels.shape[:2])
        high, wide = pixel * pixels.shape[0], pixel * pixels.shape[1]
        x, y = (x0 + x1 - wide) / 2, y0 + 38 * view.scale
        yield Picture(x, y, wide, high, pixels)
        row, column, _ = self.parts[box].unit
        yield Mark(x + (column + 0.5) * pixel, y + (row + 0.5) * pixel, max(pixel, 5))

    def under(self, view: View, box: int) -> Iterator[Label]:
        """Under the numbers their deltas, or before these the targets."""
        part = self.parts[box]
        values, role, sign = (
            (part.deltas, "delta", "δ") if box in self.returned else (self.wanted.get(box), "quiet", "t")
        )
        if values is None or view.scale < _READABLE:
            return
        for place, (unit, (x, y)) in enumerate(self.cells(view, box)):
            middle, below = x + CELL * view.scale / 2, y + 30 * view.scale
            if place == 0:
                yield Label(x - 8 * view.scale, below, sign, 10.5 * view.scale, role, bold=True)
            yield Label(middle, below, brief(float(values.flat[unit])), 10 * view.scale, role)

    def cells(self, view: View, box: int) -> Iterator[tuple[int, tuple[float, float]]]:
        """The units that are drawn of a box, and where."""
        shown = self.parts[box].shown
        x, y = self.boxes.corners[box]
        left = x + 6 + (self.boxes.wide - CELL * len(shown)) / 2
        top = y + self.boxes.high[box] - 40
        for place, unit in enumerate(shown):
            yield unit, view.at(left + place * CELL, top)

    def level(self, part: Part, value: float) -> int:
        """How strongly a number is filled: compared with the largest of its box."""
        finite = np.abs(part.values[np.isfinite(part.values)]).astype(np.float64)
        most = float(finite.max()) if finite.size else 0.0
        return round(LEVELS * value / most) if most and isfinite(value) else 0

    # What happens.

    def overview(self) -> Moment:
        sources, layers = len(self.trace.xs), len(self.parts) - len(self.trace.xs)
        lines = [
            "Boxes are inputs, layers and operations; lines follow the numbers from one to the next.",
            "Each box shows its numbers for one example, the fuller the larger, and below them their δ = dL/dz.",
        ]
        if any(len(part.shown) < part.values.size for part in self.parts):
            lines.append("Where there are many numbers, those that matter most in this step are drawn.")
        title = f"A network of {_many(sources, 'input')}, {_many(layers, 'step')} and "
        return self.moment(title + _many(len(self.trace.outputs), "output"), lines, (), view=self.boxes.whole())

    def forward(self) -> Iterator[Moment]:
        given = [box for box, part in enumerate(self.parts) if part.layer is None]
        self.filled.update(given)
        lines = []
        for box in given:
            values = self.parts[box].values.ravel()
            shown = ", ".join(brief(float(v)) for v in values[:12])
            lines.append(f"{self.parts[box].name} = {shown}{', …' * (len(values) > 12)}")
        yield self.moment("One example goes in", lines, given)
        for box, part in enumerate(self.parts):
            if part.layer is not None:
                self.filled.add(box)
                edges = [number for number, edge in enumerate(self.edges) if edge[1] == box]
                yield self.moment(
                    f"Forward: {self.called(part)}", self.said(part, "forward"), [box], edges, stage="forward"
                )

    def called(self, part: Part) -> str:
        """A part and the unit that the caption is about."""
        unit = part.unit[0] if len(part.unit) == 1 else part.unit
        return part.name if part.values.size == 1 else f"{part.name}, unit {unit}"

    def text(self, part: Part) -> UnitText | None:
        """The words for a part's subject; None where its numbers are of the whole batch."""
        layer = part.layer
        if layer is None or layer.a.shape != (len(self.trace), *part.values.shape):
            return None
        after = following(self.trace, layer) if any(own is layer for own in self.trace.layers) else []
        return text_of(self.trace, layer, after, part.unit, self.row, 4, _TERMS)

    def said(self, part: Part, what: str) -> list[str]:
        """The lines about a part's way forward, back, or its weights' changes."""
        text = self.text(part)
        if text is None:
            return [f"a = {brief(float(part.values.flat[part.subject]))}, of the whole batch"]
        return list(getattr(text, what)())

    def losses(self) -> Iterator[Moment]:
        """The loss of each output that has one; the sum of them in the title of the last."""
        assert self.trace.loss is not None
        for box, part in enumerate(self.parts):
            layer = part.layer
            output = None if layer is None or layer.output is None else self.trace.outputs[layer.output]
            if layer is None or output is None or output.loss_function is None or output.losses is None:
                continue
            wanted = targets_of(part, self.trace, self.row)
            if wanted is not None:
                self.wanted[box] = wanted
            name = "" if len(self.trace.outputs) == 1 else f" of {output.name}"
            yield self.moment(
                f"The loss{name}: {number(float(np.mean(output.losses[self.row])), 4)}",
                list(loss_text.loss(self.trace, output, layer, self.row, 4, _TERMS)),
                [box],
                stage="loss",
            )
        yield self.whole_loss()

    def whole_loss(self) -> Moment:
        """What all outputs and penalties add up to."""
        assert self.trace.loss is not None
        lines = [
            f"{output.name}: {number(float(np.sum(output.losses * output.shares)), 4)}, with its weight"
            for output in self.trace.outputs
            if output.losses is not None and output.shares is not None and output.loss_function is not None
        ]
        lines += [f"penalties: {number(self.trace.penalty, 4)}"] if abs(self.trace.penalty) > 1e-6 else []
        ends = [box for box, part in enumerate(self.parts) if part.layer is not None and part.layer.output is not None]
        return self.moment(
            f"The whole loss: {number(self.trace.loss, 4)}", lines, ends, view=self.boxes.whole(), stage="loss"
        )

    def backward(self) -> Iterator[Moment]:
        for box in reversed(range(len(self.parts))):
            part = self.parts[box]
            if part.layer is None or part.deltas is None:
                continue
            self.returned.add(box)
            edges = [number for number, edge in enumerate(self.edges) if edge[0] == box and edge[1] in self.returned]
            what = "dL/dz" if part.layer.dz is not None else "dL/da"
            title = f"Back: δ = {what} of {self.called(part)}"
            yield self.moment(title, self.said(part, "backward"), [box], edges, back=True, stage="back")

    def updates(self) -> Iterator[Moment]:
        seen: set[int] = set()
        for box, part in enumerate(self.parts):
            layer = part.layer
            if (
                layer is None
                or id(layer.layer) in seen
                or not any(w.update is not None for w in layer.weights.values())
            ):
                continue
            seen.add(id(layer.layer))
            about = [
                f"{name}: {_many(weight.value.size, 'number')}, changed by up to "
                f"{number(float(np.max(np.abs(weight.update), initial=0.0)), 3)}"
                + f", for {weight.uses} uses together"
                * (weight.uses > 1)
                for name, weight in layer.weights.items()
                if weight.update is not None and weight.trainable
            ]
            if about:
                lines = ["; ".join(about), *self.said(part, "changes")]
                yield self.moment(f"New weights of {part.name}", lines, [box], stage="update")

    def again(self) -> Iterator[Moment]:
        if self.loss_after is not None and self.trace.loss is not None:
            before, after = number(self.trace.loss, 5), number(self.loss_after, 5)
            how = f"{type(self.trace.optimizer).__name__}, learning rate {self.trace.learning_rate:g}"
            line = f"That was one step ({how}). Training is many of them."
            title = f"The same example again: loss {before} → {after}"
            yield self.moment(title, [line], (), view=self.boxes.whole(), stage="end")


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _short(text: str, letters: int) -> str:
    """The end of a text that is too long."""
    return text if len(text) <= letters else f"…{text[-max(1, letters - 1) :]}"
