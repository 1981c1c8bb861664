"""Keras's files of whole models, ``.keras``: written and read without Keras, and without running anything from a file.

Such a file is a zip archive with ``config.json`` (layers, how they are connected, what ``compile`` was told),
``metadata.json`` and ``model.weights.h5`` (weights, and what the optimizer keeps of them).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clarinet.exchange import hdf5, keras_state, keras_weights
from clarinet.exchange.keras_models import ModelReader, described_model
from clarinet.exchange.keras_objects import described
from clarinet.exchange.keras_parts import plain
from clarinet.files import current
from clarinet.problems import ClarinetWarning
from clarinet.registry import custom_object_scope
from clarinet.saving import container
from clarinet.saving.container import CONFIG, Contents, ModelFileError, refusing
from clarinet.saving.models import to_json
from clarinet.types import Array, Config, Json

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

ENDING = ".keras"
_METADATA, _WEIGHTS = "metadata.json", "model.weights.h5"
_KERAS = Contents("Keras model", "Keras's model.save", (CONFIG, _METADATA, _WEIGHTS))
#: What Keras's ``compile`` takes and ours does not need.
_OF_BACKENDS = ("run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss")


def is_name(path: str | Path) -> bool:
    """Whether a file of this name is a whole model of Keras's."""
    return str(path).lower().endswith(ENDING)


def is_file(path: str | Path) -> bool:
    """Whether a file is one, by its name and members: earlier versions wrote models of their own under such names."""
    from zipfile import ZipFile, is_zipfile

    place = current(path)
    if not is_name(path) or not place.is_file() or not is_zipfile(place):
        return False
    with refusing(Path(path), "is damaged"), ZipFile(place) as archive:
        return container.WEIGHTS not in archive.namelist()


def save(model: Trainable, path: str | Path) -> None:
    """Write model, weights, compile arguments and optimizer state as Keras does, atomically.

    :class:`Residual` and :class:`Parallel`, which Keras does not have, become models within.

    Args:
        model: built; compiled or not.
        path: of the file, ``*.keras``.

    Raises:
        ImportError: h5py is not installed. TypeError: something that Keras has not, named.
        ValueError: the model is not built; it learns transformed targets.
        OSError: the file cannot be written.
    """
    check(model)
    ours = plain(model)
    config = described_model(ours.model)
    compiled = described_compile(model)
    members = {
        _METADATA: to_json({"keras_version": "3.8.0", "written_by": "clarinet"}),
        CONFIG: to_json(config | ({} if compiled is None else {"compile_config": compiled}), indent=None),
    }
    arrays = keras_weights.pack(ours.model, flat=True)
    if compiled is not None:
        trained = [ours.origin(variable) for variable in ours.model.trainable_variables]
        arrays |= keras_state.pack(model, trained)
    members[_WEIGHTS] = hdf5.pack(arrays, keras_weights.groups(ours.model, flat=True))
    container.write_archive(Path(path), members)


def check(model: Trainable) -> None:
    """Refuse a model that Keras's files cannot hold.

    Raises:
        ValueError: it is not built; it learns transformed targets.
    """
    if model.target is not None:
        raise ValueError("save: compile(target=...) has no form in Keras's files; save to a .clarinet file")
    model.store  # noqa: B018  # builds, or says why not


def described_compile(given: Trainable) -> Config | None:
    """The arguments of ``compile`` as Keras has them; None before it was called, or where they have no such form.

    Args:
        given: the model.
    """
    model: Any = given
    if model.optimizer is None:
        return None
    losses, (metrics, weighted) = model._compiled_losses, model._metrics
    one = len(losses) == 1
    try:
        return {
            "optimizer": described(model.optimizer),
            "loss": described(losses[0] if one else [*losses]),
            "loss_weights": None if one else [*model._loss_weights],
            "metrics": _described_metrics(metrics),
            "weighted_metrics": _described_metrics(weighted),
        }
    except TypeError as error:
        message = f"save: the model is saved without its compile arguments; call compile after loading: {error}"
        warnings.warn(message, ClarinetWarning, stacklevel=3)
        return None


def _described_metrics(given: object) -> Json:
    return described(given) if given else None


def load(path: str | Path, custom_objects: Mapping[str, object] | None = None, compile: bool = True) -> Trainable:
    """Read a file that Keras wrote, or :func:`save`; runs no code from it.

    Args:
        path: of the file.
        custom_objects: classes and functions of one's own by name.
        compile: whether it is compiled as it was; default True.

    Returns:
        the model, ready to predict, or to train on from where it stopped.

    Raises:
        FileNotFoundError: there is no such file. ImportError: pyfive is not installed.
        ModelFileError: it is damaged or hostile, or holds something that Clarinet has not, named.
    """
    path = Path(path)
    members = container.read_archive(path, _KERAS)
    config = container.read_config(path, members[CONFIG])
    arrays = hdf5.unpack(path, members[_WEIGHTS])
    parts = Parts(path, config, config.get("compile_config") if compile else None, arrays, arrays)
    with custom_object_scope(custom_objects or {}):
        return built(parts, lambda model: keras_weights.fill(model, path, arrays))


def load_weights(model: Trainable, path: str | Path) -> None:
    """Read the weights of a file of a whole model into one of the same structure; nothing is changed on an error.

    Args:
        model: with weights.
        path: of the file.

    Raises:
        FileNotFoundError, ImportError, ModelFileError: as of :func:`load`. ValueError: the model is not built.
    """
    members = container.read_archive(Path(path), _KERAS)
    keras_weights.fill(model, Path(path), hdf5.unpack(Path(path), members[_WEIGHTS]))


@dataclass(frozen=True)
class Parts:
    """What a file has of a model.

    Attributes:
        path: of the file, for messages.
        config: of the model.
        compiled: the arguments of ``compile``; None: it is not compiled.
        arrays: all that the file holds.
        slots: what the optimizer keeps, by the places of :mod:`clarinet.exchange.keras_state`.
    """

    path: Path
    config: Mapping[str, object]
    compiled: object
    arrays: Mapping[str, Array]
    slots: Mapping[str, Array]


def built(parts: Parts, fill: Callable[[Trainable], None]) -> Trainable:
    """The model of a description, with its weights.

    Args:
        parts: of the file.
        fill: puts the weights into the model.
    """
    path = parts.path
    reader = ModelReader(sum(array.size for array in parts.arrays.values()))
    with refusing(path, "the model cannot be made"):
        model: Any = reader.made({name: value for name, value in parts.config.items() if name != "compile_config"})
        if not hasattr(model, "fit"):
            raise ModelFileError(f"{path}: {CONFIG} describes a {type(model).__name__}, expected a model")
    if not model.built:
        _build(model, parts.config.get("build_config"))
    if model.built:
        fill(model)
    _note_dtypes(path, reader.dtypes)
    if parts.compiled:
        with refusing(path, "the compile arguments do not make sense"):
            settings: Any = reader.value(parts.compiled)
            model.compile(**{name: value for name, value in settings.items() if name not in _OF_BACKENDS})
            if model.built:
                keras_state.fill(model, parts.slots)
    return cast("Trainable", model)


def _build(model: Any, described: object) -> None:
    """Build a model with a ``call`` of its own, for rows of the shape that a file says."""
    shape = described.get("input_shape") if isinstance(described, Mapping) else None
    if isinstance(shape, list) and all(size is None or type(size) is int for size in shape):
        model.build((None, *shape[1:]))


def _note_dtypes(path: Path, dtypes: set[str]) -> None:
    others = sorted(dtypes - {"float32"})
    if others:
        message = f"{path}: the file's layers compute in {', '.join(others)}; here they compute in float32"
        warnings.warn(message, ClarinetWarning, stacklevel=4)
