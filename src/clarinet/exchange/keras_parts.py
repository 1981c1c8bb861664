"""Models of layers that Keras has: containers, which it has not, become models within."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from clarinet import layers
from clarinet.graph import Tensor
from clarinet.layers import Parallel, Residual
from clarinet.layers.containers import Container
from clarinet.layers.model_classes import MODELS
from clarinet.sizes import probed
from clarinet.trainable import Trainable
from clarinet.types import Shape
from clarinet.variables import Variable

#: The layer that merges as a container does.
_MERGING: dict[str, Callable[..., Callable[..., object]]] = {
    "add": layers.Add,
    "average": layers.Average,
    "concatenate": layers.Concatenate,
    "maximum": layers.Maximum,
    "minimum": layers.Minimum,
    "multiply": layers.Multiply,
    "subtract": layers.Subtract,
}


@dataclass(frozen=True)
class Plain:
    """A model of layers that Keras has.

    Attributes:
        model: the model itself where it has no others, else one that computes the same with copies of its weights.
        _origins: the weights of the first model by those of the copy.
    """

    model: Trainable
    _origins: Mapping[int, Variable]

    def origin(self, variable: Variable) -> Variable:
        """The weight of the first model that this one is a copy of."""
        return self._origins.get(id(variable), variable)


def plain(model: Trainable) -> Plain:
    """The same model of layers that Keras has.

    Args:
        model: built.
    """
    return _plain(model)


def _plain(model: Any) -> Plain:
    if not _has_containers(model):
        return Plain(model, {})
    twin = copy.deepcopy(model)
    origins = {id(own): first for first, own in zip(model.weights, twin.weights, strict=True)}
    return Plain(_plain_model(twin), origins)


def _has_containers(model: Any) -> bool:
    return any(_has_containers(each) if each.is_model else _is_ours(each) for each in model.layers)


def _is_ours(layer: object) -> bool:
    return isinstance(layer, (Residual, Parallel))


def _plain_model(model: Any) -> Any:
    """The model with other layers in the place of containers, in the same order."""
    taken = {id(layer): shape for layer, shape in model._specs(model.layers)}
    held = [_plain_layer(layer, taken[id(layer)]) for layer in model.layers]
    return type(model).from_structure(model.structure_config(), held)


def _plain_layer(layer: Any, shape: Shape) -> Any:
    if layer.is_model:
        return _plain_model(layer) if _has_containers(layer) else layer
    if not _is_ours(layer):
        return layer
    begin = layers.Input(probed(shape))
    return MODELS["Model"](begin, _called(layer, begin), name=layer.name)


def _called(container: Container, begin: Tensor) -> object:
    """What a container gives, of calls of the layers in it."""
    ends = []
    for chain in container.chains():
        tensor: Any = begin
        for layer in chain:
            tensor = _called(layer, tensor) if isinstance(layer, (Residual, Parallel)) else layer(tensor)
        ends.append(tensor)
    merging = container.merging()
    if len(ends) == 1:
        return ends[0]
    axis = {"axis": merging.axis} if merging.merge == "concatenate" else {}
    return _MERGING[merging.merge](**axis)(ends)
