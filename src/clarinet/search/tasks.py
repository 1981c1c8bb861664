"""What every worker needs to know: how a trial is trained and on what; sent once to each worker, not once a trial."""

from __future__ import annotations

import os
import pickle
import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

from clarinet.data_adapters.structures import leaves_of
from clarinet.types import Array, Config

#: Buffers begin at multiples of this many bytes, so that arrays in a mapped file are aligned.
_ALIGN = 64
_PICKLE, _BUFFERS = "task.pickle", "buffers.bin"


@dataclass(frozen=True)
class Task:
    """How every trial of a search is trained.

    Attributes:
        build: makes a compiled model of hyperparameters.
        choices: objects behind labels, see :class:`clarinet.search.spaces.Space`.
        x, y, sample_weight: as ``fit`` takes them.
        validation: ``validation_data`` of ``fit``; None where rows are split off or nothing is validated.
        splits: rows to train on and to validate on, a pair for each fold; empty where nothing is split off.
        fit: further arguments of ``fit``.
        metric: its name in the logs.
        sign: +1 where larger is better, −1 where smaller is.
        seeds: one training for each.
        versions: of the libraries, which have to be the same in all workers.
    """

    build: Callable[..., object]
    choices: Mapping[str, Mapping[str, object]]
    x: object
    y: object
    sample_weight: object
    validation: object
    splits: Sequence[tuple[Array, Array]]
    fit: Mapping[str, object]
    metric: str
    sign: float
    seeds: Sequence[int]
    versions: Config

    def trainings(self) -> list[tuple[int, int | None]]:
        """Seed and fold (None where there are none) of every training of a trial."""
        folds: list[int | None] = [*range(len(self.splits))] if self.splits else [None]
        return [(seed, fold) for seed in self.seeds for fold in folds]

    def data(self, fold: int | None) -> dict[str, object]:
        """The data arguments of ``fit`` for a fold."""
        if fold is None:
            return {
                "x": self.x,
                "y": self.y,
                "sample_weight": self.sample_weight,
                "validation_data": self.validation,
            }
        train, held = self.splits[fold]
        parts = {"x": self.x, "y": self.y, "sample_weight": self.sample_weight}
        kept = {name: some(part, train, name) for name, part in parts.items()}
        watched = tuple(some(part, held, name) for name, part in parts.items() if part is not None)
        return kept | {"validation_data": watched}


def some(value: object, rows: Array, what: str) -> object:
    """Some rows of an array, or of each in a structure of arrays; None stays None."""
    return None if value is None else leaves_of(value, what).packed(lambda array: array[rows])


def versions() -> Config:
    """What has to be the same wherever a trial is trained."""
    from clarinet._native import version

    return {"clarinet": version, "python": platform.python_version(), "numpy": np.__version__}


@dataclass(frozen=True)
class Reference:
    """Where a worker finds the task.

    Attributes:
        key: of this search.
        folder: with the task's files, on the machine that searches.
        content: the task itself, for a worker on another machine; else None.
    """

    key: str
    folder: str
    content: bytes | None = None


class Package:
    """A task on its way to workers, until :meth:`close`.

    Args:
        task: what is sent.
    """

    def __init__(self, task: Task) -> None:
        self._task, self._key = task, os.urandom(8).hex()
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def here(self) -> Reference:
        """A reference for this very process."""
        _known.clear()
        _known[self._key] = self._task
        return Reference(self._key, "")

    def beside(self) -> Reference:
        """A reference to files, written when first asked for, whose arrays workers on this machine map into memory.

        Raises:
            TypeError: the task holds something that cannot be sent to another process.
        """
        if self._folder is None:
            buffers: list[pickle.PickleBuffer] = []
            content = _pickled(self._task, buffers)
            self._folder = tempfile.TemporaryDirectory(prefix="clarinet-search-")
            (Path(self._folder.name) / _PICKLE).write_bytes(content)
            with (Path(self._folder.name) / _BUFFERS).open("wb") as file:
                for buffer in buffers:
                    _write_aligned(file, buffer.raw())
        return Reference(self._key, self._folder.name)

    def whole(self) -> Reference:
        """A reference that holds the task itself, for a worker that cannot see the files."""
        return Reference(self._key, "", _pickled(self._task, None))

    def close(self) -> None:
        """Remove the files."""
        _known.pop(self._key, None)
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def _write_aligned(file: BinaryIO, raw: memoryview) -> None:
    """A buffer with its length before it, beginning where an array may."""
    file.write(len(raw).to_bytes(8, "little").ljust(_ALIGN, b"\0"))
    file.write(raw)
    file.write(b"\0" * (-len(raw) % _ALIGN))


def _pickled(task: Task, buffers: list[pickle.PickleBuffer] | None) -> bytes:
    """The task as bytes; functions of the program itself, such as those of a notebook, are taken along."""
    import cloudpickle

    keep = None if buffers is None else buffers.append
    try:
        content: bytes = cloudpickle.dumps(task, protocol=5, buffer_callback=keep)
    except (TypeError, pickle.PicklingError, AttributeError) as error:
        raise TypeError(
            f"search: build, data or settings cannot be sent to a worker process ({error}); make what cannot be sent "
            "(open files, locks, generators) inside build, or search with workers=0 in this process"
        ) from error
    return content


#: The task that this process worked on last.
_known: dict[str, Task] = {}


def task_of(reference: Reference) -> Task | None:
    """The task; None if its files are not on this machine."""
    if reference.key not in _known:
        found = _read(Path(reference.folder)) if reference.content is None else pickle.loads(reference.content)  # noqa: S301
        if found is None:
            return None
        _known.clear()
        _known[reference.key] = found
    return _known[reference.key]


def _read(folder: Path) -> Task | None:
    """The task in a folder that this search's own process wrote."""
    try:
        content = (folder / _PICKLE).read_bytes()
    except FileNotFoundError:
        return None
    task: Task = pickle.loads(content, buffers=_mapped(folder / _BUFFERS))  # noqa: S301
    return task


def _mapped(path: Path) -> list[Any]:
    """The buffers in a file, mapped into memory rather than read."""
    if path.stat().st_size == 0:
        return []
    whole, place, found = np.memmap(path, np.uint8, "r"), 0, []
    while place < len(whole):
        size = int.from_bytes(whole[place : place + 8].tobytes(), "little")
        place += _ALIGN
        found.append(whole[place : place + size].data)
        place += size + -size % _ALIGN
    return found
