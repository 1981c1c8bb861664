"""A graph as the doctor sees it: what lies before the last layers in a row is one layer that it does not look into."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

from clarinet.graph import Network, Tensor, adds_loss
from clarinet.layers.base import Layer
from clarinet.trainable import Trainable, model_class
from clarinet.types import AnyTensor, Shape, TensorLike

#: Its name.
INSIDE = "graph"


class Inside(Layer):
    """All of a graph that comes before its last layers in a row.

    Args:
        model: from the graph's input to what those layers take.
    """

    def __init__(self, model: object, name: str = "") -> None:
        super().__init__(name=name)
        self.model: Any = model

    def output_shape(self, input_shape: Shape) -> Shape:
        found: tuple[Shape, ...] = self.model.output_shapes((input_shape,))
        return found[0]

    def call(self, inputs: TensorLike, training: bool | None = None) -> AnyTensor:
        return cast(AnyTensor, self.model(inputs, training=training))


def refuse_graph(model: Trainable) -> None:
    """Refuse a network that is no :class:`clarinet.Sequential`.

    Raises:
        ValueError: it is a graph.
    """
    if not isinstance(model, model_class()):
        raise ValueError(
            f"the doctor follows trainings of, and treats, networks whose layers follow one another, a Sequential; "
            f"{model.name!r} is a graph: examine it with doctor.examine, and look at it with check_gradients, "
            "plots.gradient_flow and glass.trace"
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
    """The layers of a copy of a graph as if they stood in a row, and their numbers in ``model.layers``; what does not
    stand so is one layer, the first, without a number."""
    if isinstance(model, model_class()):
        return [(str(number), layer) for number, layer in enumerate(model.layers) if not layer.prepares]
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
    return [(INSIDE, Inside(make(network.inputs[0], tensor))), *last]


def _alone(tensor: Tensor, users: Counter[Tensor], uses: Counter[int]) -> bool:
    """Whether a layer makes it that takes one tensor, which nothing else takes, and that is used once."""
    node, layer = tensor.node, tensor.node.operator
    if not isinstance(layer, Layer) or layer.is_model or layer.is_authored or layer.merges:
        return False
    single = len(node.inputs) == 1 and len(node.specs) == 1 and node.training is None and tensor.mask is None
    return single and uses[id(layer)] == 1 and users[node.inputs[0]] == 1
