"""A trace as a table, for a terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from clarinet.html_snippets import paragraph, table
from clarinet.types import Array

#: An array's name, the array, its formula.
Row = tuple[str, Array, str]
#: Arrays up to this size are shown whole.
_WHOLE = 5


def numbers(value: Array) -> str:
    """All numbers of a small array; least, mean and largest of another."""
    if value.size <= _WHOLE:
        return "[" + " ".join(f"{v:.4g}" for v in value.ravel()) + "]"
    finite = value[np.isfinite(value)] if value.dtype.kind == "f" else value
    if not finite.size:
        return "no finite number"
    odd = "" if finite.size == value.size else f", {value.size - finite.size} not finite"
    return f"{finite.min():.4g} … {finite.max():.4g}, mean {finite.mean(dtype=np.float64):.4g}{odd}"


def _cells(rows: Iterable[Row]) -> list[tuple[str, str, str, str]]:
    return [(name, str(value.shape), numbers(value), formula) for name, value, formula in rows]


_COLUMNS = ("array", "shape", "numbers", "formula")


def as_text(heading: Sequence[str], rows: Iterable[Row]) -> str:
    """The table as lines of text."""
    lines = [_COLUMNS, *_cells(rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(3)]
    text = ["  ".join((*(c.ljust(w) for c, w in zip(line, widths)), line[3])).rstrip() for line in lines]
    return "\n".join([*heading, "", *text])


def as_html(heading: Sequence[str], rows: Iterable[Row]) -> str:
    """The table for a notebook."""
    return paragraph(*heading) + table(_COLUMNS, _cells(rows))
