"""A compiled model as an engine sees it: elementary operations, where their weights are, and what to minimise.

Pure data, rebuilt at every ``fit``; ``print(plan)`` shows it as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from clarinet.layers.base import Layer
from clarinet.layers.context import Context
from clarinet.params import Layout, Segment, Store
from clarinet.sizes import TRIED, known, probed
from clarinet.types import Array, DType, Penalty, Shape

if TYPE_CHECKING:
    from clarinet.losses import Loss
    from clarinet.metrics import Metric
    from clarinet.optimizers import Optimizer


@dataclass(frozen=True)
class Op:
    """One elementary operation.

    Attributes:
        spec: the layer whose forward and backward define it.
        layer: index of the user's layer that it came from.
        index: its own place in the plan; random numbers are keyed by it.
        sources: the tensors it takes: first come the plan's inputs, then what each operation gives; several where it
            merges.
        input_shapes: of one sample of each of them.
        output_shape: of one sample.
        weights, state: segments in the two flat buffers, under ``spec``'s names.
        training: whether it behaves as in training (True) or as in use (False), whatever the model does; None: as the
            model does.
        when: whether it is run in training alone (True), in use alone (False), or always (None).
        by_default: as ``training``, where the model is called and not told.
        mask: the tensor that says which steps of the input count, of an operation that looks at it; None: all.
        order: its place among all operations in the order of the forward pass, those that losses absorbed included.
        number: what its random numbers are keyed by, where it is part of a loop; None: by ``index``.
    """

    spec: Layer
    layer: int
    index: int
    sources: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    weights: tuple[Segment, ...]
    state: tuple[Segment, ...]
    training: bool | None = None
    when: bool | None = None
    by_default: bool | None = None
    mask: int | None = None
    order: int = 0
    number: int | None = None

    def trains(self, training: bool | None) -> bool:
        """Whether it behaves as in training in such a pass."""
        for said in (self.training, training, self.by_default):
            if said is not None:
                return said
        return self.spec.trains_when_called

    def runs(self, training: bool | None) -> bool:
        """Whether it is run in such a pass."""
        return self.when is None or self.when is bool(training)

    def draws(self, turn: int) -> int:
        """What its random numbers are keyed by in this turn of a loop; 0 where there is none."""
        return self.index if self.number is None else (turn * 1024 + self.number) % 2**24

    @property
    def input_shape(self) -> Shape:
        """The shape of one sample of its first input."""
        return self.input_shapes[0]

    @property
    def kind(self) -> str:
        """The layer's class name, which engines dispatch on."""
        return type(self.spec).__name__


@dataclass(frozen=True)
class Output:
    """One of the results of a plan, and how it is judged.

    Attributes:
        tensor: number of the tensor that the loss takes.
        shape: of one prediction.
        activation: the operation that the loss absorbed; predictions and metrics pass through it. None where there is
            none.
        loss: None where it is not trained on; for a model that was not compiled, it can only predict.
        weight: how much its loss counts.
        metrics, weighted_metrics: as compiled.
        name: for people and logs; empty where it is the only one.
        label_shape: of one label; None where nothing is known of it.
        mask: the tensor that says which of its values count; None: all.
    """

    tensor: int
    shape: Shape
    activation: Op | None = None
    loss: Loss | None = None
    weight: float = 1.0
    metrics: tuple[Metric, ...] = ()
    weighted_metrics: tuple[Metric, ...] = ()
    name: str = ""
    label_shape: Shape | None = None
    mask: int | None = None


class Judged(NamedTuple):
    """A metric of a plan.

    Attributes:
        metric: what judges.
        output: the number of the output that it judges.
        weighted: whether rows' weights count.
        prefix: what its names begin with in logs.
    """

    metric: Metric
    output: int
    weighted: bool
    prefix: str


@dataclass(frozen=True)
class Preparation:
    """What runs once on data, and not in a step: lookups, hashes and the like, and what they depend on.

    Attributes:
        ops: in order; each takes inputs of the model, or what those before it give, which are numbered after them.
        input_shapes: of one sample of each input of the model.
        gives: the tensors that the plan begins with, in its order.
    """

    ops: tuple[Op, ...]
    input_shapes: tuple[Shape, ...]
    gives: tuple[int, ...]

    def run(self, arrays: Sequence[Array], store: Store) -> tuple[Array, ...]:
        """What a plan begins with, of rows of each input of the model.

        Args:
            arrays: numbers, or Python's strings as objects.
            store: the numbers that layers have adapted to.

        Raises:
            TypeError, ValueError: they cannot be looked up or counted.
        """
        found = list(arrays)
        for op in self.ops:
            taken = tuple(found[source] for source in op.sources)
            state = {segment.name: store.view(segment) for segment in op.state}
            if op.spec.rescales_by:
                taken = tuple(array.astype(store.dtype) for array in taken)
            y, _, _ = op.spec.forward({}, state, taken if op.spec.merges else taken[0], Context())  # type: ignore[arg-type]
            if y.shape[1:] != op.output_shape:
                raise ValueError(
                    f"{op.spec.name}: gives samples of shape {y.shape[1:]}, and the model was built for "
                    f"{op.output_shape}: its vocabulary has changed since; make the model again"
                )
            found.append(y)
        return tuple(found[number] for number in self.gives)


@dataclass(frozen=True)
class Plan:
    """Everything an engine needs to know.

    Attributes:
        ops: in the order of the forward pass, without those that losses absorbed.
        input_shapes: of one sample of every input; these are the first tensors.
        outputs: the results.
        optimizer: as compiled.
        layout, state_layout: the flat buffers.
        seed: of shuffling and dropout.
        dtype: float32 or float64.
        binding: makes it for other inputs, perhaps with the rounds of loops one by one.
        loops: whether it has loops.
        preparation: what makes its inputs of those of the model; None where they are these.
    """

    ops: tuple[Op, ...]
    input_shapes: tuple[Shape, ...]
    outputs: tuple[Output, ...]
    optimizer: Optimizer | None
    layout: Layout
    state_layout: Layout
    seed: int
    dtype: DType
    binding: Callable[[Sequence[Shape], bool], Plan] | None = field(default=None, repr=False, compare=False)
    loops: bool = False
    preparation: Preparation | None = None

    @property
    def sizes_known(self) -> bool:
        """Whether all sizes of the inputs are known."""
        return all(map(known, self.input_shapes))

    def bind(self, input_shapes: Sequence[Shape]) -> Plan:
        """The same plan for inputs of these shapes, of one sample each, where some sizes were not known."""
        assert self.binding is not None
        return self.binding(input_shapes, False)

    @cached_property
    def unrolled(self) -> Plan:
        """The same without loops: their rounds stand one behind the other.

        Raises:
            ValueError: there are too many.
        """
        if not self.loops:
            return self
        assert self.binding is not None
        return self.binding(self.input_shapes, True)

    @cached_property
    def tried(self) -> Plan:
        """The same with some sizes in the place of those that are not known, for whoever asks what it is made of."""
        if self.sizes_known:
            return self
        for size in TRIED:
            with suppress(ValueError):  # too small for it, or not to be halved as often
                return self.bind([probed(shape, size) for shape in self.input_shapes])
        return self.bind([probed(shape) for shape in self.input_shapes])

    def given_by(self, op: Op) -> int:
        """The number of the tensor that an operation gives."""
        return len(self.input_shapes) + op.index

    def shape_of(self, tensor: int) -> Shape:
        """Of one sample of a tensor."""
        inputs = len(self.input_shapes)
        return self.input_shapes[tensor] if tensor < inputs else self.ops[tensor - inputs].output_shape

    # Of a plan with one input and one output.

    @property
    def input_shape(self) -> Shape:
        """Of one sample of the first input."""
        return self.input_shapes[0]

    @property
    def output(self) -> Op | None:
        """The activation that the first output's loss absorbed."""
        return self.outputs[0].activation

    @property
    def loss(self) -> Loss | None:
        """The first output's."""
        return self.outputs[0].loss

    @property
    def output_shape(self) -> Shape:
        """Of one prediction, of the first output."""
        return self.outputs[0].shape

    @property
    def raw_output_shape(self) -> Shape:
        """Of what the first output's loss takes, for one sample."""
        return self.shape_of(self.outputs[0].tensor)

    # Of all.

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """All metrics, output by output, those that rows' weights count for after the others."""
        found: list[Judged] = []
        for number, output in enumerate(self.outputs):
            begin = f"{output.name}_" if output.name else ""
            for metrics, weighted in ((output.metrics, False), (output.weighted_metrics, True)):
                found += [Judged(metric, number, weighted, begin) for metric in metrics]
        return tuple(found)

    @cached_property
    def mixes_rows(self) -> bool:
        """Whether predictions depend on which rows are in a batch: where operations mix them, or layers that know a
        batch by its statistics behave as in training."""
        return any(op.spec.mixes_rows or (op.training and op.spec.rescales_by == "batch") for op in self.ops)

    @cached_property
    def plain_shape(self) -> Shape | None:
        """Shape of samples of which numbers are predicted as they come, each row for itself; None where there are
        several inputs or outputs, where data are prepared or ids are looked up, which are checked first, or where
        predictions mix rows."""
        first = next((op.spec for op in self.all_ops if not op.spec.passes_through), None)
        looks_up = first is not None and first.looks_up
        several = len(self.input_shapes) > 1 or len(self.outputs) > 1 or self.preparation is not None
        return None if looks_up or several or self.mixes_rows else self.input_shapes[0]

    def without_metrics(self) -> Plan:
        """The same, judged by nothing but its losses."""
        outputs = tuple(replace(output, metrics=(), weighted_metrics=()) for output in self.outputs)
        return replace(self, outputs=outputs)

    @cached_property
    def all_ops(self) -> tuple[Op, ...]:
        """The operations, with those that losses absorbed."""
        return (*self.ops, *(output.activation for output in self.outputs if output.activation is not None))

    @cached_property
    def in_order(self) -> tuple[Op, ...]:
        """The same in the order of the forward pass."""
        return tuple(sorted(self.all_ops, key=lambda op: op.order))

    @cached_property
    def users(self) -> tuple[tuple[tuple[Op, Segment], ...], ...]:
        """For every trained weight the operations that have it, in order, and their names for it."""
        found: dict[tuple[int, int], list[tuple[Op, Segment]]] = {}
        for op in self.ops:
            for s in op.weights:
                if s.trainable:
                    found.setdefault((s.offset, s.size), []).append((op, s))
        return tuple(map(tuple, found.values()))

    @cached_property
    def trainable(self) -> tuple[tuple[Op, Segment], ...]:
        """The weights that are trained, each once, with the first operation that has it."""
        return tuple(users[0] for users in self.users)

    @cached_property
    def penalized(self) -> tuple[tuple[Op, Segment, Penalty], ...]:
        """The uses of trained weights that have a regularizer."""
        found = ((op, s, s.weight.regularizer) for op in self.ops for s in op.weights if s.trainable)
        return tuple((op, s, penalty) for op, s, penalty in found if penalty is not None)

    @cached_property
    def shared(self) -> tuple[tuple[tuple[Op, Segment], ...], ...]:
        """Those of :attr:`users` that are several."""
        return tuple(users for users in self.users if len(users) > 1)

    @cached_property
    def shared_state(self) -> dict[tuple[int, str], list[tuple[int, str]]]:
        """For state that several operations have, by operation and name: the others' operations and names."""
        found: dict[int, list[tuple[int, str]]] = {}
        for op in self.ops:
            for s in op.state:
                found.setdefault(s.offset, []).append((op.index, s.name))
        several = [users for users in found.values() if len(users) > 1]
        return {user: [other for other in users if other != user] for users in several for user in users}

    @cached_property
    def trainable_names(self) -> tuple[str, ...]:
        """Their names, ``"layer/weight"``."""
        return tuple(f"{op.spec.name}/{s.name}" for op, s in self.trainable)

    def __str__(self) -> str:
        rows = [("op", "layer", "from", "input", "output", "weights")]
        for op in self.all_ops:
            weights = ", ".join(f"{s.name}@{s.offset}{'' if s.trainable else ' frozen'}" for s in op.weights)
            note = " (in the loss)" if op.index >= len(self.ops) else ""
            sources, shapes = ", ".join(map(str, op.sources)), ", ".join(map(str, op.input_shapes))
            sources += "" if op.mask is None else f" where {op.mask}"
            rows.append((op.kind + note, str(op.layer), sources, shapes, str(op.output_shape), weights))
        widths = [max(len(r[i]) for r in rows) for i in range(6)]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows)
