"""A step that is a whole minimisation: all trainable weights as one vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet.constraints import allowed
from clarinet.engines.step import Carry, StepRecord, gradients, measure, replaced, total_loss
from clarinet.optimizers.base import Scalars, step_of
from clarinet.passes import ByWeight
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.engines.base import Data
    from clarinet.engines.devices import Device
    from clarinet.optimizers import BFGS
    from clarinet.plan import Plan


def minimize(plan: Plan, carry: Carry, batch: Data, scalars: Scalars, device: Device) -> tuple[Carry, StepRecord]:
    """Minimise the loss of a batch; the running loss, metrics and statistics see the weights that were found, once.

    Args:
        plan: its optimizer finds the lowest point.
        carry, batch, scalars: as for :func:`clarinet.engines.step.step`; every try begins with the same state.
        device: where the arrays are.

    Returns:
        As a step: the record is of the weights that were found.
    """
    optimizer: BFGS = plan.optimizer  # type: ignore[assignment]
    trained = plan.trainable
    shapes = [s.shape for _, s in trained]
    ends = np.cumsum([s.size for _, s in trained])[:-1]

    def unflat(flat: Array) -> ByWeight:
        parts = np.split(flat, ends) if shapes else []
        arrays = [device.put(part.reshape(shape).astype(plan.dtype)) for part, shape in zip(parts, shapes, strict=True)]
        return replaced(plan, carry.params, arrays)

    def computed(params: ByWeight) -> tuple[StepRecord, ByWeight]:
        return gradients(plan, params, carry.state, batch, step_of(scalars), device.xp)

    def objective(flat: Array) -> tuple[float, Array]:
        record, _ = computed(unflat(flat))
        return total_loss(record), _joined([record.grads[op.index][s.name] for op, s in trained], device)

    start = _joined([carry.params[op.index][s.name] for op, s in trained], device)
    found = unflat(optimizer.minimize(objective, start) if trained else start)
    params = replaced(plan, found, [allowed(found[op.index][s.name], s.weight.constraint) for op, s in trained])
    record, state = computed(params)
    sums = None if carry.sums is None else measure(plan, carry.sums, batch, record, device.xp)
    return Carry(params, state, carry.slots, sums), record


def _joined(arrays: list[Array], device: Device) -> Array:
    """All elements of all arrays, in float64."""
    parts = [np.asarray(device.get(a), np.float64).ravel() for a in arrays]
    return np.concatenate(parts) if parts else np.empty(0)
