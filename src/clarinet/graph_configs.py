"""Models as plain data: their layers, and nodes that name layers and tensors by their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from clarinet import layers
from clarinet.graph import NOTHING, Node, Tensor, describe_nodes, making, outputs_of, packed, rebuilt, told
from clarinet.layers.base import Layer
from clarinet.layers.describing import place_in
from clarinet.layers.handle import Handle
from clarinet.layers.sharing import describing, reading
from clarinet.ops.specs import TensorSpec
from clarinet.sizes import with_none
from clarinet.structure import Structure
from clarinet.types import Config, Json, TensorLike


def graph_config(model: Structure, input_form: Json, output_form: Json) -> Config:
    """The structure of a model from input tensors to output tensors, without weights.

    Args:
        model: with a network.
        input_form, output_form: in which its tensors come and are given.

    Raises:
        TypeError: something in it that has no description.
    """
    if any(child.only_weights for child in model.children):
        raise TypeError(
            f"model {model.name!r} cannot be saved: it makes weights itself, with add_weight or as variables, which a "
            "file does not keep of a model; make them in a layer of your own; save_weights keeps them"
        )
    numbers: dict[int, Json] = {id(layer): number for number, layer in enumerate(model.layers)}
    network = model.network
    with describing():
        config: Config = {
            "name": model.name,
            "layers": [layer.encoded() for layer in model.layers],
            "inputs": [_input_of(tensor, numbers) for tensor in network.inputs],
        }
    try:
        nodes = describe_nodes(network, lambda found: place_in(numbers, found))
    except TypeError as error:
        raise TypeError(f"model {model.name!r} cannot be saved: {error}") from None
    config |= {"nodes": nodes, "outputs": outputs_of(network), "input_form": input_form, "output_form": output_form}
    return config | ({"within_call": True} if any(node.within_call for node in network.nodes) else {})


def _input_of(tensor: Tensor, numbers: Mapping[int, Json]) -> Json:
    """The number of an input's layer, or its description where the model does not list it."""
    layer: Any = tensor.node.operator
    return numbers[id(layer)] if id(layer) in numbers else layer.encoded()


class Graph(NamedTuple):
    """What :func:`graph_config` described.

    Attributes:
        layers: all of them, in order.
        inputs, outputs: structures of tensors.
        updates: nodes that change weights.
    """

    layers: list[Layer]
    inputs: object
    outputs: object
    updates: list[Node]


def connected(config: Mapping[str, object], held: Sequence[Layer] | None = None, owner: Handle | None = None) -> Graph:
    """The network that :func:`graph_config` described.

    Args:
        config: the description.
        held: its layers; default: new ones, as they are described.
        owner: the model that adds to the loss.

    Raises:
        ValueError, TypeError: it does not make sense.
    """
    described: Mapping[str, Any] = config  # what is wrong with it shows below
    with reading():
        own: list[Any] = [layers.get(each) for each in described["layers"]] if held is None else list(held)
        begins: list[Any] = [
            layers.get(each) if isinstance(each, Mapping) else own[each] for each in described["inputs"]
        ]
    try:
        specs = [
            TensorSpec((None, *with_none(first.shape)), first.dtype_of_data, True, first.batch_size) for first in begins
        ]
        inputs = [Tensor(Node(first, (), (spec,))) for first, spec in zip(begins, specs)]
        updates: list[Node] = []
        with making(updates=updates if config.get("within_call") else None):
            tensors = rebuilt(
                config["nodes"], inputs, replace(NOTHING, layer=lambda place: _layer_at(own, place), owner=owner)
            )
        outputs = [told(number, tensors) for number in described["outputs"]]
        return Graph(own, packed(inputs, config["input_form"]), packed(outputs, config["output_form"]), updates)
    except (IndexError, KeyError, StopIteration, AttributeError) as error:
        raise ValueError(f"the description of the model's nodes does not make sense: {error!r}") from None


def inputs_of(config: Mapping[str, object]) -> TensorLike:
    """Tensors like those that a described network begins with, in a structure as there."""
    described: Mapping[str, Any] = config
    held = described["layers"]
    begins: list[Any] = [layers.get(each if isinstance(each, Mapping) else held[each]) for each in described["inputs"]]
    return packed([layers.Input(own.shape, dtype=own.dtype) for own in begins], config["input_form"])


def _layer_at(held: Sequence[Layer], place: object) -> Layer:
    if type(place) is not int or not 0 <= place < len(held):
        raise ValueError(f"there is no layer {place!r}")
    return held[place]
