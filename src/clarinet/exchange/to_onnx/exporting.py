"""A model as an ONNX file: its inputs, its outputs, and the coding of a table around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clarinet import files
from clarinet.data_adapters.provenance import describe
from clarinet.datasets.coding import TableCoding
from clarinet.exchange.to_onnx.building import IR_VERSION, ML, ML_OPSET, OPSET, Graph, Size, Value, kind_of
from clarinet.exchange.to_onnx.tables import coded_rows, labels
from clarinet.exchange.to_onnx.writing import Unwritable, Writer, sizes_of
from clarinet.ops.dtypes import FLOAT, TEXT
from clarinet.ops.specs import TensorSpec
from clarinet.sizes import as_sizes
from clarinet.types import DType, Shape

if TYPE_CHECKING:
    from onnx import ModelProto, ValueInfoProto

    from clarinet.trainable import Trainable

#: Writes the inverse of a transform of targets.
_INVERSES: dict[str, Callable[[Graph, Value], Value]] = {
    "log": lambda g, y: g.add("Exp", y),
    "log1p": lambda g, y: g.add("Sub", g.add("Exp", y), g.number(1.0)),
}


def export_onnx(model: Trainable, path: str | Path, *, raw: bool = True) -> None:
    """Write a model as an ONNX file, which ONNX Runtime and others run; any number of rows goes in.

    The file has the operators of opset 18 and float32 numbers. Layers that do something in training alone, such as
    Dropout, are left out. Inputs and outputs are called as the model's; a classifier that knows the names of its
    classes (``model.metadata["data"]``, which ``clarinet train`` writes) has one more output ``label``.

    Args:
        model: built; trained or not, compiled or not.
        path: of the file.
        raw: whether a model of a table takes the table's columns, one input of shape (n, 1) for each: texts for
            categories, float32 for numbers, where NaN is a missing value; default True. False: coded rows.

    Raises:
        ImportError: the package onnx is not installed. ValueError: the model is not built; layers or operations without
            a form in ONNX, all named; a transformed target with functions of one's own. OSError: the file cannot be
            written.

    Example:
        >>> import clarinet, pathlib, tempfile
        >>> from clarinet.exchange import export_onnx
        >>> model = clarinet.Sequential([clarinet.Input((4,)), clarinet.layers.Dense(3, "softmax")])
        >>> path = pathlib.Path(tempfile.mkdtemp(), "net.onnx")
        >>> export_onnx(model, path)
        >>> path.stat().st_size > 4 * 15
        True
    """
    files.write(Path(path), onnx_model(model, raw).SerializeToString())


def onnx_model(model: Trainable, raw: bool = True) -> ModelProto:
    """The same as an object of the package onnx; arguments as of :func:`export_onnx`."""
    try:
        from onnx import checker, helper
    except ImportError:
        raise ImportError("ONNX files need the package onnx: pip install 'clarinet[onnx]'") from None
    if not model.built:
        raise ValueError("export_onnx: the model has no weights yet; build it first, e.g. with Input(shape) or fit")
    g = Graph()
    begins, info = _begins(g, model, raw)
    outputs = _outputs(g, model, begins)
    ends = [helper.make_tensor_value_info(value.name, kind_of(value.dtype), shape) for value, shape in outputs]
    graph = helper.make_graph(g.nodes, model.name or "model", info, ends, g.constants)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)]
    found = helper.make_model(graph, producer_name="clarinet", ir_version=IR_VERSION, opset_imports=opsets)
    checker.check_model(found)
    return found


# Inputs.


def _begins(g: Graph, model: Trainable, raw: bool) -> tuple[list[Value], list[ValueInfoProto]]:
    """What the model takes, and the descriptions of the graph's inputs."""
    from onnx import helper

    coding = _coding(model) if raw else None
    if coding is not None:
        columns, rows = coded_rows(g, coding)
        described: list[tuple[Value, list[Size]]] = [(value, ["rows", 1]) for value in columns]
        begins = [rows]
    else:
        begins = [Value(g.fresh(name), dtype) for name, dtype in zip(model.input_names, _dtypes(model), strict=True)]
        described = [(v, ["rows", *_sizes(v.name, s)]) for v, s in zip(begins, model.input_shapes, strict=True)]
    return begins, [helper.make_tensor_value_info(v.name, kind_of(v.dtype), shape) for v, shape in described]


def _coding(model: Trainable) -> TableCoding | None:
    about = describe(model)
    return TableCoding.from_config(about["coding"]) if about["kind"] == "table" else None


def _dtypes(model: Trainable) -> list[DType]:
    """Texts and whole numbers as such where the model prepares data, else float32."""
    given = [tensor.spec.dtype for tensor in model.network.inputs]
    return [d if d == TEXT or (model.prepares_data and d.kind in "iu") else FLOAT for d in given]


def _sizes(name: str, shape: Shape) -> list[Size]:
    """Sizes of a sample, with a name where one is not known."""
    return [f"{name}_{axis}" if size is None else size for axis, size in enumerate(sizes_of(shape), 1)]


def _sizes_of_all(name: str, spec: TensorSpec) -> list[Size]:
    """Sizes of a tensor, with names where they are not known."""
    rows = "rows" if spec.batched else f"{name}_0"
    return (
        [rows if spec.shape[0] is None else spec.shape[0], *_sizes(name, as_sizes(spec.shape[1:]))]
        if spec.shape
        else []
    )


# Outputs.


def _outputs(g: Graph, model: Trainable, begins: Sequence[Value]) -> list[tuple[Value, list[Size]]]:
    """The graph's outputs, with their shapes."""
    plan = model.make_plan()
    writer = Writer(g, model.store, [layer.name or "" for layer in model.layers])
    first = [*begins]
    if plan.preparation is not None:
        prepared = writer.run(plan.preparation.ops, first)
        first = [prepared[number] for number in plan.preparation.gives]
    else:
        first = [g.floats(value) for value in first]
    found = writer.run(plan.ops, first)
    results = [writer.result(plan, number, found) for number in range(len(plan.outputs))]
    if writer.obstacles:
        raise Unwritable(
            f"export_onnx: {', '.join(dict.fromkeys(writer.obstacles))}: ONNX has no form of this; take it out of what "
            "the model does in use, or save to .clarinet"
        )
    g.scope = ""
    if model.target is not None:
        results = [_original(g, model, value) for value in results]
    every = [_named(g, v, name) for v, name in zip(results, model.output_names, strict=True)]
    specs = [tensor.spec for tensor in model.network.outputs]
    shaped: list[tuple[Value, list[Size]]] = [
        (v, _sizes_of_all(v.name, spec)) for v, spec in zip(every, specs, strict=True)
    ]
    names = labels(g, every, describe(model)["classes"], plan)
    return shaped + [(value, ["rows"]) for value in names]


def _named(g: Graph, value: Value, name: str) -> Value:
    """A value of its own name, which the graph gives away."""
    end = Value(g.fresh(name), value.dtype)
    from onnx import helper

    g.nodes.append(helper.make_node("Identity", [value.name], [end.name], name=f"{end.name}/Identity"))
    return end


def _original(g: Graph, model: Trainable, y: Value) -> Value:
    """A transformed target in its own units."""
    target = model.target
    assert target is not None
    if not isinstance(target.transform, str):
        raise Unwritable("export_onnx: compile(target=) with functions of one's own has no form in ONNX; use a name")
    if target.transform in _INVERSES:
        return _INVERSES[target.transform](g, y)
    if target.scale is None:
        raise ValueError(f"export_onnx: the transform {target.transform!r} has seen no targets yet; call fit first")
    center, scale = (np.asarray(numbers, np.float32) for numbers in (target.center, target.scale))
    return g.add("Add", g.add("Mul", y, g.constant(scale)), g.constant(center))
