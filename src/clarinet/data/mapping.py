"""A user's function of elements: traced once and run on many at once where its operations allow it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace

import numpy as np

from clarinet.data.chunks import Chunk, applied, joined, pieces
from clarinet.data.stages import Chunks, mapped
from clarinet.graph import Constant, Network, Node, Tensor
from clarinet.ops.operation import Elementwise, Operation
from clarinet.ops.specs import Shape, TensorSpec
from clarinet.ops.structures import built, number_form
from clarinet.traced import trace
from clarinet.types import Array, TensorLike


class NotTogether(Exception):
    """Why elements cannot be computed together."""


class Mapping:
    """A function of elements.

    Attributes:
        reason: why it runs element by element; None as long as it does not.
    """

    def __init__(self, function: Callable[..., TensorLike]) -> None:
        self.function = function
        self.reason: str | None = None
        self._known: dict[tuple[object, ...], tuple[TensorLike, Together] | None] = {}

    def __call__(self, chunk: Chunk) -> Chunks:
        """What it makes of the elements of a chunk."""
        known = self._together(chunk) if len(chunk) > 1 else self._known.get(chunk.alike)
        if known is None:
            yield from mapped(iter([chunk]), self.function)
            return
        form, many = known
        for piece in pieces(chunk):
            yield Chunk(form, tuple(many(piece.arrays)))

    def _together(self, chunk: Chunk) -> tuple[TensorLike, Together] | None:
        if chunk.alike not in self._known:
            try:
                self._known[chunk.alike] = self._learn(chunk)
            except Exception as error:  # whatever a user's function does with tensors that have no numbers
                self._known[chunk.alike] = None
                self.reason = f"{getattr(self.function, '__name__', 'the function')}: {error}".splitlines()[0]
        return self._known[chunk.alike]

    def _learn(self, chunk: Chunk) -> tuple[TensorLike, Together]:
        """The function for many elements, compared with what it gives of the first and the last of these."""
        if any(array.dtype.kind not in "biuf" for array in chunk.arrays):
            raise NotTogether("elements hold texts")
        specs = [TensorSpec(array.shape[1:], array.dtype, batched=False) for array in chunk.arrays]
        forms: list[TensorLike] = []

        def flat(*tensors: TensorLike) -> list[TensorLike]:
            form, values = number_form(applied(self.function, built(chunk.form, tensors)))
            forms.append(form)
            return values

        many = Together(trace(flat, specs, [f"part {i}" for i in range(len(specs))]).network)
        ends = chunk.rows(np.array([0, len(chunk) - 1]))
        alone = joined(list(mapped(iter([ends]), self.function)), "map")
        _compare(Chunk(forms[0], tuple(many(ends.arrays))), alone)
        return forms[0], many


def _compare(many: Chunk, alone: Chunk) -> None:
    if many.alike != alone.alike:
        raise NotTogether(f"of many elements it gives {many.spec}, of one {alone.spec}")
    for one, other in zip(many.arrays, alone.arrays):
        if not np.allclose(one, other, rtol=1e-6, atol=1e-6, equal_nan=True):
            raise NotTogether("it gives other numbers for many elements than for one")


class Together:
    """A network of operations on one element, for many: their axis comes before all others.

    Raises:
        NotTogether: an operation of which that cannot be said.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._many: set[Tensor] = set(network.inputs)
        self._steps = [(node, self._operation(node)) for node in network.nodes]

    def _operation(self, node: Node) -> Operation | None:
        """What a node does with many elements; None where it is the same for all of them."""
        if not isinstance(node.operator, Operation):
            if isinstance(node.operator, Constant):
                return None
            raise NotTogether(f"it uses {type(node.operator).__name__}, which is not an operation of clarinet.ops")
        if not any(tensor in self._many for tensor in node.inputs):
            return node.operator
        operation = _with_leading_axis(node.operator, node)
        specs = [self._spec(tensor, node) for tensor in node.inputs]
        found = operation.infer(specs)
        shapes = [spec.shape for spec in (found if isinstance(found, tuple) else (found,))]
        if operation.batch(specs) != "keeps" or shapes != [(None, *spec.shape) for spec in node.specs]:
            raise NotTogether(f"{node.operator.name} would mix elements")
        self._many.update(node.outputs)
        return operation

    def _spec(self, tensor: Tensor, node: Node) -> TensorSpec:
        if tensor not in self._many:
            return TensorSpec(tensor.spec.shape, tensor.spec.dtype, batched=False)
        return TensorSpec((None, *self._filled(tensor.spec.shape, node)), tensor.spec.dtype, batched=True)

    @staticmethod
    def _filled(shape: Shape, node: Node) -> Shape:
        """The shape of an element, with axes of size 1 in front where it is broadcast."""
        broadcast = isinstance(node.operator, Elementwise)
        return (1,) * ((node.specs[0].rank - len(shape)) * broadcast) + tuple(shape)

    @np.errstate(all="ignore")
    def __call__(self, arrays: Sequence[Array]) -> list[Array]:
        """The outputs for the elements in these arrays."""
        found: dict[Tensor, Array] = dict(zip(self._network.inputs, arrays, strict=True))
        for node, operation in self._steps:
            if operation is None:
                found[node.outputs[0]] = np.asarray(node.operator.value)  # type: ignore[union-attr]
                continue
            y, _ = operation.forward(tuple(self._input(found[tensor], tensor, node) for tensor in node.inputs))
            found.update(zip(node.outputs, y if isinstance(y, tuple) else (y,), strict=True))
        outputs = [(found[tensor], tensor in self._many) for tensor in self._network.outputs]
        return [y if many else np.broadcast_to(y, (len(arrays[0]), *y.shape)) for y, many in outputs]

    def _input(self, array: Array, tensor: Tensor, node: Node) -> Array:
        if tensor not in self._many:
            return array
        return array.reshape(len(array), *self._filled(array.shape[1:], node))


def _with_leading_axis(operation: Operation, node: Node) -> Operation:
    """The operation where one more axis comes first: its settings that are axes, sizes or places move on by one."""
    rank = node.inputs[0].spec.rank
    changes: dict[str, object] = {}
    for name, value in ((field.name, getattr(operation, field.name)) for field in fields(operation)):
        if name == "axis":
            changes[name] = _moved(value, rank)
        elif name == "axes":  # an order
            changes[name] = (0, *(axis % rank + 1 for axis in value or reversed(range(rank))))
        elif name == "shape":
            changes[name] = (-1, *node.specs[0].shape)
        elif name == "widths":
            changes[name] = ((0, 0), *value)
        elif name == "key":
            changes[name] = ((None, None, None), *value)
    return replace(operation, **changes) if changes else operation


def _moved(axis: object, rank: int) -> object:
    if axis is None:
        return tuple(range(1, rank + 1))
    if isinstance(axis, tuple):
        return tuple(_moved(one, rank) for one in axis)
    assert isinstance(axis, int)
    return axis + 1 if axis >= 0 else axis
