"""The table that ``model.summary()`` prints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from clarinet.html_snippets import paragraph, table
from clarinet.layers.parts import direct, has_operations, shapes_within
from clarinet.sizes import inferred
from clarinet.types import DType

if TYPE_CHECKING:
    from clarinet.graph import Network, Node
    from clarinet.layers.base import Layer
    from clarinet.types import Shape

_COLUMNS = ("Layer (type)", "Output Shape", "Param #")
_CONNECTED = "Connected to"
_TRAINABLE = "Trainable"

Row = tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """What of a model a table shows.

    Args:
        nested: also the layers within layers.
        trainable: a column that says of each layer whether it is trained.
        layers: the first and the last layer, as regular expressions of their names; None: all.
    """

    nested: bool = True
    trainable: bool = False
    layers: Sequence[str] | None = None

    def of(self, layers: Sequence[Layer]) -> Sequence[Layer]:
        """The layers shown.

        Raises:
            ValueError: a range that is no pair, or that names no layer.
        """
        if self.layers is None:
            return layers
        if len(self.layers) != 2:
            raise ValueError(f"summary: layer_range: expected two names of layers, received {self.layers!r}")
        ends = []
        for wanted in self.layers:
            found = [place for place, layer in enumerate(layers) if re.match(wanted, layer.name)]
            if not found:
                names = ", ".join(layer.name for layer in layers)
                raise ValueError(f"summary: layer_range: no layer is called {wanted!r}; the layers are {names}")
            ends += [found[0], found[-1]]
        return layers[min(ends) : max(ends) + 1]


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


def _trains(layer: Layer) -> str:
    """Y or N, as Keras has it; - where there is nothing to train."""
    return "-" if not layer.count_params() else "Y" if layer.trainable else "N"


def _rows(
    layer: Layer, taken: tuple[Shape, ...] | None, shown: Shown, connected: str = "", depth: int = 0
) -> Iterator[Row]:
    """The row of a layer that takes samples of these shapes, and those of its children, indented."""
    what = f"{'  ' * depth}{layer.name} ({type(layer).__name__})"
    rest = (_trains(layer), connected) if shown.trainable else (connected,)
    if taken is None:
        yield what, "?", "0 (unbuilt)", *rest
    else:
        yield what, _gives(layer, taken), f"{layer.count_params():,}", *rest
    if not layer.children or not shown.nested or (layer.is_model and not layer.built):
        return
    if has_operations(layer):
        yield from _rows_of_graph(layer, shown, depth + 1)
        return
    parts = direct(layer, len(taken or (None,)))
    takes = [None for _ in parts] if taken is None else [inputs for _, inputs in shapes_within(taken, parts)]
    for part, inputs in zip(parts, takes, strict=True):
        if any(part.layer is child for child in layer.children):
            yield from _rows(part.layer, inputs, shown, depth=depth + 1)


def _gives(layer: Layer, taken: tuple[Shape, ...]) -> str:
    """The shapes of a layer's outputs; a ``call`` that has run as it stands alone does not tell."""
    try:
        shapes = inferred(layer.output_shapes, taken)
    except ValueError:
        if not layer.is_authored:
            raise
        return "?"
    return ", ".join(str((None, *shape)) for shape in shapes)


def _rows_of_graph(model: Any, shown: Shown, depth: int) -> Iterator[Row]:
    """The rows of the layers of a model that has operations between them, for the shapes that it was made of."""
    uses = {id(node.operator): node for node in reversed(model.network.nodes)}
    for layer in model.layers:
        if id(layer) in uses:
            taken = tuple(tensor.sample_shape for tensor in uses[id(layer)].data)
            yield from _rows(layer, taken, shown, depth=depth)


def _known_inputs(layer: Layer) -> tuple[Shape, ...] | None:
    """What a layer takes that no node of the network has: a model knows it by itself, once it is built."""
    return getattr(layer, "input_shapes", None) if getattr(layer, "built", False) else None


def _table(model: Summarised, shown: Shown) -> tuple[list[Row], list[str]]:
    """The rows of all layers with a heading, and the sums below them."""
    rows: list[Row] = []
    nodes: dict[int, list[Node]] = {}
    for node in model.network.nodes if model.built and not model.bodiless else ():
        nodes.setdefault(id(node.operator), []).append(node)
    for layer in shown.of(model.layers):
        uses = nodes.get(id(layer), [])
        taken = tuple(tensor.sample_shape for tensor in uses[0].data) if uses else _known_inputs(layer)
        sources = "; ".join(", ".join(tensor.name for tensor in node.data) for node in uses)
        rows += _rows(layer, taken if model.built else None, shown, sources)
    total, trainable = (model.count_params(), model.count_params(trainable=True)) if model.built else (0, 0)
    counts = {"Total": total, "Trainable": trainable, "Non-trainable": total - trainable}
    itemsize = model.dtype.itemsize
    columns: tuple[str, ...] = (*_COLUMNS, _TRAINABLE) if shown.trainable else _COLUMNS
    columns = columns if model.bodiless or model.is_chain else (*columns, _CONNECTED)
    found = [columns, *(row[: len(columns)] for row in rows)]
    return found, [f"{what} params: {n:,} ({_size(n, itemsize)})" for what, n in counts.items()]


def summary_lines(model: Summarised, shown: Shown = Shown()) -> list[str]:
    """One line of text for each line of the table."""
    rows, sums = _table(model, shown)
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
    (columns, *rows), sums = _table(model, Shown())
    inset = [(name.replace("  ", "\u2003"), *rest) for name, *rest in rows]  # HTML would drop spaces
    return paragraph(f'Model: "{model.name}"') + table(columns, inset, numbers=[2]) + paragraph(*sums)


class WithSummary:
    """What of a model shows it as a table."""

    def summary(
        self: Summarised,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], object] | None = None,
        expand_nested: bool = True,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print a table of layers, output shapes and numbers of parameters.

        Args:
            line_length, positions: accepted, without effect; columns are as wide as what is in them.
            print_fn: called once a line; default ``print``.
            expand_nested: also the layers within layers; default True, other than in Keras.
            show_trainable: a column that says of each layer whether it is trained.
            layer_range: the first and the last layer shown, as regular expressions of their names.

        Raises:
            ValueError: a ``layer_range`` that is no pair, or that names no layer.
        """
        for line in summary_lines(self, Shown(expand_nested, show_trainable, layer_range)):
            (print_fn or print)(line)

    def _repr_html_(self: Summarised) -> str:
        return summary_html(self)
