"""Changing the learning rate between epochs."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

from clarinet.callbacks.monitor import Monitor
from clarinet.names import explained
from clarinet.training.callback import Callback, Logs


def _rate(callback: Callback) -> float:
    """The optimizer's learning rate; TypeError for a schedule, which no callback may replace."""
    optimizer: Any = callback.model.optimizer
    if callable(optimizer.learning_rate):
        raise TypeError(
            f"{type(callback).__name__}: the optimizer's learning rate is the schedule {optimizer.learning_rate!r}; "
            "give the optimizer a number, or leave the callback out"
        )
    return float(optimizer.learning_rate)


def _set_rate(callback: Callback, rate: float) -> None:
    optimizer: Any = callback.model.optimizer
    optimizer.learning_rate = rate


class LearningRateScheduler(Callback):
    """Set the learning rate at the start of every epoch; the rate is added to the epoch's logs as ``learning_rate``.

    Args:
        schedule: called as ``schedule(epoch, learning_rate)``, or as ``schedule(epoch)`` if it takes one argument;
            epochs count from 0.
        verbose: 1 prints the rate.

    Raises:
        TypeError: the schedule is no function or returns no number; the optimizer has a schedule of its own.

    Example:
        >>> halve = LearningRateScheduler(lambda epoch, rate: rate / 2)
        >>> halve.rate(0, 0.1)
        0.05
    """

    @explained
    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise TypeError(
                f"LearningRateScheduler: schedule has to be a function of (epoch, learning_rate), received {schedule!r}"
            )
        self.schedule, self.verbose = schedule, verbose
        self._arguments = _count_arguments(schedule)

    def rate(self, epoch: int, learning_rate: float) -> float:
        """The rate that the schedule returns."""
        value = self.schedule(epoch) if self._arguments == 1 else self.schedule(epoch, learning_rate)
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise TypeError(
                f"LearningRateScheduler: the schedule has to return a number, received {value!r} in epoch {epoch}"
            )
        return float(value)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        rate = self.rate(epoch, _rate(self))
        _set_rate(self, rate)
        if self.verbose > 0:
            print(f"Epoch {epoch + 1}: learning rate {rate:g}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = _rate(self)


def _count_arguments(function: Callable[..., Any]) -> int:
    """How many positional arguments a function takes, at most 2."""
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 2
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return 2
    return min(2, sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters))


class ReduceLROnPlateau(Monitor):
    """Lower the learning rate when a number has stopped improving; the rate is added to the logs as ``learning_rate``.

    Args:
        monitor: name in the logs; default ``"val_loss"``.
        factor: the rate is multiplied by it; below 1.
        patience: epochs without improvement after which the rate is lowered.
        verbose: 1 prints when it acts.
        mode: ``"min"``, ``"max"`` or ``"auto"``.
        min_delta: a change has to exceed this to count as an improvement.
        cooldown: epochs to wait after lowering before watching again.
        min_lr: the rate is never lowered below this.

    Raises:
        ValueError: ``factor`` is not between 0 and 1.

    Example:
        >>> ReduceLROnPlateau(factor=0.5, patience=3).factor
        0.5
    """

    @explained
    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        if not 0.0 < factor < 1.0:
            raise ValueError(
                f"ReduceLROnPlateau: factor has to be between 0 and 1, received {factor}; 0.5 halves the rate"
            )
        self.factor, self.patience, self.verbose, self.cooldown, self.min_lr = (
            factor,
            patience,
            verbose,
            cooldown,
            min_lr,
        )
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.best: float | None = None
        self.wait = self.cooldown_counter = 0

    def get_state(self) -> dict[str, object]:
        return {"best": self.best, "wait": self.wait, "cooldown_counter": self.cooldown_counter}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = _rate(self)
        current = self.current(logs)
        if current is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(current, self.best):
            self.best, self.wait = current, 0
        elif self.cooldown_counter == 0:
            self.wait += 1
            if self.wait >= self.patience and _rate(self) > self.min_lr:
                _set_rate(self, max(_rate(self) * self.factor, self.min_lr))
                self.tell(f"Epoch {epoch + 1}: learning rate lowered to {_rate(self):g}")
                self.cooldown_counter, self.wait = self.cooldown, 0
