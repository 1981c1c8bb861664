"""The table that ``model.summary()`` prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clarinet.stack import LayerStack

_COLUMNS = ("Layer (type)", "Output Shape", "Param #")


def _size(count: int, itemsize: int) -> str:
    size = float(count * itemsize)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024 or unit == "GB":
            return f"{size:.2f} {unit}"
        size /= 1024
    raise AssertionError


def summary_lines(model: LayerStack) -> list[str]:
    """One line of text for each line of the table."""
    rows = [_COLUMNS]
    shape = model.input_shape
    trainable = frozen = 0
    for layer in model.layers:
        kind = type(layer).__name__
        if shape is None:
            rows.append((f"{layer.name} ({kind})", "?", "0 (unbuilt)"))
            continue
        shape = layer.output_shape(shape)
        count = layer.count_params()
        learned = sum(w.size for w in layer.weight_specs(model.layer_input_shape(layer))) if layer.trainable else 0
        trainable, frozen = trainable + learned, frozen + count - learned
        rows.append((f"{layer.name} ({kind})", str((None, *shape)), f"{count:,}"))
    widths = [max(len(r[i]) for r in rows) for i in range(3)]

    def bar(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (w + 2) for w in widths) + right

    text = ["│ " + " │ ".join((a.ljust(widths[0]), b.ljust(widths[1]), c.rjust(widths[2]))) + " │" for a, b, c in rows]
    itemsize = model.dtype.itemsize
    return [
        f'Model: "{model.name}"',
        bar("┌", "┬", "┐"),
        text[0],
        bar("├", "┼", "┤"),
        *text[1:],
        bar("└", "┴", "┘"),
        f" Total params: {trainable + frozen:,} ({_size(trainable + frozen, itemsize)})",
        f" Trainable params: {trainable:,} ({_size(trainable, itemsize)})",
        f" Non-trainable params: {frozen:,} ({_size(frozen, itemsize)})",
    ]


def print_summary(model: LayerStack, print_fn: Callable[[str], Any] | None = None) -> None:
    """Print the table, line by line."""
    for line in summary_lines(model):
        (print_fn or print)(line)
