"""How a plan is made: networks are taken apart into elementary operations, and losses absorb the last activations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from clarinet import losses as losses_module
from clarinet.layers.handle import Handle
from clarinet.layers.places import first_places
from clarinet.laying import How, Laying, Loops, Where, places_of_weights
from clarinet.params import Layout, Segment, Store
from clarinet.plan import Op, Output, Plan
from clarinet.sizes import is_unknown, known
from clarinet.splitting import split_off
from clarinet.types import Shape

if TYPE_CHECKING:
    from clarinet.graph import Network
    from clarinet.losses import Loss
    from clarinet.metrics import Metric
    from clarinet.optimizers import Optimizer


@dataclass(frozen=True)
class Judgement:
    """How an output is to be judged: what ``compile`` said of it."""

    loss: Loss | None = None
    weight: float = 1.0
    metrics: Sequence[Metric] = ()
    weighted_metrics: Sequence[Metric] = ()
    name: str = ""
    label_shape: Shape | None = None


def make_plan(
    network: Network,
    layers: Sequence[Handle],
    store: Store,
    *,
    judgements: Sequence[Judgement] | None = None,
    optimizer: Optimizer | None = None,
    seed: int = 0,
    shapes: Mapping[int, Shape] | None = None,
    unrolls: bool = False,
) -> Plan:
    """Split a network into elementary operations and let losses absorb the last activations where that is exact.

    Args:
        network: the nodes.
        layers: what the weights in ``store`` are numbered by.
        store: the weights.
        judgements: one for each output; default: none is trained on.
        optimizer, seed: of training.
        shapes: of one sample of tensors that the plan begins with, by their keys (``Split.keys``); default: as the
            network says, where some sizes may not be known.
        unrolls: whether the rounds of loops stand one behind the other.

    Raises:
        ValueError: a loop has too many rounds for that.
    """
    given = shapes or {}
    begins = [given.get(number, tensor.sample_shape) for number, tensor in enumerate(network.inputs)]
    variables = places_of_weights(layers)
    laying = Laying([*begins], _named(layers, store), store, Loops(unrolls), variables, given=given, begins=len(begins))
    numbers = {id(layer): Where(index) for index, layer in enumerate(layers)}
    found = laying.walk(network, range(len(network.inputs)), numbers, How())
    results = [found[tensor] for tensor in network.outputs]
    judged = judgements or [Judgement() for _ in results]
    masks = [None if tensor.mask is None else found[tensor.mask] for tensor in network.outputs]
    split = split_off(laying.ops, begins, (*results, *(mask for mask in masks if mask is not None)))
    begins = [laying.shapes[number] for number in split.begins]
    results = [split.moved[number] for number in results]
    masks = [None if number is None else split.moved[number] for number in masks]
    every = [*begins, *(op.output_shape for op in split.ops)]
    kept, outputs = _absorbed(split.ops, results, judged, len(begins), every, masks)
    segments = tuple(s for op in kept for s in op.weights)
    return Plan(
        tuple(kept),
        tuple(begins),
        tuple(outputs),
        optimizer,
        Layout(segments, store.layout.size),
        store.state_layout,
        seed,
        store.dtype,
        partial(_again, network, layers, store, judgements, optimizer, seed, split.keys)
        if laying.loops.found or not all(map(known, begins))
        else None,
        loops=laying.loops.found and not unrolls,
        preparation=split.preparation,
    )


def _again(
    network: Network,
    layers: Sequence[Handle],
    store: Store,
    judgements: Sequence[Judgement] | None,
    optimizer: Optimizer | None,
    seed: int,
    keys: Sequence[int],
    input_shapes: Sequence[Shape],
    unrolls: bool,
) -> Plan:
    """The same plan for inputs of other sizes, or without loops."""
    return make_plan(
        network,
        layers,
        store,
        judgements=judgements,
        optimizer=optimizer,
        seed=seed,
        shapes=dict(zip(keys, input_shapes, strict=True)),
        unrolls=unrolls,
    )


def _named(layers: Sequence[Handle], store: Store) -> dict[tuple[int, str], Segment]:
    """The segment of every weight, by the number of each layer that has it and the weight's name there."""
    layouts = store.layout, store.state_layout
    found = {(s.layer, s.name): s for layout in layouts for s in layout.segments}
    for (number, prefix), first in first_places(layers).items():
        for s in (s for layout in layouts for s in layout.of_layer(*first)):
            found[number, prefix + s.name.removeprefix(first[1])] = s
    return found


def _found(size: int, other: int) -> int:
    return other if is_unknown(size) else size


def _check_mask(name: str, shape: Shape, mask: Shape) -> None:
    """Refuse a mask that does not go with the values of an output."""
    if mask != shape[: len(mask)] or len(mask) >= max(len(shape), 1):
        which = f"output {name!r}" if name else "the output"
        raise ValueError(
            f"a mask of shape {(None, *mask)} came along to {which} of shape {(None, *shape)}, and its losses are of "
            f"shape {(None, *shape[:-1])}: end it before, e.g. with GlobalAveragePooling1D, or a layer that gives the "
            "last step alone"
        )


def _absorbed(
    ops: list[Op],
    results: Sequence[int],
    judged: Sequence[Judgement],
    inputs: int,
    shapes: Sequence[Shape],
    masks: Sequence[int | None],
) -> tuple[list[Op], list[Output]]:
    """The operations without the activations that losses absorb, and the outputs.

    A loss absorbs an activation only if nothing else reads what that gives.
    """
    read = Counter(source for op in ops for source in (*op.sources, op.mask)) + Counter((*results, *masks))
    outputs: list[Output] = []
    gone: dict[int, int] = {}  # operation: output that absorbs it
    for number, (tensor, judgement) in enumerate(zip(results, judged, strict=True)):
        op = ops[tensor - inputs] if tensor >= inputs else None
        loss, own = judgement.loss, op.spec.pure_activation if op is not None else None
        fused = None if loss is None or own is None or read[tensor] > 1 else losses_module.absorb(own, loss)
        if op is not None and fused is not None:
            loss, gone[op.index] = fused, number
        metrics, weighted = tuple(judgement.metrics), tuple(judgement.weighted_metrics)
        own_weight, labels, mask = judgement.weight, judgement.label_shape, masks[number]
        shape, name = shapes[tensor], judgement.name
        labels = None if labels is None else tuple(map(_found, labels, (*shape, *labels[len(shape) :])))
        if mask is not None and (loss is not None or metrics or weighted):
            _check_mask(name, shape, shapes[mask])
        outputs.append(Output(tensor, shape, None, loss, own_weight, metrics, weighted, name, labels, mask))
    kept = [op for op in ops if op.index not in gone]
    moved = {number: number for number in range(inputs)} | {op.index + inputs: i + inputs for i, op in enumerate(kept)}

    def renumbered(op: Op, index: int) -> Op:
        sources = tuple(moved[source] for source in op.sources)
        return replace(op, index=index, sources=sources, mask=None if op.mask is None else moved[op.mask])

    for index, number in gone.items():
        activation = renumbered(ops[index], len(kept) + number)
        outputs[number] = replace(outputs[number], tensor=activation.sources[0], activation=activation)
    outputs = [o if o.activation is not None else replace(o, tensor=moved[o.tensor]) for o in outputs]
    outputs = [o if o.mask is None else replace(o, mask=moved[o.mask]) for o in outputs]
    return [renumbered(op, i) for i, op in enumerate(kept)], outputs
