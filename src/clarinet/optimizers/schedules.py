"""Learning rates that follow the number of updates: pass one to an optimizer instead of a number.

Steps count from 0 over the model's life, as Keras's ``optimizer.iterations``; an epoch has ``ceil(rows / batch_size)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, cos, floor, pi
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clarinet import aliases
from clarinet.configurable import Value, abstract, check_flag, check_number, check_whole, exported, resolve
from clarinet.names import public

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "get",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


@dataclass(eq=False, repr=False)
class LearningRateSchedule(Value):
    """Base class: a subclass defines :meth:`__call__`; instances are pure configuration.

    Args:
        name: for people.
    """

    kind: ClassVar[str] = "schedule"

    name: str = field(default="", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or type(self).__name__)
        for key, value in vars(self).items():
            if key.endswith("learning_rate"):
                check_number(value, f"{type(self).__name__}: {key}")
            elif key.endswith("steps") and key != "warmup_steps":
                _above_zero(value, f"{type(self).__name__}: {key}")

    @abstract
    def __call__(self, step: int) -> float:
        """The learning rate of update number ``step``, from 0."""
        raise NotImplementedError

    def __float__(self) -> float:
        raise TypeError(
            f"{type(self).__name__} gives another rate at each step; that of the next one is "
            "optimizer.learning_rate(optimizer.iterations)"
        )


def _above_zero(value: object, what: str) -> None:
    if check_number(value, what, low=0) == 0:
        raise ValueError(f"{what}: expected a number above 0; received {value!r}")


@dataclass(eq=False, repr=False)
class ExponentialDecay(LearningRateSchedule):
    """``initial_learning_rate * decay_rate**(step / decay_steps)``.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: steps after which the rate is multiplied by ``decay_rate``; above 0.
        decay_rate: for example 0.96.
        staircase: round ``step / decay_steps`` down, so that the rate changes at once; default False.
        name: for people.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(20)
        0.025
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self.decay_rate, "ExponentialDecay: decay_rate")
        check_flag(self.staircase, "ExponentialDecay: staircase")

    def __call__(self, step: int) -> float:
        power = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (floor(power) if self.staircase else power)


@dataclass(eq=False, repr=False)
class InverseTimeDecay(LearningRateSchedule):
    """``initial_learning_rate / (1 + decay_rate * step / decay_steps)``.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: above 0.
        decay_rate: for example 0.5.
        staircase: round ``step / decay_steps`` down; default False.
        name: for people.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> InverseTimeDecay(0.1, decay_steps=10, decay_rate=0.5)(20)
        0.05
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self.decay_rate, "InverseTimeDecay: decay_rate")
        check_flag(self.staircase, "InverseTimeDecay: staircase")

    def __call__(self, step: int) -> float:
        time = step / self.decay_steps
        return self.initial_learning_rate / (1 + self.decay_rate * (floor(time) if self.staircase else time))


@dataclass(eq=False, repr=False)
class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[0]`` up to and with step ``boundaries[0]``, then ``values[1]``, and so on.

    Args:
        boundaries: steps, each above the one before.
        values: rates, one more than there are boundaries.
        name: for people.

    Raises:
        TypeError, ValueError: lists that do not belong together.

    Example:
        >>> [PiecewiseConstantDecay([100, 110], [1.0, 0.5, 0.1])(step) for step in (100, 101, 111)]
        [1.0, 0.5, 0.1]
    """

    boundaries: Sequence[float]
    values: Sequence[float]

    def __post_init__(self) -> None:
        super().__post_init__()
        for key in ("boundaries", "values"):
            numbers = tuple(getattr(self, key))
            for number in numbers:
                check_number(number, f"PiecewiseConstantDecay: {key}")
            object.__setattr__(self, key, numbers)
        if len(self.values) != len(self.boundaries) + 1 or list(self.boundaries) != sorted(set(self.boundaries)):
            raise ValueError(
                "PiecewiseConstantDecay: expected rising boundaries and one value more, received boundaries="
                f"{list(self.boundaries)}, values={list(self.values)}"
            )

    def __call__(self, step: int) -> float:
        return float(self.values[int(np.searchsorted(self.boundaries, step))])


@dataclass(eq=False, repr=False)
class PolynomialDecay(LearningRateSchedule):
    """``(initial - end) * (1 - step / decay_steps)**power + end`` up to ``decay_steps``, then ``end``.

    Args:
        initial_learning_rate: at step 0.
        decay_steps: above 0.
        end_learning_rate: default 0.0001.
        power: 1 (default) is a line.
        cycle: after ``decay_steps`` begin again with a period of twice, three times … ``decay_steps``; default False.
        name: for people.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> PolynomialDecay(0.5, decay_steps=10, end_learning_rate=0.0)(5)
        0.25
    """

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self.power, "PolynomialDecay: power")
        check_flag(self.cycle, "PolynomialDecay: cycle")

    def __call__(self, step: int) -> float:
        length = self.decay_steps * (max(1, ceil(step / self.decay_steps)) if self.cycle else 1)
        left = 1 - min(step, length) / length
        return float((self.initial_learning_rate - self.end_learning_rate) * left**self.power + self.end_learning_rate)


def _cosine(start: float, end: float, share: float) -> float:
    """From ``start`` to ``end`` along half a cosine."""
    return end + (start - end) * 0.5 * (1 + cos(pi * share))


@dataclass(eq=False, repr=False)
class CosineDecay(LearningRateSchedule):
    """Half a cosine from the initial rate to ``alpha`` times it, perhaps after a linear warm-up.

    ``initial * ((1 - alpha) (1 + cos(pi step / decay_steps)) / 2 + alpha)``, then ``initial * alpha``. With
    ``warmup_target`` the rate first climbs to it in ``warmup_steps`` and falls from there. (Loshchilov and Hutter,
    *SGDR*, ICLR 2017, without restarts.)

    Args:
        initial_learning_rate: at step 0.
        decay_steps: above 0; the warm-up is not part of them.
        alpha: the last rate as a share of the highest; default 0.
        warmup_target: where the warm-up ends; default None, no warm-up.
        warmup_steps: default 0.
        name: for people.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> warm = CosineDecay(0.0, decay_steps=100, warmup_target=0.5, warmup_steps=10)
        >>> [round(warm(step), 4) for step in (0, 5, 10, 60, 110)]
        [0.0, 0.25, 0.5, 0.25, 0.0]
    """

    initial_learning_rate: float
    decay_steps: float
    alpha: float = 0.0
    warmup_target: float | None = None
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self.alpha, "CosineDecay: alpha")
        check_whole(self.warmup_steps, "CosineDecay: warmup_steps", low=0)
        if self.warmup_target is not None:
            check_number(self.warmup_target, "CosineDecay: warmup_target")

    def __call__(self, step: int) -> float:
        highest, warming = self.initial_learning_rate, 0
        if self.warmup_target is not None:
            highest, warming = self.warmup_target, self.warmup_steps
        if step < warming:
            return self.initial_learning_rate + (highest - self.initial_learning_rate) * step / warming
        share = min(step - warming, self.decay_steps) / self.decay_steps
        return _cosine(highest, highest * self.alpha, share)


@dataclass(eq=False, repr=False)
class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decay that begins again and again, each time ``t_mul`` times as long and ``m_mul`` times as high.

    (Loshchilov and Hutter, *SGDR*, ICLR 2017.)

    Args:
        initial_learning_rate: at step 0.
        first_decay_steps: length of the first period; above 0.
        t_mul: at least 1; default 2.
        m_mul: default 1.
        alpha: the lowest rate as a share of the initial one; default 0.
        name: for people.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> again = CosineDecayRestarts(0.5, first_decay_steps=10)
        >>> [round(again(step), 4) for step in (0, 5, 10, 20, 30)]
        [0.5, 0.25, 0.5, 0.25, 0.5]
    """

    initial_learning_rate: float
    first_decay_steps: float
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self.t_mul, "CosineDecayRestarts: t_mul", low=1)
        check_number(self.m_mul, "CosineDecayRestarts: m_mul")
        check_number(self.alpha, "CosineDecayRestarts: alpha")

    def __call__(self, step: int) -> float:
        done, length, period = float(step), float(self.first_decay_steps), 0.0
        if self.t_mul == 1:
            period, done = divmod(step, length)
        while done >= length:
            done, length, period = done - length, length * self.t_mul, period + 1
        height: float = self.m_mul**period * 0.5 * (1 + cos(pi * done / length))
        return self.initial_learning_rate * ((1 - self.alpha) * height + self.alpha)


@dataclass(eq=False, repr=False)
class OneCycle(LearningRateSchedule):
    """One climb and one descent along cosines, for a training of known length.

    From ``max_learning_rate / start_division`` to ``max_learning_rate`` in the first ``climb`` of the steps, then down
    to the first rate divided by ``end_division``, where it stays. (Smith and Topin, *Super-convergence*, 2018, in two
    phases as in fastai and PyTorch's OneCycleLR.)

    Args:
        max_learning_rate: the highest rate; :func:`clarinet.find_learning_rate` suggests one.
        total_steps: of the whole training, epochs times steps an epoch; at least 2.
        climb: share of the steps in which the rate rises, between 0 and 1; default 0.3.
        start_division: default 25.
        end_division: default 10,000.
        name: for people.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> cycle = OneCycle(0.5, total_steps=101, climb=0.5)
        >>> [round(cycle(step), 3) for step in (0, 49, 50, 100)]
        [0.02, 0.5, 0.5, 0.0]
    """

    max_learning_rate: float
    total_steps: int
    climb: float = 0.3
    start_division: float = 25.0
    end_division: float = 1e4

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self.total_steps, "OneCycle: total_steps", low=2)
        check_number(self.climb, "OneCycle: climb", low=0, high=1)
        for key in ("start_division", "end_division"):
            _above_zero(getattr(self, key), f"OneCycle: {key}")

    def __call__(self, step: int) -> float:
        first, last = self.max_learning_rate / self.start_division, self.total_steps - 1
        top = max(self.climb * self.total_steps - 1, 0.0)
        if step < top:
            return _cosine(first, self.max_learning_rate, step / top)
        share = (min(step, last) - top) / (last - top) if last > top else 1.0
        return _cosine(self.max_learning_rate, first / self.end_division, share)


def get(identifier: object) -> LearningRateSchedule:
    """The schedule that an object or a configuration stands for.

    Raises:
        ValueError: an unknown name, with the nearest right one. TypeError: something else.
    """
    return resolve(identifier, LearningRateSchedule, exported(globals(), LearningRateSchedule))
