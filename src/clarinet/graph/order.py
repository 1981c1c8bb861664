"""In which order nodes come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from clarinet.graph.nodes import Network, Node, Tensor
from clarinet.graph.used import AddedLoss


def ordered(outputs: Iterable[Tensor], inputs: Iterable[Tensor]) -> list[Node]:
    """The nodes between inputs and outputs, each after those whose tensors it takes.

    The order is Keras's, which weights are listed in: a node's depth is the longest way from it to an output; deep
    nodes come first, and all nodes of a layer count as its deepest. Nodes of one depth come in the order in which a
    walk back from the outputs first meets their layers. Masks that come along with tensors do not count.

    Args:
        outputs, inputs: of the network.

    Raises:
        ValueError: an output needs an input that is not among the inputs.
    """
    ends, outputs = {tensor.node for tensor in inputs}, list(outputs)
    walk = _walk(outputs, ends)
    depths: dict[Node, int] = {}
    deepest: dict[int, int] = {}  # by operator
    met: dict[int, int] = {}
    for node in walk.first_met:
        met.setdefault(id(node.operator), len(met))
    for node in reversed(walk.finished):
        depth = max(depths.get(node, 0), deepest.get(id(node.operator), 0))
        depths[node] = deepest[id(node.operator)] = depth
        for tensor in () if node in ends or node.is_mask else node.inputs[: len(node.inputs) - node.brought]:
            depths[tensor.node] = max(depth + 1, depths.get(tensor.node, 0))
    for node in ends:
        depths.setdefault(node, 0)
        met.setdefault(id(node.operator), len(met))
    wanted = sorted(depths, key=lambda node: (-depths[node], met[id(node.operator)], node.number))
    return _masks_in_time(wanted) if any(node.is_mask for node in wanted) else wanted


def _masks_in_time(nodes: Sequence[Node]) -> list[Node]:
    """The same nodes, those that find out masks just before the first that takes what they give."""
    placed: dict[Node, None] = {}
    for node in sorted(nodes, key=lambda node: node.is_mask):
        stack = [node]
        while stack:
            missing = [t.node for t in stack[-1].inputs if t.node.is_mask and t.node not in placed]
            if missing:
                stack += missing
            else:
                placed.setdefault(stack.pop())
    return [*placed]


@dataclass(frozen=True)
class _Walk:
    """Nodes in the order in which a walk back from the outputs meets them, and in which it is done with them."""

    first_met: list[Node]
    finished: list[Node]


def _walk(outputs: Sequence[Tensor], ends: set[Node]) -> _Walk:
    walk, seen = _Walk([], []), set[Node]()
    for output in outputs:
        stack: list[tuple[Node, Iterator[Tensor]]] = []
        _enter(output.node, ends, seen, walk, stack)
        while stack:  # no recursion: networks may be deep
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                walk.finished.append(node)
                stack.pop()
            else:
                _enter(following.node, ends, seen, walk, stack)
    return walk


def _enter(
    node: Node, ends: set[Node], seen: set[Node], walk: _Walk, stack: list[tuple[Node, Iterator[Tensor]]]
) -> None:
    if node in seen:
        return
    if node.is_input and node not in ends:
        which = repr(node.operator.name) if node.operator.name else f"of shape {node.outputs[0].shape}"
        raise ValueError(
            f"the outputs depend on the input {which}, which is not among the model's inputs; add it to "
            "Model(inputs=[...])"
        )
    seen.add(node)
    walk.first_met.append(node)
    stack.append((node, iter(node.inputs if node not in ends else ())))


def adds_loss(network: Network) -> bool:
    """Whether something in a network adds to the loss."""
    kinds = ("inner_network", "body")
    each = ((node.inner, *(getattr(node.operator, kind, None) for kind in kinds)) for node in network.nodes)
    within = (inner for found in each for inner in found)
    own = any(isinstance(node.operator, AddedLoss) for node in network.nodes)
    return own or any(inner is not None and adds_loss(inner) for inner in within)


def made_of(outputs: Sequence[Tensor], inputs: Sequence[Tensor], more: Sequence[Node] = ()) -> tuple[Node, ...]:
    """The nodes that outputs need, and more nodes, but for the inputs', in the order in which they were made."""
    ends, waiting = {tensor.node for tensor in inputs}, [*(tensor.node for tensor in outputs), *more]
    found: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node not in found and node not in ends:
            found.add(node)
            waiting += [tensor.node for tensor in node.inputs]
    return tuple(sorted(found, key=lambda node: node.number))


def sources_of(tensor: Tensor) -> list[Tensor]:
    """The tensors that a network begins with, of one of its tensors, in the order in which a walk back meets them."""
    found: list[Tensor] = []
    seen, waiting = set[Tensor](), [tensor]
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        if not each.node.inputs:
            found.append(each)
        waiting += reversed(each.node.inputs)
    return found


def network_of(
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    more: Sequence[Node] = (),
    masks: Sequence[Tensor | None] | None = None,
) -> Network:
    """The network of all that is needed for some outputs, in the order in which it was made.

    Args:
        inputs, outputs: of the network.
        more: nodes that are needed as well.
        masks: tensors that are needed as well, or None; default: the masks of the outputs.
    """
    masks = [tensor.mask for tensor in outputs] if masks is None else masks
    needed = (*outputs, *(mask for mask in masks if mask is not None))
    return Network(made_of(needed, inputs, more), tuple(inputs), tuple(outputs))
