"""What an ONNX file holds, as arrays and plain values, checked before memory is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.types import Array

if TYPE_CHECKING:
    from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

#: Numbers in one tensor, at most; nodes in a file.
MOST_NUMBERS, MOST_NODES = 2**28, 20_000
#: The versions of operators that are known.
OPSETS = range(7, 27)


@dataclass
class _Step:
    """A node: its operator, its settings, and the names of what it takes and gives."""

    operator: str
    name: str
    takes: list[str]
    gives: list[str]
    settings: dict[str, object] = field(default_factory=dict)

    def get(self, name: str, default: object = None) -> Any:
        """A setting."""
        return self.settings.get(name, default)

    def __str__(self) -> str:
        return f"node {self.name[:60]!r} ({self.operator[:40]})"


Step = _Step


def model_of(content: bytes) -> ModelProto:
    """The file as ONNX's own object; nothing outside of it is read.

    Raises:
        ValueError: it is none, or of another version.
    """
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from onnx import ModelProto

    found = ModelProto()
    try:
        found.ParseFromString(content)
    except DecodeError as error:
        raise ValueError(f"this is not a valid ONNX file: {error}") from None
    if not found.graph.node and not found.graph.output:
        raise ValueError("this is not a valid ONNX file: it has no graph")
    versions = {each.domain: each.version for each in found.opset_import}
    version = versions.get("", versions.get("ai.onnx", 0))
    if version not in OPSETS:
        raise ValueError(f"operators of version {version}; known are {OPSETS[0]} to {OPSETS[-1]}")
    if found.functions:
        raise ValueError(f"the function {found.functions[0].name[:60]!r} of the file's own; export without functions")
    count = sum(1 for _ in _nodes(found.graph))
    if count > MOST_NODES:
        raise ValueError(f"{count} nodes; at most {MOST_NODES} are allowed")
    return found


def _nodes(graph: GraphProto, depth: int = 0) -> Iterator[NodeProto]:
    if depth > 8:
        raise ValueError("graphs within graphs, more than 8 deep")
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner, depth + 1)


def array_of(tensor: TensorProto) -> Array:
    """The numbers of a tensor.

    Raises:
        ValueError: they lie in another file, there are too many, or fewer than its shape says.
    """
    from onnx import TensorProto, helper, numpy_helper

    what = f"tensor {tensor.name[:60]!r}"
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        places = [entry.value[:80] for entry in tensor.external_data if entry.key == "location"]
        raise ValueError(f"{what} lies in another file, {', '.join(places) or 'unnamed'}, and other files are not read")
    if any(size < 0 for size in tensor.dims) or prod(tensor.dims) > MOST_NUMBERS:
        raise ValueError(f"{what} claims the shape {tuple(tensor.dims)}; at most {MOST_NUMBERS} numbers are allowed")
    if tensor.data_type == TensorProto.STRING:
        held, wanted = len(tensor.string_data), prod(tensor.dims)
    elif tensor.HasField("raw_data"):
        dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
        held, wanted = len(tensor.raw_data), prod(tensor.dims) * dtype.itemsize
    else:
        held, wanted = len(getattr(tensor, helper.tensor_dtype_to_field(tensor.data_type))), prod(tensor.dims)
    if held < wanted:
        raise ValueError(f"{what} of shape {tuple(tensor.dims)} should hold {wanted}, and holds {held}")
    found = np.asarray(numpy_helper.to_array(tensor))
    return found.astype(np.float32) if tensor.data_type == TensorProto.BFLOAT16 else found


def dtype_of(code: int) -> np.dtype[np.generic]:
    """NumPy's dtype of an ONNX one; float32 for bfloat16, which NumPy does not have."""
    from onnx import TensorProto, helper

    return np.dtype(np.float32) if code == TensorProto.BFLOAT16 else np.dtype(helper.tensor_dtype_to_np_dtype(code))


def constants(graph: GraphProto) -> Iterator[tuple[str, Array]]:
    """The tensors that a graph keeps."""
    if graph.sparse_initializer:
        raise ValueError("sparse tensors; export dense ones")
    for tensor in graph.initializer:
        yield tensor.name, array_of(tensor)


def steps(nodes: Iterable[NodeProto]) -> list[Step]:
    """The nodes of a graph."""
    found = []
    for number, node in enumerate(nodes):
        name = node.name or (node.output[0] if node.output else f"{node.op_type}_{number}")
        operator = node.op_type if node.domain in ("", "ai.onnx", "ai.onnx.ml") else f"{node.domain}.{node.op_type}"
        own = {attribute.name: _value(attribute) for attribute in node.attribute}
        found.append(Step(operator, name, [*node.input], [*node.output], own))
    return found


def _value(attribute: AttributeProto) -> object:
    from onnx import AttributeProto, helper

    if attribute.type == AttributeProto.TENSOR:
        return array_of(attribute.t)
    value = helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in value] if _many(attribute) else value


def _many(attribute: AttributeProto) -> bool:
    from onnx import AttributeProto

    return attribute.type in (AttributeProto.FLOATS, AttributeProto.INTS, AttributeProto.STRINGS)
