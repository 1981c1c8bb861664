"""What messages call an option: an argument of a function in Python, a flag of the command in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

#: The command's flags by the name of the argument that they stand for, each with a word for its value; None in Python.
_flags: ContextVar[Mapping[str, tuple[str, str]] | None] = ContextVar("flags", default=None)


def option(name: str, value: object = None, *, like: str = "") -> str:
    """How to set an option, in the words of the interface that is used.

    Args:
        name: of the argument.
        value: to give it: text, a number, a boolean, or a list for a flag that may be given several times.
        like: what a value looks like in Python, where none in particular is meant.

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
        known: the flags that the command has, by the name of the argument that each stands for, with a word for the
            value; other arguments keep their names.
    """
    token = _flags.set(known)
    try:
        yield
    finally:
        _flags.reset(token)
