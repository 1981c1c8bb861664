"""The IDX file format of MNIST and its kin: a small header, then the numbers, most significant byte first.

A file starts with two zero bytes, one byte for the type of the numbers, one for the number of dimensions, and each
dimension as a 32-bit integer (Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*).
"""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from clarinet.types import Array, DType

ImageSet = tuple[tuple[NDArray[np.uint8], NDArray[np.uint8]], tuple[NDArray[np.uint8], NDArray[np.uint8]]]

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_DIMENSIONS = 32
# DEFLATE packs at most 258 bytes into two bits, so a header that promises more than this factor is wrong.
_MAX_DEFLATE_RATIO = 1032
_MEBIBYTE = 1 << 20


def read_idx(path: str | os.PathLike[str], *, max_bytes: int = 4 << 30) -> Array:
    """Read an IDX file, plain or gzipped (recognised by content, not by name).

    Args:
        path: the file.
        max_bytes: the largest array in bytes that is accepted (default 4 GiB); checked before any memory is taken.

    Returns:
        An array with the file's shape; uint8, int8, int16, int32, float32 or float64 in the machine's byte order.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no IDX file, is truncated or too long, is damaged, or is larger than ``max_bytes``.

    Example:
        >>> import os, tempfile
        >>> from clarinet.datasets.idx import read_idx
        >>> path = os.path.join(tempfile.mkdtemp(), "three-idx1-ubyte")
        >>> with open(path, "wb") as file:
        ...     _ = file.write(bytes([0, 0, 8, 1]) + (3).to_bytes(4, "big") + bytes([7, 8, 9]))
        >>> read_idx(path)
        array([7, 8, 9], dtype=uint8)
    """
    import gzip
    import zlib

    path = Path(path)
    stored = path.stat().st_size
    with path.open("rb") as file:
        zipped = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        if not zipped:
            return _read(file, path, stored, max_bytes)
        try:
            with gzip.GzipFile(fileobj=file) as unzipped:
                return _read(cast(BinaryIO, unzipped), path, stored * _MAX_DEFLATE_RATIO, max_bytes)
        except EOFError:
            raise ValueError(
                f"{path}: the gzip data end too early, after {stored:,} bytes; copy the file again"
            ) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{path}: the gzip data are damaged ({error}); copy the file again") from None


def _read(file: BinaryIO, path: Path, available: int, max_bytes: int) -> Array:
    """Read one array; ``available`` bounds the bytes that the file can hold, header included."""
    dtype, shape, header = _read_header(file, path)
    expected = math.prod(shape) * dtype.itemsize
    what = f"shape {shape} of {dtype.name} ({expected:,} bytes)"
    if expected > max_bytes:
        raise ValueError(
            f"{path}: the header announces {what}, above the limit of {max_bytes:,}; pass max_bytes= to accept it"
        )
    if expected + header > available:
        raise ValueError(
            f"{path}: truncated: the header announces {what}, but the file can hold at most "
            f"{max(available - header, 0):,}; copy the file again"
        )
    data = bytearray(expected)
    received = _fill(file, memoryview(data))
    if received < expected:
        raise ValueError(
            f"{path}: truncated: the header announces {what}, but only {received:,} follow; copy the file again"
        )
    if file.read(1):
        raise ValueError(f"{path}: the header announces {what}, but more bytes follow; the header or the file is wrong")
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _read_header(file: BinaryIO, path: Path) -> tuple[DType, tuple[int, ...], int]:
    """The type of the numbers, the shape, and the header's length in bytes."""
    magic = file.read(4)
    if len(magic) < 4:
        raise ValueError(f"{path}: truncated: {len(magic)} bytes are too few for an IDX header; expected at least 8")
    if magic[:2] != b"\0\0" or magic[2] not in _TYPES:
        known = ", ".join(f"{code:#04x}" for code in _TYPES)
        raise ValueError(
            f"{path}: no IDX file: it starts with {magic.hex(' ')}; expected 00 00, a type code ({known}) "
            "and the number of dimensions"
        )
    dimensions = magic[3]
    if not 1 <= dimensions <= _MAX_DIMENSIONS:
        raise ValueError(f"{path}: the header announces {dimensions} dimensions; expected 1 to {_MAX_DIMENSIONS}")
    sizes = file.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise ValueError(
            f"{path}: truncated inside the header: expected {4 * dimensions} bytes of sizes, got {len(sizes)}"
        )
    return np.dtype(_TYPES[magic[2]]), struct.unpack(f">{dimensions}I", sizes), 4 + 4 * dimensions


def _fill(file: BinaryIO, view: memoryview) -> int:
    """Read until ``view`` is full or the file ends; returns the number of bytes read."""
    received = 0
    while received < len(view):
        piece = file.read(min(_MEBIBYTE, len(view) - received))
        if not piece:
            break
        view[received : received + len(piece)] = piece
        received += len(piece)
    return received


def read_image_set(folder: str | os.PathLike[str]) -> ImageSet:
    """Read MNIST's four files, or those of any set made in its image, from a folder.

    Args:
        folder: holds ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and
            ``t10k-labels-idx1-ubyte``, each plain or with ``.gz``.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: images uint8 (n, height, width), labels uint8 (n,) in 0..9.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file is damaged, or images and labels do not belong together.
    """
    folder = Path(folder)
    return _read_pair(folder, "train"), _read_pair(folder, "t10k")


def has_image_set(folder: Path) -> bool:
    """Whether all four files are there."""
    stems = (f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))
    return all(_find(folder, stem) for stem in stems)


def _read_pair(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    paths = []
    for stem in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"):
        path = _find(folder, stem)
        if path is None:
            raise FileNotFoundError(f"{folder} holds neither {stem}.gz nor {stem}; put the original file there")
        paths.append(path)
    x, y = (read_idx(path) for path in paths)
    for array, path, rank in ((x, paths[0], 3), (y, paths[1], 1)):
        if array.ndim != rank or array.dtype != np.uint8:
            raise ValueError(f"{path}: expected {rank} dimension(s) of uint8, got shape {array.shape} of {array.dtype}")
    if len(x) != len(y):
        raise ValueError(
            f"{paths[0]} holds {len(x):,} images, but {paths[1]} holds {len(y):,} labels; take both from one set"
        )
    if y.size and y.max() > 9:
        raise ValueError(f"{paths[1]}: label {y.max()} at row {y.argmax()}; expected 0 to 9")
    return x, y


def _find(folder: Path, stem: str) -> Path | None:
    return next((path for path in (folder / f"{stem}.gz", folder / stem) if path.is_file()), None)
