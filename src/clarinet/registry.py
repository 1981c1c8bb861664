"""Classes and functions of the user's own, by the names under which files and configurations have them.

A file runs no code and imports nothing. What it names and Clarinet does not have comes from here, or stays what the
file keeps of it: the operations that it was made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

from clarinet.types import Config, Json

T = TypeVar("T", bound=Callable[..., object])

_OBJECTS: dict[str, object] = {}
_NAMES: dict[object, str] = {}
_scope: ContextVar[Mapping[str, object]] = ContextVar("custom objects", default={})  # noqa: B039  # never changed


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """A decorator: files that name this class or function, as ``"package>name"``, bring it back.

    Args:
        package: the first part of the name.
        name: the second part; default that of the class or function.

    Raises:
        ValueError: a class without ``get_config``.

    Example:
        >>> @register_keras_serializable("shop")
        ... def squared(x):
        ...     return x * x
        >>> get_registered_name(squared), get_registered_object("shop>squared") is squared
        ('shop>squared', True)
    """

    def register(found: T) -> T:
        if isinstance(found, type) and not hasattr(found, "get_config"):
            raise ValueError(f"register_keras_serializable: {found.__name__} has no get_config; define it")
        full = f"{package}>{name or getattr(found, '__name__', type(found).__name__)}"
        _OBJECTS[full], _NAMES[found] = found, full
        return found

    return register


def get_custom_objects() -> dict[str, object]:
    """What is registered, by name; a dictionary to add to.

    Example:
        >>> get_custom_objects()["twice"] = lambda x: 2 * x
        >>> get_registered_object("twice")(4)
        8
    """
    return _OBJECTS


@contextmanager
def custom_object_scope(objects: Mapping[str, object]) -> Iterator[None]:
    """Within this block names also mean these classes and functions.

    Args:
        objects: by name.
    """
    token = _scope.set({**_scope.get(), **objects})
    try:
        yield
    finally:
        _scope.reset(token)


def get_registered_name(obj: object) -> str:
    """The name under which a class or function is registered, else its own."""
    return registered_name(obj) or str(getattr(obj, "__name__", type(obj).__name__))


def registered_name(obj: object) -> str | None:
    """The name under which a class or function is registered; None where it is not."""
    try:
        return _NAMES.get(obj)
    except TypeError:  # what cannot be a key is not registered
        return None


def get_registered_object(
    name: object, custom_objects: Mapping[str, object] | None = None, module_objects: Mapping[str, object] | None = None
) -> object:
    """The class or function of a name; None where there is none.

    Args:
        name: as registered, or as a scope has it.
        custom_objects, module_objects: further ones by name, looked at after those of scopes and the registered ones.
    """
    for table in (_scope.get(), _OBJECTS, custom_objects or {}, module_objects or {}):
        if isinstance(name, str) and name in table:
            return table[name]
    return None


#: The end of a message about a class that is not there.
GIVE_CLASS = "give it with custom_objects={name: class}, or register it with saving.register_keras_serializable"


def own_name(found: object) -> dict[str, str]:
    """How a description names a class or function of the user's own, where it is registered; empty where it is not."""
    name = registered_name(found)
    return {} if name is None else {"registered_name": name}


def is_known(kind: type) -> bool:
    """Whether a class of a user's own is there by its name, for who reads a description of it."""
    return registered_name(kind) is not None or get_registered_object(kind.__name__) is kind


def own_object(described: Mapping[str, object]) -> object:
    """The class or function of the user's own that a description names; None where it is not there."""
    by_name = get_registered_object(described.get("registered_name"))
    return get_registered_object(described["class_name"]) if by_name is None else by_name


class Keeper(Protocol):
    """Makes of a Python function of one tensor the operations that files keep of it, and of these a function."""

    def kept(self, function: Callable[..., object], /) -> Json: ...

    def function(self, described: object, /) -> Callable[..., object]: ...


#: The keeper, which is above those who need it; :mod:`clarinet.traced` puts it here.
KEEPERS: list[Keeper] = []


def function_config(function: Callable[..., object]) -> Config:
    """A function of one tensor as files have it: its name, and the operations that it is made of.

    Raises:
        TypeError: it is not made of operations alone.
    """
    name = getattr(function, "__name__", "function")
    return {"class_name": name, **own_name(function), "config": {}, "kept": {"call": KEEPERS[0].kept(function)}}


def function_of(described: Mapping[str, object]) -> Callable[..., object]:
    """The function that :func:`function_config` described.

    Raises:
        ValueError: it does not make sense.
    """
    kept = described["kept"]
    function = KEEPERS[0].function(kept["call"] if isinstance(kept, Mapping) else None)
    function.__name__ = str(described["class_name"])[:100]
    return function
