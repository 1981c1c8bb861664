"""A graph as the doctor sees it: what lies before the last layers in a row is one layer that it does not look into."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.report import Report
from clarinet.graph import Network, Tensor, adds_loss
from clarinet.layers.base import Layer
from clarinet.trainable import Trainable, model_class
from clarinet.types import AnyTensor, Shape, TensorLike

#: Its name.
_INSIDE = "graph"


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

    def call(self, x: TensorLike) -> AnyTensor:  # type: ignore[override]
        return cast(AnyTensor, self.model(x))


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
    network: Network = model.network
    adds = adds_loss(network)
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
        return [(str(number), layer) for number, layer in enumerate(model.layers)]
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
    return [(_INSIDE, Inside(make(network.inputs[0], tensor))), *last]


def of_graph(report: Report, layers: Sequence[Layer]) -> Report:
    """A report with the numbers that layers have in the graph, and a hint that names those not looked into."""
    if all(layer.name == str(number) for number, layer in enumerate(layers)):
        return report
    places = {f"layer:{number}": f"layer:{layer.name}" for number, layer in enumerate(layers)}
    places["layer:0"] = places["layer:0"] if layers[0].name != _INSIDE else "model"

    def numbered(text: str) -> str:
        return re.sub(r"\blayer (\d+)\b", lambda m: places.get(f"layer:{m[1]}", m[0]).replace(":", " "), text)

    found = [
        replace(finding, where=places.get(finding.where, finding.where), summary=numbered(finding.summary))
        for finding in report.findings
    ]
    return replace(report, findings=(*found, *_not_looked_at(layers)))


def _alone(tensor: Tensor, users: Counter[Tensor], uses: Counter[int]) -> bool:
    """Whether a layer makes it that takes one tensor, which nothing else takes, and that is used once."""
    node, layer = tensor.node, tensor.node.operator
    if not isinstance(layer, Layer) or layer.is_model or layer.is_authored or layer.merges:
        return False
    single = len(node.inputs) == 1 and len(node.specs) == 1 and node.training is None and tensor.mask is None
    return single and uses[id(layer)] == 1 and users[node.inputs[0]] == 1


def _not_looked_at(layers: Sequence[Layer]) -> list[Finding]:
    """A hint that names the layers that were not looked into."""
    inside = [layer for layer in layers if isinstance(layer, Inside)]
    if not inside:
        return []
    names = ", ".join(layer.name for layer in inside[0].model.layers if not layer.is_input)
    return [
        Finding(
            "not_examined",
            "model",
            "hint",
            1.0,
            f"inside the graph these layers were not looked at: {names}",
            "The doctor looks at the data, the loss, the optimizer and the last layers in a row, and it trains copies "
            "of the whole graph. Rules on single layers need layers that follow one another.",
            {"layers": names},
            Remedy("nothing is wrong with this; look inside with glass.trace and plots.gradient_flow"),
        )
    ]
