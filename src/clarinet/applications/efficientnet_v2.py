"""EfficientNetV2: its first blocks have one convolution where two would be slower."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from clarinet import layers
from clarinet.applications.building import ActivationLike, Ending, Published, Sizes, Wanted, averaged_top, network
from clarinet.applications.efficientnet import DROPPED, KERNEL, TOP_KERNEL, activated, added, convolved, gated
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.applications.imagenet_utils import unchanged as preprocess_input
from clarinet.models import Model
from clarinet.types import AnyTensor, TensorLike

__all__ = [
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "decode_predictions",
    "preprocess_input",
]

_MOMENTUM = 0.9
_MEANS, _VARIANCES = [0.485, 0.456, 0.406], [0.229**2, 0.224**2, 0.225**2]


class _Group(NamedTuple):
    """Blocks of one kind: how many, filters, expansion, strides of the first, whether one convolution does the work of
    two."""

    blocks: int
    filters: int
    expansion: int
    strides: int
    fused: bool = False


_B = (
    _Group(1, 16, 1, 1, True),
    _Group(2, 32, 4, 2, True),
    _Group(2, 48, 4, 2, True),
    _Group(3, 96, 4, 2),
    _Group(5, 112, 6, 1),
    _Group(8, 192, 6, 2),
)
_S = (
    _Group(2, 24, 1, 1, True),
    _Group(4, 48, 4, 2, True),
    _Group(4, 64, 4, 2, True),
    _Group(6, 128, 4, 2),
    _Group(9, 160, 6, 1),
    _Group(15, 256, 6, 2),
)
_M = (
    _Group(3, 24, 1, 1, True),
    _Group(5, 48, 4, 2, True),
    _Group(5, 80, 4, 2, True),
    _Group(7, 160, 4, 2),
    _Group(14, 176, 6, 1),
    _Group(18, 304, 6, 2),
    _Group(5, 512, 6, 1),
)
_L = (
    _Group(4, 32, 1, 1, True),
    _Group(7, 64, 4, 2, True),
    _Group(7, 96, 4, 2, True),
    _Group(10, 192, 4, 2),
    _Group(19, 224, 6, 1),
    _Group(25, 384, 6, 2),
    _Group(7, 640, 6, 1),
)


def _convolved(x: AnyTensor, filters: int, size: int, name: str, norm: str, strides: int = 1) -> AnyTensor:
    return convolved(x, filters, size, name, norm, strides, _MOMENTUM)


def _split(x: AnyTensor, group: _Group, strides: int, name: str) -> AnyTensor:
    """A block of a convolution over each channel and one over each place."""
    channels = int(x.shape[-1] or 0)
    if group.expansion > 1:
        x = _convolved(x, channels * group.expansion, 1, f"{name}expand_conv", f"{name}expand_bn")
        x = activated(x, f"{name}expand_activation")
    x = layers.DepthwiseConv2D(3, strides, "same", use_bias=False, depthwise_initializer=KERNEL, name=f"{name}dwconv2")(
        x
    )
    x = activated(layers.BatchNormalization(momentum=_MOMENTUM, name=f"{name}bn")(x), f"{name}activation")
    x = gated(x, max(1, channels // 4), name)
    return _convolved(x, group.filters, 1, f"{name}project_conv", f"{name}project_bn")


def _fused(x: AnyTensor, group: _Group, strides: int, name: str) -> AnyTensor:
    """A block with one convolution in the place of these two."""
    if group.expansion == 1:
        x = _convolved(x, group.filters, 3, f"{name}project_conv", f"{name}project_bn", strides)
        return activated(x, f"{name}project_activation")
    channels = int(x.shape[-1] or 0)
    x = _convolved(x, channels * group.expansion, 3, f"{name}expand_conv", f"{name}expand_bn", strides)
    x = activated(x, f"{name}expand_activation")
    return _convolved(x, group.filters, 1, f"{name}project_conv", f"{name}project_bn")


def _rounded(filters: float) -> int:
    return max(8, int(filters + 4) // 8 * 8)


@dataclass(frozen=True)
class _Network:
    """The network of a size.

    Attributes:
        groups: of blocks.
        first: filters of the first convolution.
        width, depth: what filters and counts are multiplied by.
        standardized: whether pixels are made ready by mean and variance of each colour, not by their range alone.
    """

    groups: tuple[_Group, ...]
    first: int
    width: float = 1.0
    depth: float = 1.0
    standardized: bool = False

    def begun(self, x: AnyTensor) -> AnyTensor:
        """Pixels from 0 to 255 as the features take them."""
        if self.standardized and x.shape[-1] == 3:
            return layers.Normalization(mean=_MEANS, variance=_VARIANCES)(layers.Rescaling(1 / 255)(x))
        return layers.Rescaling(1 / 128, -1.0)(x)

    def features(self, x: AnyTensor) -> AnyTensor:
        """From the pictures to the last feature maps."""
        x = activated(_convolved(x, _rounded(self.first * self.width), 3, "stem_conv", "stem_bn", 2), "stem_activation")
        number, blocks = 0, sum(group.blocks for group in self.groups)
        for stage, group in enumerate(self.groups, 1):
            scaled = group._replace(filters=_rounded(group.filters * self.width))
            for place in range(math.ceil(group.blocks * self.depth)):
                name = f"block{stage}{chr(place + 97)}_"
                x = _block(x, scaled, group.strides if place == 0 else 1, DROPPED * number / blocks, name)
                number += 1
        return activated(_convolved(x, _rounded(1280 * self.width), 1, "top_conv", "top_bn"), "top_activation")


def _block(x: AnyTensor, group: _Group, strides: int, rate: float, name: str) -> AnyTensor:
    made = (_fused if group.fused else _split)(x, group, strides, name)
    return added(x, made, rate, name) if strides == 1 and x.shape[-1] == group.filters else made


_ABOUT = """{title}: depth, width and size grow together, and training is quick (Tan and Le, ICML 2021).

    Args:
        include_preprocessing: whether it begins with pixels from 0 to 255; default True.
        include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation: as of
            :func:`clarinet.applications.ResNet50`; pictures are of {size} × {size} by default.
        name: of the model; default ``"{name}"``.

    Raises:
        ValueError, FileNotFoundError: as of :func:`clarinet.applications.ResNet50`.
    """


def _efficientnet(letter: str, made: _Network, size: int) -> Callable[..., Model]:
    title, called = f"EfficientNetV2{letter}", f"efficientnetv2-{letter.lower()}"
    published = Published("efficientnet_v2", f"{called}.h5", f"{called}_notop.h5")
    ending = Ending(averaged_top(0.2, kernel=TOP_KERNEL))

    def make(
        include_top: bool = True,
        weights: object = "imagenet",
        input_tensor: TensorLike = None,
        input_shape: Sequence[int | None] | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: ActivationLike = "softmax",
        include_preprocessing: bool = True,
        name: str | None = called,
    ) -> Model:
        given = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
        features = (lambda x: made.features(made.begun(x))) if include_preprocessing else made.features
        return network(Wanted(title, *given), features, ending, published, Sizes(size))

    make.__name__ = make.__qualname__ = title
    make.__doc__ = _ABOUT.format(title=title, size=size, name=called)
    return make


EfficientNetV2B0 = _efficientnet("B0", _Network(_B, 32, standardized=True), 224)
EfficientNetV2B1 = _efficientnet("B1", _Network(_B, 32, 1.0, 1.1, True), 240)
EfficientNetV2B2 = _efficientnet("B2", _Network(_B, 32, 1.1, 1.2, True), 260)
EfficientNetV2B3 = _efficientnet("B3", _Network(_B, 32, 1.2, 1.4, True), 300)
EfficientNetV2S = _efficientnet("S", _Network(_S, 24), 384)
EfficientNetV2M = _efficientnet("M", _Network(_M, 24), 480)
EfficientNetV2L = _efficientnet("L", _Network(_L, 32), 480)
