"""The residual network with 50 layers."""

from __future__ import annotations

from clarinet.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
