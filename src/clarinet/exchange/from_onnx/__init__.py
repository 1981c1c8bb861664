"""ONNX files as models."""

from clarinet.exchange.from_onnx.importing import import_onnx, is_name

__all__ = ["import_onnx", "is_name"]
