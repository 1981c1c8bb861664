"""Loops of a network: one network that is run for each entry of some tensors, each time with the states of the last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar, cast

from clarinet.graph.nodes import Network, Node, Tensor, as_tensor, making
from clarinet.graph.order import made_of
from clarinet.graph.used import Argument
from clarinet.ops.control import go_along
from clarinet.ops.dispatch import TRACING, converted
from clarinet.ops.specs import TensorSpec
from clarinet.ops.structures import leaves, like

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Scan:
    """A loop as one operator of a network: it takes first states, tensors with entries, and what every round takes; it
    gives the last states, and what the rounds gave side by side.

    Attributes:
        body: one round: it takes states, an entry of each tensor, and what every round takes; it gives the next states,
            and what is collected.
        states, entries: how many of its inputs are such.
        axis: which one holds the entries, and what is collected: 0, or 1, behind the rows of the batch.
        length: how many rounds, where there are no entries.
        reverse: whether the last entry comes first.
    """

    body: Network
    states: int
    entries: int
    axis: int = 0
    length: int | None = None
    reverse: bool = False

    name: ClassVar[str] = "scan"

    @property
    def settings(self) -> dict[str, int | None]:
        """All but the round, as JSON can hold it."""
        names = ("states", "entries", "axis", "length", "reverse")
        return {name: getattr(self, name) for name in names}

    def sorted(self, taken: Sequence[T]) -> tuple[Sequence[T], Sequence[T], Sequence[T]]:
        """States, tensors with entries, and what every round takes, of all that it takes."""
        last = self.states + self.entries
        return taken[: self.states], taken[self.states : last], taken[last:]

    def specs(self, rounds: int | None) -> tuple[TensorSpec, ...]:
        """What is known of the tensors that it gives."""
        given = [tensor.spec for tensor in self.body.outputs]
        states = [tensor.spec for tensor in self.body.inputs[: self.states]]
        return (*states, *(_collected(spec, self.axis, rounds) for spec in given[self.states :]))

    def applied(self, taken: Sequence[T], run: Callable[[list[T]], Sequence[T]]) -> Sequence[T]:
        """What it gives for other tensors, with numbers or without; ``run`` is one round."""
        states, entries, others = self.sorted(taken)

        def step(before: list[T], entry: list[T] | None) -> tuple[list[T], object]:
            found = run([*before, *(entry or ()), *others])
            return list(found[: self.states]), list(found[self.states :])

        last, collected = go_along(
            step, list(states), list(entries) or None, self.length, reverse=self.reverse, axis=self.axis
        )
        return [*last, *cast("Sequence[T]", collected or ())]


def with_rounds(nodes: Iterable[Node]) -> Iterator[Node]:
    """Nodes, and those of what loops among them repeat."""
    for node in nodes:
        yield node
        if isinstance(node.operator, Scan):
            yield from with_rounds(node.operator.body.nodes)


def scan_node(scan: Scan, taken: Sequence[Tensor]) -> Node:
    """The node of a loop that takes these tensors."""
    _, entries, _ = scan.sorted(taken)
    sizes = {tensor.shape[scan.axis] for tensor in entries} | ({scan.length} if scan.length is not None else set())
    known = {size for size in sizes if size is not None}
    if len(known) > 1:
        raise ValueError(f"scan: expected one length, from xs or length=…; received {sorted(known)}")
    if not sizes:
        raise ValueError("scan: expected xs or length=…, received neither")
    return Node(scan, tuple(taken), scan.specs(known.pop() if known else None))


def scanned(
    f: Callable[..., tuple[object, object]],
    init: object,
    xs: object,
    length: int | None,
    reverse: bool,
    axis: int,
) -> tuple[object, object]:
    """A loop over tensors of a network: ``f`` is called once, on tensors that stand for any round; arguments as for
    :func:`clarinet.ops.scan`.

    Raises:
        ValueError: a state changes its shape or dtype, or the tensors have no such axis.
        TypeError: a round changes a weight or adds to the loss.
    """
    states = [as_tensor(converted(x)) for x in leaves(init)]
    entries = [as_tensor(converted(x)) for x in leaves(xs)]
    begin = Node(Argument("begin"), (), ()).number
    before = [Tensor(Node(Argument(f"state_{i}"), (), (_any_rows(t.spec),))) for i, t in enumerate(states)]
    of_rows = axis == 1 or any(tensor.spec.batched for tensor in states)
    entry = [Tensor(Node(Argument(f"entry_{i}"), (), (_entry(t.spec, axis, of_rows),))) for i, t in enumerate(entries)]
    changes: list[Node] = []
    with making(updates=changes):
        state, y = f(like(init, before), like(xs, entry))
    if changes:
        raise TypeError(
            f"scan: a round calls {changes[0].operator.name}; do that before or behind the loop, with what it gives"
        )
    after = [as_tensor(converted(x)) for x in leaves(state)]
    _check_states(before, after)
    collected = [as_tensor(converted(x)) for x in leaves(y)]
    outputs = (*after, *collected)
    others = _from_outside(outputs, (*before, *entry), begin)
    inputs = (*before, *entry, *others)
    body = Network(made_of(outputs, inputs), inputs, outputs)
    scan = Scan(body, len(states), len(entries), axis, length, reverse)
    found = scan_node(scan, (*states, *entries, *others)).outputs
    return like(init, found[: len(states)]), like(y, found[len(states) :])


def _any_rows(spec: TensorSpec) -> TensorSpec:
    """The same with any number of rows, where it has rows."""
    return replace(spec, shape=(None, *spec.shape[1:])) if spec.batched else spec


def _entry(spec: TensorSpec, axis: int, of_rows: bool) -> TensorSpec:
    """An entry of a tensor; ``of_rows`` says that an axis of unknown size behind that of the entries is the batch's."""
    if spec.rank <= axis or (axis == 1 and not spec.batched):
        raise ValueError(f"scan: a tensor of shape {spec.shape} has no entries along axis {axis}")
    shape = spec.shape[:axis] + spec.shape[axis + 1 :]
    batched = axis == 1 or (of_rows and not spec.batched and shape[:1] == (None,))
    return TensorSpec(shape, spec.dtype, batched, spec.rows if axis == 1 else None)


def _collected(spec: TensorSpec, axis: int, rounds: int | None) -> TensorSpec:
    """The entries of all rounds."""
    if axis == 1 and not spec.batched:
        raise ValueError(f"scan: a round gives a tensor of shape {spec.shape}, without the rows of the batch")
    shape = (*spec.shape[:axis], rounds, *spec.shape[axis:])
    return TensorSpec(shape, spec.dtype, axis == 1, spec.rows if axis == 1 else None)


def _check_states(before: Sequence[Tensor], after: Sequence[Tensor]) -> None:
    if len(before) != len(after):
        raise ValueError(f"scan: expected {len(before)} states behind a round, as before it; received {len(after)}")
    for old, new in zip(before, after):
        alike = len(old.shape) == len(new.shape) and all(m == n or None in (m, n) for m, n in zip(old.shape, new.shape))
        if not alike or old.spec.dtype != new.spec.dtype or old.spec.batched != new.spec.batched:
            raise ValueError(
                f"scan: a state of shape {old.shape} and {old.dtype} becomes one of shape {new.shape} and {new.dtype}; "
                "begin with a state as the rounds give it, e.g. with ops.zeros_like of such a tensor"
            )


def _from_outside(outputs: Sequence[Tensor], arguments: Sequence[Tensor], first: int) -> tuple[Tensor, ...]:
    """Tensors that were made before a node of this number and that a round takes, in the order of their making."""
    own = set(arguments)
    found: dict[Tensor, None] = {}
    seen: set[Node] = set()
    waiting = [*outputs]
    while waiting:
        tensor = waiting.pop()
        if tensor.node.number < first:
            found[tensor] = None
        elif tensor not in own and tensor.node not in seen:
            seen.add(tensor.node)
            waiting += tensor.node.inputs
    return tuple(sorted(found, key=lambda tensor: (tensor.node.number, tensor.index)))


TRACING.loop = scanned
