"""A trace as a table, for a terminal and for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet.markup import paragraph, table
from clarinet.params import Array

if TYPE_CHECKING:
    from clarinet.glass.records import Trace

#: Arrays of up to so many numbers are shown whole.
_WHOLE = 5


def heading(trace: Trace) -> list[str]:
    """What was traced, and what came out, in two lines."""
    rows = f"{len(trace)} row{'s' * (len(trace) != 1)}"
    how = f"step {trace.step}, training" if trace.training else "inference"
    lines = [f"Trace of {trace.model!r}: {rows}, {how}"]
    if trace.loss is not None and trace.loss_function is not None:
        parts = f" ({trace.loss - trace.penalty:.6g} + penalties {trace.penalty:.6g})" if trace.penalty else ""
        lines.append(f"loss {trace.loss:.6g}{parts}: {trace.loss_function.name}")
    if trace.training and trace.optimizer is not None and trace.learning_rate is not None:
        lines[-1] += f"; {type(trace.optimizer).__name__}, learning rate {trace.learning_rate:g}"
    return lines


def numbers(value: Array) -> str:
    """All numbers of a small array; least, mean and largest of another."""
    if value.size <= _WHOLE:
        return "[" + " ".join(f"{v:.4g}" for v in value.ravel()) + "]"
    finite = value[np.isfinite(value)] if value.dtype.kind == "f" else value
    if not finite.size:
        return "no finite number"
    odd = "" if finite.size == value.size else f", {value.size - finite.size} not finite"
    return f"{finite.min():.4g} … {finite.max():.4g}, mean {finite.mean(dtype=np.float64):.4g}{odd}"


def _rows(trace: Trace) -> list[tuple[str, str, str, str]]:
    return [(q.name, str(q.value.shape), numbers(q.value), q.formula) for q in trace.quantities()]


_COLUMNS = ("array", "shape", "numbers", "formula")


def as_text(trace: Trace) -> str:
    """The table as lines of text."""
    rows = [_COLUMNS, *_rows(trace)]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = ["  ".join((*(c.ljust(w) for c, w in zip(row, widths)), row[3])).rstrip() for row in rows]
    return "\n".join([*heading(trace), "", *lines])


def as_html(trace: Trace) -> str:
    """The table for a notebook."""
    return paragraph(*heading(trace)) + table(_COLUMNS, _rows(trace))
