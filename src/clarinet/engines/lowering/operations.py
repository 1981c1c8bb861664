"""Native names and settings of elementary operations and activations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from clarinet import activations, layers
from clarinet.layers.base import Shape
from clarinet.layers.merge import Merge
from clarinet.random import drop_threshold

Settings = dict[str, float]


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


def _dropout(spec: layers.Dropout) -> tuple[str, Settings]:
    return ("dropout", {"rate": spec.rate, "threshold": drop_threshold(spec.rate)}) if spec.rate else ("", {})


def _window(size: Shape, strides: Shape, dilation: Shape, padding: str) -> Settings:
    """How a window lies over a sample; one of one axis has height 1, one of size 0 covers the whole axis."""
    settings = {"padding": float(("valid", "same", "causal").index(padding))}
    for name, values in (("kernel", size), ("stride", strides), ("dilation", dilation)):
        settings[f"{name}_h"], settings[f"{name}_w"] = (1, *values) if len(values) == 1 else values
    return settings


def _convolution(spec: Any) -> tuple[str, Settings]:
    window = _window(spec.kernel_size, spec.strides, spec.dilation_rate, spec.padding)
    return "conv", {**window, "groups": spec.groups}


def _depthwise(spec: layers.DepthwiseConv2D) -> tuple[str, Settings]:
    return "depthwise", _window(spec.kernel_size, spec.strides, spec.dilation_rate, spec.padding)


def _global_pooling(kind: str) -> Callable[[Any], tuple[str, Settings]]:
    return lambda spec: (kind, _window((0, 0), (1, 1), (1, 1), "valid"))


def _pooling(kind: str) -> Callable[[Any], tuple[str, Settings]]:
    return lambda spec: (kind, _window(spec.pool_size, spec.strides, (1,) * len(spec.pool_size), spec.padding))


#: Native name and settings of each elementary operation; an empty name changes nothing.
OPS: dict[type, Callable[[Any], tuple[str, Settings]]] = {
    Merge: lambda spec: (spec.merge, {}),
    layers.ActivityRegularization: lambda spec: ("activity_regularization", {"l1": spec.l1, "l2": spec.l2}),
    layers.Activation: lambda spec: ACTIVATIONS[type(spec.activation)](spec.activation),
    layers.AveragePooling1D: _pooling("average_pooling"),
    layers.AveragePooling2D: _pooling("average_pooling"),
    layers.BatchNormalization: _batch_normalization,
    layers.CenterCrop: lambda spec: ("resampling", {}),
    layers.Conv1D: _convolution,
    layers.Conv2D: _convolution,
    layers.Dense: lambda spec: ("dense", {}),
    layers.DepthwiseConv2D: _depthwise,
    layers.Dropout: _dropout,
    layers.Flatten: lambda spec: ("", {}),
    layers.GlobalAveragePooling1D: _global_pooling("average_pooling"),
    layers.GlobalAveragePooling2D: _global_pooling("average_pooling"),
    layers.GlobalMaxPooling1D: _global_pooling("max_pooling"),
    layers.GlobalMaxPooling2D: _global_pooling("max_pooling"),
    layers.MaxPooling1D: _pooling("max_pooling"),
    layers.MaxPooling2D: _pooling("max_pooling"),
    layers.Permute: lambda spec: ("permute", {}),
    layers.Rescaling: lambda spec: ("rescaling", {"scale": spec.scale, "offset": spec.offset}),
    layers.Reshape: lambda spec: ("", {}),
    layers.Resizing: lambda spec: ("resampling", {}),
    layers.UpSampling2D: lambda spec: ("resampling", {}),
    layers.ZeroPadding2D: lambda spec: ("resampling", {}),
}


def _framed(spec: layers.ZeroPadding2D, shape: Shape) -> list[Any]:
    return [np.eye(size + sum(edge), size, -edge[0]) for size, edge in zip(shape, spec.padding)]


#: Constants of an operation on samples of a shape: arrays of numbers.
TABLES: dict[type, Callable[[Any, Shape], list[Any]]] = {
    layers.CenterCrop: lambda spec, shape: spec.matrices(shape[:-1]),
    layers.Permute: lambda spec, shape: [np.array(spec.dims) - 1],
    layers.Resizing: lambda spec, shape: spec.matrices(shape[:-1]),
    layers.UpSampling2D: lambda spec, shape: spec.matrices(shape[:-1]),
    layers.ZeroPadding2D: _framed,
}
