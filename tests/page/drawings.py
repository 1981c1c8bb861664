"""Twenty digits as hands draw them: two of each, in several sizes and places, thin and bold, upright and slanted."""

from __future__ import annotations

from math import cos, pi, sin
from typing import NamedTuple

Point = tuple[float, float]
Stroke = list[Point]


def arc(x: float, y: float, rx: float, ry: float, start: float, stop: float, steps: int = 10) -> Stroke:
    """Part of an ellipse around (x, y); angles in quarter turns, 0 to the right, 1 down."""
    angles = [(start + (stop - start) * k / steps) * pi / 2 for k in range(steps + 1)]
    return [(x + rx * cos(a), y + ry * sin(a)) for a in angles]


class Drawing(NamedTuple):
    """A digit's strokes in a box of width and height 1, and how the box lies on a sheet of 280 × 280.

    Attributes:
        digit: what it is.
        strokes: lines through points (x to the right, y down), the pen lifted between them.
        height, width: of the box.
        left, top: its place.
        slant: how far the top leans to the right, in parts of the height.
        brush: the pen's width.
    """

    digit: int
    strokes: list[Stroke]
    height: float
    width: float
    left: float
    top: float
    slant: float
    brush: int

    def on_sheet(self) -> list[Stroke]:
        """The strokes in the sheet's own units."""

        def placed(x: float, y: float) -> Point:
            lean = self.slant * (1 - y) * self.height
            return self.left + x * self.width + lean, self.top + y * self.height

        return [[placed(x, y) for x, y in stroke] for stroke in self.strokes]


_EIGHT = [*arc(0.5, 0.26, 0.34, 0.26, -0.4, -3.0), *arc(0.5, 0.76, 0.42, 0.24, -1.0, 3.0)]
_S_EIGHT = [
    *arc(0.5, 0.25, 0.38, 0.25, -0.5, -3.0),
    *arc(0.5, 0.75, 0.44, 0.25, -1.0, 2.0),
    *arc(0.5, 0.75, 0.44, 0.25, 2.0, 2.9),
    (0.84, 0.12),
]

DRAWINGS = [
    Drawing(0, [arc(0.5, 0.5, 0.5, 0.5, -1, 3)], 190, 140, 70, 45, 0.0, 20),
    Drawing(0, [arc(0.5, 0.5, 0.5, 0.5, -1.3, 2.9)], 110, 75, 150, 20, 0.15, 14),
    Drawing(1, [[(0.5, 0), (0.5, 0.5), (0.5, 1)]], 200, 40, 130, 40, 0.0, 22),
    Drawing(1, [[(0.5, 0), (0.5, 1)]], 120, 30, 40, 130, 0.25, 14),
    Drawing(2, [[*arc(0.5, 0.3, 0.45, 0.3, -2, 0.4), (0.05, 1.0), (1.0, 0.98)]], 190, 130, 75, 45, 0.0, 20),
    Drawing(2, [[*arc(0.45, 0.28, 0.4, 0.28, -2.2, 0.5), (0.0, 0.97), (0.95, 1.0)]], 120, 90, 20, 20, 0.1, 13),
    Drawing(3, [[*arc(0.4, 0.25, 0.5, 0.25, -1.8, 1), *arc(0.4, 0.75, 0.6, 0.25, -1, 1.8)]], 200, 110, 80, 40, 0.0, 20),
    Drawing(
        3, [[*arc(0.4, 0.25, 0.5, 0.25, -1.6, 1), *arc(0.4, 0.74, 0.6, 0.26, -1, 1.7)]], 130, 85, 160, 130, 0.1, 15
    ),
    Drawing(4, [[(0.2, 0.0), (0.05, 0.55), (0.95, 0.52)], [(0.8, 0.05), (0.72, 1.0)]], 190, 130, 75, 45, 0.0, 20),
    Drawing(4, [[(0.15, 0.0), (0.05, 0.5), (0.9, 0.5)], [(0.8, 0.0), (0.8, 1.0)]], 115, 85, 30, 140, 0.15, 13),
    Drawing(
        5,
        [[(0.15, 0.0), (0.1, 0.45), *arc(0.4, 0.7, 0.55, 0.3, -1.3, 1.7)], [(0.15, 0.0), (0.9, 0.0)]],
        190,
        120,
        80,
        45,
        0.0,
        20,
    ),
    Drawing(
        5, [[(0.9, 0.0), (0.2, 0.02), (0.12, 0.42), *arc(0.4, 0.68, 0.55, 0.32, -1.3, 1.8)]], 130, 80, 150, 20, 0.1, 14
    ),
    Drawing(
        6, [[(0.75, 0.0), (0.4, 0.2), (0.12, 0.5), *arc(0.5, 0.72, 0.42, 0.28, -2, -6)]], 200, 120, 80, 40, 0.0, 20
    ),
    Drawing(
        6, [[(0.6, 0.0), (0.25, 0.3), (0.08, 0.6), *arc(0.48, 0.72, 0.42, 0.28, -2, -6)]], 125, 75, 25, 25, 0.1, 14
    ),
    Drawing(7, [[(0.0, 0.03), (0.95, 0.0), (0.6, 0.45), (0.4, 1.0)]], 190, 120, 80, 45, 0.0, 20),
    Drawing(7, [[(0.0, 0.05), (1.0, 0.0), (0.55, 0.5), (0.45, 1.0)]], 115, 85, 150, 140, 0.05, 14),
    Drawing(8, [_EIGHT], 200, 120, 80, 40, 0.0, 20),
    Drawing(8, [_S_EIGHT], 140, 85, 30, 120, 0.1, 14),
    Drawing(9, [[*arc(0.45, 0.28, 0.42, 0.28, 0, -4), (0.85, 0.6), (0.75, 1.0)]], 195, 115, 80, 42, 0.0, 20),
    Drawing(9, [[*arc(0.45, 0.27, 0.42, 0.27, -0.3, -3.8), (0.88, 0.1), (0.82, 1.0)]], 130, 75, 160, 25, 0.05, 15),
]

_ZIGZAG = [(0.02, 0.5), (0.2, 0.0), (0.3, 1.0), (0.45, 0.05), (0.55, 0.95), (0.7, 0.0), (0.8, 1.0), (0.97, 0.4)]
#: What is no digit.
SCRIBBLE = Drawing(0, [_ZIGZAG, [(0.0, 0.5), (1.0, 0.55)]], 190, 150, 65, 45, 0.0, 16)


def beside(left: Drawing, right: Drawing) -> Drawing:
    """Two drawings in one, each in its half of the sheet."""
    halves = [
        each._replace(height=130, width=85, left=begin, top=70, slant=0.0) for each, begin in ((left, 25), (right, 165))
    ]
    return Drawing(0, [stroke for half in halves for stroke in half.on_sheet()], 1, 1, 0, 0, 0.0, 15)
