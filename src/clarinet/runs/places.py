"""Paths in a store. Names and links in a store from elsewhere must not lead out of it."""

from __future__ import annotations

import os
from pathlib import Path

from clarinet.escaping import harmless_name
from clarinet.runs.location import StoreError

#: Bytes that a file system has room for in one name.
_MOST_BYTES = 255


def folder_name(id: int, name: str) -> str:
    """The name of a run's folder: its number and its name, or only the number if no folder can have the name.

    Example:
        >>> folder_name(1, "digits"), folder_name(2, "x/../../victim")
        ('1-digits', '2')
    """
    whole = f"{id}-{name}"
    fits = len(whole.encode("utf-8", "replace")) <= _MOST_BYTES
    return whole if fits and not any(c in "/\\" or c < " " or "\ud800" <= c <= "\udfff" for c in whole) else str(id)


def inside(folder: Path, *parts: str) -> Path:
    """A path in a folder that is known to be where it seems.

    Raises:
        StoreError: a link leads out of the folder.
    """
    path = folder.joinpath(*parts)
    real = os.path.realpath(path)
    if real != str(path):
        raise StoreError(
            f"{harmless_name(path)} is a link to {harmless_name(real)}; a store's files are kept in its folder, so "
            "that a store from elsewhere cannot write outside it; put the file itself there, or remove the link"
        )
    return path
