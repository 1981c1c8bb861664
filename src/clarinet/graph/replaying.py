"""Networks that are run again: on other tensors, or on numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, cast

from clarinet.graph.calls import Training, chosen
from clarinet.graph.described import used
from clarinet.graph.forms import is_symbolic, packed
from clarinet.graph.loops import Scan
from clarinet.graph.nodes import Network, Node, Tensor, as_tensor, making
from clarinet.graph.used import AddedLoss, Choice, Constant, Losing, Update
from clarinet.ops.dispatch import apply
from clarinet.ops.operation import Operation
from clarinet.ops.structures import leaves
from clarinet.types import AnyTensor
from clarinet.variables import Variable


def replayed(
    network: Network, inputs: Sequence[AnyTensor], training: object = None, owner: Losing | None = None
) -> list[AnyTensor]:
    """What a network gives for other tensors: on tensors of a network the next ones, on numbers it computes.

    Args:
        network: of operations, weights, constants, layers and models.
        inputs: for each of its inputs.
        training: whether it is as in training; None: as in use on numbers, and as the model does on tensors.
        owner: adds to the loss what the network adds.
    """
    symbolic = is_symbolic(list(inputs))
    known = None if isinstance(training, Training) or (symbolic and training is None) else bool(training)
    found: dict[Tensor, Any] = dict(zip(network.inputs, inputs, strict=True))
    for node in network.nodes:
        if known is None or node.when in (None, known):
            taken = [found.get(tensor) for tensor in node.inputs]
            if isinstance(node.operator, AddedLoss) and owner is not None:
                owner.add_loss(taken[0])
                continue
            with making(when=node.when) if symbolic and known is None and node.when is not None else nullcontext():
                given = _replayed_node(node, taken, symbolic, known)
            for tensor, value in zip(node.results, given, strict=True):
                found[tensor] = value
                if tensor.mask is not None:  # it came along
                    found.setdefault(tensor.mask, getattr(value, "_keras_mask", None))
    return [found[tensor] for tensor in network.outputs]


def _replayed_node(node: Node, taken: list[Any], symbolic: bool, known: bool | None) -> Sequence[Any]:
    operator: Any = node.operator
    if isinstance(operator, Operation):
        found = apply(operator, *taken)
        return found if isinstance(found, tuple) else [found]
    if isinstance(operator, (Variable, Constant)):
        value = operator if isinstance(operator, Variable) else operator.value
        return [as_tensor(value) if symbolic else value]
    if isinstance(operator, Update):
        operator.variable.assign(taken[0])
        return []
    if isinstance(operator, Choice):
        return chosen(taken[:1], taken[1:]) if known is None else taken[:1] if known else taken[1:]
    if isinstance(operator, Scan):
        return operator.applied(taken, lambda given: replayed(operator.body, given, known))
    taken, said = taken[: len(node.data)], taken[-1] if node.mask is not None else None
    if symbolic:
        return used(operator, taken, node.training, node.call, said)
    masked = {} if said is None else {"mask": said}
    training = known if node.training is None else node.training
    if node.call is not None:
        filled: Any = packed(taken, [node.call["args"], node.call["tensors"]])
        given, named = filled
        settings = cast("Mapping[str, object]", node.call["settings"])
        return list(leaves(operator(*given, training=training, **named, **settings)))
    alone = len(taken) == 1 and (operator.is_authored or operator.is_model or not operator.merges)
    return list(leaves(operator(taken[0] if alone else taken, training=training, **masked)))
