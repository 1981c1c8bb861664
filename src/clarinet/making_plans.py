"""How a plan is made: networks are taken apart into elementary operations, and losses absorb the last activations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from clarinet import losses as losses_module
from clarinet.layers.applied import parts_of
from clarinet.layers.base import Layer, Part
from clarinet.layers.handle import Handle
from clarinet.layers.parts import taken_apart
from clarinet.layers.places import first_places
from clarinet.params import Layout, Segment, Store, Weight
from clarinet.plan import Op, Output, Plan
from clarinet.sizes import inferred, is_unknown, known, probed
from clarinet.types import Shape

if TYPE_CHECKING:
    from clarinet.graph import Network, Node, Tensor
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
    layers: Sequence[Layer],
    store: Store,
    *,
    judgements: Sequence[Judgement] | None = None,
    optimizer: Optimizer | None = None,
    seed: int = 0,
    input_shapes: Sequence[Shape] | None = None,
) -> Plan:
    """Split a network into elementary operations and let losses absorb the last activations where that is exact.

    Args:
        network: the nodes.
        layers: what the weights in ``store`` are numbered by.
        store: the weights.
        judgements: one for each output; default: none is trained on.
        optimizer, seed: of training.
        input_shapes: of one sample of each input; default: as the network says, where some sizes may not be known.
    """
    begins = [t.sample_shape for t in network.inputs] if input_shapes is None else list(input_shapes)
    laying = _Laying([*begins], _named(layers, store))
    numbers = {id(layer): _Where(index) for index, layer in enumerate(layers)}
    found = laying.walk(network, range(len(network.inputs)), numbers, _How())
    ops, shapes = laying.ops, laying.shapes
    results = [found[tensor] for tensor in network.outputs]
    judged = judgements or [Judgement() for _ in results]
    masks = [None if tensor.mask is None else found[tensor.mask] for tensor in network.outputs]
    kept, outputs = _absorbed(ops, results, judged, len(network.inputs), shapes, masks)
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
        None if all(map(known, begins)) else partial(_again, network, layers, store, judgements, optimizer, seed),
    )


def _again(
    network: Network,
    layers: Sequence[Layer],
    store: Store,
    judgements: Sequence[Judgement] | None,
    optimizer: Optimizer | None,
    seed: int,
    input_shapes: Sequence[Shape],
) -> Plan:
    """The same plan for inputs of other sizes."""
    return make_plan(
        network, layers, store, judgements=judgements, optimizer=optimizer, seed=seed, input_shapes=input_shapes
    )


def _named(layers: Sequence[Handle], store: Store) -> dict[tuple[int, str], Segment]:
    """The segment of every weight, by the number of each layer that has it and the weight's name there."""
    layouts = store.layout, store.state_layout
    found = {(s.layer, s.name): s for layout in layouts for s in layout.segments}
    for (number, prefix), first in first_places(layers).items():
        for s in (s for layout in layouts for s in layout.of_layer(*first)):
            found[number, prefix + s.name.removeprefix(first[1])] = s
    return found


class _How(NamedTuple):
    """What is true of all operations of a network: as in :class:`Op`, and whether what it is within is trained."""

    trainable: bool = True
    training: bool | None = None
    when: bool | None = None
    by_default: bool | None = None

    def of(self, node: Node) -> _How:
        """The same of a node within: what is said further out goes first."""
        insists = node.training if node.within_call else None
        asks = None if node.within_call else node.training
        return _How(
            self.trainable,
            insists if self.training is None else self.training,
            node.when if self.when is None else self.when,
            asks if self.by_default is None else self.by_default,
        )


class _Where(NamedTuple):
    """Where the weights of a layer are: in which of the model's layers, and what their names begin with there."""

    layer: int
    prefix: str = ""


def _within(layer: Handle, where: _Where) -> dict[int, _Where]:
    """The same for the layers within a layer, and for the weights that are its own, by their identities."""
    found = {}
    for number, child in enumerate(layer.children):
        found[id(child)] = own = _Where(where.layer, f"{where.prefix}{number}.")
        for variable in (child._variables or ()) if layer.is_authored and number == 0 else ():
            found[id(variable)] = _Where(own.layer, f"{own.prefix}{variable.name}")
    return found


@dataclass
class _Laying:
    """Takes networks apart into operations.

    Attributes:
        shapes: of one sample of every tensor.
        named: the segment of every weight, by the number of its layer and its name there.
        ops: what has been found.
    """

    shapes: list[Shape]
    named: Mapping[tuple[int, str], Segment]
    ops: list[Op] = field(default_factory=list)

    def walk(
        self,
        network: Network,
        taken: Iterable[int],
        places: Mapping[int, _Where],
        how: _How,
    ) -> dict[Tensor, int]:
        """The operations of a network that takes these tensors; gives the numbers of all its tensors.

        Args:
            network: models, and layers with a ``call``, are walked in turn.
            taken: the numbers of the tensors that stand for its inputs.
            places: where the weights of its layers are, by the layers' identities, and its own weights' by theirs.
            how: what is true of all of it.
        """
        found = dict(zip(network.inputs, taken, strict=True))
        for node in network.nodes:
            inputs = tuple(found[tensor] for tensor in node.inputs)
            found.update(zip(node.outputs, self._take(node, inputs, places, how.of(node)), strict=True))
        return found

    def _take(self, node: Node, taken: tuple[int, ...], places: Mapping[int, _Where], how: _How) -> tuple[int, ...]:
        layer: Any = node.operator
        if not isinstance(layer, Handle):
            where = places.get(id(getattr(layer, "variable", layer)), _Where(-1))
            parts, ends = parts_of(node, taken, len(self.shapes), [self.shapes[number] for number in taken])
        else:
            where = places[id(layer)]
            inner = node.inner or layer.inner_network
            if inner is not None:
                within = how._replace(trainable=how.trainable and layer.trainable)
                found = self.walk(inner, taken, _within(layer, where), within)
                return tuple(found[tensor] for tensor in inner.outputs)
            taken, mask = (taken[:-1], taken[-1]) if node.masked else (taken, None)
            parts, ends = taken_apart(
                node.operator,  # type: ignore[arg-type]
                taken,
                len(self.shapes),
                how.training,
                mask,
            )
        for part in parts:
            self._add(part, where, how)
        return ends

    def _add(self, part: Part, where: _Where, how: _How) -> None:
        sources, spec = part.sources or (), part.layer
        if spec.trainable and not how.trainable:
            spec = copy(spec)
            spec.trainable = False
        taken = tuple(self.shapes[s] for s in sources)
        (output_shape,) = inferred(spec.output_shapes, taken)
        weights, state = self._segments(replace(part, layer=spec), taken, where)
        self.ops.append(
            Op(
                spec,
                where.layer,
                len(self.ops),
                sources,
                taken,
                output_shape,
                weights,
                state,
                part.training,
                how.when,
                how.by_default,
                part.mask,
                len(self.ops),
            )
        )
        self.shapes.append(output_shape)

    def _segments(
        self, part: Part, shapes: tuple[Shape, ...], where: _Where
    ) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
        """A part's weights and state among all those of its layer, called as the part calls them."""
        spec = part.layer
        shapes = tuple(map(probed, shapes))
        taken: Any = shapes if spec.merges else shapes[0]

        def find(weights: Iterable[Weight], trainable: bool) -> tuple[Segment, ...]:
            found = ((w.name, self.named[where.layer, where.prefix + part.called(w.name)]) for w in weights)
            return tuple(replace(s, weight=replace(s.weight, name=name), trainable=trainable) for name, s in found)

        return find(spec.weight_specs(taken), spec.trainable), find(spec.state_specs(taken), False)


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
