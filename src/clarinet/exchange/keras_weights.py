"""Keras's files of weights, ``.weights.h5``: each layer's arrays under the name of its class and a number.

``layers/dense_1/vars/0`` is the kernel of the second ``Dense``; a model within has its layers likewise below its own
name. Names of layers play no part, as in Keras: the structure has to be the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.exchange import hdf5
from clarinet.layers.base import Layer
from clarinet.saving.container import KERAS_WEIGHTS_ENDING, ModelFileError
from clarinet.types import Array
from clarinet.variables import Variable

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Layers whose weights Keras has in a layer within, by the names of their classes.
_WITHIN = {"SimpleRNN": "cell/", "LSTM": "cell/", "GRU": "cell/"}
#: Arrays beside the weights, which Keras has, by class: how many rows a normalization has seen.
_BESIDE: dict[str, tuple[Array, ...]] = {"Normalization": (np.zeros((), np.int32),)}


def is_name(path: str | Path) -> bool:
    """Whether a file of this name is one of Keras's weights."""
    return str(path).endswith(KERAS_WEIGHTS_ENDING)


def save(model: Trainable, path: str | Path) -> None:
    """Write the weights as Keras's ``save_weights`` does, atomically; Keras's ``load_weights`` reads them.

    Args:
        model: with weights.
        path: of the file, ``*.weights.h5``.

    Raises:
        ImportError: h5py is not installed. TypeError: a layer that Keras has not, named.
        ValueError: the model is not built.
    """
    places = _places(model)
    arrays = {place: variable.numpy() for place, variable in places.items()}
    extra = dict(_more(model))
    hdf5.write(Path(path), arrays | extra, _groups(model))


def load(model: Trainable, path: str | Path) -> None:
    """Read a file of Keras's ``save_weights``, or of :func:`save`, into a model of the same structure.

    Nothing is changed on an error, and the optimizer's numbers are left alone.

    Args:
        model: with weights.
        path: of the file.

    Raises:
        FileNotFoundError: there is no such file. ImportError: pyfive is not installed.
        ModelFileError: it is damaged, hostile, or belongs to another model.
        TypeError: a layer that Keras has not. ValueError: the model is not built.
    """
    path, places = Path(path), _places(model)
    found = {name: array for name, array in hdf5.read(path).items() if name.startswith("layers/")}
    beside = {place for place, _ in _more(model)}
    missing, extra = sorted(places.keys() - found.keys()), sorted(found.keys() - places.keys() - beside)
    extra = [name for name in extra if "seed_generator/" not in name]
    for what, names in (("lacks", missing), ("has", extra)):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise ModelFileError(
                f"{path}: {what} {', '.join(name[:80] for name in names[:3])}{more}; expected the {len(places)} arrays "
                "of a model of the same structure"
            )
    for name, variable in places.items():
        if found[name].shape != variable.shape:
            raise ModelFileError(
                f"{path}: {name} has shape {found[name].shape}, the model's {variable.path} has {variable.shape}"
            )
    for name, variable in places.items():
        variable.assign(found[name])


def _places(model: Trainable) -> dict[str, Variable]:
    """Every weight by its path in a file."""
    model.store  # noqa: B018  # builds, or says why not
    found: dict[str, Variable] = {}
    for place, layer in _layers(model, "layers/"):
        for number, variable in enumerate(layer.weights):
            found[f"{place}/{_WITHIN.get(type(layer).__name__, '')}vars/{number}"] = variable
    return found


def _more(model: Trainable) -> Iterator[tuple[str, Array]]:
    """What Keras keeps beside the weights, by path."""
    for place, layer in _layers(model, "layers/"):
        for number, array in enumerate(_BESIDE.get(type(layer).__name__, ()), len(layer.weights)):
            yield f"{place}/vars/{number}", array


def _groups(model: Trainable) -> Iterator[str]:
    for place, layer in _layers(model, "layers/"):
        yield f"{place}/{_WITHIN.get(type(layer).__name__, '')}vars"


def _layers(model: Any, place: str) -> Iterator[tuple[str, Layer]]:
    """The layers of a model and of those within it, each with the path of its group."""
    used: dict[str, int] = {}
    for layer in model.layers:
        kind = ("Sequential" if hasattr(layer, "add") else "Functional") if layer.is_model else type(layer).__name__
        if layer.is_authored or (layer.children and not layer.is_model):
            raise TypeError(
                f"{kind} {layer.name!r}: Keras has no such layer, or keeps its weights otherwise; write and read files "
                "with the ending .safetensors"
            )
        name = _snake_case(kind)
        used[name] = used.get(name, -1) + 1
        own = place + (f"{name}_{used[name]}" if used[name] else name)
        if layer.is_model:
            yield from _layers(layer, f"{own}/layers/")
        else:
            yield own, layer


def _snake_case(name: str) -> str:
    """A class's name as Keras writes it in files.

    Example:
        >>> _snake_case("BatchNormalization"), _snake_case("Conv2D"), _snake_case("PReLU")
        ('batch_normalization', 'conv2d', 'p_re_lu')
    """
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
