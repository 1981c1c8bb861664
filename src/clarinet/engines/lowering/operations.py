"""Native names and settings of elementary operations and activations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from clarinet import activations, layers, ops
from clarinet.layers.channels import MoveChannels
from clarinet.layers.context import Context
from clarinet.layers.dropout import LOWER_LIMIT
from clarinet.layers.merge import Merge
from clarinet.layers.recurrent import Recurrent
from clarinet.layers.steps import TakeSteps
from clarinet.philox import drop_threshold
from clarinet.types import AnyTensor, Shape

Settings = dict[str, object]


def _relu(relu: activations.Relu) -> tuple[str, Settings]:
    if relu == activations.relu:
        return "relu", {}
    limit = math.inf if relu.max_value is None else relu.max_value
    return "clipped_relu", {"negative_slope": relu.negative_slope, "threshold": relu.threshold, "max_value": limit}


#: Native name and settings of each activation.
ACTIVATIONS: dict[type, Callable[[Any], tuple[str, Settings]]] = {
    activations.Celu: lambda a: ("celu", {"alpha": a.alpha}),
    activations.Elu: lambda a: ("elu", {"alpha": a.alpha}),
    activations.Exponential: lambda a: ("exponential", {}),
    activations.Gelu: lambda a: ("gelu_tanh" if a.approximate else "gelu", {}),
    activations.HardSigmoid: lambda a: ("hard_sigmoid", {}),
    activations.HardSilu: lambda a: ("hard_silu", {}),
    activations.LeakyRelu: lambda a: ("leaky_relu", {"negative_slope": a.negative_slope}),
    activations.Linear: lambda a: ("", {}),
    activations.LogSoftmax: lambda a: ("log_softmax", {"axis": a.axis}),
    activations.Mish: lambda a: ("mish", {}),
    activations.Relu: _relu,
    activations.Relu6: lambda a: ("clipped_relu", {"negative_slope": 0.0, "threshold": 0.0, "max_value": 6.0}),
    activations.Selu: lambda a: ("selu", {}),
    activations.Sigmoid: lambda a: ("sigmoid", {}),
    activations.Silu: lambda a: ("silu", {}),
    activations.Softmax: lambda a: ("softmax", {"axis": a.axis}),
    activations.Softplus: lambda a: ("softplus", {}),
    activations.Softsign: lambda a: ("softsign", {}),
    activations.Tanh: lambda a: ("tanh", {}),
}


def _batch_normalization(spec: layers.BatchNormalization) -> tuple[str, Settings]:
    names = ("momentum", "epsilon", "center", "scale", "trainable")
    return "batch_normalization", {name: float(getattr(spec, name)) for name in names}


def _within_samples(spec: object, **settings: object) -> tuple[str, Settings]:
    return "group_normalization", {name: getattr(spec, name) for name in ("epsilon", "center", "scale")} | settings


def _noise(spec: layers.Dropout) -> str:
    """The native name of dropout with a mask of this shape."""
    sizes = (spec.noise_shape or (None,))[1:]
    if set(sizes) <= {None}:
        return "dropout"
    *others, last = sizes
    return "spatial_dropout" if last is None and set(others) == {1} else "shared_dropout"


def _dropout(kind: str) -> Callable[[Any], tuple[str, Settings]]:
    def lowered(spec: Any) -> tuple[str, Settings]:
        scale = 1 / (1 - spec.rate)
        return _masked(kind, spec.rate, scale, 0.0, 0.0) if spec.rate else ("", {})

    return lowered


def _alpha_dropout(spec: layers.AlphaDropout) -> tuple[str, Settings]:
    if not spec.rate:
        return "", {}
    scale = 1 / math.sqrt((1 - spec.rate) * (1 + spec.rate * LOWER_LIMIT**2))
    shift = -scale * LOWER_LIMIT * spec.rate
    return _masked("alpha_dropout", spec.rate, scale, scale * LOWER_LIMIT + shift, shift)


def _gaussian_dropout(spec: layers.GaussianDropout) -> tuple[str, Settings]:
    return ("gaussian_dropout", {"deviation": spec.deviation}) if spec.rate else ("", {})


def _masked(kind: str, rate: float, scale: float, dropped: float, shift: float) -> tuple[str, Settings]:
    return kind, {"threshold": drop_threshold(rate), "scale": scale, "dropped": dropped, "shift": shift}


def _window(size: Shape, strides: Shape, dilation: Shape, padding: str) -> Settings:
    """The settings of a window over a sample; size 0 covers the whole axis."""
    number = ("valid", "same", "causal").index(padding)
    return {"padding": number, "kernel": size, "stride": strides, "dilation": dilation}


def _convolution(spec: Any) -> tuple[str, Settings]:
    window = _window(spec.window, spec.strides, spec.dilation_rate, spec.padding)
    return "conv", {**window, "groups": spec.groups}


def _over_output(spec: Any, shapes: tuple[Shape, ...]) -> Settings:
    """The settings of a transposed convolution's windows, which go over its output."""
    sizes, edges = spec.around(shapes[0][:-1])
    before, after = zip(*edges, strict=True)
    window = {"kernel": spec.window, "stride": spec.strides, "dilation": spec.dilation_rate}
    return {**window, "size": sizes, "before": before, "after": after}


def _depthwise(spec: layers.DepthwiseConv2D) -> tuple[str, Settings]:
    return "depthwise", _window(spec.window, spec.strides, spec.dilation_rate, spec.padding)


def _global_pooling(kind: str, **settings: float) -> Callable[[Any], tuple[str, Settings]]:
    return lambda spec: (kind, {**_window((0,) * spec.rank, *((1,) * spec.rank,) * 2, "valid"), **settings})


def _pooling(kind: str) -> Callable[[Any], tuple[str, Settings]]:
    return lambda spec: (kind, _window(spec.pool_size, spec.strides, (1,) * len(spec.pool_size), spec.padding))


#: Activations whose slope follows from their value, which is what recurrent layers keep.
_SLOPE_FROM_VALUE = (
    activations.Celu,
    activations.Elu,
    activations.Exponential,
    activations.LeakyRelu,
    activations.Linear,
    activations.Selu,
    activations.Sigmoid,
    activations.Tanh,
)


def _functions(spec: Recurrent) -> dict[str, activations.Activation]:
    gate = getattr(spec, "recurrent_activation", None)
    return {"activation": spec.activation, **({} if gate is None else {"gate": gate})}


def _recurrent(kind: str) -> Callable[[Any], tuple[str, Settings]]:
    def lowered(spec: Any) -> tuple[str, Settings]:
        settings: Settings = {"sequences": spec.return_sequences, "packs": spec.packs, "backwards": spec.go_backwards}
        if spec.recurrent_dropout:
            rate = spec.recurrent_dropout
            settings |= {"threshold": drop_threshold(rate), "scale": 1 / (1 - rate)}
        for role, function in _functions(spec).items():
            name, own = ACTIVATIONS[type(function)](function)
            if not name:
                name, own = "leaky_relu", {"negative_slope": 1.0}
            settings[f"{role}.{name}"] = 0.0
            settings |= {f"of.{role}.{name}.{key}": value for key, value in own.items()}
        return kind if getattr(spec, "reset_after", True) else f"{kind}_reset_before", settings

    return lowered


def _recurrent_obstacle(spec: Recurrent) -> str | None:
    """What keeps a recurrent layer from running natively."""
    slopes = [
        function
        for function in _functions(spec).values()
        if type(function) not in _SLOPE_FROM_VALUE and function != activations.relu
    ]
    return next((f"the activation {function.name!r}" for function in slopes), None)


_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
#: Layers whose numbers only move, or are padding.
_MOVING = (
    layers.Cropping1D,
    layers.Cropping2D,
    layers.Cropping3D,
    layers.RepeatVector,
    TakeSteps,
    layers.UpSampling1D,
    layers.UpSampling3D,
    layers.ZeroPadding1D,
    layers.ZeroPadding2D,
    layers.ZeroPadding3D,
)
#: Native name and settings of each elementary operation; an empty name changes nothing.
OPS: dict[type, Callable[[Any], tuple[str, Settings]]] = {
    Merge: lambda spec: (spec.merge, {}),
    layers.ActivityRegularization: lambda spec: ("activity_regularization", {"l1": spec.l1, "l2": spec.l2}),
    layers.Activation: lambda spec: ACTIVATIONS[type(spec.pure_activation)](spec.pure_activation),
    layers.AveragePooling1D: _pooling("average_pooling"),
    layers.AveragePooling3D: _pooling("average_pooling"),
    layers.AveragePooling2D: _pooling("average_pooling"),
    layers.BatchNormalization: _batch_normalization,
    layers.CenterCrop: lambda spec: ("resampling", {}),
    layers.Conv1D: _convolution,
    layers.Conv2D: _convolution,
    layers.Conv3D: _convolution,
    **dict.fromkeys(_TRANSPOSED, lambda spec: ("conv_transpose", {})),
    layers.Dense: lambda spec: ("dense", {}),
    layers.DepthwiseConv1D: _depthwise,
    layers.DepthwiseConv2D: _depthwise,
    layers.Dot: lambda spec: ("dot", {}),
    layers.AlphaDropout: _alpha_dropout,
    layers.Dropout: lambda spec: _dropout(_noise(spec))(spec),
    layers.Embedding: lambda spec: ("embedding", {}),
    layers.GRU: _recurrent("gru"),
    layers.GaussianDropout: _gaussian_dropout,
    layers.GaussianNoise: lambda spec: ("gaussian_noise", {"stddev": spec.stddev}) if spec.stddev else ("", {}),
    layers.GroupNormalization: lambda spec: _within_samples(spec, groups=spec.groups),
    layers.LSTM: _recurrent("lstm"),
    layers.LayerNormalization: lambda spec: _within_samples(spec, axes=np.size(spec.axis)),
    layers.Normalization: lambda spec: ("normalization", {"invert": spec.invert}),
    layers.PReLU: lambda spec: ("prelu", {}),
    layers.SimpleRNN: _recurrent("simple_rnn"),
    layers.SpatialDropout1D: _dropout("spatial_dropout"),
    layers.SpatialDropout2D: _dropout("spatial_dropout"),
    layers.SpatialDropout3D: _dropout("spatial_dropout"),
    layers.Flatten: lambda spec: ("", {}),
    layers.GlobalAveragePooling1D: _global_pooling("average_pooling"),
    layers.GlobalAveragePooling2D: _global_pooling("average_pooling"),
    layers.GlobalAveragePooling3D: _global_pooling("average_pooling"),
    layers.GlobalMaxPooling1D: _global_pooling("max_pooling", shares=1.0),
    layers.GlobalMaxPooling2D: _global_pooling("max_pooling", shares=1.0),
    layers.GlobalMaxPooling3D: _global_pooling("max_pooling", shares=1.0),
    layers.MaxPooling1D: _pooling("max_pooling"),
    layers.MaxPooling2D: _pooling("max_pooling"),
    layers.MaxPooling3D: _pooling("max_pooling"),
    MoveChannels: lambda spec: ("permute", {}),
    layers.Permute: lambda spec: ("permute", {}),
    layers.Rescaling: lambda spec: ("rescaling", {}),
    layers.Reshape: lambda spec: ("", {}),
    layers.Resizing: lambda spec: ("resampling", {}),
    layers.UpSampling2D: lambda spec: ("resampling", {}),
    **dict.fromkeys(_MOVING, lambda spec: ("pick", {})),
}


def _moving(spec: object, shapes: tuple[Shape, ...]) -> Settings:
    """The settings of an operation whose table says where each number comes from."""
    return {"fill": 0.0, "in_sizes": [math.prod(shape) for shape in shapes], "whole": [0.0] * len(shapes)}


def _origins(spec: layers.Layer, shape: Shape) -> list[Any]:
    """Where each number of a sample comes from: what becomes of 1, 2, 3, …; padding, a 0, becomes -1."""
    numbers = np.arange(1.0, math.prod(shape) + 1).reshape(1, *shape)
    return [spec.forward({}, {}, numbers, Context())[0] - 1]


def _statistics(spec: layers.Normalization, shape: Shape) -> list[Any]:
    """The index of the statistics for each entry of a sample, as far as they differ; then the given statistics."""
    kept = spec.statistics_shape(shape)
    if kept == shape[-1:] and spec.axis in (-1, len(shape)):
        which = np.arange(shape[-1])
    else:
        places = [a - 1 if a > 0 else len(shape) + a for a in np.ravel([] if spec.axis is None else spec.axis).tolist()]
        own = [size if axis in places else 1 for axis, size in enumerate(shape)]
        which = np.broadcast_to(np.arange(math.prod(own)).reshape(own), shape)
    return [which, *(np.broadcast_to(value, kept) for value in spec.given.values())]


def _factors(spec: layers.Rescaling, shape: Shape) -> list[Any]:
    """Scale and offset: a number each, or one for each entry of a sample."""
    single = not (np.ndim(spec.scale) or np.ndim(spec.offset))
    return [np.broadcast_to(value, () if single else shape) for value in (spec.scale, spec.offset)]


def _alphas(spec: layers.PReLU, shape: Shape) -> list[Any]:
    """Which alpha each entry of a sample takes."""
    own = spec.weight_specs(shape)[0].shape
    return [np.broadcast_to(np.arange(math.prod(own)).reshape(own), shape)]


def _shared(spec: layers.Dropout, shape: Shape) -> list[Any]:
    """Which entry of a sample's mask each entry of the sample takes, where they share some."""
    if _noise(spec) != "shared_dropout":
        return []
    own = spec.mask_shape((1, *shape))[1:]
    return [np.broadcast_to(np.arange(math.prod(own)).reshape(own), shape)]


#: What keeps an operation of a class that has a native form from running natively, if anything.
OBSTACLES: dict[type, Callable[[Any], str | None]] = {
    **dict.fromkeys((layers.GRU, layers.LSTM, layers.SimpleRNN), _recurrent_obstacle),
}
#: Settings of an operation that depend on the shapes of its inputs.
RUNS: dict[type, Callable[[Any, tuple[Shape, ...]], Settings]] = {
    Merge: lambda spec, shapes: spec.runs(shapes),
    **dict.fromkeys(_TRANSPOSED, _over_output),
    layers.Dot: lambda spec, shapes: spec.runs(shapes),
    **dict.fromkeys(_MOVING, _moving),
}
#: Constants of an operation on samples of a shape: arrays of numbers.
TABLES: dict[type, Callable[[Any, Shape], list[Any]]] = {
    layers.CenterCrop: lambda spec, shape: spec.matrices(shape[:-1]),
    layers.Dropout: _shared,
    layers.Normalization: _statistics,
    layers.PReLU: _alphas,
    layers.Permute: lambda spec, shape: [np.array(spec.dims) - 1],
    layers.Rescaling: _factors,
    layers.Resizing: lambda spec, shape: spec.matrices(shape[:-1]),
    layers.UpSampling2D: lambda spec, shape: spec.matrices(shape[:-1]),
    MoveChannels: lambda spec, shape: [np.array(spec.order(len(shape)))],
    **dict.fromkeys(_MOVING, _origins),
}


def _own_last(spec: Any, shape: Shape) -> list[int]:
    """The axes of a sample in the order that brings the layer's own to the end; empty if they are there already."""
    own = [axis - 1 for axis in spec.axes(len(shape) + 1)]
    order = [axis for axis in range(len(shape)) if axis not in own] + own
    return [] if order == sorted(order) else order


#: The order in which an operation takes the axes of samples of a shape; empty where it takes them as they are.
AXES: dict[type, Callable[[Any, Shape], list[int]]] = {
    layers.BatchNormalization: _own_last,
    layers.GroupNormalization: _own_last,
    layers.LayerNormalization: _own_last,
}


#: Layers that look at a mask, and whose native operation takes the mask after all other inputs.
TAKE_MASK: frozenset[type] = frozenset((layers.BatchNormalization, layers.GRU, layers.LSTM, layers.SimpleRNN))


def _mean(spec: layers.GlobalAveragePooling1D, x: AnyTensor, mask: AnyTensor) -> AnyTensor:
    total = ops.sum(ops.where(ops.expand_dims(mask, -1), x, 0.0), axis=1)
    return total / ops.maximum(ops.sum(ops.cast(mask, "float32"), axis=1, keepdims=True), 1.0)


def _softmax(spec: layers.Softmax, x: AnyTensor, mask: AnyTensor) -> AnyTensor:
    return ops.where(mask, ops.softmax(ops.where(mask, x, -1e9), axis=spec.axis), 0.0)


def _masking(spec: layers.Masking, x: AnyTensor) -> AnyTensor:
    return ops.where(ops.any(ops.not_equal(x, spec.mask_value), axis=-1, keepdims=True), x, 0.0)


#: Layers that are written with operations: functions of a layer, its input, and its mask where it looks at one.
WRITTEN: dict[type, Callable[..., Any]] = {
    layers.GlobalAveragePooling1D: _mean,
    layers.Masking: _masking,
    layers.Softmax: _softmax,
}
