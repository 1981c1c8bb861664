"""Statistics of layers on one training step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from clarinet.records import LayerStats
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.plan import Op, Plan

#: How near an output has to be to a limit of its activation to count as saturated.
_NEAR = 0.01


def layer_stats(
    plan: Plan,
    step: int,
    outputs: Sequence[Array],
    grads: Mapping[int, Mapping[str, Array]],
    update: Mapping[tuple[int, str], tuple[Array, Array]],
) -> list[LayerStats]:
    """One record for every layer of the model that the plan's operations came from.

    Args:
        plan: the plan that was run.
        step: number of the step over the model's life, from 1.
        outputs: of every operation in the plan's order, and the predictions of every output.
        grads: gradients by operation and weight name.
        update: every trainable weight before and after the step, by operation and weight name.
    """
    layers: dict[int, list[Op]] = {}
    for op in plan.all_ops:
        if op.layer >= 0:  # not between layers
            layers.setdefault(op.layer, []).append(op)
    return [_of_layer(step, index, own, outputs[own[-1].index], grads, update) for index, own in layers.items()]


def _of_layer(
    step: int,
    index: int,
    ops: Sequence[Op],
    output: Array,
    grads: Mapping[int, Mapping[str, Array]],
    update: Mapping[tuple[int, str], tuple[Array, Array]],
) -> LayerStats:
    names = [(op.index, s.name) for op in ops for s in op.weights if s.trainable]
    gradient = _norm([grads[i][name] for i, name in names])
    before = _norm([update[key][0] for key in names])
    moved = _norm([update[key][1] - update[key][0] for key in names])
    mean = float(np.mean(output, dtype=np.float64))
    std = float(np.std(output, dtype=np.float64))
    numbers = [mean, std] + ([gradient, moved] if names else [])
    return LayerStats(
        step=step,
        layer=index,
        activation_mean=mean,
        activation_std=std,
        zeros=float(np.mean(output == 0)),
        saturated=_saturated(ops[-1], output),
        gradient_norm=gradient,
        weight_norm=before,
        update_ratio=moved / before if before else nan,
        finite=bool(np.isfinite(numbers).all()),
    )


def _norm(arrays: Sequence[Array]) -> float:
    """Euclidean norm of all elements together; NaN of no arrays."""
    return sqrt(sum(float(np.sum(np.square(a, dtype=np.float64))) for a in arrays)) if arrays else nan


def limits(op: Op) -> tuple[float, float] | None:
    """The two values that an operation's activation cannot leave; None where there are not two."""
    return getattr(getattr(op.spec, "activation", None), "saturates_at", None)


def _saturated(op: Op, output: Array) -> float:
    """Share of outputs within 0.01 of a limit of the operation's activation; NaN where there are no limits."""
    ends = limits(op)
    if ends is None:
        return nan
    low, high = ends
    return float(np.mean((output < low + _NEAR) | (output > high - _NEAR)))
