"""EfficientNet: depth, width and the size of pictures grow together."""

from __future__ import annotations

import math
from typing import NamedTuple

from clarinet import layers
from clarinet.applications.building import (
    Ending,
    Features,
    Maker,
    Published,
    Sizes,
    Wanted,
    architecture,
    around_for_stride,
    averaged_top,
    divisible,
)
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.applications.imagenet_utils import unchanged as preprocess_input
from clarinet.initializers import VarianceScaling
from clarinet.types import AnyTensor

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]

_SOURCE = "depth, width and size grow together (Tan and Le, ICML 2019)"
#: How convolutions and the last layer begin.
KERNEL = VarianceScaling(2.0, "fan_out", "truncated_normal")
TOP_KERNEL = VarianceScaling(1 / 3, "fan_out", "uniform")
#: The share of a block's rows that are dropped at the end of the network.
DROPPED = 0.2
_DEVIATIONS = (0.229, 0.224, 0.225)


class Group(NamedTuple):
    """Blocks of one kind: size of the window, how many, filters before and after, expansion, strides of the first."""

    size: int
    blocks: int
    before: int
    after: int
    expansion: int
    strides: int


_GROUPS = (
    Group(3, 1, 32, 16, 1, 1),
    Group(3, 2, 16, 24, 6, 2),
    Group(5, 2, 24, 40, 6, 2),
    Group(3, 3, 40, 80, 6, 2),
    Group(5, 3, 80, 112, 6, 1),
    Group(5, 4, 112, 192, 6, 2),
    Group(3, 1, 192, 320, 6, 1),
)


def convolved(
    x: AnyTensor, filters: int, size: int, name: str, norm: str, strides: int = 1, momentum: float = 0.99
) -> AnyTensor:
    """A convolution without bias, and a normalisation."""
    x = layers.Conv2D(filters, size, strides, "same", use_bias=False, kernel_initializer=KERNEL, name=name)(x)
    return layers.BatchNormalization(momentum=momentum, name=norm)(x)


def activated(x: AnyTensor, name: str) -> AnyTensor:
    """Swish."""
    return layers.Activation("swish", name=name)(x)


def gated(x: AnyTensor, squeezed: int, name: str) -> AnyTensor:
    """Each channel times a share that the means of all say."""
    channels = int(x.shape[-1] or 0)
    gate = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    gate = layers.Reshape((1, 1, channels), name=f"{name}se_reshape")(gate)
    for filters, activation, which in ((squeezed, "swish", "reduce"), (channels, "sigmoid", "expand")):
        gate = layers.Conv2D(
            filters, 1, padding="same", activation=activation, kernel_initializer=KERNEL, name=f"{name}se_{which}"
        )(gate)
    return layers.Multiply(name=f"{name}se_excite")([x, gate])


def added(begin: AnyTensor, x: AnyTensor, rate: float, name: str) -> AnyTensor:
    """The shortcut; what it is added to is left out for a share of the rows."""
    if rate > 0:
        x = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.Add(name=f"{name}add")([x, begin])


def _block(x: AnyTensor, group: Group, strides: int, rate: float, name: str) -> AnyTensor:
    begin, channels = x, int(x.shape[-1] or 0)
    if group.expansion > 1:
        x = convolved(x, channels * group.expansion, 1, f"{name}expand_conv", f"{name}expand_bn")
        x = activated(x, f"{name}expand_activation")
    if strides == 2:
        x = layers.ZeroPadding2D(around_for_stride(x, group.size), name=f"{name}dwconv_pad")(x)
    padding = "same" if strides == 1 else "valid"
    x = layers.DepthwiseConv2D(
        group.size, strides, padding, use_bias=False, depthwise_initializer=KERNEL, name=f"{name}dwconv"
    )(x)
    x = activated(layers.BatchNormalization(name=f"{name}bn")(x), f"{name}activation")
    x = gated(x, max(1, channels // 4), name)
    x = convolved(x, group.after, 1, f"{name}project_conv", f"{name}project_bn")
    return added(begin, x, rate, name) if strides == 1 and channels == group.after else x


def _scaled(width: float, depth: float) -> list[Group]:
    return [
        group._replace(blocks=math.ceil(depth * group.blocks), after=divisible(group.after * width))
        for group in _GROUPS
    ]


def _features(width: float, depth: float) -> Features:
    def features(x: AnyTensor) -> AnyTensor:
        x = layers.ZeroPadding2D(around_for_stride(x, 3), name="stem_conv_pad")(x)
        x = layers.Conv2D(divisible(32 * width), 3, 2, use_bias=False, kernel_initializer=KERNEL, name="stem_conv")(x)
        x = activated(layers.BatchNormalization(name="stem_bn")(x), "stem_activation")
        groups, number = _scaled(width, depth), 0
        blocks = sum(group.blocks for group in groups)
        for stage, group in enumerate(groups, 1):
            for place in range(group.blocks):
                strides, name = group.strides if place == 0 else 1, f"block{stage}{chr(place + 97)}_"
                x = _block(x, group, strides, DROPPED * number / blocks, name)
                number += 1
        return activated(convolved(x, divisible(1280 * width), 1, "top_conv", "top_bn"), "top_activation")

    return features


def _begun(x: AnyTensor, wanted: Wanted) -> AnyTensor:
    """Pixels from 0 to 255 as the features take them."""
    x = layers.Normalization()(layers.Rescaling(1 / 255)(x))
    if wanted.weights == "imagenet":  # which were trained with pixels divided by the root of the deviation once more
        x = layers.Rescaling([deviation**-0.5 for deviation in _DEVIATIONS])(x)
    return x


def _efficientnet(number: int, width: float, depth: float, size: int, dropout: float) -> Maker:
    title = f"EfficientNetB{number}"
    name = title.lower()
    published = Published("https://storage.googleapis.com/keras-applications/", f"{name}.h5", f"{name}_notop.h5")
    ending = Ending(averaged_top(dropout, kernel=TOP_KERNEL))
    return architecture(title, _SOURCE, _features(width, depth), published, ending, Sizes(size), _begun)


EfficientNetB0 = _efficientnet(0, 1.0, 1.0, 224, 0.2)
EfficientNetB1 = _efficientnet(1, 1.0, 1.1, 240, 0.2)
EfficientNetB2 = _efficientnet(2, 1.1, 1.2, 260, 0.3)
EfficientNetB3 = _efficientnet(3, 1.2, 1.4, 300, 0.3)
EfficientNetB4 = _efficientnet(4, 1.4, 1.8, 380, 0.4)
EfficientNetB5 = _efficientnet(5, 1.6, 2.2, 456, 0.4)
EfficientNetB6 = _efficientnet(6, 1.8, 2.6, 528, 0.5)
EfficientNetB7 = _efficientnet(7, 2.0, 3.1, 600, 0.5)
