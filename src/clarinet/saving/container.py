"""The archive around a model's parts: written atomically, read with suspicion."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import IO, TYPE_CHECKING, Never, TypeGuard, TypeVar

from clarinet import files
from clarinet.types import Config, Json

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

CONFIG, WEIGHTS, OPTIMIZER = "config.json", "weights.safetensors", "optimizer.safetensors"
T = TypeVar("T")
#: The additional member of a checkpoint: the state of the training and of its callbacks.
TRAINING, REMEMBERED = "training.json", "training.safetensors"


@dataclass(frozen=True)
class Contents:
    """The members that a kind of archive has.

    Attributes:
        what, writer: the names of the archive and of its writer in messages.
        required, optional: members by name.
    """

    what: str
    writer: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


#: A checkpoint is a model file with more in it, so it can be opened as a model too.
MODEL = Contents("Clarinet model", "model.save", (CONFIG, WEIGHTS), (OPTIMIZER, TRAINING, REMEMBERED))
CHECKPOINT = Contents("Clarinet checkpoint", "fit(checkpoint=...)", (CONFIG, WEIGHTS, OPTIMIZER, TRAINING, REMEMBERED))
MODEL_ENDING, WEIGHTS_ENDING = ".clarinet", ".safetensors"
#: Keras's own, which :mod:`clarinet.exchange` reads and writes.
KERAS_ENDING, KERAS_WEIGHTS_ENDING = ".keras", ".weights.h5"
#: And those that it had before, for whole models and for weights alone.
KERAS_OLD_ENDINGS = (".h5", ".hdf5")
#: More than any sensible configuration with its metadata; guards against archives made to exhaust memory.
_MAX_CONFIG_BYTES = 16 * 2**20
#: Characters of a reason that a message holds.
_LONGEST = 300
_OLD = (1980, 1, 1, 0, 0, 0)  # a fixed date, so that equal models have equal bytes

#: Formats by their endings, for files whose bytes do not show their content: a file with other content under such a
#: name would mislead.
_CALLED = {
    MODEL_ENDING: "a whole Clarinet model",
    WEIGHTS_ENDING: "weights alone",
    KERAS_ENDING: "a whole model of Keras's",
    **dict.fromkeys(KERAS_OLD_ENDINGS, "a model or weights of Keras's"),
    **dict.fromkeys((".pt", ".pth"), "PyTorch, which Clarinet does not write"),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), "pickled objects, which Clarinet does not write"),
    ".onnx": "ONNX, which model.export writes",
    **dict.fromkeys((".tflite", ".pb"), "another format, which Clarinet does not write"),
}


def check_ending(path: str | Path, call: str, ours: str = MODEL_ENDING) -> None:
    """Refuse a name of another format.

    Args:
        path: of the file to be written.
        call: begins the message, e.g. ``"save"``.
        ours: the ending of the format that is written.

    Raises:
        ValueError: such a name.
    """
    name = os.fspath(path)
    stem, ending = os.path.splitext(name)
    if ending.lower() in _CALLED.keys() - {ours}:
        better = os.path.basename(stem).removesuffix(".weights") + ours
        raise ValueError(
            f"{call}: {name!r} is a name for {_CALLED[ending.lower()]}; use the ending {ours}, e.g. {better!r}"
        )


class ModelFileError(ValueError):
    """A model file that is damaged, hostile, of another version, or no model file at all."""


def write_archive(path: Path, members: Mapping[str, bytes]) -> None:
    """Write a zip archive with these members, uncompressed."""
    from zipfile import ZIP_STORED, ZipFile, ZipInfo

    with files.atomic_file(path) as file, ZipFile(file, "w", ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(ZipInfo(name, _OLD), content)


def read_archive(path: Path, contents: Contents = MODEL) -> dict[str, bytes]:
    """The members of an archive.

    Raises:
        FileNotFoundError: there is none. ModelFileError: it is no file of :func:`write_archive`.
    """
    from zipfile import ZipFile

    with open_for_reading(path) as file:
        _refuse_other_formats(path, file, contents)
        with refusing(path, "is damaged"), ZipFile(file) as archive:
            members = archive.infolist()
            _check_members(path, members, contents)
            return {info.filename: _read_member(path, archive, info) for info in members}


@contextmanager
def open_for_reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that should be there."""
    place = files.current(path)
    if place.is_dir():
        raise IsADirectoryError(f"{path} is a folder; pass the model's file")
    if not place.exists():
        raise FileNotFoundError(f"{path}: there is no such file{_similar(path)}")
    with place.open("rb") as file:
        yield file


def _similar(path: Path) -> str:
    import difflib

    if not path.parent.is_dir():
        return f"; the folder {path.parent} does not exist either"
    close = difflib.get_close_matches(path.name, os.listdir(path.parent), n=1)
    return f"; did you mean {close[0]}?" if close else ""


@contextmanager
def refusing(path: Path, what: str) -> Iterator[None]:
    """Turn any error on damaged bytes into a ModelFileError that names the file."""
    try:
        yield
    except ModelFileError:
        raise
    except Exception as error:  # damaged bytes make zipfile, json and safetensors raise almost anything
        raise ModelFileError(f"{path}: {what}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """The error in words, cut to a readable length, because it may contain parts of the file."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    if isinstance(error, OSError) and error.errno == errno.EINVAL:
        return "its parts are not where it says"
    reason = f"there is no {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__
    return brief(reason)


def brief(text: str) -> str:
    """The beginning of a text from a file, for a message.

    Example:
        >>> brief("x" * 5000).count("x")
        300
    """
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _refuse_other_formats(path: Path, file: IO[bytes], contents: Contents) -> None:
    start = file.read(8)
    file.seek(0)
    if not start:
        raise ModelFileError(f"{path}: the file is empty; was it copied whole?")
    if start.startswith(b"\x89HDF"):
        raise ModelFileError(
            f"{path}: this is an HDF5 file, as Keras writes it; expected a file written by {contents.writer}"
        )
    if start[:1] == b"\x80":
        raise ModelFileError(f"{path}: this looks like a pickle, which may hold code and is never loaded here")
    if not start.startswith(b"PK"):
        raise ModelFileError(
            f"{path}: not a {contents.what}: it does not begin as a zip archive; expected a file written by "
            f"{contents.writer}"
        )


def _check_members(path: Path, members: list[ZipInfo], contents: Contents) -> None:
    from zipfile import ZIP_STORED

    names, known = [info.filename for info in members], (*contents.required, *contents.optional)
    if "model.weights.h5" in names and "model.weights.h5" not in known:
        raise ModelFileError(f"{path}: this is a Keras file; give it a name that ends in .keras")
    for info in members:
        name = info.filename
        if name not in known:
            leaves = "; such a name could write outside its folder" if ".." in name or name.startswith("/") else ""
            raise ModelFileError(
                f"{path}: holds an unexpected member {brief(name)!r}, expected only {', '.join(known)}{leaves}"
            )
        if names.count(name) > 1:
            raise ModelFileError(f"{path}: holds {name!r} {names.count(name)} times, expected it once")
        if info.flag_bits & 1:
            raise ModelFileError(f"{path}: {name!r} is encrypted, which model files never are")
        if info.compress_type != ZIP_STORED:
            raise ModelFileError(
                f"{path}: {name!r} is compressed ({info.compress_size} bytes to {info.file_size}), but tensors and "
                "configuration are stored as they are, so that a small file cannot unpack to a huge one"
            )
        if name.endswith(".json") and info.file_size > _MAX_CONFIG_BYTES:
            raise ModelFileError(f"{path}: {name} has {info.file_size} bytes, at most {_MAX_CONFIG_BYTES} are allowed")
    for name in contents.required:
        if name not in names:
            raise ModelFileError(f"{path}: {name!r} is missing from the archive; write it again with {contents.writer}")


def _read_member(path: Path, archive: ZipFile, info: ZipInfo) -> bytes:
    size = files.current(path).stat().st_size
    if info.file_size > size:
        raise ModelFileError(
            f"{path}: {info.filename} claims {info.file_size} bytes, but the whole file has {size}; it is truncated"
        )
    return archive.read(info)


# The configuration.


def read_config(path: Path, content: bytes, what: str = CONFIG) -> Config:
    """Parse a JSON member; numbers that JSON does not have and endless nesting are refused."""

    def constant(text: str) -> Never:
        raise ModelFileError(f"{path}: {what} holds {text[:20]}, which is not a finite number")

    def finite(text: str) -> float:
        return number if isfinite(number := float(text)) else constant(text)

    with refusing(path, f"{what} cannot be read"):
        config = json.loads(content.decode("utf-8"), parse_constant=constant, parse_float=finite)
    if not isinstance(config, dict):
        raise ModelFileError(f"{path}: {what} holds a {type(config).__name__}, expected an object")
    return config


def is_object(value: object) -> TypeGuard[Config]:
    """Whether a value of JSON is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Json]]:
    """Whether a value of JSON is a list."""
    return isinstance(value, list)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether a value of JSON is a whole number."""
    return type(value) is int


def entry(
    path: Path,
    config: Mapping[str, object],
    name: str,
    check: Callable[[object], TypeGuard[T]],
    expected: str,
    what: str = CONFIG,
) -> T:
    """One entry of a JSON member, checked."""
    if name not in config:
        raise ModelFileError(f"{path}: {what} has no entry {name!r}, expected {expected}")
    value = config[name]
    if not check(value):
        raise ModelFileError(f"{path}: {what}: {name!r} is {str(value)[:60]!r}, expected {expected}")
    return value
