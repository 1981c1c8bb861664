"""The events of a training, as small records, in the order in which ``fit_events`` yields them.

In this order, with ``[]`` around events that may be missing and ``*`` after events that repeat::

    TrainBegin  (EpochBegin  (ChunkEnd  [StepEnd])*  [ValidationEnd]  EpochEnd)*  TrainEnd

A ``ProblemFound`` comes before the event in which it was found. Callbacks are called before an event is yielded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from clarinet.names import public
from clarinet.problems import Problem
from clarinet.records import Chunk

Logs: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TrainBegin:
    """Training begins, or continues from a checkpoint.

    Attributes:
        epoch: the first epoch that comes, from 0.
        epochs: index of the last one plus one.
        steps: batches an epoch; None where only the source of batches knows.
        samples: rows an epoch; None for a source of batches.
    """

    epoch: int
    epochs: int
    steps: int | None
    samples: int | None


@dataclass(frozen=True, slots=True)
class EpochBegin:
    """An epoch begins; epochs count from 0."""

    epoch: int


@dataclass(frozen=True, slots=True)
class ChunkEnd:
    """The engine has finished a run of steps, about ten times a second.

    Attributes:
        epoch: the epoch, from 0.
        chunk: losses, learning rates and statistics of these steps.
    """

    epoch: int
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class StepEnd:
    """A single step is done; comes only where every step is asked for, and the chunk before it is this step alone.

    Attributes:
        epoch: the epoch, from 0.
        step: number of the batch in the epoch, from 0.
        logs: the epoch's running loss and metrics.
    """

    epoch: int
    step: int
    logs: Logs


@dataclass(frozen=True, slots=True)
class ValidationEnd:
    """An epoch has been validated; ``logs`` are loss and metrics, without ``val_`` before their names."""

    epoch: int
    logs: Logs


@dataclass(frozen=True, slots=True)
class EpochEnd:
    """An epoch and its validation are over.

    Attributes:
        epoch: the epoch, from 0.
        logs: its numbers as the history keeps them: ``loss``, the metrics, ``val_loss``, …, and the numbers that
            callbacks have added.
    """

    epoch: int
    logs: Logs


@dataclass(frozen=True, slots=True)
class ProblemFound:
    """A callback such as the doctor has found something wrong or doubtful.

    Attributes:
        problem: the finding.
        step: number of the step it was found at, over the model's life; None before the first.
    """

    problem: Problem
    step: int | None


@dataclass(frozen=True, slots=True)
class TrainEnd:
    """Training is over: the run has ended and the model is free again. ``logs`` are the last epoch's numbers."""

    logs: Logs


Event: TypeAlias = TrainBegin | EpochBegin | ChunkEnd | StepEnd | ValidationEnd | EpochEnd | ProblemFound | TrainEnd

__all__ = [
    "ChunkEnd",
    "EpochBegin",
    "EpochEnd",
    "Event",
    "ProblemFound",
    "StepEnd",
    "TrainBegin",
    "TrainEnd",
    "ValidationEnd",
]


def __dir__() -> list[str]:
    return public(globals())
