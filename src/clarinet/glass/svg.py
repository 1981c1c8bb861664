"""A film as an SVG that plays by itself: every moment is a group that is visible in its part of the time."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import accumulate

from clarinet.glass.shapes import (
    HEIGHT,
    LEVELS,
    WIDTH,
    Box,
    Disc,
    Flow,
    Label,
    Line,
    Mark,
    Moment,
    Picture,
    Scene,
    Shape,
)
from clarinet.glass.theme import LINE, MONO, SANS, colors, first_line, level_name, title_line
from clarinet.html_snippets import bitmap

#: Seconds that a dot runs at speed 1.
RUN = 0.9


def write(scene: Scene, theme: str | None, speed: float) -> str:
    """The picture as text; ``theme`` None follows the reader's own setting."""
    starts = times(scene, speed)
    total = starts[-1]
    body = [*map(_shape, scene.ground)]
    for moment, start, end in zip(scene.moments, starts, starts[1:]):
        body.append(_group(moment, start, end, total, RUN / speed))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(scene.title)}" font-family="{SANS}">\n<title>{escape(scene.title)}</title>\n'
        f"<style>{style(theme)}</style>\n"
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def times(scene: Scene, speed: float) -> list[float]:
    """When each moment begins, in seconds, and when the last one ends."""
    return [0.0, *accumulate(moment.seconds / speed for moment in scene.moments)]


def style(theme: str | None) -> str:
    """The colours, as variables."""
    if theme is not None:
        return f"svg {{ {_variables(theme)} }} {_RULES}"
    dark = f"@media (prefers-color-scheme: dark) {{ svg {{ {_variables('dark')} }} }}"
    return f"svg {{ {_variables('light')} }} {dark} {_RULES}"


def _variables(theme: str) -> str:
    return " ".join(f"--{name}: {color};" for name, color in colors(theme).items())


_RULES = (
    ".ground { fill: var(--background); } .plus { stroke: var(--plus); } "
    ".minus { stroke: var(--minus); stroke-dasharray: 7 4; } .erase { stroke: var(--background); } "
    ".link { stroke: var(--quiet); } "
    ".disc { stroke: var(--text); stroke-width: 1.2; fill: var(--background); } "
    ".ring { stroke: var(--ring); stroke-width: 3.5; } .dot { fill: var(--ring); } "
    ".mark { stroke: var(--ring); stroke-width: 2.5; fill: none; } "
    ".text { fill: var(--text); } .quiet { fill: var(--quiet); } .delta { fill: var(--delta); } "
    + " ".join(
        f".{level_name(kind, i)} {{ fill: var(--{level_name(kind, i)}); }}"
        for i in range(-LEVELS, LEVELS + 1)
        for kind in ("v", "on")
    )
)


def _group(moment: Moment, start: float, end: float, total: float, run: float) -> str:
    """A moment's shapes and caption, visible from ``start`` to ``end``."""
    clock = f'dur="{total:.3f}s" repeatCount="indefinite"'
    dots = [_dot(flow, start, run, total, clock) for flow in moment.flows]
    come = _seen(start + run, end, total, clock) + "".join(map(_shape, moment.arriving))
    arriving = [f'<g visibility="hidden">{come}</g>'] if moment.arriving else []
    parts = [_seen(start, end, total, clock), *map(_shape, moment.shapes), *dots, *arriving, *_caption(moment)]
    return f'<g class="moment" visibility="{"hidden" if start else "visible"}">{"".join(parts)}</g>'


def _seen(start: float, end: float, total: float, clock: str) -> str:
    """The animation that shows a group from ``start`` to ``end``."""
    shown = "hidden;visible;hidden" if start else "visible;visible;hidden"
    times = f"0;{start / total:.6f};{min(end / total, 1.0):.6f}"
    return f'<animate attributeName="visibility" calcMode="discrete" values="{shown}" keyTimes="{times}" {clock}/>'


def _caption(moment: Moment) -> Iterator[str]:
    x, y = title_line()
    yield _text(Label(x, y, moment.title, 19, start=True, bold=True))
    for i, line in enumerate(moment.lines):
        x, y = first_line()
        yield _text(Label(x, y + i * LINE, line, 14, start=True), MONO)


def _dot(flow: Flow, start: float, run: float, total: float, clock: str) -> str:
    at = f"0;{start / total:.6f};{min((start + run) / total, 1):.6f};1"
    moves = "".join(
        f'<animate attributeName="{name}" values="{a:.1f};{a:.1f};{b:.1f};{b:.1f}" keyTimes="{at}" {clock}/>'
        for name, a, b in (("cx", flow.x0, flow.x1), ("cy", flow.y0, flow.y1))
    )
    seen = (
        f'<animate attributeName="r" calcMode="discrete" values="0;5;0" '
        f'keyTimes="0;{start / total:.6f};{min((start + run) / total, 1):.6f}" {clock}/>'
    )
    return f'<circle class="dot" cx="{flow.x1:.1f}" cy="{flow.y1:.1f}" r="0">{moves}{seen}</circle>'


def _shape(shape: Shape) -> str:
    if isinstance(shape, Line):
        return (
            f'<line class="{shape.role}" x1="{shape.x0:.1f}" y1="{shape.y0:.1f}" x2="{shape.x1:.1f}" '
            f'y2="{shape.y1:.1f}" stroke-width="{shape.width:.2f}" stroke-opacity="{shape.opacity}"/>'
        )
    if isinstance(shape, Disc):
        fill = "" if shape.level is None else f" {level_name('v', shape.level)}"
        ring = " ring" if shape.ring else ""
        return f'<circle class="disc{fill}{ring}" cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="{shape.radius:.1f}"/>'
    if isinstance(shape, Box):
        fill = "" if shape.level is None else f" {level_name('v', shape.level)}"
        return (
            f'<rect class="disc{fill}{" ring" * shape.ring}" x="{shape.x:.1f}" y="{shape.y:.1f}" '
            f'width="{shape.width:.1f}" height="{shape.height:.1f}"/>'
        )
    if isinstance(shape, Picture):
        return (
            f'<image x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}" height="{shape.height:.1f}" '
            f'style="image-rendering:pixelated" preserveAspectRatio="none" href="{bitmap(shape.pixels)}"/>'
        )
    if isinstance(shape, Mark):
        x, y = shape.x - shape.side / 2, shape.y - shape.side / 2
        return f'<rect class="mark" x="{x:.1f}" y="{y:.1f}" width="{shape.side:.1f}" height="{shape.side:.1f}"/>'
    return _text(shape)


def _text(label: Label, family: str = "") -> str:
    role = level_name("on", label.level) if label.role == "on" else label.role
    settings = f' font-family="{family}" xml:space="preserve"' if family else ""
    settings += ' font-weight="600"' if label.bold else ""
    settings += "" if label.start else ' text-anchor="middle"'
    return (
        f'<text class="{role}" x="{label.x:.1f}" y="{label.y:.1f}" dominant-baseline="central" '
        f'font-size="{label.size:.1f}"{settings}>{escape(label.text)}</text>'
    )
