"""A layer as whoever holds it knows it: by its name, its weights and the layers within it, whatever it computes."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np

from clarinet.names import snake_case
from clarinet.params import Store
from clarinet.random import Key
from clarinet.types import Array, Shape

if TYPE_CHECKING:
    from clarinet.params import Segment


class Place(NamedTuple):
    """Where a built layer's weights are: those of a layer of the model, or within it those whose names begin so.

    The shape of a sample as it enters the layer is known for those that the model itself holds.
    """

    store: Store
    index: int  # type: ignore[assignment]  # tuple.index gives way
    prefix: str = ""
    input_shape: Shape | None = None


@dataclass(eq=False, repr=False)
class Handle:
    """What a layer is to the model or container that holds it.

    Args:
        name: unique in a model.
        trainable: False freezes the weights.
    """

    #: ``training`` where a model is called on an array and does not say: augmentation then augments, as in Keras.
    trains_when_called: ClassVar[bool] = False

    name: str = field(default="", kw_only=True)
    trainable: bool = field(default=True, kw_only=True)

    _place: Place | None = field(default=None, init=False)
    _holder: weakref.ref[Any] | None = field(default=None, init=False)  # weak, so that it does not keep its owner
    _brought: list[Array] | None = field(default=None, init=False)  # weights from an earlier model, to begin with
    _draws: Key | None = field(default=None, init=False)  # random numbers of the last call on an array

    @property
    def children(self) -> tuple[Handle, ...]:
        """The layers that a container holds."""
        return ()

    @property
    def adapted(self) -> bool:
        """Whether it has seen the data that it has to look at before training; True where it needs none."""
        return True

    @property
    def _owner(self) -> Any:
        """The model or container that holds it; None where there is none, or none any more."""
        return None if self._holder is None else self._holder()

    @_owner.setter
    def _owner(self, owner: object) -> None:
        self._holder = None if owner is None else weakref.ref(owner)

    @property
    def is_free(self) -> bool:
        """Whether a model or container may take it as it is: it has no owner, and no weights in one's buffers."""
        return self._owner is None and not self.built

    def __copy__(self) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_holder"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update((name, value) for name, value in state.items() if name != "_owner")  # of earlier copies
        for child in self.children:
            child._owner = self

    @property
    def built(self) -> bool:
        """Whether the layer has weights (or is part of a built model)."""
        return self._place is not None

    def _built_place(self) -> Place:
        if self._place is None:
            raise ValueError(
                f"layer {self.name or snake_case(type(self).__name__)!r} is not built, so it has no weights yet: put "
                "it in a model that starts with Input(shape) or input_shape=..., or call fit"
            )
        return self._place

    def _weights(self) -> list[tuple[Segment, Array]]:
        store, index, prefix, _ = self._built_place()
        return [w for leaf in leaves(self, prefix) for w in store.weights_of(index, leaf.prefix)]

    @property
    def weights(self) -> list[Array]:
        """Copies of all weights, trainable first, then state."""
        return self.get_weights()

    def get_weights(self) -> list[Array]:
        """Copies of all weights in Keras's order: kernel, bias; or gamma, beta, moving_mean, moving_variance.

        Raises:
            ValueError: the layer is not built.
        """
        if self._place is None:
            brought = [leaf.layer._brought for leaf in leaves(self)]
            if None not in brought:  # it has been called on an array
                return [array.copy() for own in brought for array in own or ()]
        return [view.copy() for _, view in self._weights()]

    def set_weights(self, weights: Sequence[object]) -> None:
        """Replace all weights.

        Args:
            weights: arrays in the order and shapes of :meth:`get_weights`.

        Raises:
            ValueError: wrong number of arrays or a wrong shape; nothing is changed then.
        """
        own = self._weights()
        arrays = [np.asarray(w) for w in weights]
        if len(arrays) != len(own):
            names = ", ".join(s.name for s, _ in own) or "none"
            raise ValueError(f"layer {self.name!r} has {len(own)} weights ({names}), received {len(arrays)} arrays")
        for (segment, _), array in zip(own, arrays, strict=True):
            if array.shape != segment.shape:
                raise ValueError(
                    f"layer {self.name!r}: weight {segment.name!r} has shape {segment.shape}, received {array.shape}"
                )
        for (_, view), array in zip(own, arrays, strict=True):
            view[...] = array

    def count_params(self, trainable: bool = False) -> int:
        """Number of elements in all weights, state included; or of what is trained alone."""
        store, index, prefix, _ = self._built_place()
        # From the layouts alone: a look at the buffers draws the initial weights, and fit(seed=) would come too late.
        layouts = (store.layout,) if trainable else (store.layout, store.state_layout)
        own = [leaf.prefix for leaf in leaves(self, prefix) if leaf.trainable or not trainable]
        return sum(s.size for layout in layouts for begin in own for s in layout.of_layer(index, begin))

    def unplaced(self) -> Self:
        """A copy that belongs to no model."""
        twin = copy.copy(self)
        twin._place = twin._owner = twin._brought = None
        return twin

    def twin(self) -> Self:
        """A copy that belongs to no model and brings its weights along."""
        twin = self.unplaced()
        for mine, its in zip(leaves(self), leaves(twin), strict=True):
            its.layer._brought = mine.layer.own_weights()
        return twin

    def own_weights(self) -> list[Array] | None:
        """Copies of the weights, those of an earlier model where they are not built; None where there are none yet."""
        return self.get_weights() if self.built else self._brought

    def put(self, place: Place | None) -> None:
        """Say where the weights of this layer and of its children are."""
        self._place = place
        for number, child in enumerate(self.children):
            child.put(None if place is None else Place(place.store, place.index, f"{place.prefix}{number}."))


class Leaf(NamedTuple):
    """A layer without children, what its weights' names begin with in the outermost layer, whether it is trained."""

    layer: Handle
    prefix: str
    trainable: bool


def leaves(layer: Handle, prefix: str = "", trainable: bool = True) -> Iterator[Leaf]:
    """The layers without children that a layer holds, in order; itself where it holds none."""
    trainable = trainable and layer.trainable
    if not layer.children:
        yield Leaf(layer, prefix, trainable)
    for number, child in enumerate(layer.children):
        yield from leaves(child, f"{prefix}{number}.", trainable)
