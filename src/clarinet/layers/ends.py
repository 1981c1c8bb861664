"""Where a model begins and ends: tensors for data, and for what its author gives as inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from clarinet.graph import Node, Tensor, ordered
from clarinet.layers.input import Input
from clarinet.layers.preparing import as_data
from clarinet.ops.shapes import AsRows


def inputs_like(x: object) -> object:
    """A tensor for such rows, or a structure of tensors for one of rows."""
    if isinstance(x, Mapping):
        return {key: inputs_like(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)) and x and all(getattr(each, "ndim", 0) for each in x):
        return [inputs_like(each) for each in x]
    rows = as_data(x, "x")
    dtype = {"i": "int32", "u": "int32", "O": "string"}.get(rows.dtype.kind, "float32")
    return Input(rows.shape[1:], dtype=dtype)


def with_rows(tensor: Tensor) -> Tensor:
    """An output of a model; where the rows of a batch were mixed, they are rows again."""
    if tensor.spec.batched or tensor.shape[:1] != (None,):
        return tensor
    return Tensor(Node(AsRows(), (tensor,), (AsRows().infer([tensor.spec]),)))


def from_inputs(ins: list[Tensor], outs: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """The same network where it begins within another one: with inputs of its own in the place of tensors there."""
    own = {tensor: tensor if tensor.node.is_input else Input(tensor.sample_shape) for tensor in ins}
    if all(own[tensor] is tensor for tensor in ins):
        return ins, outs
    ends = {tensor.node for tensor in ins}
    for node in ordered(outs, ins):
        if node not in ends:
            made = replace(node, inputs=tuple(own[tensor] for tensor in node.inputs))
            own.update(zip(node.outputs, made.outputs, strict=True))
    return [own[tensor] for tensor in ins], [own[tensor] for tensor in outs]
