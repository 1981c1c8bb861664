"""The shapes of a film's pictures, in pixels; every writer draws them in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from clarinet.types import Array

#: Size of a picture in pixels; even numbers, as video wants them.
WIDTH, HEIGHT = 960, 660
#: Fills of circles go from -LEVELS (far below zero) to LEVELS.
LEVELS = 6


class Spot(NamedTuple):
    """The number of a circle or of a cell in a box: where it is in the trace, and what is known of it by now.

    Attributes:
        layer: the layer's name in the trace; of an input ``"input"``, or its name where there are several.
        unit: its place in a row of what the layer gives.
        value, delta, target: those that are drawn; None for others.
        delta_of: the layer whose ``dz`` (or ``da``) the delta is: of a circle that shows what a layer without weights
            made of it, the one before.
    """

    layer: str
    unit: tuple[int, ...]
    value: float | None
    delta: float | None = None
    target: float | None = None
    delta_of: str = ""


class Tie(NamedTuple):
    """The weight of a line: where it is in the trace.

    Attributes:
        layer: the layer's name in the trace.
        at: its place in the layer's kernel.
        value: the weight, or its change where the line shows that.
    """

    layer: str
    at: tuple[int, ...]
    value: float


class Line(NamedTuple):
    """A line between two circles or boxes. ``role`` selects its colour: ``"plus"``, ``"minus"`` (dashed too),
    ``"link"``, which has no sign, or ``"erase"``, the ground's. ``of`` is its weight, if it has one."""

    x0: float
    y0: float
    x1: float
    y1: float
    role: str
    width: float
    opacity: float = 1.0
    of: Tie | None = None


class Disc(NamedTuple):
    """A circle, filled by how large its number is; None is empty. The ring marks the subject of the caption."""

    x: float
    y: float
    radius: float
    level: int | None
    ring: bool
    of: Spot | None = None


class Box(NamedTuple):
    """A rectangle from its upper left corner: a box, or a number in one, filled by how large it is; None is empty."""

    x: float
    y: float
    width: float
    height: float
    level: int | None = None
    ring: bool = False
    of: Spot | None = None


class Label(NamedTuple):
    """A piece of text, its middle (or its start) at a point.

    ``role`` selects its colour: ``"text"``, ``"quiet"``, ``"delta"``, or for text in a circle ``"on"`` with its level.
    """

    x: float
    y: float
    text: str
    size: float
    role: str = "text"
    level: int = 0
    start: bool = False
    bold: bool = False


class Flow(NamedTuple):
    """A dot that runs from one point to another and is gone: a number on its way."""

    x0: float
    y0: float
    x1: float
    y1: float


class Picture(NamedTuple):
    """The example itself: pixels, (height, width) or (height, width, 3) in uint8, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    pixels: Array


class Mark(NamedTuple):
    """The frame of a square around a point of a picture: the subject of the caption."""

    x: float
    y: float
    side: float


Shape = Line | Disc | Box | Label | Picture | Mark


@dataclass(frozen=True)
class Moment:
    """One picture of a film and its duration.

    Attributes:
        title, lines: the caption, in words and numbers.
        shapes: drawn over the scene's background.
        flows: dots that run while the picture begins.
        arriving: drawn over the shapes once the dots have arrived.
        seconds: at speed 1.
        stage: ``"start"``, ``"forward"``, ``"loss"``, ``"back"``, ``"update"`` or ``"end"``.
        layer: the name of the layer that it is about; empty where it is about several.
    """

    title: str
    lines: tuple[str, ...]
    shapes: tuple[Shape, ...]
    flows: tuple[Flow, ...]
    arriving: tuple[Shape, ...]
    seconds: float
    stage: str = "start"
    layer: str = ""


@dataclass(frozen=True)
class Scene:
    """A film before it is written: its fixed parts, its moments and its title."""

    title: str
    ground: tuple[Shape, ...]
    moments: tuple[Moment, ...]
