"""Steps in halves: the forward pass that ``backward`` continues, and checks of callers' arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clarinet.types import Array, Arrays

if TYPE_CHECKING:
    from clarinet.optimizers import OptimizerState
    from clarinet.plan import Plan


@dataclass(frozen=True, eq=False)
class Handle:
    """A forward pass that ``backward`` can continue: once, and until its engine runs something else.

    Attributes:
        inputs, outputs: the shapes of inputs and outputs.
    """

    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]


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


#: The number of an update that no training comes to.
_NO_STEP = 2**31


class Draws:
    """Numbers the forward passes before each update, so that each of several has random numbers of its own."""

    def __init__(self) -> None:
        self._step = self._next = 0

    def take(self, state: OptimizerState | None, draw: int | None = None) -> tuple[int, int]:
        """The number of the update that a pass in training leads to, from 1, and the pass's own, from 0.

        Args:
            state: counts the updates.
            draw: of a pass that leads to none, see :meth:`clarinet.engines.base.Engine.forward`.
        """
        if draw is not None:
            return _NO_STEP, draw
        step = 1 if state is None else state.step + 1
        if step != self._step:
            self._step, self._next = step, 0
        self._next += 1
        return step, self._next - 1


def shapes(arrays: Iterable[Array]) -> tuple[tuple[int, ...], ...]:
    """Of several arrays."""
    return tuple([array.shape for array in arrays])


def check_inputs(plan: Plan, inputs: Arrays) -> tuple[Array, ...]:
    """Rows that a plan takes, for each of its inputs.

    Raises:
        ValueError: another number of inputs, another shape, or no rows.
    """
    arrays = tuple(map(np.asarray, inputs if isinstance(inputs, tuple) else (inputs,)))
    if len(arrays) != len(plan.input_shapes):
        raise ValueError(f"forward: received {len(arrays)} inputs, expected {len(plan.input_shapes)}")
    for array, shape in zip(arrays, plan.input_shapes, strict=True):
        if array.shape[1:] != shape or not len(array) or len(array) != len(arrays[0]):
            raise ValueError(f"forward: inputs have shape {array.shape}, expected {shape} for each of some rows")
    return arrays


def check_d_outputs(plan: Plan, handle: Handle, d_outputs: Arrays) -> tuple[Array, ...]:
    """The gradients at a pass's outputs, in the plan's dtype.

    Raises:
        ValueError: another number of them, or another shape than that of the outputs.
    """
    given = d_outputs if isinstance(d_outputs, tuple) else (d_outputs,)
    arrays = tuple(np.ascontiguousarray(array, plan.dtype) for array in given)
    if shapes(arrays) != handle.outputs:
        received, expected = (", ".join(map(str, each)) for each in (shapes(arrays), handle.outputs))
        raise ValueError(f"backward: d_outputs has shape {received}, expected the outputs', {expected}")
    return arrays


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
