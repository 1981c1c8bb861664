"""A model as the bytes of its file, so that an estimator's pickle holds nothing but plain data."""

from __future__ import annotations

import tempfile
from pathlib import Path

from clarinet.model import Model


def packed(model: Model) -> bytes:
    """The bytes of a model's file.

    Raises:
        TypeError: a layer that holds a Python function.

    Example:
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> bool((unpacked(packed(model)).get_weights()[0] == model.get_weights()[0]).all())
        True
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.clarinet")
        model.save(path)
        return path.read_bytes()


def unpacked(content: bytes) -> Model:
    """The inverse of :func:`packed`.

    Raises:
        ModelFileError: these are no such bytes.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.clarinet")
        path.write_bytes(content)
        return Model.load(path)
