"""The arrays of a pass, sorted by the layers, models and operations of a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clarinet.engines.intermediates import Intermediates
from clarinet.glass.records import LayerTrace, OutputTrace, WeightTrace
from clarinet.graph import Scan
from clarinet.layers.handle import Handle
from clarinet.layers.parts import direct, taken_apart
from clarinet.names import Names
from clarinet.ops.operation import Operation
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.graph import Network, Node, Tensor
    from clarinet.layers.base import Layer
    from clarinet.plan import Op, Plan


@dataclass
class Pass:
    """The results of one pass: tensors and their gradients by number, gradients of weights by operation."""

    tensors: list[Array]
    intermediates: Intermediates
    grads: dict[int, dict[str, Array]]
    loss: float | None


@dataclass
class Sorting:
    """Goes through a network as the plan was made of it, with the plan's operations.

    Attributes:
        plan: whose operations ran.
        seen: their results.
        weights: by operation and name.
        outputs: the model's.
    """

    plan: Plan
    seen: Pass
    weights: Mapping[tuple[int, str], WeightTrace]
    outputs: Sequence[OutputTrace]
    _ops: Iterator[Op] = field(init=False)
    _uses: dict[int, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._ops = iter(self.plan.in_order)

    def layers(self, network: Network) -> tuple[LayerTrace, ...]:
        """Every use of a layer, a model or an operation."""
        return tuple(self._walk(network, range(len(network.inputs)), "")[0])

    def _walk(self, network: Network, taken: Sequence[int], prefix: str) -> tuple[list[LayerTrace], dict[Tensor, int]]:
        """The nodes of a network that takes these tensors, and the numbers of all its tensors."""
        found = dict(zip(network.inputs, taken, strict=True))
        traces, names = [], Names()
        for node in network.nodes:
            name = prefix + self._called(node, names)
            trace, ends = self._take(node, name, tuple(found[tensor] for tensor in node.inputs))
            traces += [trace] if trace is not None else []
            found.update(zip(node.outputs, ends, strict=True))
        return traces, found

    def _called(self, node: Node, names: Names) -> str:
        if not isinstance(node.operator, Handle):
            return names.take("", node.operator.name)
        use = self._uses[id(node.operator)] = self._uses.get(id(node.operator), 0) + 1
        return node.operator.name if use == 1 else f"{node.operator.name}:{use}"

    def _take(self, node: Node, name: str, taken: tuple[int, ...]) -> tuple[LayerTrace | None, tuple[int, ...]]:
        """One node, and the tensors that it gives; no trace of a weight, of numbers, and of what did not run."""
        layer: Any = node.operator
        if not isinstance(layer, Handle):
            several = isinstance(layer, Scan) or (isinstance(layer, Operation) and len(node.specs) > 1)
            own = list(islice(self._ops, 1 + len(node.specs) if several else 1))
            ends = tuple(self.plan.given_by(op) for op in (own[1:] if several else own))[: len(node.specs)]
            return self._of_operation(name, own) if isinstance(layer, Operation) else None, ends
        layer = cast("Layer", layer)
        inner: Network | None = node.inner or layer.inner_network
        if inner is not None:
            traces, found = self._walk(inner, taken, f"{name}/")
            ends = tuple(found[tensor] for tensor in inner.outputs)
            return self._containing(name, layer, tuple(traces), taken, ends[0]), ends
        taken = taken[:-1] if node.masked else taken
        count = len(taken)
        _, numbers = taken_apart(layer, tuple(range(count)), count)
        trace, own = self._of_layer(layer, name, count)
        every = (*taken, *(self.plan.given_by(op) for op in own))
        return trace, tuple(every[number] for number in numbers)

    def _of_operation(self, name: str, own: Sequence[Op]) -> LayerTrace | None:
        """An operation of :mod:`clarinet.ops`, and the parts of what it gives."""
        op = own[0]
        tensors, deltas, gives = self.seen.tensors, self.seen.intermediates.deltas, self.plan.given_by(op)
        a: Any = tensors[gives]
        if a is None:
            return None
        several = isinstance(a, tuple)
        x, dx = tuple(tensors[s] for s in op.sources), tuple(deltas.get(s) for s in op.sources)
        return LayerTrace(
            name,
            op.spec,
            x,
            None,
            a[0] if several else a,
            None if all(delta is None for delta in dx) else dx,
            None,
            None if several else deltas.get(gives),
            takes=op.sources,
            gives=gives,
            output=self._output(op),
            makes=tuple(map(self.plan.given_by, own)),
        )

    def _of_layer(self, layer: Layer, name: str, inputs: int) -> tuple[LayerTrace, list[Op]]:
        """The layer that the next operations belong to, and these."""
        if layer.children:
            inner, ops = [], []
            for part in direct(layer, inputs):
                its_name = f"{name}/{part.layer.name or type(part.layer).__name__.lower()}"
                trace, own = self._of_layer(part.layer, its_name, len(part.sources or ()))
                inner.append(trace)
                ops += own
            return self._containing(name, layer, tuple(inner), inner[0].takes, inner[-1].gives), ops
        parts = taken_apart(layer, tuple(range(inputs)), inputs)[0]
        ops = list(islice(self._ops, len(parts)))
        named = {
            part.called(s.name): replace(self.weights[op.index, s.name], name=part.called(s.name))
            for part, op in zip(parts, ops, strict=True)
            for s in (*op.weights, *op.state)
        }
        x = tuple(self.seen.tensors[s] for s in ops[0].sources)
        dx = tuple(self.seen.intermediates.deltas.get(s) for s in ops[0].sources)
        merges, last = ops[0].spec.merges, ops[-1]
        z, a, dz, da = self._values(ops)
        trace = LayerTrace(
            name,
            layer,
            x if merges else x[0],
            z,
            a,
            None if any(delta is None for delta in dx) else dx if merges else dx[0],
            dz,
            da,
            named,
            absorbed=any(last is output.activation for output in self.plan.outputs),
            takes=ops[0].sources,
            gives=self.plan.given_by(last),
            output=self._output(last),
            makes=tuple(map(self.plan.given_by, ops)),
        )
        return trace, ops

    def _output(self, op: Op) -> int | None:
        """The number of the model's output that an operation makes."""
        for number, output in enumerate(self.plan.outputs):
            if op is output.activation or (output.activation is None and self.plan.given_by(op) == output.tensor):
                return number
        return None

    def _values(self, ops: list[Op]) -> tuple[Array | None, Array, Array | None, Array | None]:
        """``z``, ``a``, ``dz``, ``da`` of the layer that consists of these operations."""
        while len(ops) > 1 and ops[-1].spec.passes_through == "identity":
            ops = ops[:-1]  # its output is its input, and its share of the gradient is in its input's gradient
        last, deltas = ops[-1], self.seen.intermediates.deltas
        gives, number = self.plan.given_by(last), self._output(last)
        a, da = self.seen.tensors[gives], deltas.get(gives)
        if number is not None and last is self.plan.outputs[number].activation:
            da = self._as_written(a, self.outputs[number])
        if last.spec.pure_activation is not None:
            return self.seen.tensors[last.sources[0]], a, deltas.get(last.sources[0]), da
        return (a, a, da, da) if last.spec.weighted_sum else (None, a, None, da)

    def _as_written(self, a: Array, output: OutputTrace) -> Array | None:
        """The loss's derivative at an output if training uses the one at the logits."""
        if output.y is None or output.loss_function is None or output.shares is None:
            return None
        return np.asarray(output.loss_function.gradient(output.y, a) * output.shares[..., None])

    def _containing(
        self, name: str, layer: Layer, inner: tuple[LayerTrace, ...], taken: tuple[int, ...], gives: int
    ) -> LayerTrace:
        """A container has the input of its first layer and the output of its last."""
        tensors, deltas = self.seen.tensors, self.seen.intermediates.deltas
        x, dx = tuple(tensors[number] for number in taken), tuple(deltas.get(number) for number in taken)
        da = inner[-1].da if inner and inner[-1].gives == gives else deltas.get(gives)
        output = next((number for number, own in enumerate(self.plan.outputs) if own.tensor == gives), None)
        return LayerTrace(
            name,
            layer,
            x[0] if len(x) == 1 else x,
            None,
            tensors[gives],
            dx[0] if len(dx) == 1 else dx,
            None,
            da,
            layers=inner,
            takes=taken,
            gives=gives,
            output=inner[-1].output if inner and inner[-1].gives == gives else output,
            makes=tuple(number for own in inner for number in own.makes) or (gives,) * (gives not in taken),
        )


def connected(layers: Sequence[LayerTrace], inputs: Sequence[str]) -> Iterator[LayerTrace]:
    """The layers of a graph with the names of what they take and of what takes what they give.

    Args:
        layers: every use.
        inputs: the names of the model's inputs.
    """
    names = {**dict(enumerate(inputs)), **{layer.gives: layer.name for layer in layers}}
    takers: dict[int, list[str]] = {}
    for layer in layers:
        for number in layer.takes:
            takers.setdefault(number, []).append(layer.name)
    for layer in layers:
        yield replace(
            layer,
            sources=tuple(names.get(number, "a weight") for number in layer.takes),
            takers=tuple(takers.get(layer.gives, ())),
            shared=any(len(takers[number]) > 1 for number in layer.takes),
        )
