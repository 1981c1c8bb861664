"""Learning rates of optimizers: numbers that may be assigned, and callables from the step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, cast, overload

import numpy as np

from clarinet.configurable import check_number
from clarinet.fields import Field
from clarinet.ops.tensor import Number
from clarinet.optimizers import schedules
from clarinet.types import TensorLike

#: A learning rate, or what gives it for a step.
Rate = float | Callable[[int], float]


class HasRate(Protocol):
    """An optimizer, as far as its rate needs it."""

    @property
    def learning_rate(self) -> Rate: ...
    @learning_rate.setter
    def learning_rate(self, rate: float) -> None: ...


class LearningRate(Number):
    """The learning rate of an optimizer: a float that may also be assigned, as a variable.

    Example:
        >>> import clarinet
        >>> optimizer = clarinet.optimizers.SGD(0.5)
        >>> optimizer.learning_rate.assign(optimizer.learning_rate * 0.5)
        >>> optimizer.learning_rate
        0.25
    """

    _optimizer: HasRate | None = None

    @classmethod
    def of(cls, optimizer: HasRate, rate: float) -> LearningRate:
        """The rate of this optimizer."""
        own = cls(rate)
        own._optimizer = optimizer
        return own

    def assign(self, value: TensorLike) -> None:
        """Have the optimizer use another rate from the next step on."""
        if self._optimizer is not None:
            self._optimizer.learning_rate = float(np.asarray(value))


class RateField(Field[Rate | Mapping[str, object], Rate]):
    """A learning rate: a number, or a callable from the step, which may be given by its configuration."""

    @overload
    def __get__(self, owner: None, kind: type) -> Rate | Mapping[str, object]: ...
    @overload
    def __get__(self, owner: object, kind: type) -> Rate: ...
    def __get__(self, owner: object, kind: type) -> Rate | Mapping[str, object]:
        found = super().__get__(owner, kind)
        if owner is None or not isinstance(found, (int, float)):
            return found
        return LearningRate.of(cast(HasRate, owner), found)

    def convert(self, value: Rate | Mapping[str, object], owner: object) -> Rate:
        if isinstance(value, Mapping):
            return schedules.get(value)
        if callable(value):
            return value
        number = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
        check_number(number, self.what(owner))
        return number + 0.0 if isinstance(number, LearningRate) else number
