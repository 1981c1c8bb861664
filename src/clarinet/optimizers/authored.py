"""Optimizers of the user's own, as in Keras: ``build`` makes variables, ``update_step`` assigns to them.

Their rule is found out weight by weight: at every update they get a variable with the weight's numbers, and those that
``build`` makes for it have the numbers of its slots. A subclass of an optimizer of the library has the slots of that
too, and ``super().update_step`` is its rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clarinet import initializers
from clarinet.names import Names
from clarinet.ops.tensor import tensor
from clarinet.optimizers.base import Optimizer
from clarinet.types import AnyTensor, Array, Namespace, TensorLike
from clarinet.variables import Variable


@dataclass
class Stage:
    """What an update of one weight sees.

    Attributes:
        step: updates so far.
        made: the variables that ``build`` made for the weight, by name.
    """

    step: int = 0
    made: dict[str, Variable] = field(default_factory=dict)
    names: Names = field(default_factory=Names)


class Authored(Optimizer):
    """What a class with an ``update_step`` of its own gets."""

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the variables that ``build`` makes for a weight."""
        return tuple(_starts(self))

    def start(self, slot: str) -> float:
        """Their first value."""
        return _starts(self).get(slot, 0.0)

    def update(
        self, w: Array, g: Array, slots: dict[str, Array], learning_rate: float, step: int, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        """One weight's new value and new slots, of ``update_step``."""
        variable = Variable(np.array(w), name="weight")
        stage = _stage(self, variable, step - 1)
        try:
            for name, own in stage.made.items():
                own.assign(slots[name])
            self.update_step(tensor(g), variable, tensor(np.asarray(learning_rate, w.dtype)))
        finally:
            self.__dict__.pop("_stage", None)
        return variable.numpy(), {name: own.numpy() for name, own in stage.made.items()}

    def update_step(self, gradient: TensorLike, variable: Variable, learning_rate: TensorLike) -> None:
        """Assign to the variable, and to those that ``build`` made for it."""
        raise NotImplementedError

    @property
    def iterations(self) -> AnyTensor:
        """Updates so far."""
        stage: Stage | None = self.__dict__.get("_stage")
        return tensor(np.int64(self.by_hand.step if stage is None else stage.step))

    build = Optimizer.build

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: object = "zeros"
    ) -> Variable:
        """A variable that is kept for a weight, of its shape; for use in ``build``.

        Args:
            reference_variable: the weight.
            name: of what is kept, e.g. ``"momentum"``.
            initializer: gives its first value, one number for all entries.
        """
        stage: Stage | None = self.__dict__.get("_stage")
        if stage is None:
            raise RuntimeError(f"{self.name}: add_variable_from_reference is for build; call it there")
        values = initializers.get(initializer)(reference_variable.shape, dtype=reference_variable.dtype)
        own = stage.names.take("", name or "variable")
        stage.made[own] = made = Variable(values, trainable=False, name=own)
        return made

    def add_optimizer_variables(
        self, trainable_variables: Iterable[Variable], name: str, initializer: object = "zeros"
    ) -> list[Variable]:
        """:meth:`add_variable_from_reference` for each of some weights."""
        return [self.add_variable_from_reference(each, name, initializer) for each in trainable_variables]

    def _get_variable_index(self, variable: Variable) -> int:
        """The place of a weight among those that ``build`` was given."""
        return 0

    def assign(self, variable: Variable, value: TensorLike) -> None:
        """Replace a variable's numbers."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: TensorLike) -> None:
        """Add to a variable's numbers."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: TensorLike) -> None:
        """Subtract from a variable's numbers."""
        variable.assign_sub(value)


def _stage(optimizer: Optimizer, variable: Variable, step: int) -> Stage:
    """Have ``build`` make its variables for one weight."""
    stage = optimizer.__dict__["_stage"] = Stage(step)
    optimizer.__dict__["built"] = False
    above = _above(optimizer)
    for name in above.slots:
        first = np.full(variable.shape, above.start(name), variable.dtype)
        stage.made[stage.names.take("", name)] = Variable(first, trainable=False, name=name)
    build = getattr(optimizer, "_own_build", None)
    if build is not None:
        build([variable])
    return stage


def _above(optimizer: Optimizer) -> Any:
    """The optimizer as the class of the library has it that its own class extends."""
    own = [kind for kind in type(optimizer).__mro__ if not kind.__module__.startswith("clarinet.")]
    users = [kind for kind in own if issubclass(kind, Optimizer)]
    return super(users[-1], optimizer)


def _library_step(optimizer: Optimizer, gradient: TensorLike, variable: Variable, learning_rate: TensorLike) -> None:
    """The rule of the library's class, where a subclass goes on with ``super().update_step``."""
    stage: Stage | None = optimizer.__dict__.get("_stage")
    if stage is None:
        raise RuntimeError(f"{optimizer.name}: update_step is called by apply and fit, for each weight")
    above, rate = _above(optimizer), float(np.asarray(learning_rate))
    slots = {name: stage.made[name].numpy() for name in above.slots}
    new, changed = above.update(variable.numpy(), np.asarray(gradient), slots, rate, stage.step + 1)
    variable.assign(new)
    for name, value in changed.items():
        stage.made[name].assign(value)


def _starts(optimizer: Optimizer) -> dict[str, float]:
    """The variables that ``build`` makes for a weight, and their first values."""
    known: dict[str, float] | None = optimizer.__dict__.get("_starts")
    if known is None:
        made = _stage(optimizer, Variable(np.zeros(1, np.float32), name="weight"), 0).made
        optimizer.__dict__.pop("_stage")
        known = optimizer.__dict__["_starts"] = {name: float(np.mean(own.numpy())) for name, own in made.items()}
    return known


Optimizer.authoring = {name: value for name, value in vars(Authored).items() if name[:2] != "__"}
del Optimizer.authoring["update_step"]
setattr(Optimizer, "update_step", _library_step)  # noqa: B010  # for ``super().update_step`` alone
