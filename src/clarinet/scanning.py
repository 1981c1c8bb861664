"""A loop as one operation of a plan: it runs a plan of its own for every entry of some tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, cast

from clarinet.graph import Scan
from clarinet.layers.applied import Shares
from clarinet.layers.base import Layer
from clarinet.layers.context import Context
from clarinet.ops.operation import Gradients
from clarinet.params import Segment, Weight
from clarinet.passes import ByWeight, backward, forward
from clarinet.plan import Op, Plan
from clarinet.types import Array, Arrays, Namespace, Scalar, Shape


class _Rounds(NamedTuple):
    """What backward needs of a forward pass: the caches of each round, in order; what it took and gave."""

    caches: list[list[object]]
    order: Sequence[int]
    x: tuple[Array, ...]
    y: tuple[Array, ...]
    xp: Namespace


@dataclass(eq=False, repr=False)
class Scanned(Layer):
    """Runs a plan for every entry of some tensors, each time with the states that the round before gave.

    It takes first states, tensors with entries, and what every round takes; it gives the last states, what the rounds
    gave side by side, and what they add to the loss. Its weights and its state are those of the plan, each named after
    the number of the operation that has it.

    Args:
        scan: which of the tensors is what.
        plan: of one round; its inputs and outputs are those of ``scan.body``.
        shapes: of one sample of each tensor that it gives.
        mixes: whether the rows of a batch see each other.
    """

    merges: ClassVar[bool] = True

    scan: Scan
    plan: Plan
    shapes: tuple[Shape, ...]
    mixes: bool

    @property
    def mixes_rows(self) -> bool:
        return self.mixes

    @property
    def reads_outside(self) -> bool:
        return any(op.spec.reads_outside for op in self.plan.ops)

    @property
    def adds_loss(self) -> bool:  # type: ignore[override]  # of some
        return any(type(op.spec).penalty is not Layer.penalty for op in self.plan.ops)

    def output_shape(self, input_shape: object) -> Shape:
        return self.shapes[0] if self.shapes else ()

    def weight_specs(self, input_shape: object) -> tuple[Weight, ...]:
        return tuple(s.weight for op in self.plan.ops for s in numbered(op, op.weights))

    def state_specs(self, input_shape: object) -> tuple[Weight, ...]:
        return tuple(s.weight for op in self.plan.ops for s in numbered(op, op.state))

    def penalty(self, y: Array) -> Scalar:
        return cast(Scalar, y[-1])  # of several

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Arrays, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp, x, count = ctx.xp, tuple(x), self.scan.states
        states, entries, others = self.scan.sorted(x)
        rounds = entries[0].shape[self.scan.axis] if entries else self.scan.length or 0
        order = range(rounds)[::-1] if self.scan.reverse else range(rounds)
        weights, kept = self._by_op(params, "weights"), self._by_op(state, "state")
        caches: list[list[object]] = []
        collected: list[list[Array]] = []
        penalty: Scalar = 0.0
        for t in order:
            taken = (*states, *(_at(array, t, self.scan.axis) for array in entries), *others)
            key = ctx.key.at(layer=ctx.key.layer * 31 + t)
            found = forward(self.plan, weights, kept, taken, ctx.training, key, xp)
            tensors, kept = [*taken, *found.outputs], found.state
            given = [tensors[output.tensor] for output in self.plan.outputs]
            states = given[:count]
            caches.append(found.caches)
            collected.append(given[count:])
            ran = zip(self.plan.ops, found.outputs, strict=True)
            penalty = penalty + sum(op.spec.penalty(y) for op, y in ran if y is not None)
        whole = self._side_by_side(collected, x, xp)
        y = cast("tuple[Array, ...]", (*states, *whole, penalty))
        changed = {f"{index}.{name}": array for index, own in kept.items() for name, array in own.items()}
        return cast(Array, y), _Rounds(caches, order, x, y, xp), changed

    def _side_by_side(self, collected: list[list[Array]], x: Sequence[Array], xp: Namespace) -> list[Array]:
        """What the rounds gave, in the order of the entries."""
        rounds = collected[::-1] if self.scan.reverse else collected
        if not rounds:
            shapes = self.shapes[self.scan.states :]
            rows = (x[0].shape[0],) if self.scan.axis else ()
            return [xp.zeros((*rows, *shape), dtype=self.plan.dtype) for shape in shapes]
        return [xp.stack(list(each), axis=self.scan.axis) for each in zip(*rounds, strict=True)]

    def _by_op(self, numbers: dict[str, Array], kind: str) -> ByWeight:
        """Weights or state as the plan's operations have them."""
        ops = self.plan.ops
        return {op.index: {s.name: numbers[f"{op.index}.{s.name}"] for s in getattr(op, kind)} for op in ops}

    def backward(
        self, params: dict[str, Array], cache: _Rounds, dy: Array | Shares | None
    ) -> tuple[Gradients, dict[str, Array]]:
        xp, count, axis = cache.xp, self.scan.states, self.scan.axis
        by_number = dy.by_number if isinstance(dy, Shares) else {}
        weights = self._by_op(params, "weights")
        _, entries, others = self.scan.sorted(cache.x)
        deltas: list[Array | None] = [by_number.get(number) for number in range(count)]
        whole = [by_number.get(count + number) for number in range(len(self.plan.outputs) - count)]
        total: dict[str, Array] = {}
        shares: list[list[Array | None]] = []
        fixed: list[Array | None] = [None] * len(others)
        for t, caches in zip(reversed(cache.order), reversed(cache.caches), strict=True):
            own = [None if d is None else _at(d, t, axis) for d in whole]
            grads, found = backward(self.plan, weights, [*deltas, *own], caches, xp)
            deltas, at_entries, at_others = (list(each) for each in self.scan.sorted(found))
            shares.append(at_entries)
            fixed = [_sum(before, share) for before, share in zip(fixed, at_others, strict=True)]
            each = {f"{index}.{name}": grad for index, named in grads.items() for name, grad in named.items()}
            total = {name: total[name] + grad if total else grad for name, grad in each.items()}
        if not total:
            total = {name: xp.zeros_like(array) for name, array in params.items()}
        ordered = shares if self.scan.reverse else shares[::-1]
        dentries = [
            _joined([share[number] for share in ordered], array, axis, xp) for number, array in enumerate(entries)
        ]
        return (*deltas, *dentries, *fixed), total


def numbered(op: Op, segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """The segments of one operation of a loop as those of the loop."""
    return tuple(replace(s, weight=replace(s.weight, name=f"{op.index}.{s.name}")) for s in segments)


def _at(array: Array, t: int, axis: int) -> Array:
    """One entry of a tensor."""
    return array[t] if axis == 0 else array[:, t]


def _sum(a: Array | None, b: Array | None) -> Array | None:
    return b if a is None else a if b is None else a + b


def _joined(shares: Sequence[Array | None], whole: Array, axis: int, xp: Namespace) -> Array | None:
    """The gradient at a tensor, of those at its entries."""
    known = next((share for share in shares if share is not None), None)
    if known is None:
        return None
    nothing = xp.zeros_like(known)
    return xp.stack([nothing if share is None else share for share in shares], axis=axis)
