"""Data sets that are too large to bundle: found on this machine, or fetched once, checked, and kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_SYSTEM_FOLDER = Path("/usr/share/datasets")  # where Debian's dataset-* packages install
_CHUNK = 1 << 16
_TIMEOUT = 30.0  # seconds to connect, and between two pieces of the answer


@dataclass(frozen=True)
class RemoteFile:
    """One file as its authors published it.

    Args:
        name: file name, the same on every mirror and in the cache.
        size: bytes.
        sha256: hexadecimal SHA-256 of the content.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class RemoteSet:
    """A data set that can be downloaded.

    Args:
        title: its name in messages.
        folder: the folder below the data directory that keeps its files.
        files: what belongs to it.
        mirrors: addresses ending in ``/`` that serve all files, tried in this order.
    """

    title: str
    folder: str
    files: tuple[RemoteFile, ...]
    mirrors: tuple[str, ...]


def locate(remote: RemoteSet, complete: Callable[[Path], bool]) -> Path:
    """The folder that holds a data set; files on this machine are preferred to the network and never overwritten.

    Args:
        remote: the data set.
        complete: whether a folder holds all files, in any form that the reader understands.

    Raises:
        ImportError: a download is needed, and pooch is missing.
        ConnectionError: every mirror failed.
        OSError: the data directory cannot be written.
    """
    for root in [*_data_folders(), _SYSTEM_FOLDER]:
        if complete(root / remote.folder):
            return root / remote.folder
    return _download(remote)


def _data_folders() -> list[Path]:
    """The data directory: ``$CLARINET_DATA``, else the operating system's place for caches, which pooch knows."""
    chosen = os.environ.get("CLARINET_DATA")
    if chosen:
        return [Path(chosen).expanduser()]
    try:
        import pooch
    except ImportError:
        return []
    return [Path(pooch.os_cache("clarinet"))]


def _download(remote: RemoteSet) -> Path:
    """Fetch the missing files."""
    try:
        import pooch  # noqa: F401
    except ImportError:
        raise ImportError(
            f"{remote.title} is not on this machine, and downloading it needs pooch, which is not installed; "
            'run pip install "clarinet[datasets]", or pass load_data(folder="...") where the files are'
        ) from None
    folder = _data_folders()[0] / remote.folder
    for file in remote.files:
        if not (folder / file.name).is_file():
            _fetch(file, remote, folder)
    return folder


def _fetch(file: RemoteFile, remote: RemoteSet, folder: Path) -> None:
    """Fetch one file from the first mirror that delivers it; pooch writes beside, checks SHA-256, then renames."""
    import pooch
    import requests

    failures = []
    for mirror in remote.mirrors:
        url = mirror + file.name
        progress = _Progress(file)
        # A server that "helpfully" decompresses .gz files would change their bytes.
        downloader = pooch.HTTPDownloader(
            progressbar=progress, chunk_size=_CHUNK, timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"}
        )
        try:
            pooch.retrieve(url, f"sha256:{file.sha256}", fname=file.name, path=folder, downloader=downloader)
            return
        except (requests.exceptions.RequestException, ValueError) as error:
            progress.close()
            failures.append(f"  {url}: {_reason(error, file)}")
        except OSError as error:
            raise OSError(
                f"cannot write {remote.title} into {folder} ({error}); set CLARINET_DATA to a folder you may write to"
            ) from error
    raise ConnectionError(
        f"{remote.title}: {file.name} could not be downloaded:\n" + "\n".join(failures) + "\n"
        f"To place the files by hand, put {', '.join(each.name for each in remote.files)} into {folder}, "
        'or pass load_data(folder="...") where they are.'
    )


def _reason(error: Exception, file: RemoteFile) -> str:
    """The failure of one mirror, in words."""
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"refused: HTTP {error.response.status_code} {error.response.reason}"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return f"truncated: the connection ended before the {file.size:,} bytes expected had arrived"
    if isinstance(error, exceptions.Timeout):
        return f"no answer for {_TIMEOUT:.0f} seconds"
    if isinstance(error, exceptions.ConnectionError):
        return "cannot be reached; is this machine online, and is a proxy needed?"
    if isinstance(error, _WrongSize):
        return str(error)
    if isinstance(error, ValueError) and "hash" in str(error):
        return f"corrupted: the SHA-256 of the download is not {file.sha256}, the published one"
    return f"{type(error).__name__}: {error}"


class _WrongSize(ValueError):
    """A server sends another number of bytes than the file has."""


class _Progress:
    """The progress bar that pooch feeds: one line on a terminal; and the guard against a file that never ends."""

    def __init__(self, file: RemoteFile) -> None:
        self.file = file
        self.total = 0  # pooch sets it to the length that the server announces, 0 if none
        self.done = 0
        self.shown = -1
        self.on_terminal = sys.stderr.isatty()

    def update(self, size: int) -> None:
        """pooch counts whole chunks, so the last may reach beyond the end by less than a chunk."""
        self.done += size
        if self.total not in (0, self.file.size) or self.done >= self.file.size + _CHUNK:
            sent = f"announces {self.total:,}" if self.total else f"sends more than {self.file.size:,}"
            raise _WrongSize(f"the server {sent} bytes; expected {self.file.size:,}")
        percent = min(100, 100 * self.done // self.file.size)
        if self.on_terminal and percent != self.shown:
            self.shown = percent
            total = f"{self.file.size / 1e6:.1f} MB"
            print(f"\r{self.file.name}: {percent:3d} % of {total}", end="", file=sys.stderr, flush=True)

    def reset(self) -> None:
        """pooch resets, then reports the total once more."""
        self.done = 0

    def close(self) -> None:
        if self.shown >= 0:
            print(file=sys.stderr)
            self.shown = -1
