"""Names of options in messages: an argument of a function in Python, a flag of the command in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

#: The command's flags by the name of their argument, each with a word for its value; None in Python.
_flags: ContextVar[Mapping[str, tuple[str, str]] | None] = ContextVar("flags", default=None)


def option(name: str, value: object = None, *, like: str = "") -> str:
    """How to set an option, in Python or on the command line.

    Args:
        name: of the argument.
        value: its value: text, a number, a boolean, or a list for a flag that may be given several times.
        like: an example of a value in Python, if no particular one is meant.

    Example:
        >>> option("decimal", ","), option("size", like="(height, width)")
        ("decimal=','", 'size=(height, width)')
        >>> with flags({"size": ("--image-size", "H,W"), "drop": ("--drop", "COLUMN")}):
        ...     option("size", like="(height, width)"), option("drop", ["a b", "c"])
        ('--image-size H,W', "--drop 'a b' --drop c")
    """
    flag, word = (_flags.get() or {}).get(name, (None, ""))
    if flag is None:
        return f"{name}={like if value is None else repr(value)}"
    if value is None:
        return f"{flag} {word}".strip() if like else flag
    if isinstance(value, bool):
        return f"{flag} {'yes' if value else 'no'}" if word else flag
    return " ".join(f"{flag} {_quoted(each)}" for each in (value if isinstance(value, list) else [value]))


def _quoted(value: object) -> str:
    import shlex

    return shlex.quote(str(value))


@contextmanager
def flags(known: Mapping[str, tuple[str, str]]) -> Iterator[None]:
    """Word messages for a terminal.

    Args:
        known: the flags of the command, by the name of their argument, with a word for the value; other arguments keep
            their names.
    """
    token = _flags.set(known)
    try:
        yield
    finally:
        _flags.reset(token)
