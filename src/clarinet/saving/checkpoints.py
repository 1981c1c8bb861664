"""Checkpoints: a model file that also holds the state of the training and of its callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clarinet.saving import container, models, tensors, trees
from clarinet.saving.container import CHECKPOINT, CONFIG, REMEMBERED, TRAINING, ModelFileError, refusing
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

VERSION = 1


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that has been read and found sound.

    Attributes:
        path: of the file.
        state: the argument of :func:`save_checkpoint`.
    """

    path: Path
    state: dict[str, object]
    _members: Mapping[str, bytes]

    @property
    def seed(self) -> int:
        """The model's seed."""
        config = container.read_config(self.path, self._members[CONFIG])
        return models.counters(self.path, config)["seed"]

    def model(self) -> Trainable:
        """The model as it was then, compiled if it could be kept so; no code runs from the file.

        Raises:
            ModelFileError: the checkpoint is damaged.
        """
        return models.of_contents(self._members, self.path)

    def fill(self, model: Trainable) -> None:
        """Put weights, optimizer state and counters into a compiled model of the same structure, in place.

        Raises:
            ModelFileError: the checkpoint is another model's; nothing is changed then.
        """
        models.fill(model, self.path, self._members)


def save_checkpoint(model: Trainable, path: Path, state: Mapping[str, object]) -> None:
    """Write a model in training and ``state`` (see :func:`clarinet.saving.trees.flatten`) to one file, atomically.

    Raises:
        OSError: the file cannot be written; then there is none. TypeError: ``state`` holds something that cannot be
            saved.
    """
    try:
        compiled = model.compile_config()
    except TypeError:  # a Python function; a resumed program compiles the model again
        compiled = None
    remembered: dict[str, Array] = {}
    tree = {"version": VERSION, "state": trees.flatten(state, remembered)}
    members = models.members_of(model, compiled)
    extra = {TRAINING: models.to_json(tree, indent=None), REMEMBERED: tensors.pack(remembered)}
    container.write_archive(path, members | extra)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a file of :func:`save_checkpoint`.

    Raises:
        FileNotFoundError: there is no such file. ModelFileError: it is damaged, hostile or no checkpoint.
    """
    members = container.read_archive(path, CHECKPOINT)
    tree = container.read_config(path, members[TRAINING], TRAINING)
    version = container.entry(path, tree, "version", container.is_whole, "a whole number", TRAINING)
    if version != VERSION:
        raise ModelFileError(
            f"{path}: has checkpoint version {version}, this Clarinet reads version {VERSION}; "
            "go on with the Clarinet that wrote it"
        )
    state = container.entry(path, tree, "state", container.is_object, "an object", TRAINING)
    remembered = tensors.unpack(path, REMEMBERED, members[REMEMBERED])
    with refusing(path, f"{TRAINING} and {REMEMBERED} do not belong together"):
        found = {name: trees.unflatten(item, remembered) for name, item in state.items()}
        return Checkpoint(path, found, members)
