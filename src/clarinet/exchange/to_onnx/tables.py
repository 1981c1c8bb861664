"""A table's columns as the rows that a model takes, and its outputs as the names of classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.datasets import columns as tables
from clarinet.datasets.columns import CategoryColumn, NumberColumn
from clarinet.exchange.to_onnx.building import INT64, ML, Graph, Value
from clarinet.ops.dtypes import BOOL, FLOAT, TEXT
from clarinet.wording import option

if TYPE_CHECKING:
    from clarinet.datasets.coding import TableCoding
    from clarinet.plan import Plan


def coded_rows(g: Graph, coding: TableCoding) -> tuple[list[Value], Value]:
    """One input for each column, and the rows that they make."""
    inputs: list[Value] = []
    features: list[Value] = []
    for column in coding.columns:
        g.scope = f"column {column.name}"
        words = not isinstance(column, NumberColumn) or column.boolean
        value = Value(g.fresh(column.name), TEXT if words else FLOAT)
        inputs.append(value)
        if isinstance(column, NumberColumn):
            features += _number(g, column, value, coding.missing)
        elif isinstance(column, CategoryColumn):
            features.append(_category(g, column, value, coding.missing))
        else:
            raise ValueError(
                f"export: column {column.name!r} holds {column.kind}s, which have no form in ONNX; train without it "
                f"({option('drop', [column.name])}), or with numbers in its place"
            )
    return inputs, g.joined(features, 1)


def _number(g: Graph, column: NumberColumn, x: Value, missing: frozenset[str]) -> list[Value]:
    if column.boolean:
        x = _words(g, x)
    absent = g.add("IsNaN", x, dtype=BOOL)
    filled = g.add("Where", absent, g.number(column.fill), x)
    return [filled, g.floats(absent)] if column.marked else [filled]


def _words(g: Graph, x: Value) -> Value:
    """Words such as yes and no as 1 and 0; others are missing."""
    no, yes = _spellings(tables._FALSE), _spellings(tables._TRUE)
    values = [0.0] * len(no) + [1.0] * len(yes)
    settings = {"keys_strings": no + yes, "values_floats": values, "default_float": float("nan")}
    return g.add("LabelEncoder", x, dtype=FLOAT, domain=ML, **settings)


def _spellings(words: Iterable[str]) -> list[str]:
    """Words as they are usually spelt."""
    return sorted({form for word in words for form in (word, word.title(), word.upper())})


def _category(g: Graph, column: CategoryColumn, x: Value, missing: frozenset[str]) -> Value:
    places = {name: number for number, name in enumerate(column.categories) if name.lower() not in missing}
    if column.marked:
        places = dict.fromkeys(_spellings(missing), len(column.features) - 1) | places
    settings = {
        "keys_strings": [*places],
        "values_int64s": [*places.values()],
        "default_int64": len(column.categories) if column.rest else -1,
    }
    place = g.add("LabelEncoder", x, dtype=INT64, domain=ML, **settings)
    return g.floats(g.add("Equal", place, g.constant(np.arange(len(column.features)), INT64), dtype=BOOL))


def labels(g: Graph, outputs: Sequence[Value], classes: Sequence[str], plan: Plan) -> list[Value]:
    """The name of the likeliest class, of a model with one output and known classes."""
    from onnx import helper

    if len(outputs) != 1 or len(plan.outputs[0].shape) != 1:
        return []
    count = prod(plan.outputs[0].shape)
    if not classes or len(classes) != (count if count > 1 else 2):
        return []
    if count > 1:
        number = g.add("ArgMax", outputs[0], dtype=INT64, axis=1, keepdims=0)
    else:
        likely = g.add("Greater", g.squeeze(outputs[0], [1]), g.number(0.5), dtype=BOOL)
        number = g.cast(likely, INT64)
    end = Value(g.fresh("label"), TEXT)
    settings: Any = {"keys_int64s": [*range(len(classes))], "values_strings": [*classes], "default_string": ""}
    node = helper.make_node("LabelEncoder", [number.name], [end.name], name="label/names", domain=ML, **settings)
    g.nodes.append(node)
    return [end]
