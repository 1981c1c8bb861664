"""Tables for people that fit the terminal."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Sequence

_LEAST = 8  # characters that a column keeps, so that it can be recognised


def table(header: Sequence[str], rows: Sequence[Sequence[object]], width: int | None = None) -> str:
    """Rows under a header, no line wider than ``width`` (default: the terminal).

    Columns at the right are left out where there is no room for all; of those that stay, the widest are cut.

    Example:
        >>> print(table(["name", "loss"], [["digits", 0.12345], ["other", None]], 40))
        name    loss
        digits  0.1235
        other
    """
    room = width or shutil.get_terminal_size((120, 24)).columns
    cells = [[*header], *([shown(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    while sum(min(w, _LEAST) for w in widths) + 2 * (len(widths) - 1) > room and len(widths) > 1:
        widths.pop()
    while sum(widths) + 2 * (len(widths) - 1) > room and max(widths) > _LEAST:
        widths[widths.index(max(widths))] -= 1
    lines = ["  ".join(_cut(cell, w).ljust(w) for cell, w in zip(row, widths)).rstrip() for row in cells]
    return "\n".join(lines)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def shown(value: object) -> str:
    """A value for people: four digits of a number, nothing for None.

    Example:
        >>> shown(0.000123456), shown(12), shown(None), shown(["a", "b"])
        ('1.2346e-04', '12', '', 'a b')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        plain = value == 0 or not math.isfinite(value) or 1e-3 <= abs(value) < 1e5
        return f"{value:.4f}" if plain else f"{value:.4e}"
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return " ".join(str(value).split())


def ago(moment: float, now: float | None = None) -> str:
    """How long ago a Unix time was; a clock that went back makes no nonsense.

    Example:
        >>> ago(1000.0, 1000.0 + 3 * 3600), ago(2000.0, 1000.0)
        ('3 h ago', 'just now')
    """
    seconds = (time.time() if now is None else now) - moment
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"
