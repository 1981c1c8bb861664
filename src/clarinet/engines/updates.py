"""Updates of variables by hand, natively."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet._native import Engine as Core
from clarinet._native import LossSpec, OpSpec, OutputSpec, Spec, Weight
from clarinet.engines import lowering
from clarinet.engines.lowering.weights import last_axes
from clarinet.optimizers.by_hand import NATIVE, Slots
from clarinet.params import Segment
from clarinet.types import Array
from clarinet.variables import Variable

if TYPE_CHECKING:
    from clarinet.optimizers import Optimizer


def native_update(
    optimizer: Optimizer, variables: Sequence[Variable], segments: Sequence[Segment], slots: Slots
) -> Callable[[Array, float], None] | None:
    """A function that updates variables natively, of a flat gradient and a rate; None where there is no native form.

    Args:
        optimizer: whose rule it is.
        variables: what is updated.
        segments: the place of each in gradients and slots.
        slots: of all of them.
    """
    if not lowering.has_optimizer(optimizer) or any(v.dtype != np.float32 or v.constraint for v in variables):
        return None
    blocks = list(dict.fromkeys(v.location[0] for v in variables))
    spec = Spec(
        ops=[_held(v, s, 2 * blocks.index(v.location[0]) + v.state) for v, s in zip(variables, segments, strict=True)],
        outputs=[_ended(variables)],
        optimizer=lowering.optimizer_spec(optimizer),
        layers=[],
        inputs=[1],
        params_size=slots.size,
    )
    buffers = [buffer for block in blocks for buffer in (block.params, block.state)]
    core = Core(spec, buffers, [slots.state.slots.get(name) for name in lowering.slot_names(optimizer)])
    return partial(_update, core, slots.state)


def _update(core: Any, state: object, flat: Array, rate: float) -> None:
    core.apply(flat, rate, state)


def _ended(variables: Sequence[Variable]) -> Any:
    """A result that nobody asks for."""
    return OutputSpec(
        tensor=len(variables),
        positions=1,
        columns=1,
        activation=[],
        loss=LossSpec(),
        weight=1.0,
        sparse=False,
        metrics=[],
    )


def _held(variable: Variable, segment: Segment, buffer: int) -> Any:
    """An operation that is never run, with the variable as its weight."""
    start = variable.location[1].offset
    weight = Weight(
        offset=segment.offset,
        size=segment.size,
        trainable=True,
        l1=0.0,
        l2=0.0,
        buffer=buffer,
        start=start,
        **last_axes(segment.shape),
    )
    return OpSpec(
        kind="dense",
        positions=1,
        inputs=segment.size,
        outputs=1,
        weights=[weight],
        state=[],
        settings={},
        index=0,
        seed=0,
        shape=[segment.size],
        tables=[],
        sources=[0],
        axes=[],
        training=None,
    )


NATIVE.append(native_update)
