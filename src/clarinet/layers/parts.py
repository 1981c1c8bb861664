"""The parts of a layer: a graph, down to the elementary layers that engines run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clarinet.configurable import is_ours
from clarinet.graph import Network
from clarinet.layers.base import Layer, Part
from clarinet.sizes import inferred
from clarinet.types import Shape


def depth(layer: Layer) -> int:
    """How many layers are within each other; 1 for one without children."""
    return 1 + max(map(depth, layer.children), default=0)


def direct(layer: Layer, inputs: int = 1, masked: bool = False) -> list[Part]:
    """A layer's own parts, each with its sources, where it takes so many tensors, perhaps with a mask."""
    given = layer.parts_where_masked() if masked and not layer.is_model else layer.parts()
    parts = [part if isinstance(part, Part) else Part(part) for part in given]
    before = [tuple(range(inputs)), *((number + inputs,) for number in range(len(parts)))]
    return [replace(p, sources=own if p.sources is None else p.sources) for p, own in zip(parts, before)]


def flatten_parts(layer: Layer, inputs: int = 1) -> list[Part]:
    """A layer as elementary parts, each with its sources; a frozen layer's parts are frozen.

    Args:
        layer: what is taken apart.
        inputs: how many tensors it takes.
    """
    return taken_apart(layer, tuple(range(inputs)), inputs)[0]


def taken_apart(
    layer: Layer,
    taken: tuple[int, ...],
    next_tensor: int,
    training: bool | None = None,
    mask: int | None = None,
) -> tuple[list[Part], tuple[int, ...]]:
    """A layer's elementary parts where it takes these tensors, and the tensors that it gives.

    Args:
        layer: what is taken apart.
        taken: numbers of the tensors that it takes.
        next_tensor: number of the tensor that its first part gives; those of the others follow.
        training: whether all parts behave as in training (True) or as in use (False); None: as the model does.
        mask: number of the tensor that says which steps count, for all parts that look at it.
    """
    found: list[Part] = []
    return found, _flatten(layer, None, taken, _Taking(next_tensor, found, mask), True, training)


@dataclass(frozen=True)
class _Taking:
    """Elementary parts that have been found, the number of the tensor that the first gives, and that of the mask."""

    first: int
    found: list[Part]
    mask: int | None

    def add(self, part: Part) -> int:
        """Take a part; gives the number of the tensor that it gives."""
        self.found.append(part)
        return self.first + len(self.found) - 1


def _flatten(
    layer: Layer,
    whole: Part | None,
    taken: tuple[int, ...],
    taking: _Taking,
    trainable: bool,
    training: bool | None,
) -> tuple[int, ...]:
    """Take the elementary parts of a layer that takes these tensors; gives the numbers of those that it ends in."""
    layer = layer if layer.is_model else layer.taking(len(taken))
    if has_operations(layer):
        return (taking.add(Part(layer, taken, training=training).within(whole)),)
    parts = direct(layer, len(taken), taking.mask is not None)
    if len(parts) == 1 and type(parts[0].layer) is type(layer) and not layer.is_model:
        spec = parts[0].layer
        if spec.trainable and not trainable:
            spec = spec.bare()
            spec.trainable = False
        training = parts[0].training if training is None else training
        mask = taking.mask if spec.uses_mask else None
        return (taking.add(replace(parts[0], layer=spec, sources=taken, training=training, mask=mask).within(whole)),)
    _refuse_outdated(layer, parts)
    trainable = trainable and layer.trainable
    given = list(taken)  # the tensors that the layer takes, and those that its parts give
    for part in parts:
        sources = tuple(given[s] for s in part.sources or ())
        its_training = part.training if training is None else training
        given += _flatten(part.layer, part.within(whole), sources, taking, trainable, its_training)
    return tuple(given[number] for number in layer.ends or (len(given) - 1,))


def has_operations(layer: Layer) -> bool:
    """Whether it is a model with operations or weights of its own between its layers, which has no parts."""
    return layer.is_model and not _of_layers(layer)


def _of_layers(model: Any) -> bool:
    """Whether a model is made of its layers alone: operations and weights of its own are no parts."""
    known = set(map(id, model.layers))
    return all(id(node.operator) in known for node in model.network.nodes)


def _refuse_outdated(layer: Layer, parts: list[Part]) -> None:
    """Refuse a subclass whose own forward would not run, because the parts of its base class run instead."""
    if not layer.is_model and not is_ours(type(layer), "forward") and is_ours(type(layer), "parts"):
        raise TypeError(
            f"{type(layer).__name__}.forward is not what runs: with these settings the layer runs as its parts, "
            f"{', '.join(type(part.layer).__name__ for part in parts)}; make it without activation and put Activation "
            "after it, or define parts too"
        )


def shapes_within(
    input_shapes: Iterable[Shape], parts: Iterable[Part]
) -> list[tuple[tuple[Shape, ...], tuple[Shape, ...]]]:
    """For each part the shapes of what it gives and of what it takes."""
    given, found = list(input_shapes), []
    for part in parts:
        taken = tuple(given[s] for s in part.sources or ())
        gives = inferred(part.layer.output_shapes, taken)
        given += gives
        found.append((gives, taken))
    return found


def parts_of(network: Network, layers: Sequence[Layer]) -> tuple[Part, ...]:
    """The layers of a model's network as parts of a layer.

    Args:
        network: how they are connected.
        layers: of the model, whose numbers are the prefixes of their weights.
    """
    numbers = {id(layer): number for number, layer in enumerate(layers)}
    tensors = {tensor: number for number, tensor in enumerate(network.inputs)}
    found = []
    for node in network.nodes:
        sources = tuple(tensors[tensor] for tensor in node.inputs)
        layer: Any = node.operator
        found.append(Part(layer, sources, prefix=f"{numbers[id(layer)]}.", training=node.training))
        for tensor in node.outputs:
            tensors[tensor] = len(tensors)
    return tuple(found)


def ends_of(network: Network) -> tuple[int, ...]:
    """The tensors that a network gives, numbered as :attr:`Part.sources` numbers them."""
    made = [tensor for node in network.nodes for tensor in node.outputs]
    tensors = {tensor: number for number, tensor in enumerate((*network.inputs, *made))}
    return tuple(tensors[tensor] for tensor in network.outputs)
