"""The table that ``model.summary()`` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from clarinet.html_snippets import paragraph, table
from clarinet.layers.parts import direct, shapes_within
from clarinet.types import DType

if TYPE_CHECKING:
    from clarinet.layers.base import Layer
    from clarinet.types import Shape

_COLUMNS = ("Layer (type)", "Output Shape", "Param #")


class Summarised(Protocol):
    """The parts of a model that the table needs."""

    name: str
    layers: list[Layer]
    input_shape: Shape | None
    dtype: DType


def _size(count: int, itemsize: int) -> str:
    size = float(count * itemsize)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            return f"{size:.2f} {unit}"
        size /= 1024
    raise AssertionError


def _rows(layer: Layer, shape: Shape | None, depth: int = 0) -> Iterator[tuple[str, str, str]]:
    """The row of a layer that gets samples of ``shape``, and those of its children, indented."""
    what = f"{'  ' * depth}{layer.name} ({type(layer).__name__})"
    if shape is None:
        yield what, "?", "0 (unbuilt)"
    else:
        yield what, str((None, *layer.output_shape(shape))), f"{layer.count_params():,}"
    if not layer.children:
        return
    parts = direct(layer)
    takes = [None for _ in parts] if shape is None else [taken[0] for _, taken in shapes_within(shape, parts)]
    for part, taken in zip(parts, takes, strict=True):
        if any(part.layer is child for child in layer.children):
            yield from _rows(part.layer, taken, depth + 1)


def _table(model: Summarised) -> tuple[list[tuple[str, str, str]], list[str]]:
    """The rows of all layers, and the sums below them."""
    rows: list[tuple[str, str, str]] = []
    shape = model.input_shape
    trainable = total = 0
    for layer in model.layers:
        rows += _rows(layer, shape)
        if shape is not None:
            shape = layer.output_shape(shape)
            total += layer.count_params()
            trainable += layer.count_params(trainable=True)
    counts = {"Total": total, "Trainable": trainable, "Non-trainable": total - trainable}
    itemsize = model.dtype.itemsize
    return rows, [f"{what} params: {n:,} ({_size(n, itemsize)})" for what, n in counts.items()]


def summary_lines(model: Summarised) -> list[str]:
    """One line of text for each line of the table."""
    found, sums = _table(model)
    rows = [_COLUMNS, *found]
    widths = [max(len(r[i]) for r in rows) for i in range(3)]

    def bar(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (w + 2) for w in widths) + right

    text = ["│ " + " │ ".join((a.ljust(widths[0]), b.ljust(widths[1]), c.rjust(widths[2]))) + " │" for a, b, c in rows]
    return [
        f'Model: "{model.name}"',
        bar("┌", "┬", "┐"),
        text[0],
        bar("├", "┼", "┤"),
        *text[1:],
        bar("└", "┴", "┘"),
        *(f" {line}" for line in sums),
    ]


def summary_html(model: Summarised) -> str:
    """The same for a notebook."""
    rows, sums = _table(model)
    inset = [(name.replace("  ", "\u2003"), *rest) for name, *rest in rows]  # HTML would drop spaces
    return paragraph(f'Model: "{model.name}"') + table(_COLUMNS, inset, numbers=[2]) + paragraph(*sums)


def print_summary(model: Summarised, print_fn: Callable[[str], object] | None = None) -> None:
    """Print the table, line by line."""
    for line in summary_lines(model):
        (print_fn or print)(line)
