"""Keras's earlier files, ``.h5``: whole models or weights alone, written and read without Keras and without running
anything from a file.

Such a file is HDF5. It carries texts, ``model_config`` and ``training_config``, and has a group for each layer with
its weights, of which a list says the order. The layers of a file and those of a model correspond by their order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clarinet import files
from clarinet.exchange import hdf5, keras_files, keras_state, keras_weights
from clarinet.exchange.keras_legacy import modern
from clarinet.exchange.keras_models import described_model
from clarinet.exchange.keras_parts import plain
from clarinet.registry import custom_object_scope
from clarinet.saving.container import KERAS_OLD_ENDINGS, ModelFileError, open_for_reading, refusing
from clarinet.types import Array
from clarinet.variables import Variable

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

_CONFIG, _COMPILED, _MODEL, _OPTIMIZER = "model_config", "training_config", "model_weights", "optimizer_weights"
_LAYERS, _WEIGHTS = "layer_names", "weight_names"
_WRITTEN = {"keras_version": "3.8.0", "backend": "clarinet"}


def is_name(path: str | Path) -> bool:
    """Whether a file of this name is one of Keras's earlier ones."""
    return str(path).lower().endswith(KERAS_OLD_ENDINGS) and not keras_weights.is_name(path)


def is_file(path: str | Path) -> bool:
    """Whether a file is HDF5, by its first bytes."""
    place = files.current(path)
    if not place.is_file():
        return False
    with place.open("rb") as file:
        return file.read(len(hdf5.MAGIC)) == hdf5.MAGIC


@dataclass(frozen=True)
class _File:
    """What a file holds.

    Attributes:
        path: of the file, for messages.
        arrays: all of them, by their paths.
        texts: of groups, by path and name.
    """

    path: Path
    arrays: Mapping[str, Array]
    texts: Mapping[str, Mapping[str, str | list[str]]]

    @classmethod
    def read(cls, path: str | Path) -> _File:
        with open_for_reading(Path(path)) as file:
            content = file.read()
        return cls(Path(path), hdf5.unpack(Path(path), content), hdf5.unpack_texts(Path(path), content))

    def config(self, name: str) -> Any:
        """A description that the file carries, in the form of today; None where it has none."""
        text = self.texts[""].get(name)
        if text is None:
            return None
        with refusing(self.path, f"{name} is damaged"):
            return modern(json.loads(str(text)))

    def names(self, group: str, name: str) -> list[str]:
        """A list of names that a group carries."""
        found = self.texts.get(group, {}).get(name, [])
        return found if isinstance(found, list) else []

    def ordered(self, group: str) -> list[Array]:
        """The arrays of a group, in the order that it says.

        Raises:
            ModelFileError: one of them is not there.
        """
        places = [f"{group}/{name}".lstrip("/") for name in self.names(group, _WEIGHTS)]
        missing = [place for place in places if place not in self.arrays]
        if missing:
            raise ModelFileError(f"{self.path}: names {missing[0][:80]!r}, and has no such array")
        return [self.arrays[place] for place in places]

    def layers(self) -> list[tuple[str, list[Array]]]:
        """The layers that have weights, in order, and these."""
        root = _MODEL if not self.names("", _LAYERS) and _MODEL in self.texts else ""
        held = [(name, self.ordered(f"{root}/{name}".lstrip("/"))) for name in self.names(root, _LAYERS)]
        return [(name, arrays) for name, arrays in held if arrays]


def load_weights(model: Trainable, path: str | Path, by_name: bool = False) -> None:
    """Read the weights of a file of Keras's into a model of the same structure; nothing is changed on an error.

    Files of weights alone and of whole models will do, those of Keras's ``.weights.h5`` too.

    Args:
        model: with weights.
        path: of the file.
        by_name: whether layers correspond by their names, and layers without a counterpart stay as they are; default
            False, by their order.

    Raises:
        FileNotFoundError: there is no such file. ImportError: pyfive is not installed.
        ModelFileError: it is damaged, hostile, or belongs to another model. ValueError: the model is not built.
    """
    file = _File.read(path)
    if _LAYERS in file.texts[""] or _MODEL in file.texts:
        _fill(model, file, by_name)
    else:
        keras_weights.fill(model, file.path, file.arrays)


def _fill(model: Any, file: _File, by_name: bool = False) -> None:
    model.store  # noqa: B018  # builds, or says why not
    pairs = [*_pairs(model, file, by_name)]
    model.store.skip_drawing()
    for variable, array in pairs:
        variable.assign(array)


def _pairs(model: Any, file: _File, by_name: bool) -> Iterator[tuple[Variable, Array]]:
    """The weights of a model, each with what the file has of it."""
    held, layers = file.layers(), [layer for layer in model.layers if layer.weights]
    if by_name:
        named = {layer.name: layer for layer in layers}
        held = [each for each in held if each[0] in named]
        layers = [named[name] for name, _ in held]
    if len(held) != len(layers):
        raise ModelFileError(
            f"{file.path}: has weights of {len(held)} layers, expected those of {len(layers)}, of a model of the same "
            "structure"
        )
    for layer, (name, arrays) in zip(layers, held):
        wanted = _order(layer)
        shapes, found = [each.shape for each in wanted], [each.shape for each in arrays]
        if shapes != found:
            raise ModelFileError(
                f"{file.path}: the weights of {name[:80]!r} have shapes {found}, those of the model's layer "
                f"{layer.name!r} {shapes}"[:500]
            )
        yield from zip(wanted, arrays)


def _order(layer: Any) -> list[Variable]:
    """The weights of a layer in the order of these files."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def load(path: str | Path, custom_objects: Mapping[str, object] | None = None, compile: bool = True) -> Trainable:
    """Read a whole model; runs no code from the file. Arguments, and what is raised, as of
    :func:`clarinet.exchange.keras_files.load`."""
    file = _File.read(path)
    config = file.config(_CONFIG)
    if not isinstance(config, dict):
        raise ModelFileError(
            f"{file.path}: holds no model, but weights alone or something else; make the model, and call load_weights"
        )
    slots = {f"optimizer/vars/{number}": array for number, array in enumerate(file.ordered(_OPTIMIZER))}
    with custom_object_scope(custom_objects or {}):
        return keras_files.built(
            keras_files.Parts(file.path, config, _compiled(file) if compile else None, file.arrays, slots),
            lambda model: _fill(model, file),
        )


def _compiled(file: _File) -> object:
    """What ``compile`` was told, by its arguments' names."""
    found = file.config(_COMPILED)
    if not isinstance(found, dict):
        return None
    return {"optimizer" if name == "optimizer_config" else name: value for name, value in found.items()}


def save(model: Trainable, path: str | Path) -> None:
    """Write model, weights, compile arguments and optimizer state as Keras did before ``.keras``, atomically.

    Args:
        model: built; compiled or not.
        path: of the file, ``*.h5``.

    Raises:
        as :func:`clarinet.exchange.keras_files.save`.
    """
    keras_files.check(model)
    ours = plain(model)
    config, compiled = described_model(ours.model), keras_files.described_compile(model)
    kept = {name: config[name] for name in ("class_name", "config")}
    texts: dict[str, dict[str, str | list[str]]] = {"": {**_WRITTEN, _CONFIG: json.dumps(kept)}}
    arrays: dict[str, Array] = {}
    _add_layers(ours.model, f"{_MODEL}/", arrays, texts)
    if compiled is not None:
        named = {"optimizer_config" if name == "optimizer" else name: value for name, value in compiled.items()}
        texts[""][_COMPILED] = json.dumps(named)
        trained = [ours.origin(variable) for variable in ours.model.trainable_variables]
        _add(_OPTIMIZER, keras_state.pack(model, trained), arrays, texts)
    files.write(Path(path), hdf5.pack(arrays, texts=texts))


def save_weights(model: Trainable, path: str | Path) -> None:
    """Write the weights alone as Keras did before ``.weights.h5``, atomically; raises as :func:`save`.

    Args:
        model: with weights.
        path: of the file, ``*.h5``.
    """
    arrays: dict[str, Array] = {}
    texts: dict[str, dict[str, str | list[str]]] = {"": {**_WRITTEN}}
    model.store  # noqa: B018  # builds, or says why not
    _add_layers(plain(model).model, "", arrays, texts)
    files.write(Path(path), hdf5.pack(arrays, texts=texts))


def _add_layers(model: Any, root: str, arrays: dict[str, Array], texts: dict[str, dict[str, str | list[str]]]) -> None:
    """Add what a file has of the layers of a model."""
    texts.setdefault(root.rstrip("/"), {})[_LAYERS] = [layer.name for layer in model.layers]
    texts[root.rstrip("/")].update(_WRITTEN)
    for layer in model.layers:
        held = {f"{number}_{variable.path}:0": variable.numpy() for number, variable in enumerate(_order(layer))}
        _add(f"{root}{layer.name}", held, arrays, texts)
    _add(f"{root}top_level_model_weights", {}, arrays, texts)


def _add(
    group: str,
    held: Mapping[str, Array],
    arrays: dict[str, Array],
    texts: dict[str, dict[str, str | list[str]]],
) -> None:
    texts[group] = {_WEIGHTS: [*held]}
    arrays |= {f"{group}/{name}": array for name, array in held.items()}
