"""The operations of a plan one after the other: forward, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from clarinet.layers.context import Context
from clarinet.philox import Key
from clarinet.plan import Plan
from clarinet.types import Array, Namespace

#: Numbers by operation and weight name.
ByWeight = dict[int, dict[str, Array]]


class Pass(NamedTuple):
    """The results of a forward pass: outputs and caches of all operations, and their new state."""

    outputs: list[Array]
    caches: list[object]
    state: ByWeight


def forward(
    plan: Plan,
    params: ByWeight,
    state: ByWeight,
    xs: Sequence[Array],
    training: bool | None,
    key: Key,
    xp: Namespace = np,
) -> Pass:
    """Run all operations.

    Args:
        plan, params, state: the operations, their weights and their state.
        xs: rows of every input, in the plan's dtype.
        training: whether operations behave as in training; None leaves it to each.
        key: names the random numbers of the step; each operation has its own.
        xp: the arrays' namespace.
    """
    tensors: list[Any] = [*xs]  # None for what is not run in such a pass
    caches: list[object] = []
    new_state = dict(state)
    for op in plan.ops:
        if not op.runs(training):
            tensors.append(None)
            caches.append(None)
            continue
        taken: Any = tuple([tensors[s] for s in op.sources])  # a list within is quicker than a generator
        own = Key(key.seed, key.stream, key.epoch, key.step, op.draws(key.layer))
        ctx = Context(op.trains(training), own, xp, None if op.mask is None else tensors[op.mask])
        y, cache, changed = op.spec.forward(
            params[op.index], new_state[op.index], taken if op.spec.merges else taken[0], ctx
        )
        if changed:
            _change(plan, new_state, op.index, changed)
        caches.append(cache)
        tensors.append(y)
    return Pass(tensors[len(xs) :], caches, new_state)


def _change(plan: Plan, state: ByWeight, index: int, changed: dict[str, Array]) -> None:
    """Put new state in the place of an operation's old one, and of that of others that have the same."""
    state[index] = {**state[index], **changed}
    for name, array in changed.items() if plan.shared_state else ():
        for other, its_name in plan.shared_state.get((index, name), ()):
            state[other] = {**state[other], its_name: array}


def backward(
    plan: Plan,
    params: ByWeight,
    dys: Sequence[Array | None],
    caches: list[object],
    xp: Namespace = np,
    seen: dict[int, Array | None] | None = None,
    wrt_inputs: bool = True,
) -> tuple[ByWeight, list[Array | None]]:
    """Gradients by operation and weight name, without penalties on weights, and the gradients at the inputs.

    What several operations or losses take gets the sum of what they hand back, from the last to the first. What reaches
    no loss has gradients of zero; None stands for them at tensors. A weight that several operations have has the share
    of each.

    Args:
        plan, params: what was run.
        dys: the gradient at every output, None for none.
        caches: of every operation, from the forward pass.
        xp: the arrays' namespace.
        seen: takes the gradients at all tensors.
        wrt_inputs: whether the gradients at the inputs are wanted.
    """
    grads: ByWeight = {}
    deltas: dict[int, Array] = {}  # by tensor
    inputs = len(plan.input_shapes)

    def add(tensor: int, delta: Array | None) -> None:
        if delta is not None:
            deltas[tensor] = deltas[tensor] + delta if tensor in deltas else delta

    for output, dy in zip(reversed(plan.outputs), reversed(dys), strict=True):
        add(output.tensor, dy)
    for op, cache in zip(reversed(plan.ops), reversed(caches), strict=True):
        delta = deltas.pop(plan.given_by(op), None)
        if delta is None and (cache is None or not op.spec.adds_loss):
            grads[op.index] = {s.name: xp.zeros_like(params[op.index][s.name]) for s in op.weights}
            continue
        if not wrt_inputs and max(op.sources, default=0) < inputs:
            grads[op.index] = op.spec.weight_gradients(params[op.index], cache, delta)  # type: ignore[arg-type]
            continue
        dx, grads[op.index] = op.spec.backward(params[op.index], cache, delta)  # type: ignore[arg-type]
        for source, part in zip(op.sources, dx if isinstance(dx, tuple) else (dx,), strict=True):
            add(source, part)
        if seen is not None:
            seen |= {plan.given_by(op): delta, **{n: deltas.get(n) for n in range(inputs)}}
    return grads, [deltas.get(number) for number in range(inputs)]
