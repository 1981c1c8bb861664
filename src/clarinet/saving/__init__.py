"""Model files: ``model.save("digits.clarinet")``.

A model file is a zip archive with ``config.json`` (structure, compile arguments, counters, metadata),
``weights.safetensors`` and, once the model has been trained, ``optimizer.safetensors``. There is no pickle and no code
in it, tensors are stored uncompressed, and everything in a file is checked before use. Files are written beside their
place, flushed to the disk and renamed, so there is never half a file.
"""

from clarinet.saving.container import ModelFileError
from clarinet.saving.models import load, load_weights, save, save_weights

__all__ = ["ModelFileError", "load", "load_weights", "save", "save_weights"]
