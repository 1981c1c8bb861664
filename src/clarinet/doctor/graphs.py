"""A graph as the doctor sees it: what lies before the last layers in a row is one layer that it does not look into."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Self, cast

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


def refuse_graph(model: Trainable) -> None:
    """Refuse a network whose layers do not follow one another, as those of a :class:`clarinet.Sequential` do.

    Raises:
        ValueError: it is a graph.
    """
    if not isinstance(model, model_class()):
        raise ValueError(
            "the doctor follows trainings of networks whose layers follow one another, a Sequential; "
            f"{model.name!r} is a graph: examine it with doctor.examine, treat it with doctor.treat, and look at it "
            "with check_gradients, plots.gradient_flow and glass.trace"
        )


def refuse_several(model: Trainable) -> None:
    """Refuse a graph with several inputs or outputs, or one that adds to its loss.

    Raises:
        ValueError: it is such a graph.
    """
    if isinstance(model, model_class()):
        return
    network: Network = model.network
    adds = adds_loss(network)
    if model.prepares_data:
        raise ValueError(
            f"the doctor does not examine graphs in which layers prepare the data, such as {model.name!r}: run these "
            "layers on the data first, and examine the rest"
        )
    if len(network.inputs) > 1 or len(network.outputs) > 1 or adds:
        raise ValueError(
            f"the doctor examines networks with one input, one output and one loss; {model.name!r} has "
            f"{len(network.inputs)} inputs and {len(network.outputs)} outputs"
            f"{', and layers that add to the loss' if adds else ''}: examine its parts one by one, and "
            "look at it with check_gradients, plots.gradient_flow and glass.trace"
        )


def in_a_row(model: Trainable) -> Sequence[tuple[str, Layer]]:
    """The layers of a copy of a model as if they stood in a row, with their numbers in ``model.layers``; what does not
    stand so is one layer, the first, without a number.

    Weights are shared with the model where it is such a row.
    """
    if isinstance(model, model_class()):
        return _behind_models(model)
    clone: Any = copy.deepcopy(model)
    network: Network = clone.network
    users = Counter(tensor for node in network.nodes for tensor in node.inputs)
    uses = Counter(id(node.operator) for node in network.nodes)
    numbers = {id(layer): str(number) for number, layer in enumerate(clone.layers)}
    (tensor,), last = network.outputs, list[tuple[str, Layer]]()
    while tensor not in network.inputs and _alone(tensor, users, uses):
        layer = cast(Layer, tensor.node.operator)
        last.insert(0, (numbers[id(layer)], layer))
        (tensor,) = tensor.node.inputs
    if tensor in network.inputs:
        return last
    make: Callable[..., object] = model_class("Model")
    return [("", Inside(make(network.inputs[0], tensor))), *last]


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


def _alone(tensor: Tensor, users: Counter[Tensor], uses: Counter[int]) -> bool:
    """Whether a layer makes it that takes one tensor, which nothing else takes, and that is used once."""
    node, layer = tensor.node, tensor.node.operator
    if not isinstance(layer, Layer) or layer.is_model or layer.is_authored or layer.merges:
        return False
    single = len(node.inputs) == 1 and len(node.specs) == 1 and node.training is None and tensor.mask is None
    return single and uses[id(layer)] == 1 and users[node.inputs[0]] == 1
