"""Losses of batches by hand, as in loops of one's own, natively."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet._native import Engine as Core
from clarinet.engines import lowering
from clarinet.engines.native import checked_labels, readable
from clarinet.losses.taped import NATIVE, Judge
from clarinet.params import Layout
from clarinet.plan import Output, Plan
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.losses import Loss


#: For every loss, by its identity and as long as it lives, what judges labels and predictions of some shapes.
_KNOWN: dict[int, dict[object, Any]] = {}


def _known(loss: Judge) -> dict[object, Any]:
    if id(loss) not in _KNOWN:
        weakref.finalize(loss, _KNOWN.pop, id(loss), None)
        _KNOWN[id(loss)] = {}
    return _KNOWN[id(loss)]


def native_loss(loss: Judge, y_true: Array, y_pred: Array, weight: Array | None) -> tuple[float, Array] | None:
    """The loss of a batch and its gradient at the predictions; None where there is no native form.

    Args:
        loss: any.
        y_true, y_pred, weight: as a loss is called on them.
    """
    if y_pred.dtype != np.float32 or y_pred.ndim < 2 or not len(y_pred) or loss.reduction == "none":
        return None
    if not y_true.ndim or len(y_true) != len(y_pred) or (weight is not None and weight.shape != (len(y_pred),)):
        return None
    kind = (y_true.shape[1:], y_pred.shape[1:])
    known = _known(loss)
    if kind not in known:
        known[kind] = _made(loss, y_true[:1], y_pred[:1])  # type: ignore[arg-type]
    core = known[kind]
    if core is None:
        return None
    gradient = np.empty(y_pred.shape, np.float32)
    weights = (None if weight is None else readable(weight),)
    return core.judge((readable(y_pred),), (readable(y_true),), weights, (gradient,)), gradient


def _made(loss: Loss, y_true: Array, y_pred: Array) -> Any:
    """What judges labels and predictions of the shapes of these; None where nothing native does."""
    output = Output(0, y_pred.shape[1:], None, loss, label_shape=y_true.shape[1:])
    empty = Layout((), 0)
    plan = Plan((), (output.shape,), (output,), None, empty, empty, 0, np.dtype(np.float32))
    if lowering.unsupported_reason(plan) is not None:
        return None
    checked_labels(output, y_true)
    return Core(lowering.lower(plan, None), [], [])


NATIVE.append(native_loss)
