"""The table that ``model.summary()`` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from clarinet.html_snippets import paragraph, table
from clarinet.layers.parts import direct, shapes_within
from clarinet.sizes import inferred
from clarinet.types import DType

if TYPE_CHECKING:
    from clarinet.graph import Network, Node
    from clarinet.layers.base import Layer
    from clarinet.types import Shape

_COLUMNS = ("Layer (type)", "Output Shape", "Param #")
_CONNECTED = "Connected to"

Row = tuple[str, ...]


class Summarised(Protocol):
    """The parts of a model that the table needs."""

    name: str
    dtype: DType

    @property
    def layers(self) -> Sequence[Layer]: ...

    @property
    def built(self) -> bool: ...

    @property
    def bodiless(self) -> bool: ...

    @property
    def is_chain(self) -> bool: ...

    @property
    def network(self) -> Network: ...

    def count_params(self, trainable: bool = False) -> int: ...


def _size(count: int, itemsize: int) -> str:
    size = float(count * itemsize)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            return f"{size:.2f} {unit}"
        size /= 1024
    raise AssertionError


def _rows(layer: Layer, taken: tuple[Shape, ...] | None, connected: str = "", depth: int = 0) -> Iterator[Row]:
    """The row of a layer that takes samples of these shapes, and those of its children, indented."""
    what = f"{'  ' * depth}{layer.name} ({type(layer).__name__})"
    if taken is None:
        yield what, "?", "0 (unbuilt)", connected
    else:
        shapes = inferred(layer.output_shapes, taken)
        yield what, ", ".join(str((None, *shape)) for shape in shapes), f"{layer.count_params():,}", connected
    if not layer.children:
        return
    parts = direct(layer, len(taken or (None,)))
    takes = [None for _ in parts] if taken is None else [inputs for _, inputs in shapes_within(taken, parts)]
    for part, inputs in zip(parts, takes, strict=True):
        if any(part.layer is child for child in layer.children):
            yield from _rows(part.layer, inputs, depth=depth + 1)


def _table(model: Summarised) -> tuple[list[Row], list[str]]:
    """The rows of all layers with a heading, and the sums below them."""
    rows: list[Row] = []
    nodes: dict[int, list[Node]] = {}
    for node in model.network.nodes if model.built and not model.bodiless else ():
        nodes.setdefault(id(node.operator), []).append(node)
    for layer in model.layers:
        uses = nodes.get(id(layer), [])
        taken = tuple(tensor.sample_shape for tensor in uses[0].data) if uses else getattr(layer, "input_shapes", ())
        sources = "; ".join(", ".join(tensor.name for tensor in node.data) for node in uses)
        rows += _rows(layer, taken if model.built else None, sources)
    total, trainable = (model.count_params(), model.count_params(trainable=True)) if model.built else (0, 0)
    counts = {"Total": total, "Trainable": trainable, "Non-trainable": total - trainable}
    itemsize = model.dtype.itemsize
    columns: tuple[str, ...] = _COLUMNS if model.bodiless or model.is_chain else (*_COLUMNS, _CONNECTED)
    found = [columns, *(row[: len(columns)] for row in rows)]
    return found, [f"{what} params: {n:,} ({_size(n, itemsize)})" for what, n in counts.items()]


def summary_lines(model: Summarised) -> list[str]:
    """One line of text for each line of the table."""
    rows, sums = _table(model)
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]

    def bar(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (w + 2) for w in widths) + right

    def line(row: Row) -> str:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        cells[2] = row[2].rjust(widths[2])
        return f"│ {' │ '.join(cells)} │"

    text = [line(row) for row in rows]
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
    (columns, *rows), sums = _table(model)
    inset = [(name.replace("  ", "\u2003"), *rest) for name, *rest in rows]  # HTML would drop spaces
    return paragraph(f'Model: "{model.name}"') + table(columns, inset, numbers=[2]) + paragraph(*sums)


def print_summary(model: Summarised, print_fn: Callable[[str], object] | None = None) -> None:
    """Print the table, line by line."""
    for line in summary_lines(model):
        (print_fn or print)(line)
