"""Small files in the data sets' real formats."""

import gzip
import io
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

IDX_CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def idx_bytes(array: NDArray[Any]) -> bytes:
    header = bytes([0, 0, IDX_CODES[array.dtype.name], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def image_set_files(zipped: bool = True) -> dict[str, bytes]:
    """MNIST's four files with 6 and 3 pictures of 4 x 5 pixels."""
    files = {}
    for part, n in (("train", 6), ("t10k", 3)):
        files[f"{part}-images-idx3-ubyte"] = idx_bytes(np.arange(n * 20, dtype=np.uint8).reshape(n, 4, 5))
        files[f"{part}-labels-idx1-ubyte"] = idx_bytes(np.arange(n, dtype=np.uint8))
    return {f"{name}.gz": gzip.compress(data, mtime=0) for name, data in files.items()} if zipped else files


def cifar_records(n: int, first: int = 0) -> bytes:
    """``n`` records whose label is their number and whose planes are 1, 2 and 3."""
    planes = b"".join(bytes([channel]) * 1024 for channel in (1, 2, 3))
    return b"".join(bytes([(first + i) % 10]) + planes for i in range(n))


def tar_gz(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def cifar_files() -> dict[str, bytes]:
    """The six files with two records each."""
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    return {name: cifar_records(2, 2 * i) for i, name in enumerate(names)}


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder
