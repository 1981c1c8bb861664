"""Errors in sentences: the one place where the system's error texts become words for people."""

from __future__ import annotations

import errno
import sys

#: What the system means, by its number.
_MEANINGS = {
    errno.EACCES: "there is no permission for it",
    errno.EPERM: "there is no permission for it",
    errno.ENOENT: "there is no such file or folder",
    errno.ENOTDIR: "a part of this path is a file, not a folder",
    errno.EISDIR: "it is a folder; expected a file",
    errno.EEXIST: "it is there already",
    errno.ENOTEMPTY: "the folder is not empty",
    errno.ENOSPC: "there is no room left on the disk; make some, or write elsewhere",
    errno.EDQUOT: "your share of the disk is used up; make room, or write elsewhere",
    errno.EFBIG: "the file is larger than is allowed here",
    errno.EROFS: "it is in a place where nothing can be written",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "its links lead round in a circle",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
    errno.EBUSY: "something else is using it",
    errno.EIO: "the disk failed to read or write it",
    errno.EPIPE: "the program that reads it has ended",
    errno.ENOMEM: "there is not enough memory",
}
_MEMORY = "there is not enough memory for this{}; fewer rows, smaller pictures or a smaller network need less"


def failures() -> tuple[type[BaseException], ...]:
    """Errors of a command with a cause in its input or the machine; any other error is a bug of the library."""
    database = sys.modules.get("sqlite3")
    known: tuple[type[BaseException], ...] = (OSError, ValueError, TypeError, ImportError, MemoryError)
    return known if database is None else (*known, database.Error)


def sentence(error: BaseException) -> str:
    """An error as a sentence.

    Example:
        >>> sentence(FileNotFoundError(2, "No such file or directory", "a.csv"))
        'a.csv: there is no such file or folder'
    """
    if isinstance(error, MemoryError):
        return _MEMORY.format(f" ({error})" if str(error) else "")
    if not isinstance(error, OSError) or error.errno is None or error.strerror is None:
        return str(error) or type(error).__name__
    meaning = _MEANINGS.get(error.errno, error.strerror[:1].lower() + error.strerror[1:])
    names = [str(name) for name in (error.filename, error.filename2) if isinstance(name, (str, bytes))]
    return f"{' → '.join(names)}: {meaning}" if names else meaning
