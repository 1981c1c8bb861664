"""Training a program briefly, and how far it got."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from clarinet.callbacks import Callback
from clarinet.doctor.findings import Finding
from clarinet.doctor.program import Program
from clarinet.doctor.remedies import apply
from clarinet.doctor.score import split
from clarinet.doctor.yardstick import Yardstick, yardstick
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.layers.base import Layer
    from clarinet.losses import Loss
    from clarinet.trainable import Trainable

#: Share of a loss that has to go before it counts as lowered.
_FALLEN = 0.05


@dataclass(frozen=True)
class TimeBudget:
    """Seconds of this thread's work that the experiments may take.

    Attributes:
        each: one training.
        together: for all of them; later ones are not started.
    """

    each: float
    together: float


@dataclass(frozen=True)
class Training:
    """The result of a training.

    Attributes:
        history: as ``fit`` returns it.
        progress: how far it came on rows that it was not trained on (on its own rows where they are few): 0 no better
            than the best constant answer, 1 without error, at least -1. If these two are unknown for a loss, 1 if the
            training has lowered it, else 0.
        ratio: loss with every input zero, divided by the loss on the rows as they are.
        finished: whether it came to its last epoch before its time was over.
        seconds: its duration.
    """

    history: dict[str, list[float]]
    progress: float
    ratio: float
    finished: bool
    seconds: float


class Deadline(Callback):
    """Ends a training after some seconds of this thread's work: a busy machine must not change what is found."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.until = time.thread_time() + seconds
        self.passed = False

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if time.thread_time() > self.until:
            self.passed = self.model.stop_training = True


class Trial:
    """A program whose other faults are corrected, as far as that can be automatic, and trainings of it.

    Args:
        program: as given.
        findings: what the rules found; their remedies are applied in order.
        keep: kinds that are not corrected, because the experiments are about them.
        time_budget: seconds that may be spent.
        memory: earlier trainings, by what was trained; new ones are added.
        spent: seconds of the budget that are already used.
    """

    def __init__(
        self,
        program: Program,
        findings: Sequence[Finding],
        keep: frozenset[str],
        time_budget: TimeBudget,
        memory: dict[str, Training] | None = None,
        spent: float = 0.0,
    ) -> None:
        self.original, self.findings = program, tuple(findings)
        self.program = apply(program, (finding for finding in findings if finding.kind not in keep))
        self.time_budget, self.spent = time_budget, spent
        self.memory = {} if memory is None else memory

    @cached_property
    def yardstick(self) -> Yardstick:
        """The scale of its losses."""
        return yardstick(self.program)

    @property
    def given_rate(self) -> bool:
        """Whether the learning rate is the user's, and not one that the doctor has put in its place."""
        return bool(self.program.optimizer.learning_rate == self.original.optimizer.learning_rate)

    @property
    def history(self) -> dict[str, list[float]]:
        """The training as asked for, validation and all, with its other faults corrected."""
        return self.run(self.program, hold_out=False).history

    @property
    def progress(self) -> float:
        """How far that training came."""
        return self.run(self.program).progress

    @property
    def affordable(self) -> bool:
        """Whether there is time for another training."""
        return self.spent < self.time_budget.together

    def run(self, program: Program, hold_out: bool = True) -> Training:
        """Train a fresh model, unless this has been done; with ``hold_out`` without the rows that judge it."""
        key = f"{hold_out} {fingerprint(program)}"
        if key not in self.memory:
            self.memory[key] = _train(program, self.time_budget.each, hold_out)
        self.spent += self.memory[key].seconds
        return self.memory[key]


def _train(program: Program, seconds: float, hold_out: bool) -> Training:
    began, deadline = time.thread_time(), Deadline(seconds)
    rows, judges = split(program, 0)
    model = program.train(rows if hold_out else None, callbacks=[deadline])
    judges = program.usable(judges)
    x, y = program.x[judges], program.y[judges]
    final = _loss(model, program, x, y)
    blind = _loss(model, program, np.zeros_like(x), y)
    progress = yardstick(program).progress(final)
    if np.isnan(progress) and np.isfinite(final):
        before = _loss(program.model(), program, x, y)
        progress = float(before - final > _FALLEN * abs(before))
    progress = min(1.0, max(-1.0, progress)) if np.isfinite(final) else -1.0
    ratio = blind / final if final else float("inf")
    taken = time.thread_time() - began
    assert model.history is not None
    return Training(model.history.history, progress, ratio, not deadline.passed, taken)


def _loss(model: Trainable, program: Program, x: Array, y: Array) -> float:
    results = model.evaluate(x, y, batch_size=program.batch_size, verbose=0, return_dict=True)
    assert isinstance(results, dict)
    return float(results["loss"])


def fingerprint(program: Program) -> str:
    """A key that is equal for programs with equal trainings."""
    own = [_config(layer) for layer in program.layers]
    settings = (
        own,
        _config(program.loss),
        program.loss.name,
        program.optimizer.encoded(),
        program.fit,
        program.target,
    )
    labels = hashlib.sha256(np.ascontiguousarray(program.y).tobytes()).hexdigest()
    return f"{settings!r} {program.finite_only} {len(program.x)} {labels}"


def _config(thing: Layer | Loss) -> object:
    """What tells layers and losses apart: their settings; of one that holds a function of the user's own, itself."""
    try:
        return thing.get_config()
    except (TypeError, ValueError):
        return f"{type(thing).__name__} {id(thing)}"
