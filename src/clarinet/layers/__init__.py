"""Layers: what a network is made of. Each is plain configuration and pure maths, formula beside derivative."""

from __future__ import annotations

from typing import Any

from clarinet.configurable import exported, resolve
from clarinet.layers.activation import Activation, ReLU
from clarinet.layers.base import Layer
from clarinet.layers.convolution import Conv2D
from clarinet.layers.dense import Dense
from clarinet.layers.dropout import Dropout
from clarinet.layers.input import Input
from clarinet.layers.normalization import BatchNormalization
from clarinet.layers.pooling import MaxPooling2D
from clarinet.layers.rescaling import Rescaling
from clarinet.layers.reshape import Flatten, Reshape

__all__ = [
    "Activation",
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "Layer",
    "MaxPooling2D",
    "ReLU",
    "Rescaling",
    "Reshape",
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
