"""A compiled model as an engine sees it: elementary operations, where their weights are, and what to minimise.

Pure data, rebuilt at every ``fit``; ``print(plan)`` shows it as a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clarinet import losses as losses_module
from clarinet.layers.base import Layer, Part
from clarinet.layers.parts import flatten_parts
from clarinet.params import Layout, Segment, Store, Weight
from clarinet.types import DType, Shape

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
        sources: the tensors it takes: 0 is the model's input, ``i + 1`` the output of operation ``i``; several if it
            merges.
        input_shapes: of one sample of each of them.
        output_shape: of one sample.
        weights, state: segments in the two flat buffers, under ``spec``'s names.
    """

    spec: Layer
    layer: int
    index: int
    sources: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    weights: tuple[Segment, ...]
    state: tuple[Segment, ...]

    @property
    def input_shape(self) -> Shape:
        """The shape of one sample of its first input."""
        return self.input_shapes[0]

    @property
    def kind(self) -> str:
        """The layer's class name, which engines dispatch on."""
        return type(self.spec).__name__


@dataclass(frozen=True)
class Plan:
    """Everything an engine needs to know.

    Attributes:
        ops: in the order of the forward pass, the last computes the result; without ``output`` if the loss absorbed it.
        output: the activation that was absorbed by the loss; predictions and metrics pass through it. None otherwise.
        loss: None for a model that was not compiled; it can only predict.
        optimizer, metrics, weighted_metrics: as compiled.
        layout, state_layout: the flat buffers.
        seed: of shuffling and dropout.
        dtype: float32 or float64.
    """

    ops: tuple[Op, ...]
    output: Op | None
    loss: Loss | None
    optimizer: Optimizer | None
    metrics: tuple[Metric, ...]
    weighted_metrics: tuple[Metric, ...]
    layout: Layout
    state_layout: Layout
    seed: int
    dtype: DType

    @property
    def input_shape(self) -> Shape:
        """Of one sample."""
        return (self.ops[0] if self.ops else self.output).input_shape  # type: ignore[union-attr]

    @property
    def output_shape(self) -> Shape:
        """Of one prediction."""
        return (self.output or self.ops[-1]).output_shape

    @cached_property
    def all_ops(self) -> tuple[Op, ...]:
        """The operations, with the one that the loss absorbed."""
        return self.ops if self.output is None else (*self.ops, self.output)

    @property
    def raw_output_shape(self) -> Shape:
        """The shape of the last operation's output for one sample, which the loss takes."""
        return self.ops[-1].output_shape if self.ops else self.input_shape

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
        for op in (*self.ops, *((self.output,) if self.output else ())):
            weights = ", ".join(f"{s.name}@{s.offset}{'' if s.trainable else ' frozen'}" for s in op.weights)
            note = " (in the loss)" if op is self.output else ""
            sources, shapes = ", ".join(map(str, op.sources)), ", ".join(map(str, op.input_shapes))
            rows.append((op.kind + note, str(op.layer), sources, shapes, str(op.output_shape), weights))
        widths = [max(len(r[i]) for r in rows) for i in range(6)]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows)


def make_plan(
    layers: Sequence[Layer],
    input_shape: Shape,
    store: Store,
    *,
    loss: Loss | None = None,
    optimizer: Optimizer | None = None,
    metrics: Sequence[Metric] = (),
    weighted_metrics: Sequence[Metric] = (),
    seed: int = 0,
) -> Plan:
    """Split layers into elementary operations and let the loss absorb the last activation where that is exact."""
    ops: list[Op] = []
    shapes = [input_shape]  # of every tensor
    for index, layer in enumerate(layers):
        first = len(ops)  # also the number of the tensor that the layer takes
        named = {s.name: s for layout in (store.layout, store.state_layout) for s in layout.of_layer(index)}
        for part in flatten_parts(layer):
            sources = tuple(first + s for s in part.sources or ())
            taken = tuple(shapes[s] for s in sources)
            weights, state = _segments(part, taken, named)
            output_shape = part.layer.output_shape(taken if part.layer.merges else taken[0])  # type: ignore[arg-type]
            ops.append(Op(part.layer, index, len(ops), sources, taken, output_shape, weights, state))
            shapes.append(ops[-1].output_shape)
    output = None
    last = ops[-1].spec.pure_activation if ops else None
    if loss is not None and last is not None:
        fused = losses_module.absorb(last, loss)
        if fused is not None:
            loss, output = fused, ops.pop()
    segments = tuple(s for op in ops for s in op.weights)
    return Plan(
        tuple(ops),
        output,
        loss,
        optimizer,
        tuple(metrics),
        tuple(weighted_metrics),
        Layout(segments, store.layout.size),
        store.state_layout,
        seed,
        store.dtype,
    )


def _segments(
    part: Part, shapes: tuple[Shape, ...], named: Mapping[str, Segment]
) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """A part's weights and state among all those of its layer, under the part's names."""
    spec = part.layer
    taken: Any = shapes if spec.merges else shapes[0]

    def find(weights: Iterable[Weight], trainable: bool) -> tuple[Segment, ...]:
        found = ((w.name, named[part.called(w.name)]) for w in weights)
        return tuple(Segment(s.layer, replace(s.weight, name=n), s.offset, trainable, s.state) for n, s in found)

    return find(spec.weight_specs(taken), spec.trainable), find(spec.state_specs(taken), False)
