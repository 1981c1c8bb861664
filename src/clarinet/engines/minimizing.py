"""An update that is a whole minimisation: all trainable weights as one vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.params import Array

if TYPE_CHECKING:
    from clarinet.engines.base import Data
    from clarinet.engines.reference import ReferenceEngine
    from clarinet.optimizers import BFGS


def minimize(engine: ReferenceEngine, optimizer: BFGS, batch: Data) -> float:
    """Minimise the loss of a batch; the running loss and metrics see the weights that were found, once.

    Args:
        engine: holds the weights.
        optimizer: finds the lowest point.
        batch: rows.

    Returns:
        The loss at the weights that were found, penalties included.
    """
    weights, states = engine.trainable_weights(), engine.states()
    running, before = engine.running(), [engine.device.get(s).copy() for s in states]
    ends = np.cumsum([w.size for _, _, w in weights])[:-1]

    def put(flat: Array) -> None:
        for (_, _, w), part in zip(weights, np.split(flat, ends) if weights else [], strict=True):
            w[...] = engine.device.put(part.reshape(w.shape).astype(engine.plan.dtype))
        for state, value in zip(states, before, strict=True):
            state[...] = engine.device.put(value)  # running statistics: every try begins with the same

    def objective(flat: Array) -> tuple[float, Array]:
        put(flat)
        loss, grads, _ = engine.gradients(batch)
        return loss, _joined(engine, [grads[index][name] for index, name, _ in weights])

    start = _joined(engine, [w for _, _, w in weights])
    try:
        found = optimizer.minimize(objective, start) if weights else start
        engine.resume(running)
        put(found)
        return float(engine.gradients(batch).loss)
    except BaseException:  # Ctrl-C leaves no weights that were only tried
        put(start)
        raise


def _joined(engine: ReferenceEngine, arrays: list[Any]) -> Array:
    """All elements of all arrays, in float64."""
    parts = [np.asarray(engine.device.get(a), np.float64).ravel() for a in arrays]
    return np.concatenate(parts) if parts else np.empty(0)
