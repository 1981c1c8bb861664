"""Which format a file of a model or of weights has, by its name, or by its first bytes where it is there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clarinet.exchange import from_onnx, keras_files, keras_h5, keras_weights
from clarinet.saving import models

if TYPE_CHECKING:
    from clarinet.trainable import Trainable


def check_free(path: str | Path, overwrite: bool) -> None:
    """Raise FileExistsError where a file is there that is not to be replaced."""
    if not overwrite and Path(path).exists():
        raise FileExistsError(f"{path} is there already; give another name, or overwrite=True")


def save(model: Trainable, path: str | Path) -> None:
    """Write a whole model: as Keras does where the name ends in ``.keras``, ``.h5`` or ``.hdf5``, else our own way.

    Args:
        model: built or not, compiled or not.
        path: of the file.
    """
    if keras_files.is_name(path):
        keras_files.save(model, path)
    elif keras_h5.is_name(path):
        keras_h5.save(model, path)
    else:
        models.save(model, path)


def load(path: str | Path, custom_objects: Mapping[str, object] | None = None, compile: bool = True) -> Trainable:
    """Read a whole model; arguments as of :func:`clarinet.saving.models.load`."""
    if keras_files.is_file(path):
        return keras_files.load(path, custom_objects, compile)
    if keras_h5.is_file(path):
        return keras_h5.load(path, custom_objects, compile)
    if from_onnx.is_name(path):
        return from_onnx.import_onnx(path)
    return models.load(path, custom_objects, compile)


def save_weights(model: Trainable, path: str | Path) -> None:
    """Write the weights alone: as Keras does where the name ends in ``.weights.h5``, ``.h5`` or ``.hdf5``.

    Args:
        model: with weights.
        path: of the file.
    """
    if keras_weights.is_name(path):
        keras_weights.save(model, path)
    elif keras_h5.is_name(path):
        keras_h5.save_weights(model, path)
    else:
        models.save_weights(model, path)


def load_weights(model: Trainable, path: str | Path, by_name: bool = False) -> None:
    """Read weights into a model of the same structure; also those of a whole model of Keras's.

    Args:
        model: with weights.
        path: of the file.
        by_name: whether layers correspond by their names, in files ``.h5``.

    Raises:
        ValueError: ``by_name`` with a file that has no names.
    """
    if keras_h5.is_file(path):
        keras_h5.load_weights(model, path, by_name)
    elif by_name:
        raise ValueError(f"load_weights: {path} has no names of layers, expected an .h5 file for by_name=True")
    elif keras_files.is_file(path):
        keras_files.load_weights(model, path)
    else:
        models.load_weights(model, path)
