"""The first values of a model's weights: drawn when somebody looks at them, or those that layers bring along."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from clarinet.layers.base import Layer
from clarinet.layers.parts import leaves
from clarinet.params import Array, Segment, Store
from clarinet.random import Key, Stream

if TYPE_CHECKING:
    from clarinet.stack import LayerStack


class _Drawn(NamedTuple):
    """A layer without children, where it is in the model, and its weights of an earlier structure."""

    layer: weakref.ref[Layer]
    index: int  # type: ignore[assignment]  # tuple.index gives way
    prefix: str
    before: list[Array] | None


class Drawing:
    """Fills a new store once: layers that had weights of the same shapes keep them, the others draw theirs.

    It holds neither the model nor its layers, whose store holds it: nothing is left to the garbage collector.

    Args:
        model: its seed counts when the values are drawn.
        drawn: whether the weights of its present store are worth keeping.
    """

    def __init__(self, model: LayerStack, drawn: bool) -> None:
        self._model, self._seed = weakref.ref(model), model.seed
        self._layers = [
            _Drawn(weakref.ref(leaf), index, prefix, leaf.get_weights() if drawn and leaf.built else None)
            for index, layer in enumerate(model.layers)
            for leaf, prefix, _ in leaves(layer)
        ]

    def __call__(self, store: Store) -> None:
        """Fill the store."""
        model = self._model()
        seed = self._seed if model is None else model.seed
        first: dict[int, int] = {}  # the number of the next weight within each of the model's layers
        for own in self._layers:
            layer, weights = own.layer(), store.weights_of(own.index, own.prefix)
            number = first.get(own.index, 0)
            first[own.index] = number + len(weights)
            old = own.before or (None if layer is None else layer._brought)
            if layer is not None:
                layer._brought = None
            if old is not None and [a.shape for a in old] == [s.shape for s, _ in weights]:
                for (_, view), array in zip(weights, old, strict=True):
                    view[...] = array
            else:
                _draw(weights, store.dtype, seed, own.index, number)


def _draw(weights: list[tuple[Segment, Array]], dtype: Any, seed: int, layer: int, first: int) -> None:
    for number, (segment, view) in enumerate(weights, first):
        key = Key(seed, Stream.INIT, step=number, layer=layer)
        view[...] = segment.weight.initializer(segment.shape, dtype=dtype, key=key)
