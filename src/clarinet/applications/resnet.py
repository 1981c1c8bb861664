"""Residual networks."""

from __future__ import annotations

from clarinet import layers
from clarinet.applications.building import Features, Maker, Published, architecture
from clarinet.applications.imagenet_utils import blue_first as preprocess_input
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.types import AnyTensor

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

_SOURCE = "bottlenecks with shortcuts around them (He, Zhang, Ren and Sun, CVPR 2016)"
_EPSILON = 1.001e-5


def normalized(x: AnyTensor, name: str) -> AnyTensor:
    """Batch normalisation with the epsilon of these networks."""
    return layers.BatchNormalization(epsilon=_EPSILON, name=name)(x)


def rectified(x: AnyTensor, name: str) -> AnyTensor:
    """The larger of x and 0."""
    return layers.Activation("relu", name=name)(x)


def begun(x: AnyTensor, activated: bool) -> AnyTensor:
    """The first convolution and pooling.

    Args:
        x: pictures.
        activated: whether normalisation and activation come at once, not in the first block.
    """
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    if activated:
        x = rectified(normalized(x, "conv1_bn"), "conv1_relu")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)


def _block(x: AnyTensor, filters: int, strides: int, projected: bool, name: str) -> AnyTensor:
    shortcut = x
    if projected:
        shortcut = layers.Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(x)
        shortcut = normalized(shortcut, f"{name}_0_bn")
    x = layers.Conv2D(filters, 1, strides=strides, name=f"{name}_1_conv")(x)
    x = rectified(normalized(x, f"{name}_1_bn"), f"{name}_1_relu")
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
    x = rectified(normalized(x, f"{name}_2_bn"), f"{name}_2_relu")
    x = normalized(layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3_bn")
    return rectified(layers.Add(name=f"{name}_add")([shortcut, x]), f"{name}_out")


def _features(counts: tuple[int, ...]) -> Features:
    def features(x: AnyTensor) -> AnyTensor:
        x = begun(x, activated=True)
        for stage, count in enumerate(counts):
            for number in range(count):
                first = number == 0
                strides = 2 if first and stage else 1
                x = _block(x, 64 * 2**stage, strides, first, f"conv{stage + 2}_block{number + 1}")
        return x

    return features


def _resnet(title: str, counts: tuple[int, ...]) -> Maker:
    return architecture(title, _SOURCE, _features(counts), Published.kernels("resnet", title.lower()))


ResNet50 = _resnet("ResNet50", (3, 4, 6, 3))
ResNet101 = _resnet("ResNet101", (3, 4, 23, 3))
ResNet152 = _resnet("ResNet152", (3, 8, 36, 3))
