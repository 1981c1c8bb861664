"""``tf.train``: checkpoints of models, optimizers and variables in training loops of one's own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases, files
from clarinet.layers.handle import Handle
from clarinet.names import public
from clarinet.optimizers import Optimizer
from clarinet.saving.container import refusing
from clarinet.saving.tensors import pack, unpack
from clarinet.tf.module import Module
from clarinet.types import Array
from clarinet.variables import Variable

__all__ = ["Checkpoint", "CheckpointManager", "latest_checkpoint"]
_ENDING = ".safetensors"
Name = str | os.PathLike[str]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def _flat(given: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """What a checkpoint is made of, with the variables of modules in their place."""
    for name, one in given.items():
        if isinstance(one, Module):
            yield from ((f"{name}.{number}", variable) for number, variable in enumerate(one.variables))
        else:
            yield name, one


class Checkpoint:
    """The numbers of models, layers, optimizers and variables, which it writes to files and reads back.

    Args:
        root: one without a name.
        named: the others, by name. They are attributes, too.

    Raises:
        TypeError: anything else.

    Example:
        >>> import tempfile
        >>> import clarinet
        >>> w = clarinet.Variable([1.0, 2.0])
        >>> checkpoint = Checkpoint(w=w)
        >>> path = checkpoint.save(tempfile.mkdtemp() + "/ckpt")
        >>> _ = w.assign([0.0, 0.0])
        >>> _ = checkpoint.restore(path)
        >>> w.numpy().tolist()
        [1.0, 2.0]
    """

    def __init__(self, root: object = None, **named: object) -> None:
        given = {**({} if root is None else {"root": root}), **named}
        self._objects = dict(_flat(given))
        vars(self).update({name: one for name, one in given.items() if isinstance(one, Module)})
        for name, one in self._objects.items():
            if not isinstance(one, (Handle, Optimizer, Variable)):
                raise TypeError(
                    f"Checkpoint: {name} is {type(one).__name__}; expected a model, a layer, an optimizer or a variable"
                )
        self.__dict__.update(named)
        self.save_counter = 0

    def save(self, file_prefix: Name) -> str:
        """Write a file whose name ends with a number, 1 for the first; gives the name without its ending."""
        self.save_counter += 1
        return self.write(f"{os.fspath(file_prefix)}-{self.save_counter}")

    def write(self, file_prefix: Name) -> str:
        """Write a file, and its folder."""
        path = _file(file_prefix)
        files.make_folder(path.parent)
        arrays = {f"{name}/{i}": a for name, one in self._objects.items() for i, a in enumerate(_numbers(one))}
        files.write(path, pack(arrays | {"save_counter": np.array([self.save_counter])}))
        return os.fspath(file_prefix)

    def restore(self, save_path: Name | None) -> Checkpoint:
        """Take the numbers of a file; None, which is what there is before the first file, changes nothing.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is damaged, or has not the numbers of these objects.
        """
        if save_path is None:
            return self
        path = _file(save_path)
        with refusing(path, "checkpoint"):
            found = unpack(path, "checkpoint", files.current(path).read_bytes())
        for name, one in self._objects.items():
            own = [found[key] for key in (f"{name}/{i}" for i in range(len(found))) if key in found]
            _take(one, own, f"{path}: {name}")
        self.save_counter = int(found["save_counter"][0])
        return self

    def read(self, save_path: Name) -> Checkpoint:
        """As :meth:`restore`."""
        return self.restore(save_path)

    def expect_partial(self) -> Checkpoint:
        """The same: what a file has besides is left where it is."""
        return self

    def assert_consumed(self) -> Checkpoint:
        """The same: :meth:`restore` raises where numbers are missing."""
        return self

    def assert_existing_objects_matched(self) -> Checkpoint:
        """As :meth:`assert_consumed`."""
        return self


def _file(prefix: Name) -> Path:
    return Path(os.fspath(prefix) + _ENDING)


def _numbers(one: object) -> list[Array]:
    if isinstance(one, Handle):
        return one.get_weights()
    if isinstance(one, Variable):
        return [np.asarray(one)]
    assert isinstance(one, Optimizer)
    return [np.array([int(np.asarray(one.iterations))]), *map(np.asarray, one.variables)]


def _take(one: object, arrays: list[Array], what: str) -> None:
    if isinstance(one, Handle):
        one.set_weights(arrays)
        return
    if isinstance(one, Optimizer):
        if one.by_hand.counter is not None and arrays:
            one.by_hand.counter.step = int(arrays[0][0])
        arrays = arrays[1:]
    places = one.variables if isinstance(one, Optimizer) else [one]
    if len(places) != len(arrays):
        advice = "; optimizer.build(model.trainable_variables) makes room" if isinstance(one, Optimizer) else ""
        raise ValueError(f"{what} holds {len(arrays)} arrays, expected {len(places)}{advice}")
    for place, array in zip(places, arrays):
        assert isinstance(place, Variable)
        place.assign(array)


def latest_checkpoint(checkpoint_dir: Name, latest_filename: str | None = None) -> str | None:
    """The file that was written last in a folder, without its ending; None where there is none."""
    found = sorted(Path(checkpoint_dir).glob(f"*-*{_ENDING}"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    return os.fspath(found[-1]).removesuffix(_ENDING) if found else None


class CheckpointManager:
    """Keeps the last few files of a checkpoint.

    Args:
        checkpoint: what is written.
        directory: the folder.
        max_to_keep: how many files are kept; None keeps all.
        keep_checkpoint_every_n_hours: accepted, without effect.
        checkpoint_name: begins the files' names.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Name,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
    ) -> None:
        self.checkpoint, self.directory, self.max_to_keep = checkpoint, os.fspath(directory), max_to_keep
        self._prefix = os.path.join(self.directory, checkpoint_name)

    @property
    def checkpoints(self) -> list[str]:
        """The files, the last one last, without their endings."""
        start, found = len(self._prefix) + 1, Path(self.directory).glob(f"{Path(self._prefix).name}-*{_ENDING}")
        names = [os.fspath(path).removesuffix(_ENDING) for path in found]
        return sorted((name for name in names if name[start:].isdigit()), key=lambda name: int(name[start:]))

    @property
    def latest_checkpoint(self) -> str | None:
        """The last file, without its ending; None where there is none."""
        return next(reversed(self.checkpoints), None)

    def save(self, checkpoint_number: int | None = None) -> str:
        """Write a file, and remove those that are too many."""
        if checkpoint_number is not None:
            self.checkpoint.save_counter = int(checkpoint_number) - 1
        written = self.checkpoint.save(self._prefix)
        for name in self.checkpoints[: -self.max_to_keep] if self.max_to_keep else ():
            files.remove(_file(name))
        return written

    def restore_or_initialize(self) -> str | None:
        """Take the numbers of the last file; gives its name, or None where there is none."""
        self.checkpoint.restore(self.latest_checkpoint)
        return self.latest_checkpoint
