"""Updates of variables by hand, natively."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet._native import Engine as Core
from clarinet._native import LossSpec, OpSpec, OutputSpec, Spec, Weight, common_begin
from clarinet.engines import lowering
from clarinet.engines.lowering.weights import last_axes
from clarinet.optimizers.by_hand import NATIVE, Slots
from clarinet.params import Layout, Segment
from clarinet.types import Array
from clarinet.variables import Variable

if TYPE_CHECKING:
    from clarinet.optimizers import Optimizer


def native_update(
    optimizer: Optimizer, variables: Sequence[Variable], segments: Sequence[Segment], slots: Slots
) -> Callable[[list[Array], float], None] | None:
    """A function that updates variables natively, of their gradients and a rate; None where there is no native form.

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
    return _Updating(core, slots.state, [*segments], Layout((), slots.size).zeros(np.float32))


@dataclass(frozen=True, eq=False)
class _Updating:
    """Updates the same variables, again and again.

    Attributes:
        core, state: what does it, and what counts the updates.
        segments: of each variable its place in the gradient.
        flat: a gradient, for numbers that come from elsewhere.
    """

    core: Any
    state: object
    segments: list[Segment]
    flat: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "_offsets", [4 * segment.offset for segment in self.segments])

    def __call__(self, grads: list[Array], rate: float) -> None:
        flat = self._as_they_lie(grads)
        if flat is None:
            flat = self.flat
            for segment, g in zip(self.segments, grads, strict=True):
                segment.view(flat)[...] = g
        self.core.apply(flat, rate, self.state)

    def _as_they_lie(self, grads: list[Array]) -> Array | None:
        """The buffer that all gradients are parts of, each in its segment's place, as an engine gives them; or None."""
        owner, size = grads[0].base, 4 * self.flat.size
        if not isinstance(owner, np.ndarray) or owner.dtype != np.uint8:
            return None
        begin = common_begin(grads, self._offsets, owner, size)  # type: ignore[attr-defined]
        return None if begin < 0 or begin % 4 else owner[begin : begin + size].view(np.float32)


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
