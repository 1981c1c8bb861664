"""A layer from a file whose class, of a user's own, is not there: the graph of its ``call`` says what it computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from clarinet import initializers, regularizers
from clarinet.graph import (
    Argument,
    Held,
    Network,
    Node,
    Tensor,
    is_symbolic,
    made_of,
    making,
    packed,
    rebuilt,
    replayed,
    same_tensors,
    spec_of,
    told,
)
from clarinet.layers.base import Layer, check_shape
from clarinet.layers.describing import Use, kept_of
from clarinet.layers.sharing import once
from clarinet.names import snake_case
from clarinet.ops.dispatch import spec_of as spec_for
from clarinet.ops.specs import TensorSpec
from clarinet.ops.structures import leaves
from clarinet.registry import GIVE_CLASS
from clarinet.types import AnyTensor, Config, Json, TensorLike
from clarinet.variables import Variable

#: Letters of a class's name, at most.
_LONGEST = 100


def _alike(known: TensorSpec, found: TensorSpec) -> bool:
    first = int(bool(known.batched))
    sizes = zip(known.shape[first:], found.shape[first:])
    return known.rank == found.rank and all(m == n or None in (m, n) for m, n in sizes)


def _masked(tensors: Sequence[Any]) -> tuple[tuple[int | None, ...], list[Any]]:
    """For each tensor the number of its mask, or None, and the masks, each once; nothing where there are none."""
    found: list[Any] = []
    numbers: list[int | None] = []
    for mask in (getattr(tensor, "_keras_mask", None) for tensor in tensors):
        same = (
            n
            for n, own in enumerate(found)
            if own is mask or (isinstance(mask, Tensor) and same_tensors((own,), (mask,)))
        )
        place = next(same, len(found))
        found += [mask] if mask is not None and place == len(found) else []
        numbers.append(None if mask is None else place)
    return (tuple(numbers) if found else ()), found


def _arguments(specs: Sequence[TensorSpec], masked: Sequence[int | None]) -> tuple[Tensor, ...]:
    """The tensors that a network takes: those of its layer, and behind them the masks that come along with these."""
    own = len(specs) - len({number for number in masked if number is not None})
    masks = [Tensor(Node(Argument(f"mask_{number}"), (), (spec,))) for number, spec in enumerate(specs[own:])]
    numbers = masked or [None] * own
    tensors = [
        Tensor(Node(Argument(f"input_{n}"), (), (spec,), masks=(None if number is None else masks[number],)))
        for n, (spec, number) in enumerate(zip(specs[:own], numbers, strict=True))
    ]
    return (*tensors, *masks)


class Restored(Layer):
    """A layer of a class that is not there: it computes, trains and is saved as it was, from the graph of its ``call``.

    Args:
        described: what a file has of it.

    Raises:
        ValueError, TypeError: it does not make sense.
    """

    supports_masking = True  # as its class did, where ``compute_mask`` finds masks

    def __init__(self, described: Mapping[str, object]) -> None:
        from clarinet import layers as layers_module

        kept: Any = described["kept"]
        class_name = described.get("class_name")
        if not isinstance(kept, Mapping) or not isinstance(class_name, str):
            raise ValueError("a layer without its class: expected what is kept of it as an object")
        super().__init__(name=kept["name"], trainable=bool(kept["trainable"]))
        self.class_name: str = class_name[:_LONGEST]
        self._known_as: dict[str, object] = {key: described.get(key) for key in ("registered_name", "config")}
        for weight in kept["weights"]:
            self._restore_weight(weight)
        self.held: list[Any] = [layers_module.get(each) for each in kept["layers"]]
        self.uses = tuple(self._restore_use(each) for each in kept["networks"])
        if not self.uses:
            raise ValueError(f"layer {self.name!r}: nothing is kept of what it computes")
        object.__setattr__(self, "_network", self.uses[0].network)

    @property
    def base_name(self) -> str:
        return snake_case(self.class_name)

    def _restore_weight(self, described: Mapping[str, Any]) -> None:
        shape = described["shape"]
        own: Any = self
        own.add_weight(
            shape=check_shape(shape, "a weight's shape") if shape else (),
            initializer=initializers.get(described["initializer"]),
            trainable=not described["state"],
            regularizer=regularizers.get(described["regularizer"]),
            constraint=described["constraint"],
            name=described["name"],
        )

    def _restore_use(self, described: Mapping[str, Any]) -> Use:
        specs = [spec_of(each) for each in described["inputs"]]
        masked = tuple(described.get("masked") or ())
        inputs = _arguments(specs, masked)
        updates: list[Node] = []
        with making(updates=updates):
            tensors = rebuilt(described["nodes"], inputs, Held(self._layer_at, self._weight_at, self))
        outputs = tuple(told(number, tensors) for number in described["outputs"])
        masks = tuple(None if number is None else told(number, tensors) for number in described.get("masks") or ())
        needed = (*outputs, *(mask for mask in masks if mask is not None))
        network = Network(made_of(needed, inputs, updates), inputs, outputs)
        return Use(network, described["training"], described["call"], masked, masks)

    def _layer_at(self, place: object) -> Any:
        if type(place) is not int or not 0 <= place < len(self.held):
            raise ValueError(f"there is no layer {place!r} within it")
        return self.held[place]

    def _weight_at(self, place: object) -> Variable:
        for variable in self.children[0]._variables or ():
            if variable.name == place:
                return variable
        raise ValueError(f"it has no weight {place!r}")

    def call(self, *inputs: TensorLike, training: bool | None = None, **settings: object) -> AnyTensor:
        """What the class's own ``call`` gave: the same operations on other tensors.

        Raises:
            ValueError: tensors of shapes that it was not called on.
        """
        named = {name: value for name, value in settings.items() if hasattr(value, "shape") or is_symbolic(value)}
        plain = {name: value for name, value in settings.items() if name not in named}
        tensors: list[Any] = list(leaves((inputs, named)))
        use = self._use_for([spec_for(tensor) for tensor in tensors], _masked(tensors)[0], plain)
        found = replayed(use.network, [*tensors, *_masked(tensors)[1]], training, self)
        return cast(AnyTensor, packed(found, None if use.call is None else use.call["result"]))

    def compute_mask(self, inputs: TensorLike, previous: TensorLike = None) -> object:
        """The mask of what the class gave, or a list of masks: found by the same operations."""
        if not any(use.masks for use in self.uses):
            return None
        tensors: list[Any] = list(leaves(inputs))
        masked, masks = _masked(tensors)
        use = self._use_for([spec_for(tensor) for tensor in tensors], masked, None)
        wanted, inputs = tuple(mask for mask in use.masks if mask is not None), use.network.inputs
        found = iter(replayed(Network(made_of(wanted, inputs), inputs, wanted), [*tensors, *masks], False, self))
        gives = [None if mask is None else next(found) for mask in use.masks]
        return gives[0] if len(gives) == 1 else gives

    def _use_for(
        self, specs: Sequence[TensorSpec], masked: tuple[int | None, ...], settings: Mapping[str, object] | None
    ) -> Use:
        """The use of tensors of which this is known; ``settings`` of None may be any."""
        for use in self.uses:
            own = [tensor.spec for tensor in use.network.inputs[: len(specs)]]
            said = {} if use.call is None else use.call["settings"]
            fits = len(own) == len(specs) and all(map(_alike, own, specs)) and settings in (None, said)
            if fits and use.masked == masked and len(use.network.inputs) == len(own) + len(set(masked) - {None}):
                return use
        known = " or ".join(", ".join(str(t.shape) for t in use.network.inputs) for use in self.uses[:3])
        raise ValueError(
            f"layer {self.name!r} was kept without its class {self.class_name}, as it is for tensors of shape {known}; "
            f"received {', '.join(str(spec.shape) for spec in specs)}; for others {GIVE_CLASS}"
        )

    def get_config(self) -> Config:
        raise TypeError(f"{self.class_name} is not there: its settings are in encoded()")

    def encoded(self) -> Json:
        known = {name: value for name, value in self._known_as.items() if value is not None or name == "config"}
        return once(
            self, lambda: cast(Json, {"class_name": self.class_name, **known, "kept": kept_of(self, self.uses)})
        )


Layer.restorer = Restored
