"""Arrays of an ``.npz`` file, of lists too, without running what a file may hold."""

from __future__ import annotations

import os
import pickle
import zipfile
from typing import IO

import numpy as np

from clarinet.types import Array

#: All that an array of lists of numbers needs.
_ALLOWED = {
    *((module, "_reconstruct") for module in ("numpy.core.multiarray", "numpy._core.multiarray")),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
}


def _latin(text: str, encoding: str) -> bytes:
    """The bytes that Python 3 writes as a text for readers of Python 2."""
    if encoding != "latin1":
        raise ValueError(
            f"the file asks for the encoding {encoding!r}, which no array of numbers needs; it is not read"
        )
    return text.encode("latin1")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("_codecs", "encode"):
            return _latin
        if (module, name) not in _ALLOWED:
            raise ValueError(f"the file asks for {module}.{name}, which no array of numbers needs; it is not read")
        return super().find_class(module, name)


def unpickled(path: str | os.PathLike[str]) -> dict[str, object]:
    """The dictionary of a pickle of Python 2, by name; only arrays, lists and words.

    Raises:
        ValueError: it is damaged, holds something else, or asks for code.
    """
    try:
        with open(path, "rb") as file:
            found = _Unpickler(file, encoding="bytes").load()
    except (pickle.UnpicklingError, EOFError) as error:
        raise ValueError(f"{os.fspath(path)} is damaged: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{os.fspath(path)}: expected a dictionary, received {type(found).__name__}")
    return {name.decode() if isinstance(name, bytes) else str(name): value for name, value in found.items()}


def read_npz(path: str | os.PathLike[str]) -> dict[str, Array]:
    """The arrays of a file, by name.

    Raises:
        ValueError: it is damaged, or asks for code.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            return {name.removesuffix(".npy"): _read(packed.open(name)) for name in packed.namelist()}
    except (zipfile.BadZipFile, pickle.UnpicklingError, EOFError, KeyError) as error:
        raise ValueError(f"{os.fspath(path)} is damaged: {error}") from error


def _read(file: IO[bytes]) -> Array:
    version = np.lib.format.read_magic(file)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(file)
    if not dtype.hasobject:
        numbers = np.frombuffer(file.read(), dtype)
        return numbers.reshape(shape, order="F" if fortran else "C").copy()
    array = _Unpickler(file).load()
    if not isinstance(array, np.ndarray):
        raise ValueError(f"expected an array, received {type(array).__name__}")
    return array.reshape(shape)
