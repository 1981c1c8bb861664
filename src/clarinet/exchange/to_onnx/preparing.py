"""Layers that run once on data: lookups, bins and codes, in ONNX's operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from clarinet import layers
from clarinet.exchange.to_onnx.building import INT64, ML, Graph, NoForm, Value
from clarinet.exchange.to_onnx.windows import Weights, Write
from clarinet.layers.lookup import IndexLookup
from clarinet.layers.vocabulary import Token
from clarinet.ops.dtypes import BOOL, TEXT
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.plan import Op


def _discretized(g: Graph, op: Op, spec: layers.Discretization, own: Weights, x: list[Value]) -> Value:
    if spec.bin_boundaries is None:
        raise NoForm("Discretization before adapt(data)")
    above = g.add(
        "GreaterOrEqual",
        g.unsqueeze(g.floats(x[0]), [-1]),
        g.constant(np.array(spec.bin_boundaries, np.float32)),
        dtype=BOOL,
    )
    places = g.reduced("ReduceSum", g.cast(above, INT64), [-1], keepdims=False)
    return _encoded(g, op, spec.output_mode, spec.depth(), places)


def _categories(g: Graph, op: Op, spec: layers.CategoryEncoding, own: Weights, x: list[Value]) -> Value:
    return _encoded(g, op, spec.output_mode, spec.num_tokens, g.cast(x[0], INT64))


def _encoded(g: Graph, op: Op, mode: str, depth: int, ids: Value) -> Value:
    """Ids as they are, or as codes; those below 0 count for nothing."""
    if mode == "int":
        return ids
    if mode == "one_hot":
        return g.reshape(_hot(g, ids, depth), (0, *op.output_shape))
    kind = "ReduceMax" if mode == "multi_hot" else "ReduceSum"
    return g.reduced(kind, _hot(g, ids, depth), [-2], keepdims=False)


def _hot(g: Graph, ids: Value, depth: int) -> Value:
    every = g.constant(np.arange(depth), INT64)
    return g.floats(g.add("Equal", g.unsqueeze(ids, [-1]), every, dtype=BOOL))


def looked_up(g: Graph, x: Value, known: Mapping[Token, int], otherwise: int) -> Value:
    """The whole number of each text or whole number."""
    kind = "keys_strings" if x.dtype == TEXT else "keys_int64s"
    keys = [*known] if x.dtype == TEXT else [int(key) for key in known]
    settings = {kind: keys, "values_int64s": [*known.values()], "default_int64": otherwise}
    return g.add("LabelEncoder", x, dtype=INT64, domain=ML, **settings)


def _looked_up(g: Graph, op: Op, spec: IndexLookup, own: Weights, x: list[Value]) -> Value:
    """Ids of a vocabulary: first that of the mask, then that of unknown values."""
    if spec.invert or spec.num_oov_indices != 1 or not spec.vocabulary:
        raise NoForm(f"{op.kind} with invert=True, without a vocabulary, or with num_oov_indices other than 1")
    masks = spec.mask_token is not None and spec.output_mode == "int"
    known = {token: i for i, token in enumerate(spec.get_vocabulary()) if i > masks}
    if spec.mask_token is not None:
        known[spec.mask_token] = 0 if masks else -1
    ids = looked_up(g, x[0] if x[0].dtype == TEXT else g.cast(x[0], INT64), known, int(masks))
    if spec.output_mode != "tf_idf":
        return _encoded(g, op, spec.output_mode, spec.depth(), ids)
    return g.add("Mul", _encoded(g, op, "count", spec.depth(), ids), g.constant(_factors(spec)))


def _factors(spec: IndexLookup) -> Array:
    """What each token counts; unknown ones the mean of all."""
    weights = np.array(spec.idf_weights, np.float64)
    return np.pad([weights.mean(), *weights], (0, spec.depth() - len(weights) - 1)).astype(np.float32)


#: How each of them is written.
PREPARING: dict[type, Write] = {
    layers.CategoryEncoding: _categories,
    layers.Discretization: _discretized,
    layers.IntegerLookup: _looked_up,
    layers.StringLookup: _looked_up,
}
