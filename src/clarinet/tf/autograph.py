"""``tf.autograph``: functions run as they are, so there is nothing to convert and nothing to tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from clarinet import aliases
from clarinet.names import public

__all__ = ["experimental", "set_verbosity", "to_graph"]

F = TypeVar("F", bound=Callable[..., object])


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Nothing: no conversion tells anything."""


def to_graph(entity: F, recursive: bool = True, experimental_optional_features: object = None) -> F:
    """The function itself."""
    return entity


class experimental:  # its name in TensorFlow
    """What marks functions for the conversion."""

    @staticmethod
    def do_not_convert(func: F | None = None) -> object:
        """The function itself, or a decorator that gives it."""
        return func if func is not None else lambda inner: inner
