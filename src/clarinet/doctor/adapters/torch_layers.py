"""Modules of PyTorch as layers: what each is called here, and which of its settings matter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import activations, initializers, layers
from clarinet.activations import Activation
from clarinet.doctor.adapters.foreign import array
from clarinet.types import Array

if TYPE_CHECKING:
    import torch

#: Modules and functions without settings that matter: their names, small and without underscores, and ours.
ACTIVATIONS = {
    "relu": "relu", "identity": "linear", "sigmoid": "sigmoid", "tanh": "tanh", "softmax": "softmax",
    "logsoftmax": "log_softmax", "silu": "silu", "gelu": "gelu", "selu": "selu", "mish": "mish",
    "softplus": "softplus", "softsign": "softsign", "relu6": "relu6", "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_silu", "logsigmoid": "log_sigmoid", "tanhshrink": "tanh_shrink",
}  # fmt: skip


def plain_name(name: str) -> str:
    """A name of a module or function without what changes nothing: ``relu_`` is ``relu``, ``LogSoftmax`` one word."""
    return name.replace("_", "").lower()


def activation_of(module: object) -> Activation | None:
    """The activation that a module is; None for other modules."""
    name = ACTIVATIONS.get(plain_name(type(module).__name__))
    return None if name is None else activations.get(name)


def layer_of(module: torch.nn.Module) -> layers.Layer:
    """The layer that a module is.

    Raises:
        KeyError: there is none. ValueError: it does something that no layer does.
    """
    name = type(module).__name__
    kind = ACTIVATIONS.get(plain_name(name))
    made: layers.Layer = layers.Activation(kind) if kind is not None else _MAKERS[name](module)
    return made


def _batch_normalization(module: torch.nn.Module) -> layers.Layer:
    settings = {"epsilon": module.eps, "center": module.affine, "scale": module.affine}
    return layers.BatchNormalization(momentum=1 - (module.momentum or 0.1), **settings)


def _layer_normalization(module: torch.nn.Module) -> layers.Layer:
    if len(module.normalized_shape) != 1:
        raise ValueError(module.normalized_shape)
    return layers.LayerNormalization(epsilon=module.eps)


def _weights(module: torch.nn.Module) -> dict[str, Any]:
    """Initial weights like those that the module has now."""
    own: dict[str, Any] = {
        "use_bias": module.bias is not None,
        "kernel_initializer": _drawn(array(module.weight)),
    }
    if module.bias is not None:
        bias = array(module.bias)
        own["bias_initializer"] = initializers.Constant(float(bias[0])) if (bias == bias[0]).all() else "zeros"
    return own


def _drawn(kernel: Array) -> initializers.base.Initializer:
    """An initializer that draws such weights: PyTorch's own, a constant, or normal numbers of this size."""
    if (kernel == kernel.flat[0]).all():
        return initializers.Constant(float(kernel.flat[0]))
    usual = 1 / np.sqrt(3 * kernel[0].size)  # uniform within 1 / sqrt(fan_in)
    spread = float(kernel.std())
    if usual / 1.5 < spread < usual * 1.5:
        return initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    return initializers.RandomNormal(stddev=spread)


def _sizes(value: torch.Size, count: int) -> tuple[int, ...]:
    return (int(value),) * count if isinstance(value, int) else tuple(int(each) for each in value)


def _window(module: torch.nn.Module, count: int) -> dict[str, Any]:
    """Strides and padding, if the padding has a counterpart."""
    strides = _sizes(module.stride, count)
    if isinstance(module.padding, str):
        return {"strides": strides, "padding": module.padding}
    sizes, padding = _sizes(module.kernel_size, count), _sizes(module.padding, count)
    spread = _sizes(getattr(module, "dilation", 1), count)
    if not any(padding):
        word = "valid"
    elif all(2 * p in (d * (k - 1), d * (k - 1) + 1) for p, k, d in zip(padding, sizes, spread, strict=True)):
        word = "same"
    else:
        raise ValueError(padding)
    return {"strides": strides, "padding": word}


def _convolution(kind: Callable[..., layers.Layer], count: int) -> Callable[[torch.nn.Module], layers.Layer]:
    def make(m: torch.nn.Module) -> layers.Layer:
        sizes, spread = _sizes(m.kernel_size, count), _sizes(m.dilation, count)
        made: layers.Layer = kind(
            m.out_channels, sizes, **_window(m, count), groups=m.groups, dilation_rate=spread, **_weights(m)
        )
        return made

    return make


def _pooling(kind: Callable[..., layers.Layer], count: int) -> Callable[[torch.nn.Module], layers.Layer]:
    def make(m: torch.nn.Module) -> layers.Layer:
        made: layers.Layer = kind(_sizes(m.kernel_size, count), **_window(m, count))
        return made

    return make


def _whole(kind: Callable[..., layers.Layer], count: int) -> Callable[[torch.nn.Module], layers.Layer]:
    """Pooling to one number a channel, with axes of one."""

    def make(m: torch.nn.Module) -> layers.Layer:
        if any(size != 1 for size in _sizes(m.output_size, count)):
            raise ValueError(m.output_size)
        made: layers.Layer = kind(keepdims=True)
        return made

    return make


def _upsampling(module: torch.nn.Module) -> layers.Layer:
    if module.scale_factor is None:
        raise ValueError(module.size)
    factor = module.scale_factor
    sizes = tuple(int(f) for f in (factor if isinstance(factor, tuple) else (factor, factor)))
    return layers.UpSampling2D(sizes, interpolation={"nearest": "nearest", "bilinear": "bilinear"}[module.mode])


def _embedding(module: torch.nn.Module) -> layers.Layer:
    drawn = initializers.RandomNormal(stddev=float(module.weight.std()))
    return layers.Embedding(module.num_embeddings, module.embedding_dim, embeddings_initializer=drawn)


_MAKERS: dict[str, Callable[[torch.nn.Module], layers.Layer]] = {
    "LeakyReLU": lambda m: layers.LeakyReLU(m.negative_slope),
    "ELU": lambda m: layers.ELU(m.alpha),
    "PReLU": lambda m: layers.PReLU(shared_axes=None),
    "Dropout": lambda m: layers.Dropout(m.p),
    "Dropout1d": lambda m: layers.SpatialDropout1D(m.p),
    "Dropout2d": lambda m: layers.SpatialDropout2D(m.p),
    "AlphaDropout": lambda m: layers.AlphaDropout(m.p),
    "BatchNorm1d": _batch_normalization,
    "BatchNorm2d": _batch_normalization,
    "LayerNorm": _layer_normalization,
    "GroupNorm": lambda m: layers.GroupNormalization(m.num_groups, epsilon=m.eps, center=m.affine, scale=m.affine),
    "Linear": lambda m: layers.Dense(m.out_features, **_weights(m)),
    "Conv1d": _convolution(layers.Conv1D, 1),
    "Conv2d": _convolution(layers.Conv2D, 2),
    "MaxPool1d": _pooling(layers.MaxPooling1D, 1),
    "MaxPool2d": _pooling(layers.MaxPooling2D, 2),
    "AvgPool1d": _pooling(layers.AveragePooling1D, 1),
    "AvgPool2d": _pooling(layers.AveragePooling2D, 2),
    "AdaptiveAvgPool1d": _whole(layers.GlobalAveragePooling1D, 1),
    "AdaptiveAvgPool2d": _whole(layers.GlobalAveragePooling2D, 2),
    "AdaptiveMaxPool1d": _whole(layers.GlobalMaxPooling1D, 1),
    "AdaptiveMaxPool2d": _whole(layers.GlobalMaxPooling2D, 2),
    "Embedding": _embedding,
    "Upsample": _upsampling,
}


def recurrent(module: torch.nn.Module, number: int, sequences: bool) -> layers.Layer:
    """Layer ``number`` of an RNN, LSTM or GRU.

    Raises:
        ValueError: it takes steps before rows, projects its states, or has relu in the place of tanh.
    """
    if not module.batch_first or module.proj_size or getattr(module, "nonlinearity", "tanh") != "tanh":
        raise ValueError(module)
    kinds = {"RNN": layers.SimpleRNN, "LSTM": layers.LSTM, "GRU": layers.GRU}
    kind: Callable[..., layers.Layer] = kinds[module.mode.partition("_")[0]]
    reach = 1 / float(np.sqrt(module.hidden_size))  # PyTorch draws all of its weights from this range
    drawn = initializers.RandomUniform(-reach, reach)
    own: layers.Layer = kind(
        module.hidden_size, return_sequences=sequences, use_bias=module.bias,
        kernel_initializer=drawn, recurrent_initializer=drawn,
    )  # fmt: skip
    return layers.Bidirectional(own) if module.bidirectional else own
