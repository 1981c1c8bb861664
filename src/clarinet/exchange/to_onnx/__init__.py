"""Models as ONNX files."""

from clarinet.exchange.to_onnx.building import NoForm
from clarinet.exchange.to_onnx.exporting import export_onnx

__all__ = ["NoForm", "export_onnx"]
