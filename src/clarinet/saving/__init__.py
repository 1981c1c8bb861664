"""Model files: ``model.save("digits.clarinet")``.

A model file is a zip archive with ``config.json`` (structure, compile arguments, counters, metadata),
``weights.safetensors`` and, once the model has been trained, ``optimizer.safetensors``. There is no pickle and no code
in it, tensors are stored uncompressed, and everything in a file is checked before use. Files are written beside their
place, flushed to the disk and renamed, so there is never half a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from clarinet.saving.container import ModelFileError
from clarinet.saving.models import load_weights, save_weights
from clarinet.saving.objects import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from clarinet.trainable import Trainable, model_class

__all__ = [
    "CustomObjectScope",
    "ModelFileError",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]


def save(model: Trainable, path: str | Path) -> None:
    """Write a model; see :func:`clarinet.saving.models.save`, and for ``.keras``
    :func:`clarinet.exchange.keras_files.save`.

    Args:
        model: built or not, compiled or not.
        path: of the file.
    """
    model.save(path)


def load(path: str | Path, custom_objects: Mapping[str, object] | None = None, compile: bool = True) -> Trainable:
    """Read a model; see :func:`clarinet.saving.models.load`, and for ``.keras``
    :func:`clarinet.exchange.keras_files.load`.

    Args:
        path: of the file.
        custom_objects: classes and functions of one's own by name.
        compile: whether it is compiled as it was; default True.
    """
    return model_class("Model").load(path, custom_objects, compile)


def load_model(
    path: str | Path, custom_objects: Mapping[str, object] | None = None, compile: bool = True, safe_mode: bool = True
) -> Trainable:
    """Read a model, by the name and with the arguments that Keras has; see :func:`load`.

    Args:
        path: of the file.
        custom_objects: classes and functions of one's own by name.
        compile: whether it is compiled as it was; default True.
        safe_mode: accepted for Keras programs: no file ever runs code here.
    """
    return load(path, custom_objects, compile)


def save_model(model: Trainable, path: str | Path, overwrite: bool = True) -> None:
    """Write a model, by the name that Keras has; see :func:`save`.

    Args:
        model: built or not, compiled or not.
        path: of the file.
        overwrite: only True: a file that is there is replaced.

    Raises:
        TypeError: ``overwrite`` is False.
    """
    if not overwrite:
        raise TypeError("save_model: overwrite=False is not supported; look whether the file is there")
    save(model, path)
