"""What a film of a graph shows: its inputs, layers and operations as parts, and what leads from one to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from clarinet.glass import loss_text
from clarinet.glass.records import LayerTrace, OutputTrace, Trace
from clarinet.types import Array

#: Shorter sides of a map of numbers are no picture.
_LEAST = 3


@dataclass(frozen=True, eq=False)
class Part:
    """An input, or a use of a layer or an operation, and the numbers that it gives for one row.

    Attributes:
        name, kind: what it is called; its class.
        layer: its trace; None for an input.
        values, deltas: of the row, in their shape; deltas None where no gradient is taken.
        shown: the units that are drawn, flat and in order; the subject is the one that matters most.
    """

    name: str
    kind: str
    layer: LayerTrace | None
    values: Array
    deltas: Array | None
    shown: tuple[int, ...]
    subject: int

    @property
    def unit(self) -> tuple[int, ...]:
        """The place of the subject."""
        return tuple(int(i) for i in np.unravel_index(self.subject, self.values.shape))

    @property
    def picture(self) -> Array | None:
        """The values as pixels, of the subject's channel; None for others than maps of numbers."""
        if self.values.ndim != 3 or min(self.values.shape[:2]) < _LEAST:
            return None
        shown = self.values if self.layer is None and self.values.shape[2] == 3 else self.values[..., self.unit[2]]
        low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
        return np.rint(np.nan_to_num((shown - low) / ((high - low) or 1.0)) * 255).astype(np.uint8)


def parts_of(trace: Trace, inputs: Sequence[str], row: int, most: int) -> list[Part]:
    """Everything that computes, in order; the layers of models within the model stand for these."""
    found = [
        _part(name, "input", None, _of_row(x, row, len(trace)), None, most)
        for name, x in zip(inputs, trace.xs, strict=True)
    ]
    for layer in leaves(trace.layers):
        deltas = layer.dz if layer.dz is not None else layer.da
        own = None if deltas is None or deltas.shape != layer.a.shape else _of_row(deltas, row, len(trace))
        first = () if layer.output is None else _judged(trace.outputs[layer.output], layer, row)
        found.append(_part(layer.name, layer.kind, layer, _of_row(layer.a, row, len(trace)), own, most, first))
    return found


def leaves(layers: Sequence[LayerTrace]) -> Iterator[LayerTrace]:
    """Uses of layers and operations, those within models too."""
    for layer in layers:
        if layer.layers and getattr(layer.layer, "is_model", False):
            yield from leaves(layer.layers)
        else:
            yield layer


def edges_of(trace: Trace, parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Pairs of parts: from, to. What has no part, such as a choice between two tensors, is passed through."""
    makers = dict(enumerate(range(len(trace.xs))))
    for number, part in enumerate(parts):
        if part.layer is not None:
            makers.update(dict.fromkeys((*part.layer.makes, part.layer.gives), number))
    found: dict[tuple[int, int], None] = {}
    for number, part in enumerate(parts):
        own = () if part.layer is None else dict.fromkeys((*part.layer.makes, part.layer.gives))
        waiting = [source for tensor in own for source in trace.origins.get(tensor, ())]
        seen = set(own)
        while waiting:
            tensor = waiting.pop(0)
            if tensor in seen:
                continue
            seen.add(tensor)
            if makers.get(tensor, number) < number:
                found[makers[tensor], number] = None
            else:
                waiting += trace.origins.get(tensor, ())
    return list(found)


def targets_of(part: Part, trace: Trace, row: int) -> Array | None:
    """What an output should be, in the shape of its values; None without such labels."""
    layer = part.layer
    if layer is None or layer.output is None or trace.outputs[layer.output].y is None:
        return None
    wanted = np.asarray(loss_text.targets(trace.outputs[layer.output], layer)[row])
    return wanted if wanted.shape == part.values.shape else None


def _judged(output: OutputTrace, layer: LayerTrace, row: int) -> tuple[int, ...]:
    """The units of an output with the largest target and the largest value."""
    if output.y is None or output.loss_function is None:
        return ()
    wanted, said = np.asarray(loss_text.targets(output, layer)[row]), layer.a[row]
    own = (int(np.argmax(said)),)
    return (int(np.argmax(wanted)), *own) if wanted.shape == said.shape else own


def _part(
    name: str,
    kind: str,
    layer: LayerTrace | None,
    values: Array,
    deltas: Array | None,
    most: int,
    first: Sequence[int] = (),
) -> Part:
    flat = np.abs(np.ravel(np.asarray(values, np.float64)))
    if deltas is not None and np.any(deltas):  # what changes the loss most, to first order
        flat = flat * np.abs(np.ravel(deltas))
    order = list(dict.fromkeys([*first, *np.argsort(-np.nan_to_num(flat), kind="stable").tolist()]))
    return Part(name, kind, layer, values, deltas, tuple(sorted(order[:most])), order[0] if order else 0)


def _of_row(values: Array, row: int, rows: int) -> Array:
    """A row's own numbers; those that belong to the whole batch as they are."""
    return np.asarray(values[row] if values.ndim and len(values) == rows else values)
