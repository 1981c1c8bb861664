"""Which files are meant: one, several, a folder of them, or a pattern; and of which kind they are."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeGuard, cast

from clarinet.problems import shown

#: The kinds of files by the endings of their names.
KINDS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".csv": "csv",
    ".tsv": "csv",
    ".npy": "npy",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
}
_PACKED = (".gz", ".bz2", ".zst")
_PATTERN = frozenset("*?[")
_ENDINGS = ", ".join(KINDS)


def kind_of(path: str | Path) -> str | None:
    """The kind of a file by its name; None for others.

    Example:
        >>> kind_of("a/b.PARQUET"), kind_of("b.csv.gz"), kind_of("c.txt")
        ('parquet', 'csv', None)
    """
    name = os.fspath(path).lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return KINDS.get(os.path.splitext(name)[1])


def names_files(value: object) -> TypeGuard[str | os.PathLike[str] | Sequence[str | os.PathLike[str]]]:
    """Whether this names files that can be streamed, rather than being rows.

    Example:
        >>> names_files("data/*.parquet"), names_files(["a.csv", "b.csv"]), names_files(["good film", "bad film"])
        (True, True, False)
    """
    if isinstance(value, os.PathLike):
        return True
    if isinstance(value, str):
        return kind_of(value) is not None or bool(_PATTERN & set(value)) or os.path.isdir(value)
    one_by_one = isinstance(value, (list, tuple)) and bool(value)
    return one_by_one and all(
        isinstance(one, (str, os.PathLike)) and kind_of(os.fspath(one)) for one in cast(Sequence[object], value)
    )


def found(files: object) -> tuple[str, list[Path]]:
    """The kind of files, and which they are, in the order of their names; a folder of pictures is of kind ``"folder"``.

    Raises:
        FileNotFoundError: there is none. ValueError: files of several kinds, or of one that cannot be streamed.
        TypeError: no names.
    """
    given: list[object] = [*files] if isinstance(files, (list, tuple)) else [files]
    if not given or not all(isinstance(one, (str, os.PathLike)) for one in given):
        raise TypeError(f"expected the name of a file, a folder or a pattern, received {shown(files)}")
    names = [os.fspath(cast(str, one)) for one in given]
    paths = [path for name in names for path in _matching(name)]
    if not paths:
        raise FileNotFoundError(f"no file matches {', '.join(map(repr, names))}; files end in {_ENDINGS}")
    kinds = {kind_of(path) for path in paths}
    if kinds == {None} and len(paths) == 1 and paths[0].is_dir():
        return "folder", paths
    if None in kinds:
        odd = next(path for path in paths if kind_of(path) is None)
        raise ValueError(f"{odd} cannot be streamed: expected files that end in {_ENDINGS}, or a folder of pictures")
    if len(kinds) > 1:
        raise ValueError(f"{', '.join(map(repr, names))}: files of several kinds, {', '.join(sorted(map(str, kinds)))}")
    return str(kinds.pop()), paths


def _matching(name: str) -> list[Path]:
    """What a name stands for."""
    path = Path(name)
    if path.is_dir():
        inside = sorted(p for p in path.rglob("*") if kind_of(p) and not _hidden(p.relative_to(path)) and p.is_file())
        return inside or [path]
    if _PATTERN & set(name) and not path.exists():
        return [Path(one) for one in sorted(glob.glob(name, recursive=True))]
    if not path.exists():
        raise FileNotFoundError(f"{name}: there is no such file or folder")
    return [path]


def _hidden(path: Path) -> bool:
    """Whether a name begins as those of files do that are no data: by a point or ``_``."""
    return any(part.startswith((".", "_")) for part in path.parts)
