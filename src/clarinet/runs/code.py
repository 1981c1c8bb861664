"""Which code a run was made with: the commit, read from git's files, and hashes of the program's own sources.

No program is started: git would run programs that the folder's configuration names, and the folder may be from anybody.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BRANCH = "refs/heads/"
#: A ref's name, of parts that begin with no dot.
_REF = re.compile(r"refs(/(?!\.)[^/\x00-\x20\x7f~^:?*\[\\]+)+")
#: Bytes of a small file such as HEAD, of the list of packed refs, and of a source file, at most.
_SMALL, _PACKED, _SOURCE = 4096, 32 << 20, 4 << 20
#: Refs that point to refs, and sources, at most.
_DEPTH, _SOURCES = 5, 500


def commit(folder: str | Path = ".") -> dict[str, str | None] | None:
    """``{"commit", "branch"}`` of a folder's repository; None if there is none, or no commit yet.

    Args:
        folder: where to look from; default the working directory.

    Example:
        >>> commit("/") is None
        True
    """
    top = repository(folder)
    own = None if top is None else _git_folder(top / ".git")
    if own is None:
        return None
    shared = _shared_folder(own)
    head = _read(own / "HEAD", _SMALL)
    branch = None
    for _ in range(_DEPTH):
        if _COMMIT.fullmatch(head):
            return {"commit": head, "branch": branch}
        ref = head.removeprefix("ref: ")
        if not _REF.fullmatch(ref):
            return None
        branch = ref.removeprefix(_BRANCH) if branch is None and ref.startswith(_BRANCH) else branch
        head = _ref(own, ref) or _ref(shared, ref) or _packed_ref(shared, ref)
    return None


def repository(folder: str | Path = ".") -> Path | None:
    """The nearest folder from here upwards that git keeps."""
    here = Path(folder).resolve()
    return next((place for place in (here, *here.parents) if os.path.lexists(place / ".git")), None)


def _git_folder(path: Path) -> Path | None:
    """The folder with git's HEAD: ``.git``, or the one that a file of that name points to, as in worktrees."""
    if path.is_symlink():
        return None
    if path.is_dir():
        return path
    found = _read(path, _SMALL).partition("gitdir: ")[2]
    place = Path(os.path.realpath(path.parent / found)) if found and found.isprintable() else path
    is_gits = place.is_dir() and not {"worktrees", "modules"}.isdisjoint(place.parts)
    return place if is_gits else None


def _shared_folder(own: Path) -> Path:
    """The folder of the refs that all worktrees share, above a worktree's own."""
    named = _read(own / "commondir", _SMALL)
    shared = Path(os.path.realpath(own / named)) if named and named.isprintable() else own
    return shared if shared in own.parents else own


def _ref(folder: Path, ref: str) -> str:
    path = folder / ref
    return _read(path, _SMALL) if os.path.realpath(path) == os.path.join(os.path.realpath(folder), ref) else ""


def _packed_ref(folder: Path, ref: str) -> str:
    lines = _read(folder / "packed-refs", _PACKED).splitlines()
    return next((line.partition(" ")[0] for line in lines if line.partition(" ")[2] == ref), "")


def _read(path: Path, most: int) -> str:
    """A regular file's text without the space around it; empty if there is none, or a larger one."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
        with open(handle, "rb") as file:
            is_file = stat.S_ISREG(os.fstat(handle).st_mode)
            content = file.read(most + 1) if is_file else b""
    except (OSError, ValueError):
        return ""
    return content.decode("utf-8", "replace").strip() if len(content) <= most else ""


def sources() -> dict[str, str]:
    """Hashes of the program's own files by their path: the script, and the modules that it has imported from its
    folder.

    Files count that are in the script's repository, or without one in its folder, and in no folder of installed
    packages.
    """
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    if script is None or _is_installed(script):
        return {}
    folder = os.path.dirname(os.path.realpath(script))
    top = os.path.join(repository(folder) or folder, "")
    found = dict[str, str]()
    for path in sorted({os.path.realpath(script), *_loaded(top)}):
        if not _is_installed(path) and len(found) < _SOURCES:
            digest = _digest(path)
            found |= {os.path.relpath(path, top).replace(os.sep, "/"): digest} if digest else {}
    return found


def _loaded(top: str) -> Iterator[str]:
    """The sources in a folder of the modules that have been imported."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.startswith(top) and path.endswith(".py"):
            yield path


def _is_installed(path: str) -> bool:
    own = os.path.join(os.path.dirname(os.path.dirname(__file__)), "")  # Clarinet says its version
    return path.startswith(own) or not {"site-packages", "dist-packages"}.isdisjoint(Path(path).parts)


def _digest(path: str) -> str | None:
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _SOURCE:
            return None
        return blake2b(Path(path).read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return None
