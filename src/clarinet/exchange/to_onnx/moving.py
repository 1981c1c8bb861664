"""Operations that move numbers, in ONNX's operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from clarinet.exchange.to_onnx.building import INT64, Cut, Graph, NoForm, Value
from clarinet.ops import basic, gathering, joining, repeating, shapes, sliding
from clarinet.ops.operation import Operation
from clarinet.ops.specs import TensorSpec, place, places

Specs = Sequence[TensorSpec]
#: Writes an operation, given what is known of what it takes, and that.
_Write = Callable[..., Value | tuple[Value, ...]]


def _same(g: Graph, operation: object, specs: Specs, x: Sequence[Value]) -> Value:
    return x[0]


def _size(specs: Specs, axis: int, what: str) -> int:
    size = specs[0].shape[axis]
    if size is None:
        raise NoForm(f"{what} along an axis whose size is not known")
    return size


# Shapes.


def _reshaped(g: Graph, operation: shapes.Reshape, specs: Specs, x: Sequence[Value]) -> Value:
    wanted, found = operation.shape, operation.result(specs[0]).shape
    whole = [0 if size is None else size for size in wanted]
    known = [
        -1 if size == -1 and found[i] is None else found[i] if size == -1 else size for i, size in enumerate(whole)
    ]
    return g.reshape(x[0], known)


def _squeezed(g: Graph, operation: shapes.Squeeze, specs: Specs, x: Sequence[Value]) -> Value:
    return g.squeeze(x[0], places(operation.axis or (), specs[0].rank, "squeeze"))


def _broadcast(g: Graph, operation: shapes.BroadcastTo, specs: Specs, x: Sequence[Value]) -> Value:
    return g.add("Expand", x[0], g.ints([1 if size is None else size for size in operation.shape]))


def _across_batch(g: Graph, operation: shapes.AcrossBatch, specs: Specs, x: Sequence[Value]) -> Value:
    return g.add("Expand", x[0], g.of_rows(x[1], [1 if size is None else size for size in operation.shape]))


def _of_rows(g: Graph, operation: shapes.OfRows, specs: Specs, x: Sequence[Value]) -> Value:
    return g.reshape(x[0], g.of_rows(x[1], [-1 if size is None else size for size in operation.shape]))


# Joining and taking apart.


def _stacked(g: Graph, operation: basic.Stack, specs: Specs, x: Sequence[Value]) -> Value:
    axis = place(operation.axis, specs[0].rank + 1, "stack")
    return g.joined([g.unsqueeze(each, [axis]) for each in x], axis)


def _joined(g: Graph, operation: joining.Concatenate, specs: Specs, x: Sequence[Value]) -> Value:
    return g.joined(x, place(operation.axis, specs[0].rank, "concatenate"))


def _split(g: Graph, operation: joining.Split, specs: Specs, x: Sequence[Value]) -> tuple[Value, ...]:
    axis = place(operation.axis, specs[0].rank, "split")
    ends = operation.ends(_size(specs, axis, "split"))
    return tuple(g.cut(x[0], {axis: (first, last, 1)}) for first, last in pairwise(ends))


def _unstacked(g: Graph, operation: joining.Unstack, specs: Specs, x: Sequence[Value]) -> tuple[Value, ...]:
    axis = place(operation.axis, specs[0].rank, "unstack")
    every = range(_size(specs, axis, "unstack"))
    return tuple(g.add("Gather", x[0], g.constant(number, INT64), axis=axis) for number in every)


# Repeating and turning.


def _repeated(g: Graph, operation: repeating.Repeat, specs: Specs, x: Sequence[Value]) -> Value:
    axis = place(operation.axis, specs[0].rank, "repeat")
    which = np.repeat(np.arange(_size(specs, axis, "repeat")), operation.repeats)
    return g.add("Gather", x[0], g.ints(which), axis=axis)


def _tiled(g: Graph, operation: repeating.Tile, specs: Specs, x: Sequence[Value]) -> Value:
    more = len(operation.repeats) - specs[0].rank
    repeats = (1,) * -more + operation.repeats
    return g.add("Tile", g.unsqueeze(x[0], [*range(more)]), g.ints(repeats))


def _flipped(g: Graph, operation: repeating.Flip, specs: Specs, x: Sequence[Value]) -> Value:
    return g.reversed(x[0], places(operation.axis, specs[0].rank, "flip"))


def _rolled(g: Graph, operation: repeating.Roll, specs: Specs, x: Sequence[Value]) -> Value:
    if operation.axis is None:
        flat = g.reshape(x[0], [-1])
        return g.reshape(_turned(g, flat, 0, operation.shift[0]), g.shape(x[0]))
    y = x[0]
    for shift, axis in zip(operation.shift, operation.axis, strict=True):
        axis = place(axis, specs[0].rank, "roll")
        y = _turned(g, y, axis, shift % _size(specs, axis, "roll"))
    return y


def _turned(g: Graph, x: Value, axis: int, shift: int) -> Value:
    if not shift:
        return x
    return g.joined([g.cut(x, {axis: (-shift, None, 1)}), g.cut(x, {axis: (None, -shift, 1)})], axis)


def _padded(g: Graph, operation: repeating.Pad, specs: Specs, x: Sequence[Value]) -> Value:
    return g.padded(x[0], operation.widths, g.number(operation.value, x[0]))


# Places.


def _item(g: Graph, operation: gathering.GetItem, specs: Specs, x: Sequence[Value]) -> Value:
    """Slices first, then single places, then new axes; one array of places."""
    parts = operation.expanded(specs[0].rank)
    if parts.count("array") > 1 or ("array" in parts and any(isinstance(p, int) or p is None for p in parts)):
        raise NoForm("indexing with several arrays of places, or beside single ones")
    cuts: dict[int, Cut] = {}
    single: list[int] = []
    axis = 0
    for part in parts:
        if isinstance(part, int):
            cuts[axis] = (part, None if part == -1 else part + 1, 1)
            single.append(axis)
        elif isinstance(part, tuple) and part != (None, None, None):
            cuts[axis] = part
        axis += part is not None
    y = g.squeeze(g.cut(x[0], cuts), single)
    if "array" in parts:
        return g.add("Gather", y, x[1], axis=parts.index("array"))
    kept = [part for part in parts if not isinstance(part, int)]
    return g.unsqueeze(y, [i for i, part in enumerate(kept) if part is None])


def _taken(g: Graph, operation: gathering.Take, specs: Specs, x: Sequence[Value]) -> Value:
    return g.add("Gather", *x, axis=place(operation.axis, specs[0].rank, "take"))


def _taken_along(g: Graph, operation: gathering.TakeAlongAxis, specs: Specs, x: Sequence[Value]) -> Value:
    axis = place(operation.axis, specs[0].rank, "take_along_axis")
    pairs = [(a, b) for i, (a, b) in enumerate(zip(specs[0].shape, specs[1].shape)) if i != axis]
    if any(a != b for a, b in pairs):
        raise NoForm("take_along_axis of tensors that are stretched to one another")
    return g.add("GatherElements", *x, axis=axis)


def _windows(g: Graph, operation: sliding.Windows, specs: Specs, x: Sequence[Value]) -> Value:
    size = _size(specs, operation.axis, "windows")
    span = (operation.size - 1) * operation.dilation + 1
    starts = np.arange((size - span) // operation.stride + 1) * operation.stride
    which = starts[:, None] + np.arange(operation.size) * operation.dilation
    return g.add("Gather", x[0], g.constant(which, INT64), axis=operation.axis)


#: How each of them is written.
MOVES: dict[type[Operation], _Write] = {
    basic.Copy: _same,
    basic.Identity: _same,
    basic.Stack: _stacked,
    basic.StopGradient: _same,
    gathering.GetItem: _item,
    gathering.Take: _taken,
    gathering.TakeAlongAxis: _taken_along,
    joining.Concatenate: _joined,
    joining.Split: _split,
    joining.Unstack: _unstacked,
    repeating.Flip: _flipped,
    repeating.Pad: _padded,
    repeating.Repeat: _repeated,
    repeating.Roll: _rolled,
    repeating.Tile: _tiled,
    shapes.AcrossBatch: _across_batch,
    shapes.AsRows: _same,
    shapes.AsWhole: _same,
    shapes.BroadcastTo: _broadcast,
    shapes.ExpandDims: lambda g, operation, specs, x: g.unsqueeze(x[0], operation.new(specs[0].rank)),
    shapes.KeptRows: _same,
    shapes.OfRows: _of_rows,
    shapes.Reshape: _reshaped,
    shapes.Squeeze: lambda g, operation, specs, x: g.squeeze(
        x[0], places(operation.axis or (), specs[0].rank, "squeeze")
    ),
    shapes.Transpose: lambda g, operation, specs, x: g.transpose(x[0], operation.order(specs[0].rank)),
    sliding.Windows: _windows,
}
