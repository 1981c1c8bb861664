"""Keras's files of weights, ``.weights.h5``: each layer's arrays under the name of its class and a number.

``layers/dense_1/vars/0`` is the kernel of the second ``Dense``; a model within has its layers likewise below its own
name. Names of layers play no part, as in Keras: the structure has to be the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clarinet.configurable import is_ours
from clarinet.exchange import hdf5
from clarinet.layers.attributes import attributes_of
from clarinet.layers.cells import Cell
from clarinet.layers.handle import Handle
from clarinet.registry import registered_name
from clarinet.saving.container import KERAS_WEIGHTS_ENDING, ModelFileError
from clarinet.types import Array
from clarinet.variables import Variable

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Layers whose weights Keras has in a layer within, by the names of their classes.
_CELL = {"SimpleRNN": "cell/", "LSTM": "cell/", "GRU": "cell/"}
#: The names that Keras has for the layers within others, in our order.
_CHILDREN = {
    "Bidirectional": ("forward_layer", "backward_layer"),
    "TimeDistributed": ("layer",),
    "RNN": ("cell",),
}


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
    hdf5.write(Path(path), pack(model), groups(model))


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
    fill(model, Path(path), hdf5.read(Path(path)))


def fill(model: Trainable, path: Path, arrays: Mapping[str, Array]) -> None:
    """Put the weights that a file has in the place of a model's; nothing is changed on an error.

    Args:
        model: with weights.
        path: of the file, for messages.
        arrays: what it has, by place.

    Raises:
        ModelFileError: it belongs to another model. TypeError: a layer that Keras has not.
    """
    places = _places(model, False)
    begins = {"layers", *(name.partition("/")[0] for name in places)}
    found = {name: array for name, array in arrays.items() if name.partition("/")[0] in begins}
    missing, extra = sorted(places.keys() - found.keys()), sorted(found.keys() - places.keys())
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
    model.store.skip_drawing()
    for name, variable in places.items():
        variable.assign(found[name])


def pack(model: Trainable, flat: bool = False) -> dict[str, Array]:
    """All that Keras keeps of a model's layers, by its place in a file.

    Args:
        model: with weights.
        flat: whether models with a ``call`` of their own that are not registered count as networks of layers.

    Raises:
        TypeError: a layer that Keras has not, named. ValueError: the model is not built.
    """
    return {place: variable.numpy() for place, variable in _places(model, flat).items()}


def groups(model: Trainable, flat: bool = False) -> Iterator[str]:
    """The groups of all layers, those without weights too; arguments as of :func:`pack`."""
    for place, layer in _layers(model, flat):
        yield f"{place}/{_CELL.get(type(layer).__name__, '')}vars"


def _places(model: Trainable, flat: bool) -> dict[str, Variable]:
    """Every weight by its path in a file."""
    model.store  # noqa: B018  # builds, or says why not
    found: dict[str, Variable] = {}
    for place, layer in _layers(model, flat):
        for number, variable in enumerate(layer.weights):
            found[f"{place}/{_CELL.get(type(layer).__name__, '')}vars/{number}"] = variable
    return found


def _layers(model: Any, flat: bool) -> Iterator[tuple[str, Handle]]:
    """The layers of a model and of those within it, each once, with the path of its group."""
    seen: dict[int, Handle] = {}
    for place, layer in _within(model, "", flat):
        if id(layer) not in seen:
            seen[id(layer)] = layer
            yield place, layer


def _within(layer: Any, place: str, flat: bool) -> Iterator[tuple[str, Handle]]:
    """The layers without others within a layer or model, each with the path of its group."""
    kind, children = type(layer).__name__, layer.children
    if layer.is_model:
        by_name = getattr(layer, "has_call", False) and not (flat and registered_name(type(layer)) is None)
        own = attributes_of(layer) if by_name else {}
        yield from _named({name: value for name, value in own.items() if name < "layers"}, place, flat)
        yield from _numbered(layer.layers, f"{place}layers/", flat)
        yield from _named({name: value for name, value in own.items() if name > "layers"}, place, flat)
    elif kind in _CHILDREN:
        for name, child in zip(_CHILDREN[kind], _children(layer), strict=True):
            yield from _within(child, f"{place}{name}/", flat)
    elif kind == "StackedRNNCells":
        yield from _numbered(layer.cells, f"{place}cells/", flat)
    elif isinstance(layer, Cell):  # which keeps its weights in a loop of one step
        yield place.removesuffix("/"), layer
    elif layer.is_authored:
        yield from _own_weights(layer, place)
        yield from _named(attributes_of(layer), place, flat)
    elif children:
        raise TypeError(
            f"{kind} {layer.name!r}: Keras has no such layer, or keeps its weights otherwise; write and read files "
            "with the ending .safetensors"
        )
    else:
        yield place.removesuffix("/"), layer


@dataclass(frozen=True)
class _Both:
    """Weights that Keras keeps together, where here two layers have them."""

    weights: tuple[Variable, ...]


def _own_weights(layer: Any, place: str) -> Iterator[tuple[str, Handle]]:
    """Those that a layer with a ``call`` has itself, without those of the layers within it."""
    kind, (own, *_) = type(layer).__name__, layer.children
    if kind.startswith("ConvLSTM"):
        yield f"{place}cell", own
    elif kind == "SpectralNormalization":  # which Keras also gives the kernel of the layer within
        yield place.removesuffix("/"), cast(Handle, _Both((layer.divided_weight, layer.vector_u)))
    else:
        yield place.removesuffix("/"), own


def _named(values: Mapping[str, object], place: str, flat: bool) -> Iterator[tuple[str, Handle]]:
    """The layers among attributes, by their names, in order of these."""
    for name, value in sorted(values.items()):
        held = [*value.values()] if isinstance(value, Mapping) else value
        if isinstance(held, (list, tuple)):
            yield from _numbered([each for each in held if isinstance(each, Handle)], f"{place}{name}/", flat)
        elif isinstance(held, Handle):
            yield from _within(held, f"{place}{name}/", flat)


def _children(layer: Any) -> Iterable[Any]:
    return [layer.cell] if hasattr(layer, "cell") else layer.children


def _numbered(layers: Iterable[Any], place: str, flat: bool) -> Iterator[tuple[str, Handle]]:
    """Layers by the names of their classes, and numbers where there are several of one."""
    used: dict[str, int] = {}
    for layer in layers:
        kind = type(layer).__name__
        if layer.is_model and (is_ours(type(layer), "call") or flat):
            kind = "Sequential" if hasattr(layer, "add") else "Functional"
        name = _snake_case(kind)
        used[name] = used.get(name, -1) + 1
        yield from _within(layer, f"{place}{name}_{used[name]}/" if used[name] else f"{place}{name}/", flat)


def _snake_case(name: str) -> str:
    """A class's name as Keras writes it in files.

    Example:
        >>> _snake_case("BatchNormalization"), _snake_case("Conv2D"), _snake_case("PReLU")
        ('batch_normalization', 'conv2d', 'p_re_lu')
    """
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
