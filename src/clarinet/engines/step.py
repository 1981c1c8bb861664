"""A training step as the textbook has it: forward, loss, penalties, backward, update. It is the specification.

Everything here is a pure function of arrays: nothing is written in place, and no branch depends on a number that a step
computes. So the reference engine runs it in NumPy, one batch after another, and an array library that compiles can
trace it: ``jax.jit(lambda carry, x, y, scalars: step(plan, carry, Data(x, y), scalars, jax.numpy))``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from clarinet.arrays import widest
from clarinet.engines.intermediates import ByWeight, Intermediates
from clarinet.layers.base import Context
from clarinet.losses.base import spread
from clarinet.metrics.base import Sums, updated
from clarinet.optimizers.base import Scalars, step_of
from clarinet.random import Key, Stream
from clarinet.types import Array, Namespace, Scalar

if TYPE_CHECKING:
    from clarinet.engines.base import Data
    from clarinet.optimizers import OptimizerState
    from clarinet.params import Store
    from clarinet.plan import Plan


class Carry(NamedTuple):
    """The state that one step passes to the next.

    Attributes:
        params, state: of every operation, by its index and their names.
        slots: the optimizer's slots of every trained weight, in the plan's order.
        sums: the running sums of the loss, the metrics and the weighted metrics; None leaves them out.
    """

    params: ByWeight
    state: ByWeight
    slots: Sequence[dict[str, Array]]
    sums: Sequence[Sums] | None


class StepRecord(NamedTuple):
    """The intermediate results of a step.

    Attributes:
        loss: ``sum_i s_i l_i``, without penalties.
        penalty: the share of regularizers and layers, which is added to it.
        values, shares: ``l_i`` of every row (or step of a row) and ``s_i``: by default the row's weight (1 if there is
            none) divided by the number of values, Keras's ``sum_over_batch_size``.
        outputs: of every operation, and last the predictions.
        grads: of loss and penalties, by operation and weight.
    """

    loss: Array
    penalty: Scalar
    values: Array
    shares: Array
    outputs: list[Array]
    grads: ByWeight


class Pass(NamedTuple):
    """The results of a forward pass: outputs and caches of all operations, and their new state."""

    outputs: list[Array]
    caches: list[object]
    state: ByWeight


def step(plan: Plan, carry: Carry, batch: Data, scalars: Scalars, xp: Namespace = np) -> tuple[Carry, StepRecord]:
    """One training step.

    Args:
        plan: the computation; its optimizer is one that steps (not :class:`clarinet.optimizers.BFGS`).
        carry: from the step before, or :func:`begin`.
        batch: rows, ``x`` in the plan's dtype.
        scalars: ``plan.optimizer.scalars(learning_rate, number)``, which have to be computed in float64.
        xp: the arrays' namespace.

    Returns:
        The next step's carry, and this one's record.
    """
    record, state = gradients(plan, carry.params, carry.state, batch, step_of(scalars), xp)
    params, slots = update(plan, carry, record.grads, scalars, xp)
    sums = None if carry.sums is None else measure(plan, carry.sums, batch, record, xp)
    return Carry(params, state, slots, sums), record


def begin(
    plan: Plan,
    store: Store,
    optimizer_state: OptimizerState | None,
    sums: Sequence[Sums] | None = None,
    put: Callable[[Array], Array] = lambda array: array,
) -> Carry:
    """The first step's carry: the numbers of a store and of the optimizer, each put on the device."""
    params = {op.index: {s.name: put(store.view(s)) for s in op.weights} for op in plan.all_ops}
    state = {op.index: {s.name: put(store.view(s)) for s in op.state} for op in plan.all_ops}
    kept = [{} if optimizer_state is None else optimizer_state.views(s) for _, s in plan.trainable]
    return Carry(params, state, [{name: put(slot) for name, slot in own.items()} for own in kept], sums)


def forward(
    plan: Plan, params: ByWeight, state: ByWeight, x: Array, training: bool | None, key: Key, xp: Namespace = np
) -> Pass:
    """Run all operations.

    Args:
        plan, params, state: the operations, their weights and their state.
        x: rows in the plan's dtype.
        training: whether operations behave as in training; None leaves it to each.
        key: names the random numbers of the step; each operation has its own.
        xp: the arrays' namespace.
    """
    tensors, caches, new_state = [x], [], dict(state)
    for op in plan.ops:
        taken: Any = tuple(tensors[s] for s in op.sources)
        own = Key(key.seed, key.stream, key.epoch, key.step, op.index)
        ctx = Context(op.spec.trains_when_called if training is None else training, own, xp)
        y, cache, changed = op.spec.forward(
            params[op.index], new_state[op.index], taken if op.spec.merges else taken[0], ctx
        )
        if changed:
            _change(plan, new_state, op.index, changed)
        caches.append(cache)
        tensors.append(y)
    return Pass(tensors[1:], caches, new_state)


def _change(plan: Plan, state: ByWeight, index: int, changed: dict[str, Array]) -> None:
    """Put new state in the place of an operation's old one, and of that of others that have the same."""
    state[index] = {**state[index], **changed}
    for name, array in changed.items() if plan.shared_state else ():
        for other, its_name in plan.shared_state.get((index, name), ()):
            state[other] = {**state[other], its_name: array}


def key_of(plan: Plan, number: int, draw: int = 0) -> Key:
    """Names the random numbers of a step; training has the first draw of them, 0."""
    return Key(plan.seed, Stream.DROPOUT, epoch=draw, step=number)


def through_output(plan: Plan, logits: Array, xp: Namespace = np) -> Array:
    """Predictions from the last output: through the activation that the loss absorbed, if any."""
    return logits if plan.output is None else plan.output.spec.forward({}, {}, logits, Context(xp=xp))[0]


def judge(plan: Plan, params: ByWeight, batch: Data, outputs: list[Array], xp: Namespace = np) -> StepRecord:
    """Loss, penalties and predictions from the operations' outputs; no gradients."""
    assert plan.loss is not None and batch.y is not None
    y = outputs[-1] if outputs else batch.x
    values = plan.loss.values(batch.y, y, xp)
    weight = xp.ones_like(values) if batch.weight is None else spread(batch.weight, values, xp)
    shares = plan.loss.shares(weight, xp)
    loss, penalty = xp.sum(values * shares), penalties(plan, params, outputs)
    return StepRecord(loss, penalty, values, shares, [*outputs, through_output(plan, y, xp)], {})


def penalties(plan: Plan, params: ByWeight, outputs: list[Array]) -> Scalar:
    """Sum of the regularizers' penalties on trainable weights, and of the operations' on their outputs."""
    activity = sum(op.spec.penalty(y) for op, y in zip(plan.ops, outputs, strict=True))
    found = [(s.weight.regularizer, params[op.index][s.name]) for op, s in plan.trainable]
    weights: Scalar = sum(penalty(w) for penalty, w in found if penalty is not None)
    return weights + activity


def gradients(
    plan: Plan,
    params: ByWeight,
    state: ByWeight,
    batch: Data,
    number: int,
    xp: Namespace = np,
    training: bool = True,
    intermediates: Intermediates | None = None,
) -> tuple[StepRecord, ByWeight]:
    """Forward, loss, backward: the record of a step before the update, and the new state; ``number`` is the step's."""
    assert plan.loss is not None and batch.y is not None
    outputs, caches, new_state = forward(plan, params, state, batch.x, training, key_of(plan, number), xp)
    record = judge(plan, params, batch, outputs, xp)
    if intermediates is not None:
        intermediates.values, intermediates.shares = record.values, record.shares
    y = outputs[-1] if outputs else batch.x
    dy = plan.loss.gradient(batch.y, y, xp) * record.shares[..., None]
    grads, _ = backward(plan, params, dy, caches, intermediates)
    return StepRecord(*record[:-1], with_penalties(plan, params, grads, intermediates)), new_state


def backward(
    plan: Plan, params: ByWeight, dy: Array, caches: list[object], intermediates: Intermediates | None = None
) -> tuple[ByWeight, Array]:
    """Gradients by operation and weight name, without penalties on weights, and the gradient at the input.

    A tensor that several operations take gets the sum of their gradients, from the last to the first; so does a weight
    that several have.
    """
    grads: ByWeight = {}
    deltas = {len(plan.ops): dy}  # by tensor
    for op, cache in zip(reversed(plan.ops), reversed(caches), strict=True):
        delta = deltas.pop(op.index + 1)
        dx, grads[op.index] = op.spec.backward(params[op.index], cache, delta)  # type: ignore[arg-type]
        for source, part in zip(op.sources, dx if isinstance(dx, tuple) else (dx,), strict=True):
            deltas[source] = deltas[source] + part if source in deltas else part
        if intermediates is not None:
            intermediates.deltas |= {op.index + 1: delta, 0: deltas.get(0)}
    for users in plan.shared:
        last, *others = (grads[op.index][s.name] for op, s in reversed(users))
        total = sum(others, start=last)
        for op, s in users:
            grads[op.index] = grads[op.index] | {s.name: total}
    return grads, deltas[0]


def with_penalties(
    plan: Plan, params: ByWeight, grads: ByWeight, intermediates: Intermediates | None = None
) -> ByWeight:
    """The gradients with those of the regularizers' penalties."""
    found = {}
    for op in plan.ops:
        own, mine = grads[op.index], params[op.index]
        shares = {
            s.name: s.weight.regularizer.gradient(mine[s.name])
            for s in op.weights
            if s.trainable and s.weight.regularizer is not None
        }
        found[op.index] = own | {name: own[name] + share for name, share in shares.items()}
        if intermediates is not None:
            intermediates.penalties[op.index] = shares
    return found


def update(
    plan: Plan, carry: Carry, grads: ByWeight, scalars: Scalars, xp: Namespace = np
) -> tuple[ByWeight, Sequence[dict[str, Array]]]:
    """Clip, decay, update, average: new weights and slots."""
    assert plan.optimizer is not None
    weights, slots = plan.optimizer.apply(
        [carry.params[op.index][s.name] for op, s in plan.trainable],
        [grads[op.index][s.name] for op, s in plan.trainable],
        carry.slots,
        scalars,
        xp,
        plan.trainable_names,
    )
    return replaced(plan, carry.params, weights), slots


def replaced(plan: Plan, params: ByWeight, weights: Sequence[Array]) -> ByWeight:
    """The parameters with new numbers for those that are trained, in the plan's order."""
    new = {index: dict(own) for index, own in params.items()}
    for users, w in zip(plan.users, weights, strict=True):
        for op, s in users:
            new[op.index][s.name] = w
    return new


def measure(plan: Plan, sums: Sequence[Sums], batch: Data, record: StepRecord, xp: Namespace = np) -> list[Sums]:
    """The running loss (weighted by rows) and metrics with a batch added."""
    assert batch.y is not None
    n, y_pred = batch.x.shape[0], record.outputs[-1]
    loss = xp.asarray(record.loss, dtype=widest(xp)) + record.penalty
    running, *rest = sums
    found: list[Sums] = [{"total": running["total"] + loss * n, "count": running["count"] + n}]
    for metric, own in zip(plan.metrics, rest, strict=False):
        found.append(updated(metric, own, batch.y, y_pred, None, xp))
    for metric, own in zip(plan.weighted_metrics, rest[len(plan.metrics) :], strict=True):
        found.append(updated(metric, own, batch.y, y_pred, batch.weight, xp))
    return found


def total_loss(record: StepRecord) -> float:
    """The loss of a batch that has been computed, penalties included."""
    return float(record.loss) + float(record.penalty)
