"""VGG with 19 layers."""

from __future__ import annotations

from clarinet.applications.imagenet_utils import blue_first as preprocess_input
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.applications.vgg import vgg

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

VGG19 = vgg("VGG19", (2, 2, 4, 4, 4))
