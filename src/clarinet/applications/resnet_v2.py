"""Residual networks with normalisation and activation before the convolutions."""

from __future__ import annotations

from clarinet import layers
from clarinet.applications.building import Features, Maker, Published, architecture
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.applications.imagenet_utils import from_minus_one_to_one as preprocess_input
from clarinet.applications.resnet import begun, normalized, rectified
from clarinet.types import AnyTensor

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]

_SOURCE = "bottlenecks that begin with their activation (He, Zhang, Ren and Sun, ECCV 2016)"


def _block(x: AnyTensor, filters: int, strides: int, projected: bool, name: str) -> AnyTensor:
    active = rectified(normalized(x, f"{name}_preact_bn"), f"{name}_preact_relu")
    if projected:
        shortcut = layers.Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(active)
    else:
        shortcut = layers.MaxPooling2D(1, strides=strides)(x) if strides > 1 else x
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(active)
    x = rectified(normalized(x, f"{name}_1_bn"), f"{name}_1_relu")
    x = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(x)
    x = layers.Conv2D(filters, 3, strides=strides, use_bias=False, name=f"{name}_2_conv")(x)
    x = rectified(normalized(x, f"{name}_2_bn"), f"{name}_2_relu")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    return layers.Add(name=f"{name}_out")([shortcut, x])


def _features(counts: tuple[int, ...]) -> Features:
    def features(x: AnyTensor) -> AnyTensor:
        x = begun(x, activated=False)
        for stage, count in enumerate(counts):
            for number in range(count):
                last = number == count - 1 and stage < len(counts) - 1
                x = _block(x, 64 * 2**stage, 2 if last else 1, number == 0, f"conv{stage + 2}_block{number + 1}")
        return rectified(normalized(x, "post_bn"), "post_relu")

    return features


def _resnet(title: str, counts: tuple[int, ...]) -> Maker:
    return architecture(title, _SOURCE, _features(counts), Published.kernels("resnet", title.lower()))


ResNet50V2 = _resnet("ResNet50V2", (3, 4, 6, 3))
ResNet101V2 = _resnet("ResNet101V2", (3, 4, 23, 3))
ResNet152V2 = _resnet("ResNet152V2", (3, 8, 36, 3))
