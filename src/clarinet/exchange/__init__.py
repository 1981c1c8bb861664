"""Files of other libraries, read and written without them and without running anything from a file."""

from clarinet.exchange.to_onnx import export_onnx

__all__ = ["export_onnx"]
