"""Names of the version before: they work for one more version, with a warning that says the new name.

The one place for this. A renamed name is one call of a function below; the next version deletes these calls.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
D = TypeVar("D", bound=Mapping[str, Any])


def warn(old: str, new: str, level: int = 3) -> None:
    """Warn that ``old`` is now called ``new``, at the line of the caller's caller (or further up: ``level``)."""
    sentence = f"{old} is now called {new}; the old name works in this version and goes with the next"
    warnings.warn(sentence, DeprecationWarning, stacklevel=level)


def method(old: str, function: Callable[P, R]) -> Callable[P, R]:
    """A method under its old name: it warns, and calls ``function`` or what a subclass has instead."""
    new = function.__name__

    def renamed(*args: P.args, **settings: P.kwargs) -> R:
        owner, *others = args
        warn(f"{type(owner).__name__}.{old}", new)
        result: R = getattr(owner, new)(*others, **settings)
        return result

    renamed.__name__, renamed.__doc__ = old, f"The earlier name of ``{new}``."
    return renamed


def attribute(owner: object, old: str, new: str, default: T) -> T:
    """An attribute of a user's object, which may still have its old name."""
    if not hasattr(owner, new) and hasattr(owner, old):
        warn(f"{type(owner).__name__}.{old}", new)
        new = old
    value: T = getattr(owner, new, default)
    return value


class _Keys(dict[str, Any]):
    """A dictionary that also answers to the old names of its keys."""

    def __init__(self, content: Mapping[str, Any], names: Mapping[str, str]) -> None:
        super().__init__(content)
        self._names = dict(names)

    def __missing__(self, key: str) -> Any:
        if key not in self._names:
            raise KeyError(key)
        warn(f"the key {key!r}", repr(self._names[key]))
        return self[self._names[key]]

    def get(self, key: str, default: Any = None) -> Any:
        """As of a dictionary; an old name is found too."""
        if key not in self and key in self._names:
            warn(f"the key {key!r}", repr(self._names[key]))
            return super().get(self._names[key], default)
        return super().get(key, default)


def keys(content: D, **names: str) -> D:
    """A dictionary whose keys had other names: ``keys(params, given="raw_data")``.

    Example:
        >>> keys({"raw_data": 3}, given="raw_data")["raw_data"]
        3
    """
    return _Keys(content, names)  # type: ignore[return-value]
