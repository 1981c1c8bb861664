"""The first values of a model's weights: drawn when somebody looks at them, or those that layers bring along."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from clarinet.layers.base import Layer
from clarinet.layers.handle import Handle, leaves
from clarinet.params import Segment, Store
from clarinet.random import Key, Stream
from clarinet.types import Array


@dataclass
class Seed:
    """A model's seed, which counts until the values are drawn, whether or not the model is still there by then."""

    value: int


class _Drawn(NamedTuple):
    """A layer without children, where it is in the model, and its weights of an earlier structure or model."""

    layer: weakref.ref[Handle]
    index: int  # type: ignore[assignment]  # tuple.index gives way
    prefix: str
    before: list[Array] | None


class Drawing:
    """Fills a new store once: layers that had weights of the same shapes keep them, the others draw theirs.

    It holds neither the model nor its layers, whose store holds it: nothing is left to the garbage collector.

    Args:
        layers: the model's.
        seed: looked at when the values are drawn.
        drawn: whether the weights of the model's present store are worth keeping.
    """

    def __init__(self, layers: Iterable[Layer], seed: Seed, drawn: bool) -> None:
        self._seed = seed
        self._layers = [
            _Drawn(weakref.ref(leaf), index, prefix, leaf.get_weights() if drawn and leaf.built else leaf._brought)
            for index, layer in enumerate(layers)
            for leaf, prefix, _ in leaves(layer)
        ]

    def __call__(self, store: Store) -> None:
        """Fill the store."""
        first: dict[int, int] = {}  # the number of the next weight within each of the model's layers
        for own in self._layers:
            layer, old, weights = own.layer(), own.before, store.weights_of(own.index, own.prefix)
            number = first.get(own.index, 0)
            first[own.index] = number + len(weights)
            if layer is not None:
                layer._brought = None
            if old is not None and [a.shape for a in old] == [s.shape for s, _ in weights]:
                for (_, view), array in zip(weights, old, strict=True):
                    view[...] = array
            else:
                _draw(weights, store.dtype, self._seed.value, own.index, number)


def _draw(weights: list[tuple[Segment, Array]], dtype: object, seed: int, layer: int, first: int) -> None:
    for number, (segment, view) in enumerate(weights, first):
        key = Key(seed, Stream.INIT, step=number, layer=layer)
        view[...] = segment.weight.initializer(segment.shape, dtype=dtype, key=key)
