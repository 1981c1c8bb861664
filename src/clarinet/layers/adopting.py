"""Variables that an author gives a layer as attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

from clarinet.initializers import Constant
from clarinet.variables import Variable


class Author(Protocol):
    """A layer that makes weights of its own."""

    @property
    def add_weight(self) -> Callable[..., Variable]: ...


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
