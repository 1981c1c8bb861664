"""Several digits in one picture: its strokes are cut into pieces, and those are kept that read best as digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.digits import (
    _FAINT,
    _WORKING_SIDE,
    Floats,
    _bounds,
    _connected,
    _crop,
    _digit_strokes,
    _extreme,
    _ink,
    _look,
    _resize,
    from_ink,
    to_mnist_form,
)
from clarinet.types import Array

__all__ = ["Piece", "best_pieces", "pieces_of"]

#: Pixels on the longer side of a number's second look, for each time that it is longer than high.
_SIDE_OF_ONE = 96
_LONGEST = 640
#: Strokes above each other by more than this share of the narrower one belong to one digit.
_OVERLAP = 0.3
#: A digit is at most so wide for the number's height; a stroke that is wider than the second may be several digits.
_WIDEST, _SUSPICIOUS = 1.3, 0.75
#: More parts than this are no number but a scribble, or noise.
_MOST_PARTS = 16
#: A piece is made of at most so many parts.
_PARTS_OF_ONE = 3
#: Less likely than this counts as this, so that one piece cannot decide alone.
_LEAST = 1e-4


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a picture that may be a digit.

    Attributes:
        first, last: of the parts, from the left, that it is made of.
        form: uint8 (28, 28), MNIST's form.
        cut: whether it ends where a stroke was cut through.
    """

    first: int
    last: int
    form: NDArray[np.uint8]
    cut: bool = False


def pieces_of(grey: Array) -> list[Piece]:
    """All parts of a picture that may be digits, and all neighbours that may be one together.

    Args:
        grey: brightness (height, width), any range, dark on light or light on dark.

    Returns:
        Pieces; those of parts 0 to the last cover the picture. A picture of one part, or of very many, has one piece.

    Raises:
        ValueError: as for :func:`clarinet.datasets.digits.to_mnist_form`.
    """
    whole = Piece(0, 0, to_mnist_form(grey))
    ink = _ink_of_number(grey.astype(np.float64))
    labels, count = _connected(ink > _FAINT)
    parts = _parts(ink, labels, count) if 0 < count <= 4 * _MOST_PARTS else []
    if not 1 < len(parts) <= _MOST_PARTS:
        return [whole]
    height = _height([ink for ink, _ in parts])
    found = []
    for first in range(len(parts)):
        for last in range(first, min(len(parts), first + _PARTS_OF_ONE)):
            together = np.maximum.reduce([ink for ink, _ in parts[first : last + 1]])
            if first == last or _width(together) <= _WIDEST * height:
                found.append(Piece(first, last, from_ink(together), first == last and parts[first][1]))
    if _width(np.maximum.reduce([ink for ink, _ in parts])) <= _WIDEST * height:  # as photos of one digit are seen
        found = [piece for piece in found if (piece.first, piece.last) != (0, len(parts) - 1)]
        found.append(Piece(0, len(parts) - 1, whole.form))
    return found


def best_pieces(pieces: list[Piece], likely: Callable[[Array], Array]) -> list[int]:
    """The pieces that together cover all parts and are the likeliest to be digits, from the left.

    Args:
        pieces: of a picture.
        likely: how likely each of forms (n, 28, 28) is to be a digit that is read rightly, (n,) from 0 to 1.
    """
    if len(pieces) == 1:
        return [0]
    costs = -np.log(np.maximum(likely(np.stack([piece.form for piece in pieces])), _LEAST))
    parts = 1 + max(piece.last for piece in pieces)
    best: list[tuple[float, list[int]]] = [(0.0, [])]
    for end in range(parts):
        ways = [
            (best[piece.first][0] + float(cost), [*best[piece.first][1], number])
            for number, (piece, cost) in enumerate(zip(pieces, costs))
            if piece.last == end
        ]
        best.append(min(ways, key=lambda way: way[0]))
    return best[-1][1]


def _ink_of_number(pixels: Floats) -> Floats:
    """Ink from 0 to 1, each digit in about as many pixels as a single one is looked at in."""
    ink, zoom = _look(pixels)
    cut = _crop(pixels, _bounds(ink, margin=0.1), zoom)
    high, wide = cut.shape
    side = min(_LONGEST, round(_SIDE_OF_ONE * max(1.0, wide / high)), max(cut.shape))
    side = max(side, min(_WORKING_SIDE, max(cut.shape)))
    scale = side / max(cut.shape)
    return _digit_strokes(_ink(_resize(cut, (max(1, round(high * scale)), max(1, round(wide * scale))))))


def _parts(ink: Floats, labels: NDArray[np.int64], count: int) -> list[tuple[Floats, bool]]:
    """The ink of each part, from the left: strokes that lie above each other together, wide ones cut, which is said."""
    columns = [np.flatnonzero((labels == number).any(axis=0)) for number in range(1, count + 1)]
    spans = sorted((int(at[0]), int(at[-1]) + 1, {number}) for number, at in enumerate(columns, 1))
    groups: list[tuple[int, int, set[int]]] = []
    for left, right, numbers in spans:
        shared = min(groups[-1][1], right) - left if groups else 0
        if groups and shared > _OVERLAP * min(groups[-1][1] - groups[-1][0], right - left):
            before = groups.pop()
            groups.append((before[0], max(before[1], right), before[2] | numbers))
        else:
            groups.append((left, right, numbers))
    parts = [_inked(ink, labels, numbers) for _, _, numbers in groups]
    height = _height(parts) if parts else 0
    every = [_cut(part, height) for part in parts]
    return [(piece, len(pieces) > 1) for pieces in every for piece in pieces]


def _inked(ink: Floats, labels: NDArray[np.int64], numbers: set[int]) -> Floats:
    """The ink of some strokes, their faint edges included."""
    own = np.isin(labels, list(numbers))
    near = _extreme(own.astype(np.float64), 5, np.max) > 0
    return np.where(near & (own | (labels == 0)), ink, 0.0)


def _height(parts: list[Floats]) -> int:
    return max(int(np.ptp(np.flatnonzero(part.max(axis=1)))) + 1 for part in parts)


def _width(part: Floats) -> int:
    return int(np.ptp(np.flatnonzero(part.max(axis=0)))) + 1


def _cut(part: Floats, height: int) -> list[Floats]:
    """A wide part in pieces, cut where a column has the least ink of all near it: there digits touch."""
    width = _width(part)
    if width <= _SUSPICIOUS * height:
        return [part]
    profile = np.convolve(part.sum(axis=0), np.ones(3) / 3, "same")
    left = int(np.flatnonzero(part.max(axis=0))[0])
    reach = max(2, round(0.2 * height))
    ends = [left]
    for at in range(left + reach, left + width - reach):
        lowest = profile[at] <= profile[at - reach : at + reach + 1].min()
        one = np.count_nonzero(np.diff(np.pad(part[:, at] > _FAINT, 1))) <= 2  # at most one stroke is cut through
        if lowest and one and profile[at] < 0.5 * profile[left : left + width].max() and at - ends[-1] >= reach:
            ends.append(at)
    ends.append(left + width)
    where = np.arange(part.shape[1])
    return [np.where((where >= a) & (where < b), part, 0.0) for a, b in pairwise(ends)]
