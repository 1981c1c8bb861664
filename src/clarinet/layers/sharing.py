"""Layers that several models have, in descriptions: each is described once, and made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TypeVar, cast

from clarinet.types import Json

T = TypeVar("T")

#: The layers that are being described, with their numbers; None where nothing is.
_described: ContextVar[dict[int, int] | None] = ContextVar("layers described", default=None)
#: The layers that are being read, by the same numbers; None stands for one that is not done.
_read: ContextVar[list[object] | None] = ContextVar("layers read", default=None)


@contextmanager
def _within_one(numbers: ContextVar[T | None], empty: T) -> Iterator[None]:
    if numbers.get() is not None:
        yield
        return
    token = numbers.set(empty)
    try:
        yield
    finally:
        numbers.reset(token)


def describing() -> AbstractContextManager[None]:
    """Within the outermost of these blocks a layer that several models have is described once, see :func:`once`."""
    return _within_one(_described, {})


def reading() -> AbstractContextManager[None]:
    """Within the outermost of these blocks a layer that was described once is made once, see :func:`read_once`."""
    return _within_one(_read, [])


def once(layer: object, describe: Callable[[], Json]) -> Json:
    """The description of a layer; where it has been described before, its number among all layers."""
    seen = _described.get()
    if seen is None:
        return describe()
    if id(layer) in seen:
        return {"shared": seen[id(layer)]}
    seen[id(layer)] = len(seen)
    return describe()


def read_once(described: Mapping[str, object], make: Callable[[], T]) -> T:
    """The layer of a description, or the one that was made before where this is a number of :func:`once`.

    Raises:
        ValueError: there is no layer of that number, or it would be within itself.
    """
    known = _read.get()
    if "shared" not in described:
        number = 0 if known is None else len(known)
        if known is not None:
            known.append(None)
        made = make()
        if known is not None:
            known[number] = made
        return made
    shared = described["shared"]
    if known is None or type(shared) is not int or not 0 <= shared < len(known) or known[shared] is None:
        raise ValueError(f"a layer that is described as the layer number {shared!r}, which is not there")
    return cast(T, known[shared])
