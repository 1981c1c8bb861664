"""A model's forward pass as an ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from clarinet.exchange.to_onnx.building import Graph, NoForm, Value
from clarinet.exchange.to_onnx.elementary import elementary
from clarinet.exchange.to_onnx.operations import applied
from clarinet.exchange.to_onnx.recurrent import scanned
from clarinet.layers.applied import Applied, Choose, Given, Pick, Read, Write
from clarinet.ops.distributions import Draw
from clarinet.ops.dtypes import FLOAT
from clarinet.scanning import Scanned
from clarinet.sizes import is_unknown

if TYPE_CHECKING:
    from clarinet.params import Store
    from clarinet.plan import Op, Plan


class Unwritable(NoForm):
    """Layers have no form in ONNX; the text names all of them."""


class Writer:
    """The operations of a plan in a graph.

    Args:
        g: where they go.
        store: the weights.
        names: of the layers by their numbers.
    """

    def __init__(self, g: Graph, store: Store, names: Sequence[str]) -> None:
        self.g, self._store, self._names = g, store, names
        self._several: dict[str, tuple[Value, ...]] = {}  # of an operation that gives several, by the first's name
        self.obstacles: list[str] = []

    def run(self, ops: Sequence[Op], begins: Sequence[Value]) -> list[Value]:
        """The inputs, and what each operation gives."""
        found = [*begins]
        for op in ops:
            self.g.scope = self._name(op)
            found.append(self._tried(op, found))
        self.g.scope = ""
        return found

    def result(self, plan: Plan, number: int, found: Sequence[Value]) -> Value:
        """An output, through the activation that its loss absorbed."""
        output = plan.outputs[number]
        value = found[output.tensor]
        if output.activation is None:
            return value
        self.g.scope = self._name(output.activation)
        return self._tried(output.activation, found)

    def _name(self, op: Op) -> str:
        name = self._names[op.layer] if 0 <= op.layer < len(self._names) else op.spec.name
        return name or op.kind

    def _tried(self, op: Op, found: Sequence[Value]) -> Value:
        """What an operation gives; where it has no form that is noted, and the walk goes on."""
        try:
            return self._given(op, found) if op.runs(False) else Value("", FLOAT)
        except NoForm as error:
            self.obstacles.append(f"{self._name(op)} ({error})")
            return Value(self.g.fresh("missing"), FLOAT)

    def _given(self, op: Op, found: Sequence[Value]) -> Value:
        taken = [found[source] for source in op.sources]
        spec: Any = op.spec
        if type(spec) in _PARTS:
            return cast(Value, _PARTS[type(spec)](self, op, spec, taken))
        if op.mask is not None:
            taken.append(found[op.mask])
        own = {s.name: self._store.view(s) for s in (*op.weights, *op.state)}
        if not spec.prepares:
            taken[: len(op.sources)] = [self.g.floats(value) for value in taken[: len(op.sources)]]
        return elementary(self.g, op, own, taken)

    # Operations, weights, loops.

    def _applied(self, op: Op, spec: Applied, taken: list[Value]) -> Value:
        if isinstance(spec.operation, Draw):
            raise NoForm("random numbers")
        gives = applied(self.g, spec.operation, spec.specs, taken)
        self._several[gives[0].name] = gives
        return gives[0]

    def _picked(self, op: Op, spec: Pick, taken: list[Value]) -> Value:
        return self._several[taken[0].name][spec.number] if taken[0].name in self._several else taken[0]

    def _read(self, op: Op, spec: Read, taken: list[Value]) -> Value:
        (segment,) = (*op.weights, *op.state)
        return self.g.constant(self._store.view(segment), name=f"{self.g.scope}/weight")

    def _given_numbers(self, op: Op, spec: Given, taken: list[Value]) -> Value:
        return self.g.constant(spec.value)

    def _chosen(self, op: Op, spec: Choose, taken: list[Value]) -> Value:
        return taken[1]

    def _written(self, op: Op, spec: Write, taken: list[Value]) -> Value:
        raise NoForm("a weight that changes when the model is used")

    def _scanned(self, op: Op, spec: Scanned, taken: list[Value]) -> Value:
        """A loop, whose round is a plan of its own."""
        scan, plan = spec.scan, spec.plan
        states, entries, others = scan.sorted(taken)
        if not entries:
            entries = [self.g.constant([0.0] * (scan.length or 0), FLOAT)]
        begins = [tensor.spec.dtype for tensor in scan.body.inputs]
        states = [self.g.cast(value, dtype) for value, dtype in zip(states, begins)]

        def step(body: Graph, before: Sequence[Value], entry: Sequence[Value]) -> tuple[list[Value], list[Value]]:
            within = Writer(body, self._store, self._names)
            found = within.run(plan.ops, [*before, *(entry if scan.entries else ()), *others])
            self.obstacles += within.obstacles
            given = [found[output.tensor] for output in plan.outputs]
            after = [body.cast(value, dtype) for value, dtype in zip(given[: scan.states], begins)]
            return after, given[scan.states :]

        axis = scan.axis if scan.entries else 0
        last, collected = scanned(self.g, step, states, entries, axis, scan.reverse, scan.reverse)
        gives = (*last, *collected)
        self._several[gives[0].name] = gives
        return gives[0]


_PARTS: dict[type, Any] = {
    Applied: Writer._applied,
    Choose: Writer._chosen,
    Given: Writer._given_numbers,
    Pick: Writer._picked,
    Read: Writer._read,
    Scanned: Writer._scanned,
    Write: Writer._written,
}


def sizes_of(shape: Sequence[int]) -> list[int | None]:
    """A sample's sizes for ONNX: a number, or None where it is not known."""
    return [None if is_unknown(size) else size for size in shape]
