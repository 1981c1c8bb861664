"""What files keep of a layer with a ``call`` of its own: its weights, the layers within it, and the graphs of calls."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from clarinet.configurable import encode, encode_all
from clarinet.graph import Network, Node, Tensor, described
from clarinet.layers.handle import Handle
from clarinet.params import Weight
from clarinet.problems import ClarinetWarning
from clarinet.registry import own_name
from clarinet.types import Config, Json


@dataclass(frozen=True)
class Use:
    """What a ``call`` was made of, where it was called on tensors of some shapes.

    Attributes:
        network: from the tensors that it takes to those that it gives.
        training: what it was told of training.
        call: in which form it takes and gives tensors, see :func:`clarinet.graph.call_form`.
        masked: for each tensor that it takes the number of its mask among the last inputs of the network, which are
            these masks, or None; empty where none has one.
        masks: for each tensor that it gives its mask, or None; empty likewise.
    """

    network: Network
    training: bool | None = None
    call: Mapping[str, object] | None = None
    masked: tuple[int | None, ...] = ()
    masks: tuple[Tensor | None, ...] = ()

    @classmethod
    def of(cls, node: Node, inner: Network) -> Use:
        """That of a node which is made of a network."""
        own, masks = inner.inputs[: len(node.data)], inner.inputs[len(node.data) :]
        places = {mask: place for place, mask in enumerate(masks)}
        masked = tuple(None if tensor.mask is None else places[tensor.mask] for tensor in own) if masks else ()
        gives = tuple(inner.outputs[mask] if isinstance(mask, int) else None for mask in node.masks)
        network = replace(inner, outputs=inner.outputs[: len(node.results)])
        return cls(network, node.training, node.call, masked, gives)


def uses_of(layer: Handle) -> list[Use]:
    """One use of each kind: two that take alike tensors in one form are made of the same operations."""
    found: dict[str, Use] = {}
    for node in (ref() for ref in layer._nodes):
        if node is not None and node.inner is not None:
            use = Use.of(node, node.inner)
            specs = [tensor.spec for tensor in use.network.inputs]
            found.setdefault(repr((specs, use.training, use.call, use.masked)), use)
    return list(found.values())


def kept_layer(layer: Handle) -> Config:
    """A layer as files have it: its class, for those who have that, and all that it takes to do without.

    Raises:
        TypeError: something in it that files cannot keep.
    """
    kind = type(layer)
    known: Config = {"class_name": kind.__name__, **own_name(kind), "config": settings_of(layer)}
    return known | {"kept": kept_of(layer, uses_of(layer))}


def settings_of(layer: Handle) -> Config | None:
    """What ``get_config`` gives; None where that has no JSON form."""
    try:
        found: Any = layer
        return encode_all(found.get_config())
    except NotImplementedError:
        return None
    except TypeError as error:
        warnings.warn(
            f"save: {type(layer).__name__}.get_config: {error}; what the layer computes is kept, and the class cannot "
            "be brought back with custom_objects",
            ClarinetWarning,
            stacklevel=2,
        )
        return None


def kept_of(layer: Handle, uses: Iterable[Use]) -> Config:
    """All that it takes to do without a layer's class.

    Raises:
        TypeError: something in it that files cannot keep, or nobody knows what it computes.
    """
    children: Any = layer.children
    own, *within = children
    what = f"layer {layer.name or type(layer).__name__!r} cannot be saved"
    try:
        networks: list[Json] = [
            described(use.network, places(layer), use.masks)
            | {"training": use.training, "call": encode(use.call)}
            | ({"masked": list(use.masked)} if use.masked else {})
            for use in uses
        ]
    except TypeError as error:
        raise TypeError(f"{what}: {error}") from None
    if not networks:
        raise TypeError(f"{what}: it has not been called on tensors of a network; put it in a model first")
    return {
        "name": layer.name,
        "trainable": layer.trainable,
        "weights": [_kept_weight(*spec) for spec in own._specs],
        "layers": [child.encoded() for child in within],
        "networks": networks,
    }


def _kept_weight(weight: Weight, state: bool) -> Config:
    return {
        "name": weight.name,
        "shape": list(weight.shape),
        "state": state,
        "initializer": encode(weight.initializer),
        "regularizer": encode(weight.regularizer),
        "constraint": encode(weight.constraint),
    }


def places(layer: Handle) -> Callable[[object], Json]:
    """Where layers and weights within a layer are: numbers among its layers, names among its own weights."""
    own, *within = layer.children
    numbers: dict[int, Json] = {id(child): number for number, child in enumerate(within)}
    names: dict[int, Json] = {id(variable): variable.name for variable in own._variables or ()}
    return lambda found: place_in({**numbers, **names}, found)


def place_in(known: dict[int, Json], found: object) -> Json:
    """The place of a layer or weight.

    Raises:
        TypeError: it is nowhere.
    """
    if id(found) not in known:
        name = getattr(found, "path", None) or getattr(found, "name", "") or type(found).__name__
        raise TypeError(
            f"it uses {name!r}, which is not an attribute of it; assign layers and weights to attributes in __init__ "
            "or build"
        )
    return known[id(found)]
