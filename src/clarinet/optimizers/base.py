"""What an optimizer is: configuration, a rule that is pure, and buffers that live beside the model's weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from clarinet.configurable import Configurable, check_number
from clarinet.names import snake_case
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


@dataclass(eq=False)
class Optimizer(Configurable):
    """Base class of all optimizers; a subclass gives :attr:`slots` and :meth:`update`.

    A step clips the gradients, decays the weights and updates them. ``learning_rate`` may be set at any time
    (``model.optimizer.learning_rate = 0.01``) and counts from the next step.

    Args:
        learning_rate: a number, or a callable from the step (0 for the first) to a number.
        weight_decay: decoupled decay: ``w -= learning_rate * weight_decay * w`` before the update; None (default) is
        off.
        clipnorm: scale the gradient of each weight down to this Euclidean norm; None is off.
        clipvalue: clip every element of the gradient to [-clipvalue, clipvalue]; None is off.
        global_clipnorm: scale all gradients together down to this norm; None is off. Only one of the three may be
        given.
        name: for people; default made of the class name.

    Raises:
        TypeError: an argument that is not a number. ValueError: one out of range, or two kinds of clipping.
    """

    kind: ClassVar[str] = "optimizer"

    learning_rate: Any = 0.001
    _: KW_ONLY
    weight_decay: float | None = None
    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        kind = type(self).__name__
        self.name = self.name or snake_case(kind)
        clips = {
            k: getattr(self, k) for k in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, k) is not None
        }
        for key, value in clips.items():
            check_number(value, f"{kind}: {key}", low=0)
        if len(clips) > 1:
            raise ValueError(f"{kind}: give only one of clipnorm, clipvalue and global_clipnorm, received {clips}")
        if self.weight_decay is not None:
            check_number(self.weight_decay, f"{kind}: weight_decay")
        self.check()

    def __setattr__(self, key: str, value: Any) -> None:
        if key == "learning_rate" and not callable(value):
            if isinstance(value, np.ndarray) and value.ndim == 0:
                value = value.item()
            check_number(value, f"{type(self).__name__}: learning_rate")
        object.__setattr__(self, key, value)

    def check(self) -> None:
        """Check a subclass's own arguments; called once, by the constructor."""

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the buffers that go with every weight, in Keras's order."""
        return ()

    def rate(self, step: int) -> float:
        """The learning rate of the update number ``step``, from 0."""
        return float(self.learning_rate(step) if callable(self.learning_rate) else self.learning_rate)

    def update(
        self, w: Array, g: Array, slots: dict[str, Array], learning_rate: float, step: int
    ) -> tuple[Array, dict[str, Array]]:
        """One weight's new value and new slots; ``step`` counts from 1. Pure."""
        raise NotImplementedError

    def clip(self, grads: Sequence[Array]) -> list[Array]:
        """Gradients after clipping; a limit of 0 is off, as in Keras."""
        if self.clipnorm:
            return [g * (self.clipnorm / max(_norm([g]), self.clipnorm)) for g in grads]
        if self.global_clipnorm:
            scale = self.global_clipnorm / max(_norm(grads), self.global_clipnorm)
            return [g * scale for g in grads]
        if self.clipvalue:
            return [np.clip(g, -self.clipvalue, self.clipvalue) for g in grads]
        return list(grads)

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


def _norm(grads: Sequence[Array]) -> float:
    """Euclidean norm of all elements together."""
    return sqrt(sum(float(np.sum(np.square(g, dtype=np.float64))) for g in grads))
