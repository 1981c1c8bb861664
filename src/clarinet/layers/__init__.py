"""Layers: what a network is made of. Each is plain configuration and pure maths, formula beside derivative."""

from __future__ import annotations

from typing import Any

from clarinet.configurable import exported, resolve
from clarinet.layers.activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from clarinet.layers.activity import ActivityRegularization
from clarinet.layers.base import Layer
from clarinet.layers.containers import Parallel, Residual
from clarinet.layers.convolution import Conv1D, Conv2D
from clarinet.layers.dense import Dense
from clarinet.layers.dropout import AlphaDropout, Dropout, GaussianNoise, SpatialDropout1D, SpatialDropout2D
from clarinet.layers.embedding import Embedding
from clarinet.layers.input import Input
from clarinet.layers.normalization import BatchNormalization, GroupNormalization, LayerNormalization
from clarinet.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
)
from clarinet.layers.resampling import CenterCrop, Resizing, UpSampling2D, ZeroPadding2D
from clarinet.layers.rescaling import Normalization, Rescaling
from clarinet.layers.reshape import Flatten, Permute, Reshape
from clarinet.layers.separable import DepthwiseConv2D, SeparableConv2D

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "AlphaDropout",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "CenterCrop",
    "Conv1D",
    "Conv2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GroupNormalization",
    "Input",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPooling1D",
    "MaxPooling2D",
    "Normalization",
    "PReLU",
    "Parallel",
    "Permute",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Residual",
    "Resizing",
    "SeparableConv2D",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "UpSampling2D",
    "ZeroPadding2D",
    "get",
]


def get(identifier: Any) -> Layer:
    """The layer that an object, class or configuration stands for; ``{"class_name": "Dense", "config": {…}}`` as saved.

    Raises:
        ValueError: an unknown class or argument, with the nearest right one. TypeError: something else.

    Example:
        >>> get({"class_name": "Dense", "config": {"units": 3}}).units
        3
    """
    return resolve(identifier, Layer, exported(globals(), Layer))
