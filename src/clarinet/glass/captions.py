"""The captions of a film: lines that fit, numbers that have room, and how long a reader needs."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, log10
from textwrap import wrap

#: Letters in a line of the caption; letters that a reader reads in a second.
_LETTERS, _READING = 104, 22


def reading_time(title: str, lines: Sequence[str]) -> float:
    """Seconds that a caption stands."""
    return min(max(2.0, (sum(map(len, lines)) + len(title)) / _READING), 7.0)


def folded(line: str) -> list[str]:
    """A line of a caption as lines that fit; an equation breaks where an equals sign is, if it can.

    Example:
        >>> folded("z = 1 + 2 = 3")
        ['z = 1 + 2 = 3']
    """
    if len(line) <= _LETTERS:
        return [line]
    left, *right = line.split(" = ")
    kept = [f"{left} = {right[0]}", *(f"  = {part}" for part in right[1:])] if right else [left]
    while len(kept) > 2 and len(kept[-2]) + len(kept[-1]) <= _LETTERS:
        kept[-2:] = [f"{kept[-2]} = {kept[-1].removeprefix('  = ')}"]
    tied = []
    for part in kept:
        for together in ("− ", "+ ", "… (", " more)", " (b)"):
            part = part.replace(together, together.replace(" ", "\u00a0"))
        tied.append(part)
    return [row.replace("\u00a0", " ") for part in tied for row in wrap(part, _LETTERS, subsequent_indent="    ")]


def brief(value: float) -> str:
    """A number that has room in a circle.

    Example:
        >>> brief(0.123), brief(-0.00042), brief(1234.0), brief(2.0)
        ('0.12', '−0.0004', '1e3', '2')
    """
    if not isfinite(value):
        return str(value).replace("-", "−")
    size = 0 if value == 0 else log10(abs(value))
    if value and -4 <= size < -2:
        text = f"{value:.1g}"
    elif value and not -4 <= size < 3:
        text = f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
    else:
        text = f"{value:.2f}".rstrip("0").rstrip(".")
    return text.replace("-", "−", 1) if text.startswith("-") else text
