"""Positions of the boxes and lines of a graph's drawing: nodes in rows by depth. Plain numbers, without a canvas.

The method is that of Sugiyama, Tagawa and Toda (1981): a row for each depth, a place in every row that a long line
crosses, an order in each row that leaves few crossings, and then places as near as can be to their neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

#: Distance of two boxes side by side, and width of the place where a line crosses a row; in units of their widths.
_BETWEEN, _LINE = 0.3, 0.12
_SWEEPS, _MOVES = 12, 120


@dataclass(eq=False)
class Place:
    """A box, or where a long line crosses a row.

    Attributes:
        box: the number of the box; None for a line.
        row: from 0, at the top.
        width: of the box.
        x: of its middle.
    """

    box: int | None
    row: int
    width: float
    x: float = 0.0
    above: list[Place] = field(default_factory=list, repr=False)
    below: list[Place] = field(default_factory=list, repr=False)


@dataclass(frozen=True)
class Layout:
    """Where the boxes of a graph are.

    Attributes:
        boxes: the place of each box.
        lines: for every edge, in the order in which they were given, the places that it runs through.
        rows: how many there are.
    """

    boxes: tuple[Place, ...]
    lines: tuple[tuple[Place, ...], ...]
    rows: int

    @property
    def extent(self) -> tuple[float, float]:
        """The left and the right end."""
        ends = [(place.x - place.width / 2, place.x + place.width / 2) for line in self.lines for place in line]
        ends += [(place.x - place.width / 2, place.x + place.width / 2) for place in self.boxes]
        return min(left for left, _ in ends), max(right for _, right in ends)


def lay_out(widths: Sequence[float], edges: Sequence[tuple[int, int]]) -> Layout:
    """Places for boxes that are joined by lines.

    Args:
        widths: of every box, each after those that lead to it.
        edges: pairs of boxes: from, to.

    Example:
        >>> found = lay_out([1, 1, 1], [(0, 1), (1, 2), (0, 2)])
        >>> [place.row for place in found.boxes], [len(line) for line in found.lines]
        ([0, 1, 2], [2, 2, 3])
    """
    depths = _depths(len(widths), edges)
    boxes = [Place(number, depth, width) for number, (depth, width) in enumerate(zip(depths, widths, strict=True))]
    rows: list[list[Place]] = [[] for _ in range(max(depths, default=-1) + 1)]
    for place in boxes:
        rows[place.row].append(place)
    lines = tuple(_line(boxes[a], boxes[b], rows) for a, b in edges)
    _begin(rows)
    _order(rows)
    _spread(rows)
    return Layout(tuple(boxes), lines, len(rows))


def _depths(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The longest way to each box; one that nothing leads to stands right above what it leads to."""
    found = [0] * count
    for a, b in sorted(edges, key=lambda edge: edge[1]):
        found[b] = max(found[b], found[a] + 1)
    ends = {b for _, b in edges}
    for box in range(count):
        after = [found[b] for a, b in edges if a == box]
        if box not in ends and after:
            found[box] = min(after) - 1
    return found


def _line(start: Place, end: Place, rows: list[list[Place]]) -> tuple[Place, ...]:
    """A line from one box to another, with a place in each row between them."""
    between = [Place(None, row, _LINE) for row in range(start.row + 1, end.row)]
    for place in between:
        rows[place.row].append(place)
    line = (start, *between, end)
    for one, other in pairwise(line):
        one.below.append(other)
        other.above.append(one)
    return line


def _begin(rows: list[list[Place]]) -> None:
    """Sort every row in the order in which one comes by, who follows each way to its end from the first box on."""
    met: dict[int, int] = {}
    waiting = [place for row in reversed(rows) for place in reversed(row) if not place.above]
    waiting.sort(key=lambda place: -(place.box or 0))
    while waiting:
        place = waiting.pop()
        if id(place) not in met:
            met[id(place)] = len(met)
            waiting += reversed(place.below)
    for row in rows:
        row.sort(key=lambda place: met[id(place)])


def _order(rows: list[list[Place]]) -> None:
    """Sort every row by the middle of the neighbours above, then below, and again."""
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        for row in rows if downwards else reversed(rows):
            at = {id(place): number for own in rows for number, place in enumerate(own)}

            def middle(place: Place, at: dict[int, int] = at, downwards: bool = downwards) -> float:
                near = place.above if downwards else place.below
                return float(np.mean([at[id(other)] for other in near])) if near else float(at[id(place)])

            row.sort(key=middle)


def _spread(rows: list[list[Place]]) -> None:
    """Have each place as near to the middle of its neighbours as the others in its row leave room."""
    for row in rows:
        _place(row, [0.0] * len(row), [1] * len(row))
    for sweep in range(_MOVES):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            near = [(*place.above, *place.below) for place in row]
            wanted = [float(np.mean([o.x for o in n])) if n else p.x for p, n in zip(row, near, strict=True)]
            _place(row, wanted, [max(1, len(n)) for n in near])


def _place(row: list[Place], wanted: Sequence[float], lines: Sequence[int]) -> None:
    """The places in this order, none over another, as near to what is wanted as can be: least squares, line by line."""
    if not row:
        return
    steps = [(a.width + b.width) / 2 + _BETWEEN for a, b in pairwise(row)]
    offsets = np.concatenate([[0.0], np.cumsum(steps)])
    pools: list[tuple[float, int, int]] = []  # isotonic regression: neighbours that would overlap move together
    for value, weight in zip(np.asarray(wanted) - offsets, lines, strict=True):
        total, weights, count = float(value) * weight, weight, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / weights:
            before = pools.pop()
            total, weights, count = total + before[0], weights + before[1], count + before[2]
        pools.append((total, weights, count))
    shifts = [total / weights for total, weights, count in pools for _ in range(count)]
    for place, offset, shift in zip(row, offsets, shifts, strict=True):
        place.x = float(offset + shift)
