"""CIFAR-10: 60,000 colour photographs of ten kinds of things, by A. Krizhevsky, V. Nair and G. Hinton.

Reference: A. Krizhevsky, *Learning multiple layers of features from tiny images*, 2009. The binary version is read; the
"python version" is a pickle, which can run code when it is opened.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.download import RemoteFile, RemoteSet, locate
from clarinet.datasets.idx import ImageSet

if TYPE_CHECKING:
    import tarfile

__all__ = ["CLASSES", "load_data"]

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

_ARCHIVE = "cifar-10-binary.tar.gz"
_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
_TEST = "test_batch.bin"
_SIDE, _CHANNELS = 32, 3
_RECORD = 1 + _CHANNELS * _SIDE * _SIDE  # a label, then the red, green and blue planes
_MAX_UNPACKED = 200 << 20  # bytes; the true archive unpacks to 184 million
_REMOTE = RemoteSet(
    title="CIFAR-10",
    folder="cifar-10",
    files=(RemoteFile(_ARCHIVE, 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),),
    mirrors=(
        "https://www.cs.toronto.edu/~kriz/",
        "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
    ),
)


def load_data(*, folder: str | os.PathLike[str] | None = None) -> ImageSet:
    """Load CIFAR-10, downloading its 170 MB once unless the files are already on this machine.

    Looked for in ``$CLARINET_DATA/cifar-10`` (without that variable: in the user's cache directory) and in
    ``/usr/share/datasets/cifar-10``, then downloaded.

    Args:
        folder: read from here and nowhere else: ``cifar-10-binary.tar.gz`` as it is, or the ``.bin`` files unpacked.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: images uint8 (50000, 32, 32, 3) and (10000, 32, 32, 3), channels
        last; labels uint8 (50000, 1) and (10000, 1), indices into ``CLASSES``.

    Raises:
        FileNotFoundError: ``folder`` has neither the archive nor the ``.bin`` files.
        ValueError: a file is damaged; the message says how.
        ImportError: a download is needed, and pooch is missing.
        ConnectionError: every mirror failed; the message says how each did, and how to place the file by hand.

    Example:
        >>> from clarinet.datasets import cifar10
        >>> (x_train, y_train), (x_test, y_test) = cifar10.load_data()  # doctest: +SKIP
        >>> cifar10.CLASSES[3]
        'cat'
    """
    place = locate(_REMOTE, lambda path: _form(path) is not None) if folder is None else Path(folder)
    form = _form(place)
    if form is None:
        hint = "; the python version is a pickle and is not read" if (place / "cifar-10-batches-py").exists() else ""
        raise FileNotFoundError(f"{place}: expected {_ARCHIVE}, or {', '.join(_TRAIN)} and {_TEST}{hint}")
    batches = _read_archive(form) if form.is_file() else _read_unpacked(form)
    train = [batches[name] for name in _TRAIN]
    x = np.concatenate([x for x, _ in train])
    return (x, np.concatenate([y for _, y in train])), batches[_TEST]


def _form(folder: Path) -> Path | None:
    """The archive, or the folder of unpacked files, whichever is there."""
    for place in (folder, folder / "cifar-10-batches-bin"):
        if all((place / name).is_file() for name in (*_TRAIN, _TEST)):
            return place
    archive = folder / _ARCHIVE
    return archive if archive.is_file() else None


_Batch = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def _read_unpacked(folder: Path) -> dict[str, _Batch]:
    return {name: _decode((folder / name).read_bytes(), str(folder / name)) for name in (*_TRAIN, _TEST)}


def _read_archive(path: Path) -> dict[str, _Batch]:
    """Read the six files out of the archive; nothing is unpacked to disk, so no name in it can point anywhere."""
    batches: dict[str, _Batch] = {}
    with _open_tar(path) as archive:
        for member in archive:
            name = member.name.rpartition("/")[2]
            if name not in (*_TRAIN, _TEST):
                continue
            # A sparse member's holes unpack to any size from no data at all.
            if name in batches or not member.isreg() or member.issparse():
                raise ValueError(
                    f"{path}: {member.name} is there twice or is not a regular file; download the archive again"
                )
            file = archive.extractfile(member)
            assert file is not None  # a plain file always has content
            batches[name] = _decode(file.read(), f"{path}: {member.name}")
    missing = [name for name in (*_TRAIN, _TEST) if name not in batches]
    if missing:
        raise ValueError(f"{path}: {', '.join(missing)} missing in the archive; download it again")
    return batches


@contextmanager
def _open_tar(path: Path) -> Iterator[tarfile.TarFile]:
    import gzip
    import tarfile
    import zlib

    class Limited(gzip.GzipFile):
        """Refuses to unpack more than the true archive holds, whatever the headers in it promise."""

        left = _MAX_UNPACKED

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(self.left + 1 if size is None or size < 0 else min(size, self.left + 1))
            self.left -= len(data)
            if self.left < 0:
                raise ValueError(
                    f"{path}: unpacks to more than {_MAX_UNPACKED:,} bytes; this is not CIFAR-10's archive"
                )
            return data

    try:
        with Limited(path) as unzipped, tarfile.open(fileobj=unzipped, mode="r|") as archive:
            yield archive
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"{path}: truncated or damaged archive ({error}); delete it to have it downloaded again"
        ) from None


def _decode(data: bytes, name: str) -> _Batch:
    """Records to images (n, 32, 32, 3), channels last, and labels (n, 1)."""
    if not data or len(data) % _RECORD:
        raise ValueError(
            f"{name}: truncated: {len(data):,} bytes are not a multiple of the record's {_RECORD:,}; download it again"
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, _RECORD)
    y = records[:, :1].copy()
    if y.max() > 9:
        raise ValueError(
            f"{name}: label {y.max()} at record {y.argmax()}; expected 0 to 9: this is not CIFAR-10's binary version"
        )
    planes = records[:, 1:].reshape(-1, _CHANNELS, _SIDE, _SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), y
