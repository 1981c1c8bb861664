"""``tf.io.gfile``: files and folders, as Python's own modules have them."""

from __future__ import annotations

import glob as patterns
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from clarinet import aliases, files
from clarinet.names import public

Name = str | os.PathLike[str]

__all__ = ["GFile", "copy", "exists", "glob", "isdir", "listdir", "makedirs", "mkdir", "remove", "rmtree", "walk"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def GFile(name: Name, mode: str = "r") -> IO[str]:
    """An open file; as :func:`open`."""
    path = files.destination(Path(name)) if set(mode) & set("wax+") else Path(name)
    return path.open(mode, encoding=None if "b" in mode else "utf-8")


def exists(path: Name) -> bool:
    """Whether there is such a file or folder."""
    return os.path.exists(path)


def isdir(path: Name) -> bool:
    """Whether there is such a folder."""
    return os.path.isdir(path)


def glob(pattern: Name) -> list[str]:
    """The files and folders that match a pattern."""
    return patterns.glob(os.fspath(pattern))


def listdir(path: Name) -> list[str]:
    """The names in a folder."""
    return os.listdir(path)


def mkdir(path: Name) -> None:
    """Make a folder."""
    files.make_folder(Path(path))


def makedirs(path: Name) -> None:
    """Make a folder, and those above it."""
    files.make_folder(Path(path))


def copy(src: Name, dst: Name, overwrite: bool = False) -> None:
    """Copy a file.

    Raises:
        FileExistsError: it is there already, and ``overwrite`` is False.
    """
    if os.path.exists(dst) and not overwrite:
        raise FileExistsError(f"{os.fspath(dst)}: the file is there already; overwrite=True replaces it")
    shutil.copy(src, files.destination(Path(dst)))


def remove(path: Name) -> None:
    """Remove a file.

    Raises:
        FileNotFoundError: there is none.
    """
    _remove(path, "file")


def rmtree(path: Name) -> None:
    """Remove a folder, with all that is in it.

    Raises:
        FileNotFoundError: there is none.
    """
    _remove(path, "folder")


def _remove(path: Name, what: str) -> None:
    if not files.current(Path(path)).exists():
        raise FileNotFoundError(f"{os.fspath(path)}: there is no such {what}")
    files.remove(Path(path))


def walk(top: Name) -> Iterator[tuple[str, list[str], list[str]]]:
    """As :func:`os.walk`."""
    return os.walk(os.fspath(top))
