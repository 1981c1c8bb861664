"""A model that is called on numbers: one operation, run natively, whose backward may come as late as a tape likes."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clarinet.engines.base import Engine
from clarinet.engines.halves import Handle, Stale
from clarinet.ops.operation import Gradients, Operation, Wanted
from clarinet.ops.specs import TensorSpec
from clarinet.params import Segment, Store
from clarinet.types import Array, Namespace

if TYPE_CHECKING:
    from clarinet.plan import Plan

#: Engines of one model: so many passes may wait for their backward; those of more are computed once more.
_MOST = 4


@dataclass(eq=False)
class Kept:
    """A forward pass that waits for its backward: all that it takes to run it once more.

    Attributes:
        engine, handle: where its numbers are, as long as the engine has run nothing else.
        x, training, draw: what was run.
    """

    engine: Engine
    handle: Handle
    x: Array
    training: bool
    draw: int


class Calls:
    """Runs a plan of one input and one output without a loss, and goes back through it.

    An engine has memory for one pass. So there are some engines, each for a pass that nobody has gone back through;
    where there are not enough, backward runs its pass again, which gives the same bits.

    Args:
        plan: what to run.
        store: its weights.
        make: makes an engine of both.
    """

    def __init__(self, plan: Plan, store: Store, make: Callable[..., Engine]) -> None:
        self.plan, self.store = plan, store
        self._make = make
        self._passes: list[tuple[Engine, weakref.ref[Kept] | None]] = []  # the one that is used next first
        self._state = tuple({s.spot: s for op in plan.ops for s in op.state}.values())

    def _next(self) -> Engine:
        """An engine for the next pass."""
        free = (i for i, (_, kept) in enumerate(self._passes) if kept is None or kept() is None)
        index = next(free, None)
        if index is None and len(self._passes) < _MOST:
            return self._make(self.plan, self.store, None)
        return self._passes.pop(index or 0)[0]

    def forward(self, x: Array, training: bool, draw: int) -> tuple[Array, Kept]:
        """The output, and what backward needs; ``draw`` names the random numbers."""
        engine = self._next()
        output, handle = engine.forward(x, training, draw)
        assert not isinstance(output, tuple)
        kept = Kept(engine, handle, x, training, draw)
        self._passes.append((engine, weakref.ref(kept)))
        return output, kept

    def predict(self, x: Array, batch_size: int) -> Array:
        """The output in inference mode, for any number of rows."""
        engine = self._next()
        self._passes.insert(0, (engine, None))
        found = engine.predict(x, batch_size)
        assert not isinstance(found, tuple)
        return found

    def backward(self, kept: Kept, dy: Array, wrt_inputs: bool) -> tuple[Array, Array | None]:
        """The gradient of all weights, laid out as the plan says, and that at the input, if it is wanted."""
        try:
            return self._backward(kept, dy, wrt_inputs)
        except Stale:
            before = [self.store.view(s).copy() for s in self._state]
            _, kept.handle = kept.engine.forward(kept.x, kept.training, kept.draw)
            for segment, values in zip(self._state, before, strict=True):
                self.store.view(segment)[...] = values
            return self._backward(kept, dy, wrt_inputs)

    def _backward(self, kept: Kept, dy: Array, wrt_inputs: bool) -> tuple[Array, Array | None]:
        if not wrt_inputs:
            return kept.engine.backward(kept.handle, dy), None
        flat, dx = kept.engine.backward(kept.handle, dy, wrt_inputs=True)
        assert not isinstance(dx, tuple)
        return flat, dx


@dataclass(eq=False, repr=False)
class Run(Operation):
    """A whole model at work: it takes the model's input, then its weights.

    Args:
        calls: what runs it.
        segments: where in a gradient of ``calls`` that of each weight is.
    """

    arity = None

    calls: Calls
    segments: tuple[Segment, ...]

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return self.calls.forward(xs[0], False, 0)

    def partial(self, cache: Kept, dy: Array, wanted: Wanted, xp: Namespace = np) -> Gradients:
        flat, dx = self.calls.backward(cache, dy, wanted[0])
        return (dx, *(s.view(flat) if w else None for s, w in zip(self.segments, wanted[1:], strict=True)))

    def backward(self, cache: Kept, dy: Array, xp: Namespace = np) -> Gradients:
        return self.partial(cache, dy, (True,) * (1 + len(self.segments)))

    def result(self, *specs: TensorSpec) -> TensorSpec:
        raise ValueError("a model's call on numbers is not part of a network")


def trained_as(plan: Plan, wanted: Sequence[Segment]) -> Plan:
    """The plan with gradients for these weights too, though they are frozen."""
    from dataclasses import replace

    spots = {segment.spot for segment in wanted}
    ops = [
        replace(op, weights=tuple(replace(s, trainable=s.trainable or s.spot in spots) for s in op.weights))
        for op in plan.ops
    ]
    return replace(plan, ops=tuple(ops))
