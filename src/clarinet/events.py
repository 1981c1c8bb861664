"""What happens in a training, as small records: what ``fit_events`` hands out, one after another.

In this order, with ``[]`` around what comes only where there is something to say and ``*`` behind what repeats::

    TrainBegin  (EpochBegin  (ChunkEnd  [StepEnd])*  [ValidationEnd]  EpochEnd)*  TrainEnd

A ``ProblemFound`` comes before the event in which it was found. Callbacks have heard of everything before it is here.
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
    """Training begins, or goes on where a checkpoint stands.

    Attributes:
        epoch: the first epoch that comes, from 0.
        epochs: index of the last one plus one.
        steps: batches an epoch; None where only the source of batches knows.
        samples: rows an epoch; None likewise.
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
    """The engine has handed back a run of steps, about ten times a second.

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
        logs: its numbers as the history keeps them: ``loss``, the metrics, ``val_loss``, …, what callbacks have added.
    """

    epoch: int
    logs: Logs


@dataclass(frozen=True, slots=True)
class ProblemFound:
    """A callback such as the doctor has found something wrong or doubtful.

    Attributes:
        problem: what it is.
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
