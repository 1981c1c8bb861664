"""Well-known networks for pictures, by the names Keras has for them; Keras's files of weights fit.

>>> import clarinet
>>> base = clarinet.applications.MobileNetV2((32, 32, 3), alpha=0.35, include_top=False, weights=None, pooling="avg")
>>> base.trainable = False
>>> inputs = clarinet.Input((32, 32, 3))
>>> outputs = clarinet.layers.Dense(2, "softmax")(base(inputs, training=False))
>>> clarinet.Model(inputs, outputs).output_shape
(None, 2)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.applications import (
    densenet,
    efficientnet,
    efficientnet_v2,
    imagenet_utils,
    inception_v3,
    mobilenet,
    mobilenet_v2,
    mobilenet_v3,
    resnet,
    resnet50,
    resnet_v2,
    vgg16,
    vgg19,
    xception,
)
from clarinet.applications.densenet import DenseNet121, DenseNet169, DenseNet201
from clarinet.applications.efficientnet import (
    EfficientNetB0,
    EfficientNetB1,
    EfficientNetB2,
    EfficientNetB3,
    EfficientNetB4,
    EfficientNetB5,
    EfficientNetB6,
    EfficientNetB7,
)
from clarinet.applications.efficientnet_v2 import (
    EfficientNetV2B0,
    EfficientNetV2B1,
    EfficientNetV2B2,
    EfficientNetV2B3,
    EfficientNetV2L,
    EfficientNetV2M,
    EfficientNetV2S,
)
from clarinet.applications.inception_v3 import InceptionV3
from clarinet.applications.mobilenet import MobileNet
from clarinet.applications.mobilenet_v2 import MobileNetV2
from clarinet.applications.mobilenet_v3 import MobileNetV3Large, MobileNetV3Small
from clarinet.applications.resnet import ResNet50, ResNet101, ResNet152
from clarinet.applications.resnet_v2 import ResNet50V2, ResNet101V2, ResNet152V2
from clarinet.applications.vgg16 import VGG16
from clarinet.applications.vgg19 import VGG19
from clarinet.applications.xception import Xception
from clarinet.names import public

__all__ = [
    "VGG16",
    "VGG19",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "InceptionV3",
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Large",
    "MobileNetV3Small",
    "ResNet50",
    "ResNet50V2",
    "ResNet101",
    "ResNet101V2",
    "ResNet152",
    "ResNet152V2",
    "Xception",
    "densenet",
    "efficientnet",
    "efficientnet_v2",
    "imagenet_utils",
    "inception_v3",
    "mobilenet",
    "mobilenet_v2",
    "mobilenet_v3",
    "resnet",
    "resnet50",
    "resnet_v2",
    "vgg16",
    "vgg19",
    "xception",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
