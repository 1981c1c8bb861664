"""What a script under examination writes by itself is held back as well: its files go to shadow copies, and what it
reads again is what it wrote. Nothing is fetched from other machines.

Python's own ways to files are replaced for a while, and those of libraries that write from C.
"""

from __future__ import annotations

import builtins
import io
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType, ModuleType
from typing import TypeAlias
from unittest import mock

from clarinet import files
from clarinet.doctor.after_import import after_import

#: _Functions of libraries that write files from C: module, name, number of the path among the arguments, its name.
_FROM_C = (
    ("torch", "save", 1, "f"),
    ("torch.jit", "save", 1, "f"),
    ("torch.jit", "RecursiveScriptModule.save", 1, "f"),
    ("torch.jit", "ScriptModule.save", 1, "f"),
    ("torch.export", "save", 1, "f"),
    ("torch.onnx", "export", 2, "f"),
    ("safetensors.torch", "save_file", 1, "filename"),
    ("safetensors.numpy", "save_file", 1, "filename"),
    ("tensorflow.saved_model", "save", 1, "export_dir"),
)
_Function: TypeAlias = Callable[..., object]
_Path: TypeAlias = "str | bytes | os.PathLike[str]"
#: Flags of ``os.open`` that may change a file.
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LOCAL = ("", "localhost", "127.0.0.1", "::1", "0.0.0.0")


class NothingFetched(OSError):
    """A script under examination asked another machine for something."""


class _Held:
    """Python's functions for files, with paths changed.

    Args:
        held: the shadow copies.
    """

    def __init__(self, held: files.Held) -> None:
        self.held = held
        self.own: list[str] = []  # folders that tempfile has made, which may be written to
        self.open: _Function = io.open
        self.open_low: Callable[..., int] = os.open
        self.stat: _Function = os.stat
        self.mkdir: _Function = os.mkdir
        self.listdir: Callable[..., list[str]] = os.listdir
        self.scandir: Callable[..., Iterator[os.DirEntry[str]]] = os.scandir

    def mine(self, path: object) -> bool:
        """Whether a path is one of a user's files, and no device, pipe or temporary file."""
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        name = os.path.abspath(os.fsdecode(path))
        if name.startswith((os.devnull, "/dev/", "/proc/", self.held.root, *self.own)):
            return False
        return _by() != "tempfile"

    def opened(self, file: _Path, mode: str = "r", *rest: object, **more: object) -> object:
        if not self.mine(file):
            return self.open(file, mode, *rest, **more)
        path = Path(os.fsdecode(file))
        if not any(sign in mode for sign in "wax+"):
            return self.open(files.current(path), mode, *rest, **more)
        if "x" in mode and (files.current(path).exists()):
            raise FileExistsError(17, "File exists", str(path))
        if not (files.current(path.parent).is_dir() or path.parent.is_dir()):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return self.open(files.destination(path, grows="w" not in mode, call=""), mode, *rest, **more)

    def opened_low(self, path: _Path, flags: int, *rest: int, **more: int | None) -> int:
        """``os.open``, which ``Path.touch`` uses too."""
        if more.get("dir_fd") is not None or not self.mine(path):
            return self.open_low(path, flags, *rest, **more)
        if not flags & _WRITES:
            return self.open_low(self.shadow(path), flags, *rest, **more)
        there = self.shadow(path).exists()
        if there and flags & os.O_CREAT and flags & os.O_EXCL:
            raise FileExistsError(17, "File exists", os.fsdecode(path))
        if not there and not flags & os.O_CREAT:
            raise FileNotFoundError(2, "No such file or directory", os.fsdecode(path))
        place = files.destination(os.fsdecode(path), grows=not flags & os.O_TRUNC, call="")
        return self.open_low(place, flags, *rest, **more)

    def connected(self, real: _Function) -> _Function:
        """``sqlite3.connect``, which writes from C; a database in memory or named by a URI is left as it is."""

        def connect(database: _Path, *rest: object, **more: object) -> object:
            if os.fsdecode(database) in ("", ":memory:") or more.get("uri") or not self.mine(database):
                return real(database, *rest, **more)
            return real(files.destination(os.fsdecode(database), grows=True, call=""), *rest, **more)

        return connect

    def looked(self, path: _Path, *rest: object, **more: object) -> object:
        if more.get("dir_fd") is not None or not self.mine(path):
            return self.stat(path, *rest, **more)
        return self.stat(self.shadow(path), *rest, **more)

    def shadow(self, path: _Path) -> Path:
        """Where a path's content is now; asks nothing that comes back here."""
        plain, own = Path(os.fsdecode(path)), self.held.shadow(os.fsdecode(path))
        try:
            self.stat(own)
        except OSError:
            return plain
        return own

    def made(self, path: _Path, mode: int = 0o777, **more: object) -> None:
        if more.get("dir_fd") is not None or not self.mine(path):
            self.mkdir(path, mode, **more)
            if _by() == "tempfile":
                self.own.append(os.path.abspath(os.fsdecode(path)))
            return
        if self.shadow(path).exists():
            raise FileExistsError(17, "File exists", os.fsdecode(path))
        self.held.note(os.fsdecode(path), "")
        files.make_folder(os.fsdecode(path))

    def listed(self, path: _Path = ".") -> object:
        if isinstance(path, int) or not self.mine(path):
            return self.listdir(path)
        own = self.held.shadow(os.fsdecode(path))
        found = self.listdir(own) if own.is_dir() else []
        try:
            return [*dict.fromkeys([*self.listdir(path), *found])]
        except FileNotFoundError:
            if not own.is_dir():
                raise
            return found

    def scanned(self, path: _Path = ".") -> object:
        if isinstance(path, int) or not self.mine(path):
            return self.scandir(path)
        own = self.held.shadow(os.fsdecode(path))
        if not own.is_dir():
            return self.scandir(path)
        found = {entry.name: entry for entry in self.scandir(own)}
        with suppress(FileNotFoundError):
            found = {entry.name: entry for entry in self.scandir(path)} | found
        return _Entries(found.values())

    def removed(self, real: _Function) -> _Function:
        """A function that removes a file or folder."""

        def remove(path: _Path, *rest: object, **more: object) -> object:
            if more.get("dir_fd") is not None or not self.mine(path):
                return real(path, *rest, **more)
            if not self.shadow(path).exists():
                raise FileNotFoundError(2, "No such file or directory", os.fsdecode(path))
            files.remove(Path(os.fsdecode(path)))
            return None

        return remove

    def moved(self, real: _Function) -> _Function:
        """A function that gives a file another name."""

        def move(source: _Path, target: _Path, **more: object) -> object:
            if not self.mine(target) and not self.mine(source):
                return real(source, target, **more)
            place = files.destination(os.fsdecode(target), call="") if self.mine(target) else Path(os.fsdecode(target))
            own = self.shadow(source)
            if own.is_dir():
                return shutil.copytree(own, place, dirs_exist_ok=True)
            return shutil.copyfile(own, place)

        return move

    def changed(self, real: _Function) -> _Function:
        """A function that changes what a file is: its times, rights or length."""

        def change(path: _Path, *rest: object, **more: object) -> object:
            if isinstance(path, int) or not self.mine(path):
                return real(path, *rest, **more)
            return real(files.destination(os.fsdecode(path), grows=True, call=""), *rest, **more)

        return change


class _Entries(list[os.DirEntry[str]]):
    """What ``os.scandir`` gives, which is closed where it was opened."""

    def __enter__(self) -> Iterator[os.DirEntry[str]]:
        return iter(self)

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is open."""


def _by() -> str:
    """The module that called a function of this file."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return "" if frame is None else str(frame.f_globals.get("__name__", ""))


@contextmanager
def all_held_back(held: files.Held) -> Iterator[None]:
    """Within this context the program changes no file, whether through the library or by itself, and fetches nothing.

    Args:
        held: of :func:`clarinet.files.held_back`, in force.
    """
    own = _Held(held)
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    with ExitStack() as stack:
        replace: _Function = lambda *given: stack.enter_context(mock.patch.object(*given))  # noqa: E731
        replace(builtins, "open", own.opened)
        replace(io, "open", own.opened)
        replace(shutil, "rmtree", own.removed(shutil.rmtree))
        for name, function in (
            ("open", own.opened_low),
            ("stat", own.looked),
            ("mkdir", own.made),
            ("listdir", own.listed),
            ("scandir", own.scanned),
        ):
            replace(os, name, function)
        for name in ("remove", "unlink", "rmdir"):
            replace(os, name, own.removed(getattr(os, name)))
        for name in ("rename", "replace", "link", "symlink"):
            replace(os, name, own.moved(getattr(os, name)))
        for name in ("utime", "chmod", "truncate"):
            replace(os, name, own.changed(getattr(os, name)))
        stack.enter_context(
            after_import("sqlite3", lambda module: replace(module, "connect", own.connected(module.connect)))
        )
        replace(socket, "getaddrinfo", _only_here(socket.getaddrinfo))
        for module, name, number, keyword in _FROM_C:
            stack.enter_context(after_import(module, _redirecting(replace, name, number, keyword)))
        stack.enter_context(after_import("h5py", partial(_of_h5py, replace)))
        try:
            yield
        finally:
            sys.dont_write_bytecode = bytecode


def _only_here(real: _Function) -> _Function:
    def getaddrinfo(host: str | bytes | None, *rest: object, **more: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host or ""
        if name not in _LOCAL:
            raise NothingFetched(
                f"{name} was asked for something, and nothing is fetched while a script is examined; run the script "
                "once by itself, so that its data are there"
            )
        return real(host, *rest, **more)

    return getaddrinfo


def _redirecting(replace: _Function, name: str, number: int, keyword: str) -> Callable[[object], None]:
    """Replace a function of a module by one that writes to the shadow copy."""

    def patch(module: object) -> None:
        *owner, function = name.split(".")
        module = getattr(module, owner[0]) if owner else module
        real = getattr(module, function)

        def redirected(*given: object, **named: object) -> object:
            values = list(given)
            if len(values) > number and isinstance(place := values[number], (str, Path)):
                values[number] = str(files.destination(place, call=""))
            elif isinstance(place := named.get(keyword), (str, Path)):
                named[keyword] = str(files.destination(place, call=""))
            return real(*values, **named)

        replace(module, function, redirected)

    return patch


def _of_h5py(replace: _Function, h5py: ModuleType) -> None:
    """Have HDF5 files opened where they are now."""
    real = h5py.File.__init__

    def begin(self: object, name: object, mode: str = "r", *rest: object, **more: object) -> object:
        if isinstance(name, (str, Path)):
            name = files.current(name) if mode == "r" else files.destination(name, grows=mode != "w", call="")
        return real(self, name, mode, *rest, **more)

    replace(h5py.File, "__init__", begin)
