"""Xception: separable convolutions with shortcuts."""

from __future__ import annotations

from clarinet import layers
from clarinet.applications.building import Ending, Published, Sizes, architecture, averaged_top
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.applications.imagenet_utils import from_minus_one_to_one as preprocess_input
from clarinet.types import AnyTensor

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

#: Blocks in the middle, which all are alike.
_MIDDLE = range(5, 13)


def _relu(x: AnyTensor, name: str) -> AnyTensor:
    return layers.Activation("relu", name=name)(x)


def _separable(x: AnyTensor, filters: int, name: str) -> AnyTensor:
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return layers.BatchNormalization(name=f"{name}_bn")(x)


def _narrowing(x: AnyTensor, block: int, filters: tuple[int, int]) -> AnyTensor:
    """A block that halves height and width."""
    shortcut = layers.Conv2D(filters[1], 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = layers.BatchNormalization()(shortcut)
    for number, size in enumerate(filters, 1):
        name = f"block{block}_sepconv{number}"
        if block > 2 or number > 1:  # the first one comes after an activation
            x = _relu(x, f"{name}_act")
        x = _separable(x, size, name)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"block{block}_pool")(x)
    return layers.Add()([x, shortcut])


def _middle(x: AnyTensor, block: int) -> AnyTensor:
    shortcut = x
    for number in (1, 2, 3):
        name = f"block{block}_sepconv{number}"
        x = _separable(_relu(x, f"{name}_act"), 728, name)
    return layers.Add()([x, shortcut])


def _features(x: AnyTensor) -> AnyTensor:
    for number, (filters, strides) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{number}"
        x = layers.Conv2D(filters, 3, strides=strides, use_bias=False, name=name)(x)
        x = _relu(layers.BatchNormalization(name=f"{name}_bn")(x), f"{name}_act")
    for block, filters in ((2, 128), (3, 256), (4, 728)):
        x = _narrowing(x, block, (filters, filters))
    for block in _MIDDLE:
        x = _middle(x, block)
    x = _narrowing(x, 13, (728, 1024))
    for number, filters in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{number}"
        x = _relu(_separable(x, filters, name), f"{name}_act")
    return x


Xception = architecture(
    "Xception",
    "separable convolutions with shortcuts (Chollet, CVPR 2017)",
    _features,
    Published.kernels("xception", "xception"),
    Ending(averaged_top(), average="", maximum=""),
    Sizes(299, 71),
)
