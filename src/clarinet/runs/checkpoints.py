"""A run's checkpoints on the disk: written whole or not at all, the last good ones kept, damaged ones passed over."""

from __future__ import annotations

import errno
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clarinet import files
from clarinet.problems import ClarinetWarning
from clarinet.saving.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from clarinet.saving.container import ModelFileError

if TYPE_CHECKING:
    from clarinet.runs.run import Run
    from clarinet.trainable import Trainable

#: Checkpoints that are kept; more than one, in case the disk damages the last.
KEPT = 3
_NAME = re.compile(r"step-(\d+)\.clarinet")
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Checkpoints:
    """The checkpoints in one folder, one file each, named by its number of steps.

    Args:
        folder: made with the first checkpoint.

    Example:
        >>> import clarinet, tempfile
        >>> model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> _ = model.fit([[0.0], [1.0]], [1.0, 2.0], verbose=0)
        >>> checkpoints = Checkpoints(tempfile.mkdtemp())
        >>> checkpoints.write(model, {"epoch": 1})
        True
        >>> checkpoints.last().state
        {'epoch': 1}
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._failed = False

    def files(self) -> list[Path]:
        """The checkpoints' files, the newest last."""
        places = {self.folder, files.current(self.folder)}
        names = {path.name for place in places if place.is_dir() for path in place.iterdir() if not path.is_symlink()}
        found = [(int(match[1]), self.folder / name) for name in names if (match := _NAME.fullmatch(name))]
        return [path for _, path in sorted(found)]

    def write(self, model: Trainable, state: Mapping[str, object]) -> bool:
        """Write a checkpoint of a model in training, then remove all but the last ones.

        Where it cannot be written (disk full, read-only, broken), a warning says so once, older checkpoints stay, and
        training goes on; on a full disk there is a second try without the oldest ones.

        Args:
            model: compiled and built.
            state: the training's state to keep with it; see :func:`clarinet.saving.trees.flatten`.

        Returns:
            whether the checkpoint is safe on the disk.

        Raises:
            TypeError: ``state`` holds something that no checkpoint can.
        """
        assert model.optimizer_state is not None
        path = self.folder / f"step-{model.optimizer_state.step:09d}.clarinet"
        try:
            files.make_folder(self.folder)
            if path.is_symlink():  # which may lead anywhere
                raise FileExistsError(errno.EEXIST, "there is a link of this name")
            try:
                save_checkpoint(model, path, state)
            except OSError as error:
                if error.errno not in _FULL or len(self.files()) < 2:
                    raise
                self._remove(keep=1)
                save_checkpoint(model, path, state)
            self._remove(keep=KEPT)
        except OSError as error:
            self._complain(path, error)
            return False
        self._failed = False
        return True

    def _complain(self, path: Path, error: OSError) -> None:
        if self._failed:
            return
        self._failed = True
        files = self.files()
        last = f"the last good one is {files[-1].name}" if files else "there is none yet"
        warnings.warn(
            f"{path}: the checkpoint could not be written ({error.strerror or error}); training goes on, {last}. "
            f"{_fix(error)}",
            ClarinetWarning,
            stacklevel=3,
        )

    def _remove(self, keep: int) -> None:
        for path in self.files()[:-keep]:
            files.remove(path)

    def last(self) -> Checkpoint | None:
        """The newest sound checkpoint; None if there is none. Damaged ones are skipped with a warning."""
        for path in reversed(self.files()):
            try:
                return load_checkpoint(path)
            except (ModelFileError, OSError) as error:
                message = f"a damaged checkpoint is passed over for an earlier one: {error}"
                warnings.warn(message, ClarinetWarning, stacklevel=2)
        return None

    def clean(self) -> None:
        """Remove the files of a process that was killed while it wrote; only the writer may do this."""
        for path in self.folder.glob(".step-*.part") if self.folder.is_dir() else ():
            files.remove(path)


def checkpoints_of(run: Run) -> Checkpoints:
    """The checkpoints of a run.

    Raises:
        StoreError: a link leads out of the store.
    """
    return Checkpoints(run.file("checkpoints"))


def _fix(error: OSError) -> str:
    if error.errno in _FULL:
        return "Make room on the disk; the next checkpoint will be tried again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Make the folder writable; the next checkpoint will be tried again"
    return "Look after the disk; the next checkpoint will be tried again"
