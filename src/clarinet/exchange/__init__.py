"""Files of other libraries, read and written without them and without running anything from a file."""

from clarinet.exchange.c_files import export_c
from clarinet.exchange.from_onnx import import_onnx
from clarinet.exchange.state_dicts import load_state_dict, save_state_dict
from clarinet.exchange.to_onnx import export_onnx

__all__ = ["export_c", "export_onnx", "import_onnx", "load_state_dict", "save_state_dict"]
