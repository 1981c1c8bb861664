"""Steps in halves: the forward pass that ``backward`` continues, and checks of callers' arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.optimizers import OptimizerState
    from clarinet.plan import Plan


@dataclass(frozen=True, eq=False)
class Handle:
    """A forward pass that ``backward`` can continue: once, and until its engine runs something else.

    Attributes:
        inputs, outputs: the shapes of inputs and outputs.
    """

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Caches(Handle):
    """The same with the caches that the operations' backward needs."""

    caches: list[object]


class Stale(ValueError):
    """A handle that was used, or whose engine has run something else since."""

    def __init__(self) -> None:
        super().__init__(
            "backward: this forward pass is gone: each is good for one backward, and for none once its engine has run "
            "forward, train, apply, evaluate or predict again; call forward again"
        )


class Draws:
    """Numbers the forward passes before each update, so that each of several has random numbers of its own."""

    def __init__(self) -> None:
        self._step = self._next = 0

    def take(self, state: OptimizerState | None) -> tuple[int, int]:
        """The number of the update that a pass in training leads to, from 1, and the pass's own, from 0."""
        step = 1 if state is None else state.step + 1
        if step != self._step:
            self._step, self._next = step, 0
        self._next += 1
        return step, self._next - 1


def check_inputs(plan: Plan, inputs: Array) -> Array:
    """Rows that a plan takes.

    Raises:
        ValueError: another shape, or no rows.
    """
    inputs = np.asarray(inputs)
    if inputs.shape[1:] != plan.input_shape or not len(inputs):
        raise ValueError(
            f"forward: inputs have shape {inputs.shape}, expected {plan.input_shape} for each of some rows"
        )
    return inputs


def check_d_outputs(plan: Plan, handle: Handle, d_outputs: Array) -> Array:
    """The gradient at a pass's outputs, in the plan's dtype.

    Raises:
        ValueError: another shape than that of the outputs.
    """
    d_outputs = np.ascontiguousarray(d_outputs, plan.dtype)
    if d_outputs.shape != handle.outputs:
        raise ValueError(f"backward: d_outputs has shape {d_outputs.shape}, expected the outputs', {handle.outputs}")
    return d_outputs


def check_flat(plan: Plan, flat: Array) -> Array:
    """A gradient to update with, in the plan's dtype.

    Raises:
        ValueError: the plan has no optimizer, or it takes whole minimisations; a gradient of another layout.
    """
    if plan.optimizer is None:
        raise ValueError("apply: the plan has no optimizer; compile the model with one")
    flat = np.ascontiguousarray(flat, plan.dtype)
    if flat.shape != (plan.layout.size,):
        raise ValueError(
            f"apply: the gradient has shape {flat.shape}, expected ({plan.layout.size},) as backward gives it"
        )
    return flat
