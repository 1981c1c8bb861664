"""Where layers are within the layers of a model: each has one place for its weights, however often it is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from clarinet.layers.handle import Handle
from clarinet.params import Weight

#: Where a layer without children is: the number of the layer that it is within, and the prefix of its weights there.
Place = tuple[int, str]


def first_places(layers: Iterable[Handle]) -> dict[Place, Place]:
    """For every place of a layer without children within some layers the first one that it has there.

    A layer has several where models share it: it may be within one of them and beside it.
    """
    first: dict[int, Place] = {}
    every = ((number, leaf) for number, layer in enumerate(layers) for leaf in layer.leaf_layers())
    return {(n, leaf.prefix): first.setdefault(id(leaf.layer), (n, leaf.prefix)) for n, leaf in every}


def own_weights(layers: Sequence[Handle], specs: Iterable[Sequence[Weight]]) -> Iterator[list[Weight]]:
    """The weights of each layer without those that one before it has, since a weight has one place.

    Args:
        layers: of a model.
        specs: the weights of each.
    """
    first = first_places(layers)
    for number, weights in enumerate(specs):
        places = [(number, weight.name[: weight.name.rfind(".") + 1]) for weight in weights]
        yield [weight for weight, place in zip(weights, places, strict=True) if first.get(place, place) == place]


class Once:
    """Makes sure that a model or container has each layer once, also within others.

    Args:
        there: its present layers.
    """

    def __init__(self, there: Iterable[Handle] = ()) -> None:
        self._known = {id(leaf) for layer in there for leaf in _own_leaves(layer)}

    def twice(self, layer: Handle) -> Handle | None:
        """Take a layer; returns a layer within it that is there already, or None."""
        own = [*_own_leaves(layer)]
        found = next((leaf for leaf in own if id(leaf) in self._known), None)
        self._known.update(map(id, own))
        return found


def _own_leaves(layer: Handle) -> Iterator[Handle]:
    """The layers without children within a layer, but for those that one with a ``call`` of its own has: it may hold
    a layer that is used elsewhere, to read its weights."""
    if layer.is_authored or not layer.children:
        yield layer
    else:
        for child in layer.children:
            yield from _own_leaves(child)
