"""What an optimizer is: configuration, a rule that is pure, and buffers that live beside the model's weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from clarinet.configurable import Configurable
from clarinet.params import Array, Layout, Segment


@dataclass
class OptimizerState:
    """What an optimizer remembers: the number of steps taken and one flat buffer per slot, laid out as the parameters.

    Attributes:
        step: updates so far, over the model's life.
        slots: e.g. ``{"momentum": …, "velocity": …}``.
    """

    step: int = 0
    slots: dict[str, Array] = field(default_factory=dict)

    @staticmethod
    def new(optimizer: Optimizer, layout: Layout, dtype: Any) -> OptimizerState:
        """Fresh slots, filled with zeros."""
        return OptimizerState(0, {name: layout.zeros(dtype) for name in optimizer.slots})

    def views(self, segment: Segment) -> dict[str, Array]:
        """One weight's part of every slot, sharing memory."""
        return {name: segment.view(buffer) for name, buffer in self.slots.items()}


@dataclass(kw_only=True)
class Optimizer(Configurable):
    """Base class of all optimizers; a subclass gives ``slots`` and :meth:`update`.

    Args:
        learning_rate: a number, or a callable from the step (0 for the first) to a number.
        weight_decay: decoupled decay: ``w -= learning_rate * weight_decay * w`` before the update; None (default) is off.
        clipnorm: scale the gradient of each weight down to this Euclidean norm; None is off.
        clipvalue: clip every element of the gradient to [-clipvalue, clipvalue]; None is off.
        global_clipnorm: scale all gradients together down to this norm; None is off.
        name: for people.
    """

    kind: ClassVar[str] = "optimizer"
    slots: ClassVar[tuple[str, ...]] = ()

    learning_rate: Any = 0.001
    weight_decay: float | None = None
    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None
    name: str = ""

    def rate(self, step: int) -> float:
        """The learning rate of the update number ``step``, from 0."""
        return float(self.learning_rate(step) if callable(self.learning_rate) else self.learning_rate)

    def update(
        self, w: Array, g: Array, slots: dict[str, Array], learning_rate: float, step: int
    ) -> tuple[Array, dict[str, Array]]:
        """One weight's new value and new slots; ``step`` counts from 1. Pure."""
        raise NotImplementedError

    def clip(self, grads: Sequence[Array]) -> list[Array]:
        """Gradients after clipping."""
        raise NotImplementedError

    def apply(
        self,
        weights: Sequence[Array],
        grads: Sequence[Array],
        slots: Sequence[dict[str, Array]],
        learning_rate: float,
        step: int,
    ) -> None:
        """Clip, decay, update: writes the new weights and slots in place."""
        for w, g, own in zip(weights, self.clip(grads), slots, strict=True):
            decayed = w if not self.weight_decay else w - learning_rate * self.weight_decay * w
            new_w, new_slots = self.update(decayed, g, own, learning_rate, step)
            w[...] = new_w
            for name, value in new_slots.items():
                own[name][...] = value
