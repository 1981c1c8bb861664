"""Arrays in HDF5 files: read with pyfive, written with h5py; a file is data, and nothing but its own bytes is read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from math import prod
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from clarinet import files
from clarinet.saving.container import ModelFileError, open_for_reading, refusing
from clarinet.types import Array, DType, Shape

#: Messages of an HDF5 object that say where its numbers are, if not here, or how they are packed.
_EXTERNAL, _FILTERS = 0x0007, 0x000B
#: Numbers that lie in one piece, within the object or behind it.
_IN_ONE_PIECE = (0, 1)
#: Groups within groups, at most: far more than models within models.
_DEEPEST = 64


def _library(name: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise ImportError(f"files of Keras's weights need {name}: pip install 'clarinet[h5]'") from None


def read(path: Path) -> dict[str, Array]:
    """All arrays of an HDF5 file by their paths in it, e.g. ``"layers/dense/vars/0"``.

    Raises:
        FileNotFoundError: there is no such file. ImportError: pyfive is not installed.
        ModelFileError: it is damaged, or its numbers are elsewhere: external or virtual storage, links; or packed:
            Keras packs nothing, and a small file could unpack to a huge one.
    """
    pyfive = _library("pyfive")
    with open_for_reading(path) as file:
        content = file.read()
    if not content.startswith(b"\x89HDF\r\n\x1a\n"):
        raise ModelFileError(f"{path}: not an HDF5 file: it does not begin as one")
    with refusing(path, "is damaged, or holds links to other files"):
        return dict(_arrays(path, pyfive.File(io.BytesIO(content)), "", content))


def _arrays(path: Path, group: Any, place: str, content: bytes) -> Iterator[tuple[str, Array]]:
    """The arrays of a group and of those within it; what is read is no more than the file has."""
    from pyfive.dataobjects import DataObjects

    if place.count("/") > _DEEPEST:
        raise ModelFileError(f"{path}: groups are nested more than {_DEEPEST} deep")
    for name, link in group._links.items():
        where = f"{place}{name}"
        if not isinstance(link, int):
            raise ModelFileError(f"{path}: {where[:80]!r} is a link, which files of weights never have")
        found = DataObjects(io.BytesIO(content), link)
        if not found.is_dataset:
            yield from _arrays(path, group[name], f"{where}/", content)
            continue
        _check_storage(path, where, found)
        array = group[name]
        _check_size(path, where, tuple(array.shape), np.dtype(array.dtype), len(content))
        yield where, np.asarray(array[...])


def _check_storage(path: Path, where: str, found: Any) -> None:
    """Refuse an array whose numbers are not in the file as they are."""
    kinds = {message["type"] for message in found.msgs}
    if _EXTERNAL in kinds:
        raise ModelFileError(f"{path}: {where[:80]!r} has its numbers in another file, which is never opened")
    if _FILTERS in kinds:
        raise ModelFileError(f"{path}: {where[:80]!r} is packed, so that a small file could unpack to a huge one")
    version, layout = found.msg_data[_layout_offset(found)], found.msg_data[_layout_offset(found) + 1]
    if version not in (3, 4) or layout not in _IN_ONE_PIECE:
        raise ModelFileError(f"{path}: {where[:80]!r} does not lie in one piece; expected an array as Keras writes it")


def _check_size(path: Path, where: str, shape: Shape, dtype: DType, size: int) -> None:
    """Refuse an array that is larger than the file, before memory is taken for it."""
    if dtype.kind not in "fiu" or prod(shape) * dtype.itemsize > size:
        raise ModelFileError(
            f"{path}: {where[:80]!r} claims {dtype} numbers of shape {shape[:8]}, which the file cannot hold"
        )


def _layout_offset(found: Any) -> int:
    (message,) = found.find_msg_type(0x0008)
    offset: int = message["offset_to_message"]
    return offset


def write(path: Path, arrays: Mapping[str, Array], groups: Iterable[str] = ()) -> None:
    """Write arrays by their paths, atomically, as Keras does: each in one piece.

    Args:
        path: of the file.
        arrays: by path.
        groups: paths of groups, which may be empty.

    Raises:
        ImportError: h5py is not installed. OSError: the file cannot be written.
    """
    h5py = _library("h5py")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name in groups:
            file.require_group(name)
        for name, array in arrays.items():
            file[name] = array
    files.write(path, buffer.getvalue())
