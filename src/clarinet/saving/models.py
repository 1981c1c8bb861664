"""A model as the parts of a file, and back."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from clarinet import files
from clarinet import layers as layers_module
from clarinet.configurable import encode
from clarinet.graph import Node, use
from clarinet.layers import Input
from clarinet.layers.base import check_shape
from clarinet.layers.containers import MAX_DEPTH
from clarinet.layers.model_classes import model_from
from clarinet.layers.sharing import reading
from clarinet.names import plain
from clarinet.optimizers import OptimizerState
from clarinet.params import Layout, Store, Weight
from clarinet.problems import ClarinetWarning
from clarinet.registry import custom_object_scope
from clarinet.saving import container, tensors
from clarinet.saving.container import CONFIG, OPTIMIZER, TRAINING, WEIGHTS, ModelFileError, is_object, refusing
from clarinet.sizes import probed
from clarinet.types import Array, Json

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

FORMAT, VERSION = "clarinet", 1
#: Far more layers than a model ever has; a file with more is made to waste time.
_MAX_LAYERS = 10_000


def save(model: Trainable, path: str | Path) -> None:
    """Write structure, weights, compile arguments, optimizer state, counters and metadata to one file, atomically.

    Args:
        model: built or not, compiled or not.
        path: of the file; its folder has to exist. The customary ending is ``.clarinet``.

    Raises:
        TypeError: a layer that holds a Python function.
        ValueError: the path ends as another library's files do, e.g. ``.keras`` or ``.h5``.
        FileNotFoundError, IsADirectoryError, PermissionError: the path.

    A loss or metric that is a Python function is left out with a warning: call ``compile`` again after loading.

    Example:
        >>> import clarinet, tempfile, os
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> path = os.path.join(tempfile.mkdtemp(), "line.clarinet")
        >>> save(model, path)
        >>> bool((load(path).get_weights()[0] == model.get_weights()[0]).all())
        True
    """
    container.check_ending(path, "save")
    container.write_archive(Path(path), contents_of(model))


def contents_of(model: Trainable) -> dict[str, bytes]:
    """The parts of the file of :func:`save`; raises what that does."""
    compiled = _compile_config(model)
    members = members_of(model, compiled)
    if compiled is None:
        members.pop(OPTIMIZER, None)
    return members


def members_of(model: Trainable, compiled: Mapping[str, object] | None) -> dict[str, bytes]:
    """The parts of a model's file.

    Args:
        model: built or not, compiled or not.
        compiled: the arguments of ``compile``, None where they have no JSON form.
    """
    state, own = model.optimizer_state, model.class_config()
    config = {
        "format": FORMAT,
        "version": VERSION,
        "model": model.structure_config(),
        **({} if own is None else {"class": own}),
        "compile": compiled,
        "training": {"seed": model.seed, "epochs": model.epochs_trained, "steps": 0 if state is None else state.step},
        "metadata": model.metadata,
    }
    members = {
        CONFIG: to_json(config),
        WEIGHTS: tensors.pack(dict(_weights(model.store)) if model.built else {}),
    }
    if state is not None:
        members[OPTIMIZER] = tensors.pack(dict(_slots(model.store.layout, state)))
    return members


def load(path: str | Path, custom_objects: Mapping[str, object] | None = None, compile: bool = True) -> Trainable:
    """Read a file of :func:`save`; runs no code from it.

    Layers, losses and metrics of a user's own are what the file keeps of them: the operations that they are made of.
    ``custom_objects`` and what is registered bring their classes and functions back.

    Args:
        path: of the file.
        custom_objects: classes and functions of one's own by name.
        compile: whether it is compiled as it was; default True.

    Returns:
        the model, compiled as it was, ready to predict or to train on from where it stopped.

    Raises:
        FileNotFoundError: there is no such file.
        ModelFileError: it is damaged, hostile, of another version, or no model file.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "text.clarinet")
        >>> _ = path.write_text("hello")
        >>> load(path)
        Traceback (most recent call last):
            ...
        clarinet.saving.container.ModelFileError: ...: not a Clarinet model: it does not begin as a zip archive; ...
    """
    return of_contents(container.read_archive(Path(path)), Path(path), custom_objects, compile)


def of_contents(
    members: Mapping[str, bytes], path: Path, custom_objects: Mapping[str, object] | None = None, compile: bool = True
) -> Trainable:
    """The inverse of :func:`contents_of`.

    Args:
        members: of a file.
        path: what messages call it.
        custom_objects, compile: as in :func:`load`.

    Raises:
        ModelFileError: as in :func:`load`.
    """
    config = container.read_config(path, members[CONFIG])
    _check_version(path, config)
    weights = tensors.unpack(path, WEIGHTS, members[WEIGHTS])
    with custom_object_scope(custom_objects or {}):
        model = _build(path, config if compile else {**config, "compile": None}, weights)
    if model.built:
        tensors.check_tensors(path, WEIGHTS, weights, _shapes(model.store), model.dtype)
        model.store.skip_drawing()
        for name, view in _weights(model.store):
            view[...] = weights[name]
    if OPTIMIZER in members and compile and (model.optimizer is not None or TRAINING not in members):
        slots = tensors.unpack(path, OPTIMIZER, members[OPTIMIZER])
        if model.optimizer is None or not model.built:
            raise ModelFileError(f"{path}: holds {OPTIMIZER}, but the model in it was not compiled or has no weights")
        model.optimizer_state = OptimizerState.new(model.optimizer, model.store.layout, model.dtype)
        _fill_slots(path, model, slots, counters(path, config)["steps"])
    return model


def fill(model: Trainable, path: Path, members: Mapping[str, bytes]) -> None:
    """Put a file's weights, optimizer state and counters into a compiled model of the same structure, in place.

    Raises:
        ModelFileError: the file is damaged or belongs to another model; nothing is changed then.
    """
    config, store = container.read_config(path, members[CONFIG]), model.store
    _check_version(path, config)
    training = counters(path, config)
    weights = tensors.unpack(path, WEIGHTS, members[WEIGHTS])
    tensors.check_tensors(path, WEIGHTS, weights, _shapes(store), store.dtype)
    _fill_slots(path, model, tensors.unpack(path, OPTIMIZER, members[OPTIMIZER]), training["steps"])
    for name, view in _weights(store):
        view[...] = weights[name]
    model.seed, model.epochs_trained = training["seed"], training["epochs"]


def save_weights(model: Trainable, path: str | Path) -> None:
    """Write the weights alone as a safetensors file, atomically; names are ``layers.<index>.<weight>``.

    Raises:
        ValueError: the model is not built, or the path ends as another library's files do.
    """
    container.check_ending(path, "save_weights", container.WEIGHTS_ENDING)
    files.write(Path(path), tensors.pack(dict(_weights(model.store))))


def load_weights(model: Trainable, path: str | Path) -> None:
    """Read a file of :func:`save_weights` into a built model of the same structure; nothing is changed on an error.

    Raises:
        FileNotFoundError: there is no such file. ModelFileError: it is damaged or belongs to another model.
        ValueError: the model is not built.
    """
    path = Path(path)
    store = model.store
    with container.open_for_reading(path) as file:
        found = tensors.unpack(path, path.name, file.read())
    tensors.check_tensors(path, path.name, found, _shapes(store), store.dtype)
    for name, view in _weights(store):
        view[...] = found[name]


# Names of tensors.


def _weights(store: Store) -> Iterator[tuple[str, Array]]:
    """All weights, state included, as views by name."""
    for segment in (*store.layout.segments, *store.state_layout.segments):
        yield f"layers.{segment.layer}.{segment.name}", store.view(segment)


def _shapes(store: Store) -> dict[str, tuple[int, ...]]:
    segments = (*store.layout.segments, *store.state_layout.segments)
    return {f"layers.{s.layer}.{s.name}": s.shape for s in segments}


def _slots(layout: Layout, state: OptimizerState) -> Iterator[tuple[str, Array]]:
    """The optimizer's slots as views by name, e.g. ``momentum.layers.0.kernel``."""
    for slot, buffer in state.slots.items():
        for segment in layout.segments:
            yield f"{slot}.layers.{segment.layer}.{segment.name}", segment.view(buffer)


# Writing.


def _compile_config(model: Trainable) -> dict[str, Any] | None:
    if model.target is not None:
        encode(model.target)  # a file without it would predict in other units: refused rather than left out
    left_out: list[str] = []
    try:
        config = model.compile_config(left_out)
    except TypeError as error:
        message = f"save: the model is saved without its compile arguments; call compile after loading: {error}"
        warnings.warn(message, ClarinetWarning, stacklevel=3)
        return None
    for sentence in left_out:
        warnings.warn(f"save: the model is saved without a metric: {sentence}", ClarinetWarning, stacklevel=3)
    return config


def to_json(config: Mapping[str, object], indent: int | None = 1) -> bytes:
    """A configuration as the bytes of a member; without ``indent`` it is quicker, and harder to read."""
    try:
        return json.dumps(config, indent=indent, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"save: {error}; a configuration and model.metadata hold finite numbers, strings, lists and dictionaries"
        ) from None


# Reading.


def _check_version(path: Path, config: Mapping[str, object]) -> None:
    if config.get("format") != FORMAT:
        found = container.brief(repr(config.get("format")))
        raise ModelFileError(f"{path}: not a Clarinet model: its format is {found}, expected {FORMAT!r}")
    version = container.entry(path, config, "version", _is_positive, "a whole number")
    if version > VERSION:
        raise ModelFileError(
            f"{path}: has format version {version}, this Clarinet reads up to {VERSION}; "
            "upgrade with pip install -U clarinet"
        )


def _is_positive(value: object) -> TypeGuard[int]:
    return container.is_whole(value) and value > 0


def _is_count(value: object) -> TypeGuard[int]:
    return container.is_whole(value) and 0 <= value < 2**64


def counters(path: Path, config: Mapping[str, object]) -> dict[str, int]:
    """Seed, epochs and steps of a file's configuration."""
    training = container.entry(path, config, "training", is_object, "counters")
    names = ("seed", "epochs", "steps")
    return {name: container.entry(path, training, name, _is_count, "a whole number of at least 0") for name in names}


def _build(path: Path, config: Mapping[str, object], weights: Mapping[str, Array]) -> Trainable:
    """The model without its weights; nothing large is made before the file is known to hold as much."""
    structure = container.entry(path, config, "model", is_object, "the model's structure")
    training, own = counters(path, config), None
    if "class" in config:
        own = container.entry(path, config, "class", is_object, "the model's class")
    with refusing(path, "the model's structure does not make sense"):
        layers = container.entry(path, structure, "layers", container.is_list, "a list of layers")
        _check_count(path, layers)
        _check_kept(path, layers, sum(tensor.size for tensor in weights.values()))
        if "nodes" not in structure:  # else the weights are laid out when somebody looks
            _check_size(path, _size_of_chain(structure, layers), weights)
        model = cast("Trainable", model_from(structure, own))
        if "nodes" in structure:
            _check_size(path, sum(w.size for w in (*model.weight_specs(()), *model.state_specs(()))), weights)
        model.seed, model.epochs_trained = training["seed"], training["epochs"]
    model.metadata = dict(container.entry(path, config, "metadata", is_object, "an object"))
    if config.get("compile") is not None:
        compiled = container.entry(path, config, "compile", is_object, "the arguments of compile")
        with refusing(path, "the compile arguments do not make sense"):
            model.compile_from_config(compiled)
    return model


def _size_of_chain(structure: Mapping[str, object], layers: list[Json]) -> int:
    """How many weights a sequential model has, before memory is taken for them."""
    if structure.get("input_shape") is None:
        return 0
    rows: Any = structure.get("batch_size")
    tensor, nodes = Input(check_shape(structure["input_shape"], "Input: shape", some_unknown=True), rows), []
    with reading():
        for config in layers:
            nodes.append(use(layers_module.get(config), [tensor]))
            (tensor,) = nodes[-1].results
    return sum(w.size for node in nodes for w in _weights_of(node))


def _weights_of(node: Node) -> Iterator[Weight]:
    layer: Any = node.operator
    shapes = tuple(probed(tensor.sample_shape) for tensor in node.data)
    taken = shapes if layer.merges else shapes[0]
    yield from layer.weight_specs(taken)
    yield from layer.state_specs(taken)


def _check_size(path: Path, wanted: int, weights: Mapping[str, Array]) -> None:
    """Refuse a structure whose weights are not those of the file."""
    found = sum(tensor.size for tensor in weights.values())
    if wanted != found:
        raise ModelFileError(
            f"{path}: {CONFIG} describes {wanted} weights, {WEIGHTS} holds {found}; they do not belong together"
        )


def _check_count(path: Path, layers: list[Json]) -> None:
    """Refuse more layers than any model has, those within others counted, before one of them is made."""
    kinds = {plain(name) for name in layers_module.__all__}
    count, waiting = 0, list[tuple[object, int]]([(layers, 0)])
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict):
            name = value.get("class_name")
            inner = "kept" in value or (isinstance(name, str) and plain(name) in kinds)
            count, depth = count + inner, depth + inner
        waiting.extend((v, depth) for v in _within(value))
        if depth > MAX_DEPTH:
            raise ModelFileError(f"{path}: {CONFIG} has layers {depth} deep, at most {MAX_DEPTH} are allowed")
    if count > _MAX_LAYERS:
        raise ModelFileError(f"{path}: {CONFIG} names {count} layers, at most {_MAX_LAYERS} are allowed")


def _check_kept(path: Path, layers: list[Json], found: int) -> None:
    """Refuse layers without their class whose weights are more than those of the file, before one is made."""
    wanted, waiting = 0, list[object]([layers])
    while waiting:
        value = waiting.pop()
        shape = value.get("shape") if isinstance(value, dict) and "initializer" in value else None
        if isinstance(shape, list) and all(map(container.is_whole, shape)):
            wanted += prod(shape)
        waiting.extend(_within(value))
    if wanted > found:
        raise ModelFileError(f"{path}: {CONFIG} describes {wanted} weights, {WEIGHTS} holds {found}")


def _within(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _fill_slots(path: Path, model: Trainable, found: Mapping[str, Array], steps: int) -> None:
    state = model.optimizer_state
    assert state is not None
    views = dict(_slots(model.store.layout, state))
    tensors.check_tensors(path, OPTIMIZER, found, {name: view.shape for name, view in views.items()}, model.dtype)
    for name, view in views.items():
        view[...] = found[name]
    state.step = steps
