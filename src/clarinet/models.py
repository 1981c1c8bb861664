"""Models, by the names Keras has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.model import Model, Sequential
from clarinet.names import public

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Model", "Sequential", "clone_model", "load_model", "save_model"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def load_model(path: str | Path) -> Model:
    """Read a model that ``model.save`` wrote; see :func:`clarinet.saving.load`."""
    return Model.load(path)


def save_model(model: Model, path: str | Path) -> None:
    """Write a model; see :func:`clarinet.saving.save`."""
    model.save(path)


def clone_model(model: Model) -> Model:
    """A model of the same structure with fresh weights; not compiled.

    Args:
        model: the model to imitate.

    Example:
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> clarinet.models.clone_model(model).get_weights()[0].shape
        (2, 1)
    """
    return type(model).from_config(model.get_config())
