"""MobileNetV2: wide maps within blocks, narrow ones between them."""

from __future__ import annotations

from collections.abc import Sequence

from clarinet import layers
from clarinet.applications.building import (
    ActivationLike,
    Ending,
    Published,
    Sizes,
    Wanted,
    around_for_stride,
    averaged_top,
    divisible,
    network,
)
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.applications.imagenet_utils import from_minus_one_to_one as preprocess_input
from clarinet.applications.mobilenet import trained_size
from clarinet.models import Model
from clarinet.types import AnyTensor, TensorLike

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

#: Of each group of blocks the filters, how many blocks, and the strides of the first one.
_GROUPS = ((16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))
_EXPANSION = 6
#: Widths and sizes of pictures that there are trained weights for.
_TRAINED, _TRAINED_SIZES = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4), (96, 128, 160, 192, 224)


def _normalized(x: AnyTensor, name: str) -> AnyTensor:
    return layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name=name)(x)


def _pointwise(x: AnyTensor, filters: int, name: str) -> AnyTensor:
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=name)(x)
    return _normalized(x, f"{name}_BN")


def _block(x: AnyTensor, number: int, filters: int, strides: int) -> AnyTensor:
    begin, channels = x, int(x.shape[-1] or 0)
    name = f"block_{number}_" if number else "expanded_conv_"
    if number:
        x = _pointwise(x, _EXPANSION * channels, f"{name}expand")
        x = layers.ReLU(6.0, name=f"{name}expand_relu")(x)
    if strides == 2:
        x = layers.ZeroPadding2D(around_for_stride(x, 3), name=f"{name}pad")(x)
    padding = "same" if strides == 1 else "valid"
    x = layers.DepthwiseConv2D(3, strides, padding, use_bias=False, name=f"{name}depthwise")(x)
    x = layers.ReLU(6.0, name=f"{name}depthwise_relu")(_normalized(x, f"{name}depthwise_BN"))
    x = _pointwise(x, filters, f"{name}project")
    return layers.Add(name=f"{name}add")([begin, x]) if strides == 1 and channels == filters else x


def _features(x: AnyTensor, alpha: float) -> AnyTensor:
    x = layers.Conv2D(divisible(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(x)
    x = layers.ReLU(6.0, name="Conv1_relu")(_normalized(x, "bn_Conv1"))
    number = 0
    for filters, count, strides in _GROUPS:
        for place in range(count):
            x = _block(x, number, divisible(int(filters * alpha)), strides if place == 0 else 1)
            number += 1
    last = divisible(1280 * alpha) if alpha > 1 else 1280
    x = layers.Conv2D(last, 1, use_bias=False, name="Conv_1")(x)
    return layers.ReLU(6.0, name="out_relu")(_normalized(x, "Conv_1_bn"))


def MobileNetV2(
    input_shape: Sequence[int | None] | None = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: object = "imagenet",
    input_tensor: TensorLike = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: ActivationLike = "softmax",
    name: str | None = None,
) -> Model:
    """MobileNetV2: inverted residual blocks with linear ends (Sandler, Howard, Zhu, Zhmoginov and Chen, CVPR 2018).

    Args:
        input_shape: (height, width, channels) of a picture; default (224, 224, 3), and any size without the top.
        alpha: what the numbers of filters are multiplied by; default 1.
        include_top, weights, input_tensor, pooling, classes, classifier_activation: as of
            :func:`clarinet.applications.ResNet50`.
        name: of the model; default with ``alpha`` and the size, e.g. ``"mobilenetv2_1.00_224"``.

    Raises:
        ValueError, FileNotFoundError: as of :func:`clarinet.applications.ResNet50`.

    Example:
        >>> base = MobileNetV2((32, 32, 3), alpha=0.35, include_top=False, weights=None, pooling="avg")
        >>> base.output_shape
        (None, 1280)
    """
    given = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    sizes, size = Sizes(), trained_size(input_shape, _TRAINED_SIZES)
    wanted = Wanted("MobileNetV2", *given, name)
    if name is None:
        wanted = Wanted("MobileNetV2", *given, f"mobilenetv2_{alpha:0.2f}_{sizes.shape(wanted)[0]}")
    if weights == "imagenet" and alpha not in _TRAINED:
        raise ValueError(f"MobileNetV2: there are trained weights for alpha of {_TRAINED}, received {alpha}")
    stem = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{size}"
    published = Published("mobilenet_v2", f"{stem}.h5", f"{stem}_no_top.h5")
    ending = Ending(averaged_top(name=""), average="", maximum="")
    return network(wanted, lambda x: _features(x, alpha), ending, published, sizes)
