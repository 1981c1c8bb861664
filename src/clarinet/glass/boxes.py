"""Where the boxes of a film of a graph stand, and what of them is seen: plain numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from clarinet.glass.shapes import WIDTH, Line
from clarinet.glass.wiring import Part
from clarinet.views.layers_of_graph import lay_out

#: Pixels: the part of the picture that the graph has, its margin, the way between two columns and two boxes.
FLOOR, MARGIN, _GAP, _BETWEEN = 446, 14, 58, 12
#: Of a number's cell, of a box without a picture, of a picture, of a box at least.
CELL, _HIGH, PICTURE, _WIDE = 33, 80, 62, 104
#: Boxes are not made smaller than this to have room; the view moves instead.
_SMALLEST = 0.86

Point = tuple[float, float]


@dataclass(frozen=True)
class View:
    """Turns places of the drawing into pixels."""

    x: float
    y: float
    scale: float

    def at(self, x: float, y: float) -> Point:
        return self.x + x * self.scale, self.y + y * self.scale


class Boxes:
    """The places of all boxes and lines, from left to right; (0, 0) is the upper left corner of the drawing."""

    def __init__(self, parts: Sequence[Part], edges: Sequence[tuple[int, int]]) -> None:
        self.wide = max(_WIDE, 26 + CELL * max(len(part.shown) for part in parts))
        self.high = [float(_HIGH + (PICTURE + 6) * (part.picture is not None)) for part in parts]
        layout = lay_out([(high + _BETWEEN) / 100 for high in self.high], edges)
        low, end = layout.extent
        self.columns, self.height = layout.rows, 100 * (end - low)
        self.width = self.columns * (self.wide + _GAP) - _GAP
        self.corners = [
            (place.row * (self.wide + _GAP), 100 * (place.x - low) - high / 2)
            for place, high in zip(layout.boxes, self.high, strict=True)
        ]
        self.ways = [[(place.row, 100 * (place.x - low)) for place in line] for line in layout.lines]

    def whole(self) -> View:
        """Everything at once, as small as it takes."""
        scale = min(1.0, (WIDTH - 2 * MARGIN) / self.width, (FLOOR - 2 * MARGIN) / self.height)
        return View((WIDTH - scale * self.width) / 2, (FLOOR - scale * self.height) / 2, scale)

    def around(self, numbers: Sequence[int]) -> View:
        """The columns and rows around some boxes, in a size that can be read."""
        whole = self.whole()
        if whole.scale >= _SMALLEST:
            return whole
        scale = max(_SMALLEST, min(1.0, (FLOOR - 2 * MARGIN) / self.height))
        step = self.wide + _GAP
        fit = max(1, int(((WIDTH - 2 * MARGIN) / scale + _GAP) // step))
        own = [round(self.corners[number][0] / step) for number in numbers]
        first = min(max(0, (min(own) + max(own) + 1 - fit + 1) // 2), max(0, self.columns - fit))
        seen = scale * (min(fit, self.columns) * step - _GAP)
        x = (WIDTH - seen) / 2 - scale * first * step
        middles = [self.corners[number][1] + self.high[number] / 2 for number in numbers]
        room = FLOOR - 2 * MARGIN
        if scale * self.height <= room:
            return View(x, (FLOOR - scale * self.height) / 2, scale)
        y = FLOOR / 2 - scale * sum(middles) / len(middles)
        return View(x, min(MARGIN, max(y, FLOOR - MARGIN - scale * self.height)), scale)

    def sees(self, view: View, number: int) -> bool:
        """Whether the whole box is in the picture."""
        (x0, y0), (x1, y1) = self.rectangle(view, number)
        return x0 >= 1 and x1 <= WIDTH - 1 and y0 >= 1 and y1 <= FLOOR

    def rectangle(self, view: View, number: int) -> tuple[Point, Point]:
        x, y = self.corners[number]
        return view.at(x, y), view.at(x + self.wide, y + self.high[number])

    def way(self, view: View, number: int, role: str, width: float, opacity: float) -> Iterator[Line]:
        """The seen pieces of a line: through a column straight on, between two columns slanting."""
        points: list[Point] = []
        step, way = self.wide + _GAP, self.ways[number]
        for row, y in way:
            points += [(row * step, y), (row * step + self.wide, y)]
        for start, end in pairwise(points[1:-1]):
            piece = clipped(*view.at(*start), *view.at(*end))
            if piece is not None:
                yield Line(*piece, role, width, opacity)


def clipped(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float] | None:
    """The piece of a line that is in the picture; None where there is none.

    Example:
        >>> clipped(-10, 5, 10, 5), clipped(5, -9, 5, -1)
        ((0.0, 5.0, 10.0, 5.0), None)
    """
    first, last = 0.0, 1.0
    for start, change, high in ((x0, x1 - x0, WIDTH), (y0, y1 - y0, FLOOR)):
        if change == 0:
            if not 0 <= start <= high:
                return None
            continue
        ends = sorted((-start / change, (high - start) / change))
        first, last = max(first, ends[0]), min(last, ends[1])
    if first >= last:
        return None
    dx, dy = x1 - x0, y1 - y0
    return x0 + first * dx, y0 + first * dy, x0 + last * dx, y0 + last * dy
