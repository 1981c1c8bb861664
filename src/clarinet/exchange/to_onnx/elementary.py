"""Elementary layers in ONNX's operators."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from clarinet import activations, layers
from clarinet.arrays import EPSILON
from clarinet.exchange.to_onnx import windows
from clarinet.exchange.to_onnx.building import INT64, Graph, NoForm, Value
from clarinet.exchange.to_onnx.functions import activated
from clarinet.exchange.to_onnx.operations import network, variance
from clarinet.exchange.to_onnx.preparing import PREPARING
from clarinet.exchange.to_onnx.recurrent import recurrent
from clarinet.exchange.to_onnx.windows import Weights, Write
from clarinet.layers.activity import ActivityPenalty, ActivityRegularization
from clarinet.layers.applied import AddLoss
from clarinet.layers.channels import MoveChannels
from clarinet.layers.convolution import Convolution
from clarinet.layers.convolution_transpose import ConvolutionTranspose
from clarinet.layers.dropout import Noise
from clarinet.layers.global_pooling import _GlobalAveragePooling, _GlobalMaxPooling
from clarinet.layers.merge import Merge
from clarinet.layers.pooling import _AveragePooling, _MaxPooling
from clarinet.layers.resampling import _Resampling
from clarinet.layers.reshape import Flatten, Reshape
from clarinet.layers.steps import TakeSteps
from clarinet.layers.time_distributed import OverSteps
from clarinet.ops.dtypes import BOOL, FLOAT
from clarinet.ops.specs import TensorSpec
from clarinet.sizes import known, with_none
from clarinet.traced import trace
from clarinet.types import Shape

if TYPE_CHECKING:
    from clarinet.plan import Op


def elementary(g: Graph, op: Op, own: Weights, x: list[Value]) -> Value:
    """What a layer's operation gives in use.

    Args:
        g: where it goes.
        op: the operation.
        own: its weights and its state.
        x: what it takes, and the mask behind it where it looks at one.

    Raises:
        NoForm: it has none in ONNX.
    """
    spec = op.spec
    if op.training and (spec.disturbs_by or spec.rescales_by == "batch"):
        raise NoForm(f"{op.kind} with training=True")
    write = EXACT.get(type(spec)) or next((FAMILIES[c] for c in type(spec).__mro__ if c in FAMILIES), None)
    if write is None:
        raise NoForm(op.kind)
    return write(g, op, spec, own, x)


def _over_steps(g: Graph, op: Op, spec: OverSteps, own: Weights, x: list[Value]) -> Value:
    """The steps of all samples as so many samples."""
    shapes = tuple(tuple(shape[1:]) for shape in op.input_shapes)
    single = replace(op, spec=spec.layer, input_shapes=shapes, output_shape=tuple(op.output_shape[1:]))
    joined = [g.reshape(each, (-1, *shape)) for each, shape in zip(x, shapes, strict=True)]
    y = elementary(g, single, own, joined)
    return g.reshape(y, g.joined([g.shape(x[0], 0, 2), g.ints(op.output_shape[1:])], 0))


def _same(g: Graph, op: Op, spec: object, own: Weights, x: list[Value]) -> Value:
    return x[0]


def _weight(g: Graph, own: Weights, name: str, shape: Shape | None = None) -> Value:
    array = own[name] if shape is None else own[name].reshape(shape)
    return g.constant(array, name=f"{g.scope}/{name}")


def _shifted(g: Graph, y: Value, own: Weights, name: str = "bias", shape: Shape | None = None) -> Value:
    return g.add("Add", y, _weight(g, own, name, shape)) if name in own else y


def _dense(g: Graph, op: Op, spec: object, own: Weights, x: list[Value]) -> Value:
    return _shifted(g, g.add("MatMul", x[0], _weight(g, own, "kernel")), own)


def _einsum_dense(g: Graph, op: Op, spec: layers.EinsumDense, own: Weights, x: list[Value]) -> Value:
    return _shifted(g, g.add("Einsum", x[0], _weight(g, own, "kernel"), equation=spec.equation), own)


def _embedding(g: Graph, op: Op, spec: object, own: Weights, x: list[Value]) -> Value:
    (name,) = own
    return g.add("Gather", _weight(g, own, name), g.cast(x[0], INT64), dtype=FLOAT, axis=0)


def _activation(g: Graph, op: Op, spec: layers.Layer, own: Weights, x: list[Value]) -> Value:
    function = cast(activations.Activation, spec.pure_activation)
    if op.mask is not None:
        hidden = g.add("Where", x[1], x[0], g.number(-1e9))
        return g.add("Where", x[1], activated(g, function, hidden), g.number(0.0))
    if function.traces:
        own_function = cast(activations.Custom, function).function
        specs = [TensorSpec((None, *with_none(op.input_shape)), FLOAT, True)]
        return network(g, trace(own_function, specs, ["z"]).network, x)[0]
    return activated(g, function, x[0])


def _prelu(g: Graph, op: Op, spec: object, own: Weights, x: list[Value]) -> Value:
    return g.add("PRelu", x[0], _weight(g, own, "alpha"))


# Scales.


def _affine(g: Graph, x: Value, mean: object, factor: object, offset: object) -> Value:
    """``(x - mean) * factor + offset``, without what changes nothing."""
    y = x
    for kind, values, nothing in (("Sub", mean, 0), ("Mul", factor, 1), ("Add", offset, 0)):
        array = np.asarray(values, np.float32)
        y = y if (array == nothing).all() else g.add(kind, y, g.constant(array))
    return y


def _rescaling(g: Graph, op: Op, spec: layers.Rescaling, own: Weights, x: list[Value]) -> Value:
    return _affine(g, x[0], 0.0, spec.scale, spec.offset)


def _batch_normalization(g: Graph, op: Op, spec: layers.BatchNormalization, own: Weights, x: list[Value]) -> Value:
    after = len(op.input_shape) - spec._axis_of(len(op.input_shape) + 1)
    wide = {name: array.astype(np.float64).reshape(-1, *(1,) * after) for name, array in own.items()}
    factor = wide.get("gamma", 1.0) / np.sqrt(wide["moving_variance"] + spec.epsilon)
    return _affine(g, x[0], wide["moving_mean"], factor, wide.get("beta", 0.0))


def _normalization(g: Graph, op: Op, spec: layers.Normalization, own: Weights, x: list[Value]) -> Value:
    shape, kept = spec.statistics_shape(op.input_shape), spec._kept(len(op.input_shape) + 1)
    wide = [size if axis in kept else 1 for axis, size in enumerate(op.input_shape, 1)]
    both = own | spec.given
    mean, variance_ = (np.broadcast_to(both[n], shape).astype(np.float64).reshape(wide) for n in ("mean", "variance"))
    deviation = np.maximum(np.sqrt(variance_), 1e-7)
    return _affine(g, x[0], 0.0, deviation, mean) if spec.invert else _affine(g, x[0], mean, 1 / deviation, 0.0)


def _layer_normalization(g: Graph, op: Op, spec: layers.LayerNormalization, own: Weights, x: list[Value]) -> Value:
    rank = len(op.input_shape) + 1
    axes = spec.axes(rank)
    if axes == tuple(range(rank - len(axes), rank)) and known(op.input_shape[axes[0] - 1 :]):
        return _layer_operator(g, op, spec, own, x[0], axes[0])
    u = _standardized(g, x[0], axes, spec.epsilon)
    shape = tuple(size if axis in axes else 1 for axis, size in enumerate((1, *op.input_shape)))
    return _scaled(g, u, own, shape)


def _layer_operator(g: Graph, op: Op, spec: layers.LayerNormalization, own: Weights, x: Value, axis: int) -> Value:
    ones = np.ones(op.input_shape[axis - 1 :], np.float32)
    taken = [g.constant(own.get("gamma", ones), name=f"{g.scope}/gamma")]
    taken += [_weight(g, own, "beta")] if "beta" in own else []
    return g.add("LayerNormalization", x, *taken, axis=axis, epsilon=float(spec.epsilon))


def _standardized(g: Graph, x: Value, axes: tuple[int, ...], epsilon: float) -> Value:
    spread, away = variance(g, x, axes)
    return g.add("Div", away, g.add("Sqrt", g.add("Add", spread, g.number(epsilon))))


def _scaled(g: Graph, u: Value, own: Weights, shape: Shape) -> Value:
    y = g.add("Mul", u, _weight(g, own, "gamma", shape)) if "gamma" in own else u
    return _shifted(g, y, own, "beta", shape)


def _group_normalization(g: Graph, op: Op, spec: layers.GroupNormalization, own: Weights, x: list[Value]) -> Value:
    rank = len(op.input_shape) + 1
    axis, order = spec._axis_of(rank), [*range(rank)]
    order[axis], order[-1] = order[-1], order[axis]
    channels = op.input_shape[axis - 1]
    groups = spec.groups_of(channels)
    last = g.transpose(x[0], order)
    u = _standardized(g, g.reshape(last, (0, -1, groups, channels // groups)), (1, 3), spec.epsilon)
    return g.transpose(_scaled(g, g.reshape(u, g.shape(last)), own, (channels,)), order)


# Several tensors, and the order of numbers.

_MERGES = {"add": "Sum", "average": "Mean", "maximum": "Max", "minimum": "Min"}


def _merge(g: Graph, op: Op, spec: Merge, own: Weights, x: list[Value]) -> Value:
    if spec.merge == "concatenate":
        return g.joined(x, spec.sample_axis(len(op.output_shape)) + 1)
    rank = max(map(len, op.input_shapes))
    wide = [g.unsqueeze(v, range(1, rank - len(s) + 1)) for v, s in zip(x, op.input_shapes, strict=True)]
    if spec.merge in _MERGES:
        return wide[0] if len(wide) == 1 else g.add(_MERGES[spec.merge], *wide)
    found = wide[0]
    for each in wide[1:]:
        found = g.add("Mul" if spec.merge == "multiply" else "Sub", found, each)
    return found


def _dot(g: Graph, op: Op, spec: layers.Dot, own: Weights, x: list[Value]) -> Value:
    rows = []
    for value, shape, axis in zip(x, op.input_shapes, spec.sample_axes(op.input_shapes), strict=True):
        others = [i + 1 for i in range(len(shape)) if i != axis]
        flat = g.reshape(g.transpose(value, (0, *others, axis + 1)), (0, -1, shape[axis]))
        rows.append(_of_length_one(g, flat) if spec.normalize else flat)
    return g.reshape(g.add("MatMul", rows[0], g.transpose(rows[1], (0, 2, 1))), (0, *op.output_shape))


def _of_length_one(g: Graph, rows: Value) -> Value:
    length = g.add("Sqrt", g.reduced("ReduceSum", g.add("Mul", rows, rows), [2]))
    return g.add("Div", rows, g.add("Max", length, g.number(EPSILON)))


def _reshaped(g: Graph, op: Op, spec: object, own: Weights, x: list[Value]) -> Value:
    return g.reshape(x[0], (0, *op.output_shape))


def _flattened(g: Graph, op: Op, spec: object, own: Weights, x: list[Value]) -> Value:
    return g.reshape(x[0], (0, *op.output_shape) if known(op.input_shape) else (0, -1))


def _permuted(g: Graph, op: Op, spec: layers.Permute, own: Weights, x: list[Value]) -> Value:
    return g.transpose(x[0], (0, *spec.dims))


def _moved(g: Graph, op: Op, spec: MoveChannels, own: Weights, x: list[Value]) -> Value:
    return g.transpose(x[0], (0, *(axis + 1 for axis in spec.order(len(op.input_shape)))))


def _repeated(g: Graph, op: Op, spec: layers.RepeatVector, own: Weights, x: list[Value]) -> Value:
    return g.add("Tile", g.unsqueeze(x[0], [1]), g.ints([1, spec.n, *(1 for _ in op.input_shape)]))


def _steps(g: Graph, op: Op, spec: TakeSteps, own: Weights, x: list[Value]) -> Value:
    if spec.single:
        return g.add("Gather", x[0], g.constant(spec.first or 0, INT64), axis=1)
    kept = g.cut(x[0], {1: (spec.first, spec.last, 1)})
    return g.reversed(kept, [1]) if spec.backwards else kept


def _masked(g: Graph, op: Op, spec: layers.Masking, own: Weights, x: list[Value]) -> Value:
    same = g.add("Equal", x[0], g.number(spec.mask_value), dtype=BOOL)
    counts = g.reduced("ReduceMax", g.floats(g.add("Not", same)), [len(op.input_shape)])
    return g.add("Where", g.cast(counts, BOOL), x[0], g.number(0.0))


#: Layers of these classes alone.
EXACT: dict[type, Write] = {
    **PREPARING,
    **dict.fromkeys((layers.Cropping1D, layers.Cropping2D, layers.Cropping3D), windows.cropped),
    **dict.fromkeys((layers.GRU, layers.LSTM, layers.SimpleRNN), recurrent),
    **dict.fromkeys((layers.UpSampling1D, layers.UpSampling2D, layers.UpSampling3D), windows.upsampled),
    **dict.fromkeys((layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D), windows.padded),
    AddLoss: _same,
    OverSteps: _over_steps,
    Merge: _merge,
    MoveChannels: _moved,
    TakeSteps: _steps,
    layers.Activation: _activation,
    layers.BatchNormalization: _batch_normalization,
    layers.Dense: _dense,
    layers.Dot: _dot,
    layers.EinsumDense: _einsum_dense,
    layers.Embedding: _embedding,
    layers.GroupNormalization: _group_normalization,
    layers.LayerNormalization: _layer_normalization,
    layers.Masking: _masked,
    layers.Normalization: _normalization,
    layers.PReLU: _prelu,
    layers.Permute: _permuted,
    layers.RepeatVector: _repeated,
    layers.Rescaling: _rescaling,
    layers.Softmax: _activation,
}
#: Layers of these classes, and of classes made from them.
FAMILIES: dict[type, Write] = {
    ActivityPenalty: _same,
    ActivityRegularization: _same,
    Convolution: windows.convolution,
    ConvolutionTranspose: windows.transposed,
    Flatten: _flattened,
    Noise: _same,
    Reshape: _reshaped,
    _AveragePooling: windows.pooling("AveragePool"),
    _GlobalAveragePooling: windows.whole("ReduceMean"),
    _GlobalMaxPooling: windows.whole("ReduceMax"),
    _MaxPooling: windows.pooling("MaxPool"),
    _Resampling: windows.resampled,
}
