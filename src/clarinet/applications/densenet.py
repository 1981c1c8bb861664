"""Networks in which every layer sees what all before it gave."""

from __future__ import annotations

from clarinet import layers
from clarinet.applications.building import Features, Maker, Published, architecture
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.applications.imagenet_utils import standardized as preprocess_input
from clarinet.applications.resnet import normalized, rectified
from clarinet.types import AnyTensor

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

_SOURCE = "every layer takes what all before it gave (Huang, Liu, van der Maaten and Weinberger, CVPR 2017)"
#: Maps that every layer adds.
_GROWTH = 32


def _layer(x: AnyTensor, name: str) -> AnyTensor:
    new = rectified(normalized(x, f"{name}_0_bn"), f"{name}_0_relu")
    new = layers.Conv2D(4 * _GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(new)
    new = rectified(normalized(new, f"{name}_1_bn"), f"{name}_1_relu")
    new = layers.Conv2D(_GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(new)
    return layers.Concatenate(name=f"{name}_concat")([x, new])


def _halved(x: AnyTensor, name: str) -> AnyTensor:
    """Half the maps, of half the height and width."""
    x = rectified(normalized(x, f"{name}_bn"), f"{name}_relu")
    x = layers.Conv2D(int(x.shape[-1] or 0) // 2, 1, use_bias=False, name=f"{name}_conv")(x)
    return layers.AveragePooling2D(2, name=f"{name}_pool")(x)


def _features(counts: tuple[int, ...]) -> Features:
    def features(x: AnyTensor) -> AnyTensor:
        x = layers.ZeroPadding2D(3)(x)
        x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
        x = rectified(normalized(x, "conv1_bn"), "conv1_relu")
        x = layers.MaxPooling2D(3, strides=2, name="pool1")(layers.ZeroPadding2D(1)(x))
        for stage, count in enumerate(counts, 2):
            for number in range(1, count + 1):
                x = _layer(x, f"conv{stage}_block{number}")
            if stage < len(counts) + 1:
                x = _halved(x, f"pool{stage}")
        return rectified(normalized(x, "bn"), "relu")

    return features


def _densenet(title: str, counts: tuple[int, ...]) -> Maker:
    return architecture(title, _SOURCE, _features(counts), Published.kernels("densenet", title.lower()))


DenseNet121 = _densenet("DenseNet121", (6, 12, 24, 16))
DenseNet169 = _densenet("DenseNet169", (6, 12, 32, 32))
DenseNet201 = _densenet("DenseNet201", (6, 12, 48, 32))
