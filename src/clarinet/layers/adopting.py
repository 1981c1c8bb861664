"""Attributes that an author gives a layer; variables among them become its weights."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol, cast

from clarinet.initializers import Constant
from clarinet.layers.attributes import keep
from clarinet.variables import Variable


class Author(Protocol):
    """A layer that makes weights of its own."""

    @property
    def add_weight(self) -> Callable[..., Variable]: ...


def assign(layer: object, name: str, value: object) -> None:
    """Set an attribute of a layer or model with a class of the author's, from its ``__setattr__``."""
    value = adopted(layer, name, value)
    if not keep(layer, name, value, sys._getframe(2)):
        object.__setattr__(layer, name, value)


def adopted(layer: object, name: str, value: object) -> object:
    """A weight of the layer in the place of a variable of floats that no layer has; everything else as it is.

    So ``self.w = Variable(...)`` is a weight that models train, count and save, as ``add_weight`` makes them.

    Args:
        layer: with a ``call`` of its own.
        name: of the attribute; the weight is called so where the variable has no name.
        value: of the attribute.
    """
    if not isinstance(value, Variable) or value.owner is not None or value.dtype.kind != "f":
        return value
    own = name if value.name == "variable" else value.name
    first = Constant(value.numpy())
    return cast(Author, layer).add_weight(value.shape, first, trainable=value.trainable, name=own)
