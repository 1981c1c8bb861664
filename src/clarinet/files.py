"""Where the library's files go: to their paths or, while writing is held back, to shadow copies that are deleted later.

All code that writes a file asks here for the path first. So a program can run without changing any of its user's files
through the library, and if it reads them through the library, it gets what it wrote.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: Files that SQLite keeps next to a database, with the last transactions.
_LOG = "-wal"


class Held:
    """The files that are held back.

    Attributes:
        lines: the files and the calls that would have written them, in order; each once.
        silent: whether further files are not reported.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        import tempfile

        self._say = say
        self._folder = tempfile.TemporaryDirectory(prefix="clarinet-held-back-", ignore_cleanup_errors=True)
        self._noted: set[str] = set()
        self.silent = False
        self.lines: list[str] = []

    @property
    def root(self) -> str:
        """The folder in which all shadow copies are."""
        return self._folder.name

    def shadow(self, path: str | Path) -> Path:
        """The shadow copy of ``path``, whether it exists or not."""
        drive, tail = os.path.splitdrive(os.path.realpath(path))
        return Path(self._folder.name, drive.replace(":", ""), tail.lstrip("\\/"))

    def holds(self, path: object) -> bool:
        """Whether a shadow copy of ``path`` exists."""
        return isinstance(path, (str, os.PathLike)) and self.shadow(os.fspath(path)).exists()

    def note(self, what: str | Path, call: str | None = None) -> None:
        """Report that a file is held back; only once, as a run writes every second."""
        call, path = _call() if call is None else call, str(what).removeprefix(os.path.join(os.getcwd(), ""))
        line = f"{path} ({call})" if call else path
        if self.silent or line in self.lines or (not call and path in self._noted):
            return
        self._noted.add(path)
        self.lines.append(line)
        self._say(line)


#: Those in force; the last one counts.
_holds: list[Held] = []


@contextmanager
def held_back(say: Callable[[str], None] = lambda line: None) -> Iterator[Held]:
    """Within this context the library changes no file; ``say`` is called for every file that it would write.

    Work that the program has left for its end is held back too.
    """
    held = Held(say)
    _holds.append(held)
    try:
        yield held
    finally:
        import atexit

        _holds.remove(held)
        atexit.register(_holds.append, held)


def destination(path: str | Path, grows: bool = False, call: str | None = None) -> Path:
    """The path at which to write the file ``path``.

    Args:
        path: of the file.
        grows: whether its present content is kept.
        call: what the report says of who writes it; default: the function of the library.
    """
    if not _holds:
        return Path(path)
    _holds[-1].note(path, call)
    shadow = _holds[-1].shadow(path)
    shadow.parent.mkdir(parents=True, exist_ok=True)
    if grows:
        _copy(Path(path), shadow)
    return shadow


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that takes its place only when everything has been written and flushed to the disk.

    Raises:
        FileNotFoundError: the folder does not exist. IsADirectoryError: the path is a folder.
    """
    target = Path(os.path.realpath(path))  # through a symbolic link, so that the link stays
    if target.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give the name of a file, e.g. {path / 'model.clarinet'}")
    if not current(target.parent).is_dir():
        raise FileNotFoundError(f"{path}: the folder {target.parent} does not exist; make it first")
    target = destination(target)
    beside = target.with_name(f".{target.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    _flush_folder(target.parent)


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; raises as :func:`atomic_file`."""
    with atomic_file(path) as file:
        file.write(content)


def _flush_folder(folder: Path) -> None:
    """Make a rename last through a power cut; only POSIX systems can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def database(path: Path) -> Path:
    """The file to open for a database at ``path``, which is written in place; callers that write to it call
    :func:`note`.

    What was opened while writing is held back stays held back.
    """
    if not _holds:
        return path
    shadow = _holds[-1].shadow(path)
    if not shadow.exists():
        shadow.parent.mkdir(parents=True, exist_ok=True)
        for ending in (_LOG, ""):
            _copy(path.with_name(path.name + ending), shadow.with_name(shadow.name + ending))
    return shadow


def note(what: str | Path) -> None:
    """Report that ``what`` is being written, if writing is held back."""
    if _holds:
        _holds[-1].note(what)


def current(path: str | Path) -> Path:
    """The path at which to read what was last written to ``path``."""
    shadow = None if not _holds else _holds[-1].shadow(path)
    return Path(path) if shadow is None or not shadow.exists() else shadow


def make_folder(path: str | Path) -> None:
    """Make a folder and those above it, if missing."""
    place = Path(path) if not _holds else _holds[-1].shadow(path)
    place.mkdir(parents=True, exist_ok=True)


def remove(path: Path) -> None:
    """Remove a file, or a folder with its content; a missing one is no error."""
    if _holds:
        _holds[-1].note(f"removal of {path}")
        path = _holds[-1].shadow(path)
    if path.is_dir() and not path.is_symlink():
        import shutil

        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _copy(path: Path, shadow: Path) -> None:
    if path.is_file() and not shadow.exists():
        import shutil

        shutil.copyfile(path, shadow)


def _call() -> str:
    """The function of the library that the program called, e.g. ``"Sequential.save"``; empty in a thread of the
    library."""
    frame, found = sys._getframe(1), None
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module == f"{__package__}.names":
            pass  # what passes a call on
        elif module.partition(".")[0] == __package__:
            found = frame
        elif module != "contextlib":
            break
        frame = frame.f_back  # type: ignore[assignment]
    else:
        return ""
    if found is None or found.f_globals["__name__"] == __name__:
        return ""
    name, parts = found.f_code.co_qualname, found.f_globals["__name__"].split(".")
    return name if "." in name or len(parts) < 2 else f"{parts[1]}.{name}"
