"""Networks taken apart into the operations of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, cast

from clarinet.graph import Network, Node, Scan, Tensor
from clarinet.layers.applied import Applied, Pick, parts_of, sized_spec
from clarinet.layers.base import Layer, Part
from clarinet.layers.handle import Handle
from clarinet.layers.parts import taken_apart
from clarinet.ops.basic import Cast, Stack
from clarinet.ops.dtypes import FLOAT
from clarinet.ops.gathering import GetItem
from clarinet.ops.operation import Operation, made
from clarinet.ops.sizing import Sized
from clarinet.ops.specs import TensorSpec, Tried
from clarinet.params import Layout, Segment, Store, Weight
from clarinet.plan import Op, Output, Plan
from clarinet.scanning import Scanned, numbered
from clarinet.sizes import UNKNOWN, inferred, is_unknown, probed, with_none
from clarinet.types import Shape

#: Rounds of a loop that are repeated one by one, at most.
MOST_ROUNDS = 1000
#: Random numbers of operations of loops are keyed from here on, behind those of all others.
FIRST_NUMBER = 4096


class How(NamedTuple):
    """What is true of all operations of a network: as in :class:`Op`, and whether what it is within is trained."""

    trainable: bool = True
    training: bool | None = None
    when: bool | None = None
    by_default: bool | None = None

    def of(self, node: Node) -> How:
        """The same of a node within: what is said further out goes first."""
        insists = node.training if node.within_call else None
        asks = None if node.within_call else node.training
        return How(
            self.trainable,
            insists if self.training is None else self.training,
            node.when if self.when is None else self.when,
            asks if self.by_default is None else self.by_default,
        )


class Where(NamedTuple):
    """Where the weights of a layer are: in which of the model's layers, and what their names begin with there."""

    layer: int
    prefix: str = ""


def _within(layer: Handle, where: Where) -> dict[int, Where]:
    """The same for the layers within a layer, by their identities."""
    return {id(child): Where(where.layer, f"{where.prefix}{number}.") for number, child in enumerate(layer.children)}


def _made_in_call(layer: Handle) -> Where:
    """Of a layer that no attribute holds.

    Raises:
        ValueError: it has weights.
    """
    if layer.weights:
        raise ValueError(
            f"{layer.shown_kind} is made within a call, so its weights would be new ones at every call: make it in "
            "__init__ or build, as an attribute, and use it in call"
        )
    return Where(-1)


def places_of_weights(layers: Sequence[Handle]) -> dict[int, Where]:
    """Where each weight of a model's layers is, by its identity: a ``call`` may read any of them."""
    found: dict[int, Where] = {}
    for index, layer in enumerate(layers):
        for leaf in layer.leaf_layers():
            for variable in leaf.layer._variables or ():
                found.setdefault(id(variable), Where(index, f"{leaf.prefix}{variable.name}"))
    return found


@dataclass
class Loops:
    """What is known of all loops of a plan.

    Attributes:
        unrolls: whether their rounds stand one behind the other.
        found: whether there are some.
        numbers: how many operations they are made of.
    """

    unrolls: bool = False
    found: bool = False
    numbers: int = 0


@dataclass
class Laying:
    """Takes networks apart into operations.

    Attributes:
        shapes: of one sample of every tensor.
        named: the segment of every weight, by the number of its layer and its name there.
        store: the weights.
        loops: what is known of these.
        variables: where each weight is, by its identity.
        turn: within a loop, in which round; None: outside of loops.
        ops: what has been found.
        given: shapes that are known better than to who gives them: of inputs by their numbers, and of what layers make
            of data before any step, the first of which has the key -1.
        tried: shapes that are tried for tensors, see :class:`TensorSpec`.
        begins: how many of the first tensors are data, which comes in floats whatever a network says of it.
    """

    shapes: list[Shape]
    named: Mapping[tuple[int, str], Segment]
    store: Store
    loops: Loops
    variables: Mapping[int, Where] = field(default_factory=dict)
    turn: int | None = None
    ops: list[Op] = field(default_factory=list)
    given: Mapping[int, Shape] = field(default_factory=dict)
    tried: dict[int, Tried] = field(default_factory=dict)
    begins: int = 0
    _whole: dict[int, int] = field(default_factory=dict)
    _prepared: set[int] = field(default_factory=set)
    _early: int = 0

    def walk(
        self,
        network: Network,
        taken: Iterable[int],
        places: Mapping[int, Where],
        how: How,
    ) -> dict[Tensor, int]:
        """The operations of a network that takes these tensors; gives the numbers of all its tensors.

        Args:
            network: models, and layers with a ``call``, are walked in turn.
            taken: the numbers of the tensors that stand for its inputs.
            places: where the weights of its layers are, by the layers' identities.
            how: what is true of all of it.
        """
        found = dict(zip(network.inputs, taken, strict=True))
        for node in network.nodes:
            inputs = tuple(found[tensor] for tensor in node.inputs)
            found.update(zip(node.outputs, self._take(node, inputs, places, how.of(node)), strict=True))
        return found

    def _take(self, node: Node, taken: tuple[int, ...], places: Mapping[int, Where], how: How) -> tuple[int, ...]:
        layer: Any = node.operator
        if isinstance(layer, Scan):
            return self._loop(layer, [tensor.spec for tensor in node.inputs], taken, places, how)
        if isinstance(layer, Operation) and not isinstance(layer, Cast):
            taken = tuple(self._in_its_dtype(t.spec, n, how) for t, n in zip(node.inputs, taken, strict=True))
        specs = [sized_spec(t.spec, self.shapes[n], self.tried.get(n, ())) for t, n in zip(node.inputs, taken)]
        if isinstance(layer, Sized):
            network = layer.network(specs)
            if network is not None:
                known = cast(Network, network)
                return (self.walk(known, taken, {}, how)[known.outputs[0]],)
        if not isinstance(layer, Handle):
            where = self.variables.get(id(getattr(layer, "variable", layer)), Where(-1))
            parts, ends = parts_of(node, taken, len(self.shapes), specs, self.variables)
        else:
            where = places.get(id(layer)) or _made_in_call(layer)
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

    def _in_its_dtype(self, spec: TensorSpec, number: int, how: How) -> int:
        """Data that a network takes for whole numbers as such: places and divisions depend on it."""
        if (number >= self.begins and number not in self._prepared) or spec.dtype.kind != "i":
            return number
        if number not in self._whole:
            data = replace(spec, dtype=FLOAT)
            self._whole[number] = self._apply(made(Cast, spec.dtype.name), [data], [number], how)
        return self._whole[number]

    def _add(self, part: Part, where: Where, how: How, draws: bool = True) -> None:
        sources, spec = part.sources or (), part.layer
        if spec.trainable and not how.trainable:
            spec = copy(spec)
            spec.trainable = False
        taken = tuple(self.shapes[s] for s in sources)
        (output_shape,) = inferred(spec.output_shapes, taken)
        if spec.counts_sizes or any(source in self.tried for source in sources):
            self._try(len(self.shapes), sources[0], spec, output_shape)
        if spec.prepares:
            self._early += 1
            self._prepared.add(len(self.shapes))
            output_shape = self.given.get(-self._early, output_shape)
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
                None if self.turn is None or not draws else self._number(),
            )
        )
        self.shapes.append(output_shape)

    def _try(self, number: int, source: int, spec: Layer, shape: Shape) -> None:
        """Keep which shapes are tried for a tensor whose unknown sizes follow from the rows of the batch."""
        self.tried[number] = spec.guessed
        if not spec.guessed:  # its first axis counts as rows
            given = TensorSpec((None, *with_none(shape)), FLOAT).guessed()
            pairs = zip(self.tried.get(source) or [None] * len(given), given, strict=True)
            self.tried[number] = tuple(None if a is None or b is None else a[:1] + b.shape[1:] for a, b in pairs)

    def _number(self) -> int:
        """What the random numbers of one more operation of a loop are keyed by, other than those of all others."""
        self.loops.numbers += 1
        return ((self.turn or 0) * 1024 + FIRST_NUMBER + self.loops.numbers) % 2**24

    # Loops.

    def _loop(
        self,
        scan: Scan,
        specs: Sequence[TensorSpec],
        taken: tuple[int, ...],
        places: Mapping[int, Where],
        how: How,
    ) -> tuple[int, ...]:
        """A loop as one operation with a plan of its own, or as its rounds; the numbers of the tensors it gives."""
        self.loops.found = True
        _, entries, _ = scan.sorted(range(len(taken)))
        shapes = [self.shapes[number] for number in taken]
        axes = [scan.axis - bool(specs[number].batched) for number in entries]  # -1: the rows themselves
        lengths = [UNKNOWN if axis < 0 else shapes[number][axis] for number, axis in zip(entries, axes)]
        rounds = lengths[0] if lengths else (scan.length or 0)
        own = self._number()
        if self.loops.unrolls:
            return self._unrolled(scan, rounds, own, specs, taken, places, how)
        inside = [*shapes]
        for number, axis in zip(entries, axes):
            shape = shapes[number] if axis < 0 else shapes[number][1:]
            inside[number] = shape[1:] if scan.axis == 0 and scan.body.inputs[number].spec.batched else shape
        within = Laying([*inside], self.named, self.store, self.loops, self.variables, 0)
        found = within.walk(scan.body, range(len(inside)), places, how)
        tensors = [found[tensor] for tensor in scan.body.outputs]
        plan = Plan(
            tuple(within.ops),
            tuple(inside),
            tuple(Output(number, within.shapes[number]) for number in tensors),
            None,
            Layout(tuple(s for op in within.ops for s in op.weights), self.store.layout.size),
            self.store.state_layout,
            0,
            self.store.dtype,
        )
        gives = [output.shape for output in plan.outputs]
        collected = [_collected(scan, tensor, rounds, shape) for tensor, shape in zip(scan.body.outputs, gives)]
        gives[scan.states :] = collected[scan.states :]
        rows = [axis < 0 for axis in axes] + [_of_rows(scan, tensor) for tensor in scan.body.outputs[scan.states :]]
        spec = Scanned(scan, plan, tuple(gives), plan.mixes_rows or any(rows))
        whole = self._op(spec, taken, [s for op in plan.ops for s in numbered(op, op.weights)], plan, own, how)
        first = len(self.shapes)
        for number, shape in enumerate(gives):
            self._add(Part(Pick(number, shape), (whole,)), Where(-1), how, draws=False)
        return tuple(range(first, first + len(gives)))

    def _op(
        self, spec: Scanned, taken: tuple[int, ...], weights: list[Segment], plan: Plan, number: int, how: How
    ) -> int:
        state = tuple(s for op in plan.ops for s in numbered(op, op.state))
        sizes = tuple(self.shapes[source] for source in taken)
        shape, place = spec.output_shape(sizes), len(self.ops)
        whole = None, how.when, how.by_default, None, place, number
        self.ops.append(Op(spec, -1, place, taken, sizes, shape, tuple(weights), state, *whole))
        self.shapes.append(shape)
        return len(self.shapes) - 1

    def _unrolled(
        self,
        scan: Scan,
        rounds: int,
        own: int,
        specs: Sequence[TensorSpec],
        taken: tuple[int, ...],
        places: Mapping[int, Where],
        how: How,
    ) -> tuple[int, ...]:
        if is_unknown(rounds) or rounds > MOST_ROUNDS or rounds == 0:
            raise ValueError(
                f"a loop of {rounds} rounds has no native form: its rounds are repeated one by one there, "
                f"from 1 to {MOST_ROUNDS} of them"
            )
        states, entries, others = scan.sorted(taken)
        _, entry_kinds, _ = scan.sorted(specs)
        before, counted = self.turn, self.loops.numbers
        collected: dict[int, Sequence[int]] = {}
        for t in reversed(range(rounds)) if scan.reverse else range(rounds):
            self.turn, self.loops.numbers = own * 31 + t, counted
            key = (t,) if scan.axis == 0 else ((None, None, None), t)
            entry = [self._apply(GetItem(key), [kind], [n], how) for kind, n in zip(entry_kinds, entries)]
            found = self.walk(scan.body, [*states, *entry, *others], places, how)
            given = [found[tensor] for tensor in scan.body.outputs]
            states, collected[t] = given[: scan.states], given[scan.states :]
        self.turn = before
        kinds = [tensor.spec for tensor in scan.body.outputs[scan.states :]]
        columns = list(zip(*(collected[t] for t in range(rounds)), strict=True))
        stack = Stack(scan.axis)
        return (*states, *(self._apply(stack, [kind] * rounds, each, how) for kind, each in zip(kinds, columns)))

    def _apply(self, operation: Operation, specs: Sequence[TensorSpec], taken: Sequence[int], how: How) -> int:
        """One more operation; gives the number of the tensor that it gives."""
        sized = [sized_spec(spec, self.shapes[n]) for spec, n in zip(specs, taken, strict=True)]
        self._add(Part(Applied(operation, tuple(sized)), tuple(taken)), Where(-1), how, draws=False)
        return len(self.shapes) - 1

    def _segments(
        self, part: Part, shapes: tuple[Shape, ...], where: Where
    ) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
        """A part's weights and state among all those of its layer, called as the part calls them."""
        spec = part.layer
        shapes = tuple(map(probed, shapes))
        taken: Any = shapes if spec.merges else shapes[0]

        def find(weights: Iterable[Weight], trainable: bool) -> tuple[Segment, ...]:
            found = ((w.name, self.named[where.layer, where.prefix + part.called(w.name)]) for w in weights)
            return tuple(replace(s, weight=replace(s.weight, name=name), trainable=trainable) for name, s in found)

        return find(spec.weight_specs(taken), spec.trainable), find(spec.state_specs(taken), False)


def _of_rows(scan: Scan, tensor: Tensor) -> bool:
    """Whether a tensor that is collected along axis 0 has rows of the batch, which become another axis."""
    return scan.axis == 0 and bool(tensor.spec.batched)


def _collected(scan: Scan, tensor: Tensor, rounds: int, shape: Shape) -> Shape:
    """The shape of one sample of what the rounds give."""
    return (rounds, UNKNOWN, *shape) if _of_rows(scan, tensor) else (rounds, *shape)
