"""Layers and models that are called on tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from clarinet.graph.calls import Training
from clarinet.graph.forms import flatten
from clarinet.graph.masks import Masks, arguments, layer_node, of_network
from clarinet.graph.nodes import Network, Node, Operator, Tensor, making
from clarinet.graph.order import network_of
from clarinet.graph.used import Update
from clarinet.ops.shapes import AcrossBatch, AsRows, AsWhole
from clarinet.ops.specs import TensorSpec
from clarinet.sizes import PROBES, inferred, known, probed, with_none
from clarinet.types import Shape


def use(operator: Operator, inputs: Sequence[Tensor], training: bool | None = None, mask: object = None) -> Node:
    """The node of a layer or model that is called on tensors.

    Args:
        operator: what is called.
        inputs: the tensors.
        training: whether it behaves as in training.
        mask: which steps of the inputs count, for layers that look at it; default: what came along with the inputs.

    Raises:
        ValueError: the tensors' shapes do not fit.
    """
    training = None if isinstance(training, Training) else training
    if not all(tensor.spec.batched for tensor in inputs):
        return _on_whole(operator, inputs, training, mask)
    if operator.is_authored:
        return _authored(operator, inputs, training, mask)
    shapes = _shapes(operator, tuple(tensor.sample_shape for tensor in inputs))
    specs = tuple(
        TensorSpec((None, *with_none(shape)), operator.output_dtype, True, inputs[0].spec.rows) for shape in shapes
    )
    if operator.inner_network is not None:
        node = _model_node(operator, inputs, specs, training)
    else:
        node = layer_node(operator, inputs, specs, training, mask)
    operator.note(node)
    return node


def _shapes(operator: Operator, taken: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The shapes of what a layer or model gives.

    Raises:
        ValueError: they do not fit, or weights depend on a size that is not known.
    """
    layer = cast(Any, operator)
    if layer.is_model or all(map(known, taken)):
        return operator.output_shapes(taken)
    found = inferred(operator.output_shapes, taken)
    each = [tuple(probed(shape, size) for shape in taken) for size in PROBES]
    few, more = ([weight.shape for weight in layer.weight_specs(own if layer.merges else own[0])] for own in each)
    if few != more:
        raise ValueError(
            f"{operator.name or type(operator).__name__}: the sizes of its weights follow from one that is not known: "
            f"it takes {', '.join(str((None, *shape)) for shape in taken)}; give Input that size, or add up or pool "
            "over the axis before"
        )
    return found


def _on_whole(operator: Operator, inputs: Sequence[Tensor], training: bool | None, mask: object) -> Node:
    """The node where tensors have no rows of the batch, such as the numbers of the steps: their first axis is taken
    for rows.

    Raises:
        ValueError: one has no axis, only some of them have rows, or several tensors are given.
    """
    if any(tensor.spec.batched for tensor in inputs):
        inputs = [_rows_again(tensor) for tensor in inputs]
        if getattr(operator, "spreads", operator.inner_network is not None):
            first = next(tensor for tensor in inputs if tensor.spec.batched)
            inputs = [_for_each_row(tensor, first) for tensor in inputs]
        if all(tensor.spec.batched for tensor in inputs):
            return use(operator, inputs, training, mask)
    sizes = {tensor.shape[0] for tensor in inputs if tensor.shape and not tensor.spec.batched}
    if len(sizes) > 1 or any(tensor.spec.batched or not tensor.shape for tensor in inputs):
        raise ValueError(
            f"{operator.name or type(operator).__name__}: called on {', '.join(map(repr, inputs))}, of which some have "
            "no rows of the batch; ops.broadcast_to gives them some, or use functions of clarinet.ops"
        )
    rows = [_as_rows(tensor) for tensor in inputs]
    outputs = use(operator, rows, training, mask).outputs
    if len(outputs) > 1:
        raise ValueError(f"{operator.name}: gives several tensors, of which each needs rows of the batch")
    joined = {tensor.spec.per for tensor in inputs}
    whole = AsWhole(sizes.pop(), joined.pop() if len(joined) == 1 else None)
    own = outputs[0].spec
    if any(tensor.spec.tried for tensor in inputs):  # how many rows they were taken for is known better
        guesses = zip(inputs[0].spec.guessed(), own.guessed(), strict=True)
        tried = tuple(None if a is None or b is None else (a.shape[0], *b.shape[1:]) for a, b in guesses)
        own = replace(own, tried=tried)
    return Node(whole, outputs, (whole.infer([own]),))


def _as_rows(tensor: Tensor) -> Tensor:
    return Node(AsRows(), (tensor,), (AsRows().infer([tensor.spec]),)).outputs[0]


def _rows_again(tensor: Tensor) -> Tensor:
    """A tensor whose rows of the batch were moved by operations and stand in front again, as rows; others as they are.

    ``ops.stack`` of two outputs moves them behind its axis, and ``stacked[0]`` has them in front.
    """
    spec = tensor.spec
    moved = not spec.batched and spec.shape[:1] == (None,) and spec.per in (None, 1)
    return _as_rows(tensor) if moved else tensor


def _for_each_row(tensor: Tensor, rows: Tensor) -> Tensor:
    """A tensor of one row as that of every row of a batch; others as they are."""
    if tensor.spec.batched or tensor.shape[:1] != (1,):
        return tensor
    return cast(Tensor, tensor.apply(AcrossBatch(tuple(tensor.shape[1:])), (tensor, rows)))


def _authored(operator: Operator, inputs: Sequence[Tensor], training: bool | None, mask: object) -> Node:
    call: Any = operator
    settings = {} if mask is None else {"mask": mask}
    return flatten(call(inputs[0] if len(inputs) == 1 else list(inputs), training=training, **settings))[0].node


def _model_node(model: Any, inputs: Sequence[Tensor], specs: tuple[TensorSpec, ...], training: bool | None) -> Node:
    """The node of a model; masks go into its network, and come out of it."""
    came = tuple(tensor.mask for tensor in inputs)
    network: Network = model.inner_network
    if not any(mask is not None for mask in came) and not network.masks:
        return Node(model, tuple(inputs), specs, training)
    inner = with_masks(network, [tensor.spec for tensor in inputs], came)
    return of_network(model, inputs, inner, tuple(tensor.mask for tensor in inner.outputs), training, specs)


def with_masks(network: Network, specs: Sequence[TensorSpec], masks: Masks) -> Network:
    """A network as it is where masks come along with its inputs; these are inputs of it, too.

    Args:
        network: as it is without.
        specs: of its inputs.
        masks: of each of them, outside of the network.
    """
    if not any(mask is not None for mask in masks):
        return network
    own, inside = arguments(specs, masks)
    found: dict[Tensor, Tensor] = dict(zip(network.inputs, own, strict=True))
    updates = []
    for node in network.nodes:
        made = _again(node, found)
        found.update(zip(node.results, made.results, strict=True))
        for before, now in zip(node.results, made.results, strict=True):
            if before.mask is not None and now.mask is not None:
                found.setdefault(before.mask, now.mask)
        updates += [made] if isinstance(node.operator, Update) else []
    return network_of((*own, *inside), [found[tensor] for tensor in network.outputs], updates)


def _again(node: Node, found: dict[Tensor, Tensor]) -> Node:
    """A node that takes other tensors in the place of its own, and their masks."""
    operator: Any = node.operator
    several = len(node.data) > 1
    if not hasattr(operator, "inner_network") or (operator.is_authored and several):
        return node.again(tuple(found[tensor] for tensor in node.inputs))
    with making(when=node.when, updates=[] if node.within_call else None):
        mask = None if node.mask is None else found[node.mask]
        return use(operator, [found[tensor] for tensor in node.data], node.training, mask)
