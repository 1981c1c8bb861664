"""The state of an optimizer: steps taken and what it remembers of every weight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from numpy.typing import DTypeLike

from clarinet.params import Layout, Segment
from clarinet.types import Array


class Slotted(Protocol):
    """An optimizer, as far as its state needs it."""

    @property
    def buffers(self) -> tuple[str, ...]: ...

    def start(self, slot: str) -> float: ...


@dataclass
class OptimizerState:
    """The state of an optimizer: the number of steps taken and one flat buffer per slot, laid out as the parameters.

    Attributes:
        step: updates so far, over the model's life.
        slots: e.g. ``{"momentum": …, "velocity": …}``.
    """

    step: int = 0
    slots: dict[str, Array] = field(default_factory=dict)

    @staticmethod
    def new(optimizer: Slotted, layout: Layout, dtype: DTypeLike) -> OptimizerState:
        """New slots with their initial values, mostly zero."""
        slots = {name: layout.zeros(dtype) for name in optimizer.buffers}
        for name, buffer in slots.items():
            if optimizer.start(name):
                buffer += optimizer.start(name)
        return OptimizerState(0, slots)

    def views(self, segment: Segment) -> dict[str, Array]:
        """One weight's part of every slot, sharing memory."""
        return {name: segment.view(buffer) for name, buffer in self.slots.items()}
