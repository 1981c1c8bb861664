"""One program at a time works on a search: a file in the store names its process while it does."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from clarinet import files
from clarinet.runs import places
from clarinet.runs.processes import is_alive, process_token
from clarinet.runs.store import Store

#: Tries to take the place of a program that is gone; another one may be quicker.
_TRIES = 5


class Claim:
    """A program's claim on a search, from entering the context to leaving it. One that was killed claims nothing.

    Args:
        store: with the search.
        name: of the search.

    Raises:
        ValueError: on entering: another program is working on it.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._name = name
        self._path = files.destination(places.inside(store.folder, "searches", f"{name}.process"))

    def __enter__(self) -> Self:
        files.make_folder(self._path.parent)
        for _ in range(_TRIES):
            try:
                with self._path.open("x", encoding="utf-8") as file:
                    file.write(process_token(os.getpid()) or "")
                return self
            except FileExistsError:
                if _claimed(self._path):
                    break
                self._path.unlink(missing_ok=True)
        raise ValueError(f"search: {self._name!r} is still going on in another process; wait for it, or end it first")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._path.unlink(missing_ok=True)


def _claimed(path: Path) -> bool:
    """Whether the process that a file names still exists."""
    try:
        return is_alive(path.read_text("utf-8"))
    except (FileNotFoundError, UnicodeDecodeError):
        return False
