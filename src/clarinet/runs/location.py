"""The place of the store: a folder ``.clarinet`` beside the user's code, never on a network file system."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from pathlib import Path

from clarinet.problems import ClarinetWarning

#: File systems whose locks and shared memory cannot be relied on, which SQLite's write-ahead log needs.
_NETWORK = {"9p", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs"}
_NETWORK |= {
    "nfs",
    "nfs4",
    "smb2",
    "smb3",
    "smbfs",
    "webdav",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.glusterfs",
    "fuse.ceph",
}
_MOUNTS = Path("/proc/self/mounts")


class StoreError(OSError):
    """The store cannot be used as it is; the message says why and what to do."""


def home(start: str | Path | None = None) -> Path:
    """The folder of the store; it need not exist yet.

    ``CLARINET_HOME`` if that is set; else the nearest ``.clarinet`` of your own in the working directory or a folder
    above it, as version control does; else a new ``.clarinet`` in the working directory. One that belongs to another
    user is skipped with a warning: it would decide what your commands read and write.

    Args:
        start: where to look from; default the working directory.

    Raises:
        StoreError: there would have to be a new one where another user's is.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "deep" / "down").mkdir(parents=True); (folder / ".clarinet").mkdir()
        >>> home(folder / "deep" / "down") == (folder / ".clarinet").resolve()
        True
    """
    chosen = os.environ.get("CLARINET_HOME")
    if chosen and start is None:
        return Path(chosen).expanduser().resolve()
    here = Path(start or ".").resolve()
    for folder in (here, *here.parents):
        place = folder / ".clarinet"
        if not place.is_dir():
            continue
        if _is_own(place):
            return place
        fix = f"to use it, name it: CLARINET_HOME={place}"
        if folder == here:
            raise StoreError(f"{place} belongs to another user; {fix}")
        warnings.warn(f"{place} belongs to another user and is skipped; {fix}", ClarinetWarning, stacklevel=3)
    return here / ".clarinet"


def _is_own(place: Path) -> bool:
    """Whether a folder and the database in it belong to this user, or, as root, to the user who ran ``sudo``."""
    if not hasattr(os, "geteuid"):
        return True
    own = {os.geteuid()}
    if own == {0} and os.environ.get("SUDO_UID", "").isdecimal():
        own.add(int(os.environ["SUDO_UID"]))
    found = [place.lstat(), place.stat()]
    with suppress(OSError):
        found.append((place / "runs.sqlite").lstat())
    return all(status.st_uid in own for status in found)


def refuse_network(folder: Path) -> None:
    """Refuse a folder on a network file system.

    Raises:
        StoreError: it is on one.
    """
    kind = file_system(folder)
    if kind in _NETWORK:
        raise StoreError(
            f"{folder} is on a network file system ({kind}), where SQLite's write-ahead log can be damaged; keep the "
            "store on a local disk: set CLARINET_HOME, e.g. CLARINET_HOME=/tmp/clarinet"
        )


def file_system(folder: Path, mounts: Path = _MOUNTS) -> str | None:
    """Kind of file system that a folder, or the nearest one above it that exists, is on; None where that is not known.

    Args:
        folder: any path.
        mounts: the system's table of mounts; only Linux has one.
    """
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    target = os.path.realpath(folder)
    found, depth = None, -1
    for line in lines:
        _, place, kind, *_ = line.split(" ")
        place = place.encode("utf-8", "surrogateescape").decode("unicode_escape")  # a space is written \040
        inside = target == place or target.startswith(place.rstrip("/") + "/")
        if inside and len(place) >= depth:  # of mounts on one place, the last one counts
            found, depth = kind, len(place)
    return found
