"""Training a program briefly, and how far it got."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cached_property

import numpy as np

from clarinet import losses
from clarinet.callbacks import Callback
from clarinet.doctor.findings import Finding
from clarinet.doctor.program import Program
from clarinet.doctor.remedies import apply
from clarinet.params import Array

#: Seconds that one training of an experiment may take.
SECONDS = 1.0


class Deadline(Callback):
    """Ends a training after some seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.until = time.perf_counter() + seconds

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if time.perf_counter() > self.until:
            self.model.stop_training = True


class Trial:
    """A program whose other faults are mended, as far as the machine can, and trainings of it.

    Args:
        program: as given.
        findings: what the rules found; their remedies are applied in order.
        keep: kinds that are left as they are, since they are what the experiments are about.
    """

    def __init__(self, program: Program, findings: Iterable[Finding], keep: frozenset[str]) -> None:
        self.given = program
        self.program = apply(program, (finding for finding in findings if finding.kind not in keep))

    @cached_property
    def history(self) -> dict[str, list[float]]:
        """The training as asked for, with its other faults mended."""
        return train(self.program)

    @cached_property
    def progress(self) -> float:
        """How far that training came: 0 no better than a constant answer, 1 without error."""
        return self.progress_of(self.history)

    @cached_property
    def constant(self) -> float:
        """The loss of the best constant answer."""
        return constant_loss(self.program)

    def progress_of(self, history: dict[str, list[float]]) -> float:
        """``1 - loss / loss of the best constant answer`` at the end of a training; at least -1."""
        constant, final = self.constant, history["loss"][-1]
        return max(-1.0, 1 - final / constant) if constant > 0 and np.isfinite(final) else -1.0


def train(program: Program, seconds: float = SECONDS, seed: int = 0) -> dict[str, list[float]]:
    """Train a fresh model; the history."""
    model = program.model(seed)
    arguments = {name: value for name, value in program.fit.items() if name not in ("verbose", "callbacks")}
    history = model.fit(
        program.x, program.y, validation_data=program.validation, verbose=0, callbacks=[Deadline(seconds)], **arguments
    )
    return history.history


def constant_loss(program: Program) -> float:
    """The loss of the best answer that does not look at x: the mean label (the median for the absolute error)."""
    y = np.asarray(program.y, np.float64).reshape(len(program.y), -1)
    transform, loss = program.own_target(), program.loss
    if transform is not None:
        transform.adapt(y)
        y = transform.forward(y)
    if isinstance(loss, losses.SparseCategoricalCrossentropy):
        shares = np.unique(y, return_counts=True)[1] / y.size
        return float(-(shares * np.log(shares)).sum())
    answer: Array = np.median(y, axis=0) if isinstance(loss, losses.MeanAbsoluteError) else y.mean(axis=0)
    plain = loss
    if getattr(loss, "from_logits", False):
        plain = type(loss).from_config(loss.get_config() | {"from_logits": False})
    return float(np.mean(plain.values(y, np.broadcast_to(answer, y.shape))))
