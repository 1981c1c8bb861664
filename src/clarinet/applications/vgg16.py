"""VGG with 16 layers."""

from __future__ import annotations

from clarinet.applications.imagenet_utils import blue_first as preprocess_input
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.applications.vgg import vgg

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

VGG16 = vgg("VGG16", (2, 2, 3, 3, 3))
