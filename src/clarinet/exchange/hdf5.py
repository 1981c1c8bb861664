"""Arrays and texts in HDF5 files: read with pyfive, written with h5py; nothing but a file's own bytes is read."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from clarinet import files
from clarinet.saving.container import ModelFileError, open_for_reading, refusing
from clarinet.types import Array, DType, Shape

#: The first bytes of a file.
MAGIC = b"\x89HDF\r\n\x1a\n"
#: Messages of an HDF5 object that say where its numbers are, if not here.
_EXTERNAL = 0x0007
#: Numbers that lie in one piece, within the object or behind it; and in chunks.
_IN_ONE_PIECE, _IN_CHUNKS = (0, 1), 2
#: Two bytes that are no number of HDF5's.
_OPAQUE = np.dtype("V2")
#: The filters that chunks may have passed, by their numbers in HDF5.
_GZIP, _SHUFFLE = 1, 2
#: Groups within groups, at most: far more than models within models.
_DEEPEST = 64
#: Bytes that the chunks of a file may unpack to: so many times its own size, or this where that is less.
_RATIO, _ALWAYS = 100, 2**24
#: Bytes that a list of texts of a group may have in one piece; longer ones are written in several, as Keras does.
_LONGEST = 64_512

#: A text or several that a group carries, by name.
Texts = Mapping[str, "str | list[str]"]


def _library(name: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise ImportError(f"files of Keras need {name}: pip install 'clarinet[h5]'") from None


def read(path: Path) -> dict[str, Array]:
    """All arrays of an HDF5 file; see :func:`unpack`.

    Raises:
        FileNotFoundError: there is no such file. ImportError, ModelFileError: as :func:`unpack`.
    """
    with open_for_reading(path) as file:
        return unpack(path, file.read())


def unpack(path: Path, content: bytes) -> dict[str, Array]:
    """All arrays of an HDF5 file by their paths in it, e.g. ``"layers/dense/vars/0"``.

    Args:
        path: for messages.
        content: of the file.

    Raises:
        ImportError: pyfive is not installed.
        ModelFileError: it is damaged, or its numbers are elsewhere: external or virtual storage, links; or packed
            otherwise than by gzip and shuffle; or larger than such a file can hold.
    """
    pyfive = _library("pyfive")
    if not content.startswith(MAGIC):
        raise ModelFileError(f"{path}: not an HDF5 file: it does not begin as one")
    with refusing(path, "is damaged, or holds links to other files"):
        reading = _Reading(path, content, max(_ALWAYS, _RATIO * len(content)))
        return dict(reading.arrays(pyfive.File(io.BytesIO(content)), ""))


def unpack_texts(path: Path, content: bytes) -> dict[str, dict[str, str | list[str]]]:
    """The texts that the groups of an HDF5 file carry, by path of the group and name; ``""`` is the file itself.

    Lists that were written in several pieces are whole again.

    Args:
        path, content: of a file that :func:`unpack` has read, and refused where it is hostile.

    Raises:
        ModelFileError: they are damaged.
    """
    pyfive = _library("pyfive")
    with refusing(path, "is damaged"):
        return dict(_Reading(path, content, 0).texts(pyfive.File(io.BytesIO(content)), ""))


@dataclass
class _Reading:
    """The reading of a file.

    Attributes:
        path, content: of the file.
        left: bytes that chunks may still unpack to.
    """

    path: Path
    content: bytes
    left: int

    def arrays(self, group: Any, place: str) -> Iterator[tuple[str, Array]]:
        """The arrays of a group and of those within it; what is read is no more than the file has."""
        from pyfive.dataobjects import DataObjects

        if place.count("/") > _DEEPEST:
            raise ModelFileError(f"{self.path}: groups are nested more than {_DEEPEST} deep")
        for name, link in group._links.items():
            where = f"{place}{name}"
            if not isinstance(link, int):
                raise self._refusal(where, "is a link, which files of weights never have")
            found = DataObjects(io.BytesIO(self.content), link)
            if not found.is_dataset:
                yield from self.arrays(group[name], f"{where}/")
                continue
            in_chunks = self._check_storage(where, found)
            array = group[name]
            shape, dtype = tuple(array.shape), np.dtype(array.dtype)
            short = dtype == _OPAQUE and _text(array.attrs.get("dtype")) == "bfloat16"  # as Keras writes it
            dtype = np.dtype("<u2") if short else dtype
            self._check_size(where, shape, dtype, in_chunks)
            numbers = self._of_chunks(where, array, shape, dtype) if in_chunks else np.asarray(array[...])
            yield where, _of_bfloat16(numbers) if short else numbers

    def texts(self, group: Any, place: str) -> Iterator[tuple[str, dict[str, str | list[str]]]]:
        """The texts of a group and of those within it."""
        from pyfive.dataobjects import DataObjects

        found: dict[str, str | list[str]] = {}
        for name, value in sorted(group.attrs.items(), key=lambda each: (len(each[0]), each[0])):
            text, stem = _text(value), name.rstrip("0123456789")
            if isinstance(text, list) and stem != name:
                whole = found.setdefault(stem, [])
                found[stem] = [*whole, *text]
            elif text is not None:
                found[name] = text
        yield place, found
        for name, link in group._links.items():
            if not DataObjects(io.BytesIO(self.content), link).is_dataset:
                yield from self.texts(group[name], f"{place}/{name}".lstrip("/"))

    def _refusal(self, where: str, why: str) -> ModelFileError:
        return ModelFileError(f"{self.path}: {where[:80]!r} {why}")

    def _check_storage(self, where: str, found: Any) -> bool:
        """Whether an array lies in chunks; refuse one whose numbers are not in the file, or packed in other ways."""
        if found.find_msg_type(_EXTERNAL):
            raise self._refusal(where, "has its numbers in another file, which is never opened")
        (message,) = found.find_msg_type(0x0008)
        version, layout = found.msg_data[message["offset_to_message"] : message["offset_to_message"] + 2]
        if (
            version not in (3, 4)
            or layout not in (*_IN_ONE_PIECE, _IN_CHUNKS)
            or (layout == _IN_CHUNKS and version != 3)
        ):
            raise self._refusal(where, "does not lie in one piece or in chunks; expected an array as Keras writes it")
        others = {each["filter_id"] for each in found.filter_pipeline or ()} - {_GZIP, _SHUFFLE}
        if others:
            raise self._refusal(where, f"is packed by filter {min(others)}; expected none but gzip and shuffle")
        return bool(layout == _IN_CHUNKS)

    def _check_size(self, where: str, shape: Shape, dtype: DType, in_chunks: bool) -> None:
        """Refuse an array that is larger than the file can hold, before memory is taken for it."""
        size = prod(shape) * dtype.itemsize
        if dtype.kind not in "fiu":
            raise self._refusal(where, f"holds {dtype}; expected numbers")
        if size > (self.left if in_chunks else len(self.content)):
            raise self._refusal(where, f"claims {dtype} numbers of shape {shape[:8]}, which the file cannot hold")
        self.left -= size * in_chunks

    def _of_chunks(self, where: str, array: Any, shape: Shape, dtype: DType) -> Array:
        """An array that lies in chunks, none of which unpacks to more than its own share."""
        found, sizes, filters = np.zeros(shape, dtype), array.chunks, array.id.filter_pipeline or ()
        if prod(sizes) * dtype.itemsize > max(4 * found.nbytes, _ALWAYS):
            raise self._refusal(where, f"has chunks of shape {sizes[:8]}, which are larger than the array")
        for number in range(array.id.get_num_chunks()):
            first = array.id.get_chunk_info(number).chunk_offset
            skipped, packed = array.id.read_direct_chunk(first)
            data = _unpacked(packed, skipped, [each["filter_id"] for each in filters], prod(sizes), dtype.itemsize)
            if len(data) != prod(sizes) * dtype.itemsize:
                raise self._refusal(where, f"has a chunk of {len(data)} bytes where its shape takes another number")
            chunk = np.frombuffer(data, dtype).reshape(sizes)
            place = tuple(slice(begin, begin + size) for begin, size in zip(first, sizes))
            target = found[place]
            target[...] = chunk[tuple(slice(0, size) for size in target.shape)]
        return found


def _unpacked(data: bytes, skipped: int, filters: list[int], count: int, itemsize: int) -> bytes:
    """The bytes of a chunk; of one that would be longer than its numbers take, the first."""
    for number, kind in reversed([*enumerate(filters)]):
        if skipped >> number & 1:
            continue
        if kind == _GZIP:
            data = zlib.decompressobj().decompress(data, count * itemsize + 1)
        elif len(data) == count * itemsize:
            data = np.frombuffer(data, np.uint8).reshape(itemsize, count).T.tobytes()
    return data


def _text(value: object) -> str | list[str] | None:
    """The text or texts that an attribute holds; None where it holds something else."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        return str(value)
    if not isinstance(value, np.ndarray | list):
        return None
    entries = value.ravel().tolist() if isinstance(value, np.ndarray) else value
    found = [_text(each) for each in entries]
    return [each for each in found if isinstance(each, str)] if all(isinstance(each, str) for each in found) else None


def write(path: Path, arrays: Mapping[str, Array], groups: Iterable[str] = ()) -> None:
    """Write arrays by their paths, atomically; arguments as of :func:`pack`.

    Raises:
        ImportError: h5py is not installed. OSError: the file cannot be written.
    """
    files.write(path, pack(arrays, groups))


def pack(arrays: Mapping[str, Array], groups: Iterable[str] = (), texts: Mapping[str, Texts] | None = None) -> bytes:
    """An HDF5 file of arrays by their paths, as Keras writes it: each in one piece.

    Args:
        arrays: by path.
        groups: paths of groups, which may be empty.
        texts: that groups carry, by path and name; ``""`` is the file itself.

    Raises:
        ImportError: h5py is not installed.
    """
    h5py = _library("h5py")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name in groups:
            file.require_group(name)
        for name, array in arrays.items():
            file[name] = array
        for group, named in (texts or {}).items():
            for name, text in named.items():
                for key, value in [(name, text)] if isinstance(text, str) else _pieces(name, text):
                    file.require_group(group or "/").attrs[key] = value
    return buffer.getvalue()


def _pieces(name: str, texts: list[str]) -> Iterator[tuple[str, Array]]:
    """A list of texts as arrays of bytes, none of which is too long for a group to carry."""
    found = np.array([text.encode() for text in texts]) if texts else np.empty(0)
    count = max(1, -(-found.nbytes // _LONGEST))
    for number, piece in enumerate(np.array_split(found, count)):
        yield (f"{name}{number}" if count > 1 else name), piece


def _of_bfloat16(numbers: Array) -> Array:
    """float32, whose upper halves these 16 bits are."""
    upper = np.frombuffer(numbers.tobytes(), "<u2").astype(np.uint32)
    return (upper << 16).view(np.float32).reshape(numbers.shape)
