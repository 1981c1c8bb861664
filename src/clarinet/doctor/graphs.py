"""A graph as the doctor sees it: what lies before the last layers in a row is one layer that it does not look into."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from math import prod
from typing import Any, Self, cast

from clarinet import ops
from clarinet.graph import Network, Tensor, adds_loss
from clarinet.layers import Input, Layer
from clarinet.trainable import Trainable, model_class
from clarinet.types import AnyTensor, Shape, TensorLike


class Inside(Layer):
    """All of a graph before its last layers in a row, and all of a row up to its last model or layer with a ``call``.

    Args:
        model: from the graph's input to what those layers take.
    """

    def __init__(self, model: object, name: str = "") -> None:
        super().__init__(name=name)
        self.model: Any = model

    def output_shape(self, input_shape: Shape) -> Shape:
        several = input_shape[:1] and isinstance(input_shape[0], tuple)  # of all that it takes, as models ask
        found: tuple[Shape, ...] = self.model.output_shapes(tuple(input_shape) if several else (input_shape,))
        return found[0]

    def detached(self) -> Self:
        return type(self)(self.model.detached(), self.name)

    def begin_with(self, seed: int) -> None:
        """Draw first values that nobody has read yet by this seed."""
        for model in (*self.model.models_within(), self.model):
            model.seed = seed

    @property
    def within(self) -> list[str]:
        """The names of the layers in it."""
        return [layer.name for layer in self.model.layers if not layer.is_input]

    def call(self, inputs: TensorLike, training: bool | None = None) -> AnyTensor:
        return cast(AnyTensor, self.model(inputs, training=training))


class SideBySide(Inside):
    """A graph whose inputs come beside one another, in the columns of one array.

    Args:
        model: from the inputs to one tensor.
        shapes: of one sample of each input.
    """

    def __init__(self, model: object, shapes: Sequence[Shape], name: str = "") -> None:
        super().__init__(model, name)
        self.shapes = [tuple(shape) for shape in shapes]

    def output_shape(self, input_shape: Shape) -> Shape:
        found: tuple[Shape, ...] = self.model.output_shapes(tuple(self.shapes))
        return found[0]

    def detached(self) -> Self:
        return type(self)(self.model.detached(), self.shapes, self.name)

    def call(self, inputs: TensorLike, training: bool | None = None) -> AnyTensor:
        columns: Any = inputs
        ends = [*accumulate(map(prod, self.shapes), initial=0)]
        parts = (columns[:, first:stop] for first, stop in pairwise(ends))
        given = [
            ops.cast(ops.reshape(part, (-1, *shape)), tensor.dtype)
            for part, shape, tensor in zip(parts, self.shapes, self.model.inputs, strict=True)
        ]
        return cast(AnyTensor, self.model(given, training=training))


def has_several(model: Trainable) -> bool:
    """Whether a graph has several inputs or outputs."""
    return not isinstance(model, model_class()) and max(len(model.network.inputs), len(model.network.outputs)) > 1


def not_examined(model: Trainable) -> str:
    """Why the rules that look at programs do not look at a graph; empty where they do."""
    if isinstance(model, model_class()):
        return ""
    if model.prepares_data:
        return "in which layers prepare the data: run these layers on the data first, and examine the rest"
    if adds_loss(model.network):
        return (
            "in which layers add to the loss: examine its parts one by one, and look at it with check_gradients, "
            "plots.gradient_flow and glass.trace"
        )
    return ""


def refuse_unexamined(model: Trainable) -> None:
    """Refuse a graph in which layers prepare the data or add to the loss.

    Raises:
        ValueError: it is such a graph.
    """
    if why := not_examined(model):
        raise ValueError(f"the doctor does not examine graphs such as {model.name!r}, {why}")


def in_a_row(model: Trainable) -> Sequence[tuple[str, Layer]]:
    """The layers of a copy of a model as if they stood in a row, with their numbers in ``model.layers``; what does not
    stand so is one layer, the first, without a number.

    Weights are shared with the model where it is such a row.
    """
    if isinstance(model, model_class()):
        return _behind_models(model)
    clone: Any = copy.deepcopy(model)
    network: Network = clone.network
    tensor, last = row_before(network.outputs[0], clone)
    if tensor in set(network.inputs):
        return last
    make: Callable[..., object] = model_class("Model")
    return [("", Inside(make(network.inputs[0], tensor))), *last]


def row_before(output: Tensor, model: Trainable) -> tuple[Tensor, list[tuple[str, Layer]]]:
    """The last layers in a row before an output, with their numbers in ``model.layers``, and the tensor that the first
    of them takes."""
    network: Network = model.network
    users = Counter([*(tensor for node in network.nodes for tensor in node.inputs), *network.outputs])
    uses = Counter(id(node.operator) for node in network.nodes)
    numbers = {id(layer): str(number) for number, layer in enumerate(model.layers)}
    tensor, last = output, list[tuple[str, Layer]]()
    while tensor not in set(network.inputs) and users[tensor] == 1 and _alone(tensor, uses):
        layer = cast(Layer, tensor.node.operator)
        last.insert(0, (numbers[id(layer)], layer))
        (tensor,) = tensor.node.inputs
    return tensor, last


def _behind_models(model: Trainable) -> Sequence[tuple[str, Layer]]:
    """Layers in a row, where the last model or layer with a ``call`` among them and all before it are one layer."""
    opaque = [layer.is_model or layer.is_authored for layer in model.layers]
    layers = [*(copy.deepcopy(model) if any(opaque) else model).layers]
    row = [(str(number), layer) for number, layer in enumerate(layers) if not layer.prepares]
    behind = max((place for place, (_, layer) in enumerate(row, 1) if layer.is_model or layer.is_authored), default=0)
    if not behind:
        return row
    make: Callable[..., object] = model_class()
    return [("", Inside(make([layer for _, layer in row[:behind]]))), *row[behind:]]


def as_it_was(model: Trainable) -> Trainable:
    """A model of layers in a row, of which one stands for a graph or for several layers, with these in its place; the
    weights are its own."""
    inside = next((layer for layer in model.layers if isinstance(layer, Inside)), None)
    if inside is None:
        return model
    if isinstance(inside.model, model_class()):
        own: list[Any] = [*model.layers]
        parts = (layer.model.layers if isinstance(layer, Inside) else [layer] for layer in own)
        made = model_class()([layer for part in parts for layer in part])
        made.build((None, *(model.sample_shape or ())))
    else:
        made = _graph_of(model)
    made.compile(model.optimizer, model.loss, *map(list, model._metrics), dtype=model.dtype, target=model.target)
    made.history = model.history
    return made


def _graph_of(model: Trainable) -> Trainable:
    layers: list[Any] = [*model.layers]
    make = cast(Callable[..., Trainable], model_class("Model"))
    tensor: Any = Input(model.sample_shape)
    inputs = tensor
    if isinstance(layers[0], Inside):
        inside = layers.pop(0).model
        (inputs,), (tensor,) = inside.network.inputs, inside.network.outputs
    for layer in layers:
        tensor = layer.model(tensor) if isinstance(layer, Inside) else layer(tensor)
    return make(inputs, tensor)


def _alone(tensor: Tensor, uses: Counter[int]) -> bool:
    """Whether a layer makes it that takes one tensor, and that is used once."""
    node, layer = tensor.node, tensor.node.operator
    if not isinstance(layer, Layer) or layer.is_model or layer.is_authored or layer.merges:
        return False
    single = len(node.inputs) == 1 and len(node.specs) == 1 and node.training is None and tensor.mask is None
    return single and uses[id(layer)] == 1
