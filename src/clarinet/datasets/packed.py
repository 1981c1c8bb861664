"""Files as they are, or unpacked as they are read: gzip, bzip2, xz, and a zip archive that holds one file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from clarinet.datasets.memory import check_memory

#: How such files are called.
PACKED = (".gz", ".bz2", ".xz", ".zip")
#: How files of tables are called, which an archive may hold beside others.
_TABLES = (".csv", ".tsv", ".tab", ".dat", ".data")
_PIECE = 1 << 20
_GZIP, _BZIP, _XZ, _ZIP = b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK\x03\x04"
_CALLED = {_GZIP: "gzip", _BZIP: "bzip2", _XZ: "xz", _ZIP: "zip"}


def packing(path: Path) -> bytes | None:
    """What a packed file begins with; None of a file that is as it is."""
    with path.open("rb") as file:
        start = file.read(6)
    return next((mark for mark in _CALLED if start.startswith(mark)), None)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where it is packed.

    Raises:
        ValueError: it is damaged, or an archive of several files.
    """
    mark = packing(path)
    if mark is None:
        with path.open("rb") as file:
            yield file
        return
    import lzma
    import zlib
    from zipfile import BadZipFile

    damaged = (EOFError, OSError, zlib.error, lzma.LZMAError, BadZipFile, NotImplementedError, RuntimeError)
    try:
        with _unpacked(path, mark) as file:
            yield file
    except damaged as error:
        raise ValueError(f"{path} begins as {_CALLED[mark]}, but cannot be unpacked: {error}") from None


@contextmanager
def _unpacked(path: Path, mark: bytes) -> Iterator[IO[bytes]]:
    import bz2
    import gzip
    import lzma
    from zipfile import ZipFile

    if mark != _ZIP:
        module = {_GZIP: gzip, _BZIP: bz2, _XZ: lzma}[mark]
        with module.open(path, "rb") as file:
            yield file
        return
    with ZipFile(path) as archive:
        names = [each for each in archive.namelist() if not each.endswith("/") and not each.startswith("__MACOSX/")]
        tables = [each for each in names if each.lower().endswith(_TABLES)]
        names = tables if len(tables) == 1 else names  # beside a licence and the like
        if len(names) != 1:
            raise ValueError(
                f"{path} is a zip archive of {len(names)} files; expected one: unpack it, and name the file"
            )
        with archive.open(names[0]) as inside:
            yield inside


@contextmanager
def opened_text(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The text of a file, its ends of lines as they are."""
    with opened(path) as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        yield text


def unpacked_size(path: Path) -> int:
    """Bytes of a file as it is read.

    Raises:
        MemoryError: more than the memory that is free, which a packed file does not show before.
    """
    if packing(path) is None:
        return path.stat().st_size
    size = 0
    with opened(path) as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size % (64 * _PIECE) < _PIECE:
                check_memory(size, f"{path}, unpacked: more than {size / 2**20:,.0f} MB", "unpack and split it")
    return size
