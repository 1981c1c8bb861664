"""A training step as the textbook has it: forward, loss, penalties, backward, update. It is the specification.

Everything here is a pure function of arrays: nothing is written in place, and no branch depends on a number that a step
computes. So the reference engine runs it in NumPy, one batch after another, and an array library that compiles can
trace it: ``jax.jit(lambda carry, x, y, scalars: step(plan, carry, Data(x, y), scalars, jax.numpy))``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clarinet import passes
from clarinet.arrays import spread, summed, widest
from clarinet.constraints import allowed
from clarinet.engines.intermediates import Intermediates
from clarinet.layers.context import Context
from clarinet.metrics.base import Sums, updated
from clarinet.optimizers.base import Scalars, step_of
from clarinet.passes import ByWeight, forward
from clarinet.philox import Key, Stream
from clarinet.types import Array, Namespace, Scalar

if TYPE_CHECKING:
    from clarinet.engines.base import Data
    from clarinet.optimizers import OptimizerState
    from clarinet.params import Store
    from clarinet.plan import Output, Plan


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
        loss: ``sum_i s_i l_i`` over all outputs, without penalties.
        penalty: the share of regularizers and layers, which is added to it.
        values, shares: of every output ``l_i`` of every row (or step of a row) and ``s_i``: by default the row's weight
            (1 if there is none) divided by the number of values, Keras's ``sum_over_batch_size``; the output's weight
            is part of it. None for an output without a loss.
        losses: of every output ``sum_i s_i l_i``, without the output's weight; None without a loss.
        outputs: of every operation, and last the predictions of every output.
        grads: of loss and penalties, by operation and weight.
    """

    loss: Array
    penalty: Scalar
    values: tuple[Array | None, ...]
    shares: tuple[Array | None, ...]
    losses: tuple[Array | None, ...]
    outputs: list[Array]
    grads: ByWeight


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


def key_of(plan: Plan, number: int, draw: int = 0, stream: Stream = Stream.DROPOUT) -> Key:
    """Names the random numbers of a step; training has the first draw of them, 0."""
    return Key(plan.seed, stream, epoch=draw, step=number)


def results(plan: Plan, xs: Sequence[Array], outputs: Sequence[Array]) -> list[Array]:
    """What the losses take, from the inputs and what the operations gave."""
    tensors = [*xs, *outputs]
    return [tensors[output.tensor] for output in plan.outputs]


def mask_of(output: Output, xs: Sequence[Array], outputs: Sequence[Array]) -> Array | None:
    """Which values of an output count; None: all."""
    return None if output.mask is None else [*xs, *outputs][output.mask]


def through_output(output: Output, logits: Array, xp: Namespace = np) -> Array:
    """Predictions from the last output: through the activation that the loss absorbed, if any."""
    return logits if output.activation is None else output.activation.spec.forward({}, {}, logits, Context(xp=xp))[0]


def judge(plan: Plan, params: ByWeight, batch: Data, outputs: list[Array], xp: Namespace = np) -> StepRecord:
    """The losses of what the operations gave, penalties, and predictions; no gradients."""
    found = results(plan, batch.xs, outputs)
    masks = [mask_of(output, batch.xs, outputs) for output in plan.outputs]
    record = judge_outputs(plan, batch, found, penalties(plan, params, outputs), masks, xp)
    return record._replace(outputs=[*outputs, *record.outputs])


def judge_outputs(
    plan: Plan,
    batch: Data,
    found: Sequence[Array],
    penalty: Scalar,
    masks: Sequence[Array | None] | None = None,
    xp: Namespace = np,
) -> StepRecord:
    """The same of what the losses take; its outputs are the predictions alone."""
    masks = [None] * len(plan.outputs) if masks is None else masks
    each = [_judged(*five, xp) for five in zip(plan.outputs, batch.ys, batch.weights, found, masks, strict=True)]
    values, shares, losses = zip(*each, strict=True)
    weighed = [loss * o.weight for loss, o in zip(losses, plan.outputs, strict=True) if loss is not None]
    predictions = [through_output(output, y, xp) for output, y in zip(plan.outputs, found, strict=True)]
    loss = sum(weighed[1:], start=weighed[0]) if weighed else xp.zeros((), dtype=found[0].dtype)
    return StepRecord(loss, penalty, values, shares, losses, predictions, {})


def _judged(
    output: Output, y: Array | None, weight: Array | None, y_pred: Array, mask: Array | None, xp: Namespace
) -> tuple[Array, Array, Array] | tuple[None, None, None]:
    """An output's values, their shares in the batch's loss, and its own loss."""
    if output.loss is None:
        return None, None, None
    assert y is not None
    values = output.loss.values(y, y_pred, xp)
    counts = output.loss.weighed(y, values, weight, xp)
    if mask is not None and values.ndim:  # a function that gives one number for all leaves out what it wants itself
        counts = counts * spread(output.loss.counted(mask, values.dtype, xp), values, xp)
        if output.loss.labels == "ids":  # as in Keras, a step without a label (-1) has no loss
            counts = counts * spread(y >= 0, values, xp)
    shares = output.loss.shares(counts, xp)
    return values, shares if output.weight == 1.0 else shares * output.weight, xp.sum(values * shares)


def penalties(plan: Plan, params: ByWeight, outputs: list[Array]) -> Scalar:
    """Sum of the regularizers' penalties on trainable weights, and of the operations' on their outputs."""
    activity = sum(op.spec.penalty(y) for op, y in zip(plan.ops, outputs, strict=True) if y is not None)
    found = [(s.weight.regularizer, params[op.index][s.name]) for op, s in plan.trainable]
    weights: Scalar = sum(summed(penalty(w)) for penalty, w in found if penalty is not None)
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
    outputs, caches, new_state = forward(plan, params, state, batch.xs, training, key_of(plan, number), xp)
    record = judge(plan, params, batch, outputs, xp)
    if intermediates is not None:
        intermediates.values, intermediates.shares = tuple(record.values), tuple(record.shares)
    taken = zip(plan.outputs, batch.ys, results(plan, batch.xs, outputs), record.shares, strict=True)
    dys = [None if t is None or s is None or o.loss is None else o.loss.pull(t, y, s, xp) for o, t, y, s in taken]
    grads, _ = backward(plan, params, dys, caches, xp, intermediates, wrt_inputs=intermediates is not None)
    return StepRecord(*record[:-1], with_penalties(plan, params, grads, intermediates)), new_state


def backward(
    plan: Plan,
    params: ByWeight,
    dys: Sequence[Array | None],
    caches: list[object],
    xp: Namespace = np,
    intermediates: Intermediates | None = None,
    wrt_inputs: bool = True,
) -> tuple[ByWeight, list[Array | None]]:
    """Gradients by operation and weight name, without penalties on weights, and the gradients at the inputs.

    Arguments and results as for :func:`clarinet.passes.backward`; but a weight that several operations have gets the
    sum of their shares, from the last to the first. ``intermediates`` takes the gradients at all tensors.
    """
    seen = None if intermediates is None else intermediates.deltas
    grads, dxs = passes.backward(plan, params, dys, caches, xp, seen, wrt_inputs)
    for users in plan.shared:
        last, *others = (grads[op.index][s.name] for op, s in reversed(users))
        total = sum(others, start=last)
        for op, s in users:
            grads[op.index] = grads[op.index] | {s.name: total}
    return grads, dxs


def with_penalties(
    plan: Plan, params: ByWeight, grads: ByWeight, intermediates: Intermediates | None = None
) -> ByWeight:
    """The gradients with those of the regularizers' penalties."""
    found = dict(grads)
    if intermediates is not None:
        intermediates.penalties |= {op.index: {} for op in plan.ops}
    for op, s, penalty in plan.penalized:
        share = penalty.gradient(params[op.index][s.name])
        found[op.index] = found[op.index] | {s.name: grads[op.index][s.name] + share}
        if intermediates is not None:
            intermediates.penalties[op.index][s.name] = share
    return found


def update(
    plan: Plan, carry: Carry, grads: ByWeight, scalars: Scalars, xp: Namespace = np
) -> tuple[ByWeight, Sequence[dict[str, Array]]]:
    """Clip, decay, update, average, project: new weights and slots."""
    assert plan.optimizer is not None
    weights, slots = plan.optimizer.applied(
        [carry.params[op.index][s.name] for op, s in plan.trainable],
        [grads[op.index][s.name] for op, s in plan.trainable],
        carry.slots,
        scalars,
        xp,
        plan.trainable_names,
    )
    return replaced(plan, carry.params, _allowed(plan, weights)), slots


def _allowed(plan: Plan, weights: Sequence[Array]) -> list[Array]:
    """New numbers of what is trained, after their constraints."""
    return [allowed(w, s.weight.constraint) for w, (_, s) in zip(weights, plan.trainable, strict=True)]


def replaced(plan: Plan, params: ByWeight, weights: Sequence[Array]) -> ByWeight:
    """The parameters with new numbers for those that are trained, in the plan's order."""
    new = {index: dict(own) for index, own in params.items()}
    for users, w in zip(plan.users, weights, strict=True):
        for op, s in users:
            new[op.index][s.name] = w
    return new


def measure(plan: Plan, sums: Sequence[Sums], batch: Data, record: StepRecord, xp: Namespace = np) -> list[Sums]:
    """The running losses (weighted by rows) and metrics with a batch added.

    They come in this order: the loss; where there are several outputs, the loss of each that has one; the metrics.
    """
    n = batch.xs[0].shape[0]
    losses = [xp.asarray(record.loss, dtype=widest(xp)) + record.penalty, *own_losses(plan, record)]
    found: list[Sums] = [
        {"total": own["total"] + loss * n, "count": own["count"] + n} for own, loss in zip(sums, losses, strict=False)
    ]
    predictions = record.outputs[-len(plan.outputs) :]
    for judged, own in zip(plan.judged, sums[len(losses) :], strict=True):
        y, y_pred = batch.ys[judged.output], predictions[judged.output]
        assert y is not None
        weight = batch.weights[judged.output] if judged.weighted else None
        mask = mask_of(plan.outputs[judged.output], batch.xs, record.outputs) if judged.metric.masked else None
        if mask is not None:
            kept = xp.astype(mask, y_pred.dtype)
            weight = kept if weight is None else kept * spread(weight, kept, xp)
        found.append(updated(judged.metric, own, y, y_pred, weight, xp))
    return found


def own_losses(plan: Plan, record: StepRecord) -> list[Array]:
    """The loss of each output that has one, where there are several outputs."""
    return [] if len(plan.outputs) == 1 else [loss for loss in record.losses if loss is not None]


def total_loss(record: StepRecord) -> float:
    """The loss of a batch that has been computed, penalties included."""
    return float(record.loss) + float(record.penalty)
