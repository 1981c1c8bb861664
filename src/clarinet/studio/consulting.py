"""The doctor for one page: what is wrong with a training, where in its course that shows, and the proof of a cure.

Everything is the doctor's own: ``examine``, the callback ``Doctor`` beside a training, ``treat``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clarinet import Model, doctor
from clarinet.doctor import Finding, Treatment
from clarinet.doctor.inspection import accepted
from clarinet.doctor.program import Program, program_of, quietly
from clarinet.doctor.remedies import apply
from clarinet.events import ChunkEnd, EpochEnd
from clarinet.problems import Problem
from clarinet.settings import Role, names_of
from clarinet.studio.choices import Choices, whole
from clarinet.studio.trainer import Curves, Trainer
from clarinet.studio.words import Refusal, _
from clarinet.training.callback import Callback
from clarinet.training.held import FitEvents
from clarinet.types import Array

#: Epochs of a training, at most.
MOST_EPOCHS = 1_000
#: Seconds between two messages about curves.
_PAUSE = 0.1

Told = dict[str, object]


@dataclass(frozen=True, eq=False)
class Case:
    """A training that the doctor is asked about.

    Attributes:
        trainer: made of what was chosen; it has trained nothing.
        epochs: how long the training is.
    """

    trainer: Trainer
    epochs: int

    @property
    def fit(self) -> dict[str, object]:
        """Arguments of ``fit``."""
        own: dict[str, object] = {
            "epochs": self.epochs,
            "batch_size": min(self.trainer.chosen.batch, self.trainer.rows),
        }
        return own if self.held_out is not None else own | {"validation_split": 0.2}

    @property
    def held_out(self) -> tuple[Array, Array] | None:
        """Rows for validation, where the data have a set of their own."""
        return self.trainer.validation if len(self.trainer.x) == self.trainer.rows else None

    def program(self) -> Program:
        """The training as the doctor has it."""
        trainer = self.trainer
        return program_of(trainer.anew(), trainer.x, trainer.y, self.held_out, self.fit)


def case_of(chosen: Choices, epochs: object, folder: Path | None) -> Case:
    """What was chosen in the room Train, as a case.

    Raises:
        ValueError, OSError, ImportError: as :class:`Trainer`; too many epochs.
    """
    length = whole("epochs", epochs, 1, MOST_EPOCHS)
    trainer = Trainer(chosen, folder)
    trainer.close()
    return Case(trainer, length)


class Consultation:
    """Examines a case, watches its training, and treats it; every part is told as it comes.

    Args:
        case: whose.

    Example:
        >>> sick = Choices(data="moons", points=100, hidden=((4, "relu"),), optimizer="SGD", rate=100.0)
        >>> told = [*Consultation(case_of(sick, 5, None)).examine()]
        >>> [one["stage"] for one in told if one["kind"] == "stage"]
        ['examining', 'watching', 'seen']
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self._findings: dict[tuple[str, str], tuple[Finding, int | None]] = {}

    def examine(self) -> Iterator[Told]:
        """Look at the program, then train it with the doctor beside."""
        case, trainer = self.case, self.case.trainer
        yield {"kind": "case", "rows": trainer.rows, "epochs": case.epochs, "epoch_steps": trainer.length.epoch}
        yield _stage("examining")
        report = doctor.examine(trainer.anew(), trainer.x, trainer.y, validation_data=case.held_out, **_arguments(case))
        self._findings = {(found.kind, found.where): (found, None) for found in report.findings}
        yield self._told()
        yield _stage("watching")
        yield from self._watch()
        yield self._told()
        yield _stage("seen")

    def _watch(self) -> Iterator[Told]:
        """The training as it is, with the loss of its steps, and findings where they happen."""
        case, trainer = self.case, self.case.trainer
        watcher, listener, curves = doctor.Doctor(quiet=True), _Listener(), Curves()
        events = trainer.anew().fit_events(
            trainer.x,
            trainer.y,
            validation_data=case.held_out,
            verbose=0,
            callbacks=[watcher, listener],
            **_arguments(case),
        )
        with quietly(), events:
            due = 0.0
            for event in events:
                if isinstance(event, ChunkEnd):
                    for place, loss in enumerate(event.chunk.losses):
                        curves.add(event.chunk.first_step + place, {"loss": float(loss)})
                if listener.new:
                    listener.new = False
                    self._take(watcher.report.findings, listener.steps)
                    yield self._told()
                if time.monotonic() >= due:
                    due = time.monotonic() + _PAUSE
                    yield {"kind": "curve", **curves.news()}
        self._take(watcher.report.findings, listener.steps)
        yield {"kind": "curve", **curves.news()}

    def _take(self, findings: tuple[Finding, ...], steps: Mapping[tuple[str, str], int]) -> None:
        """Findings of the training: new ones, and the steps at which known ones showed."""
        for found in findings:
            key = found.kind, found.where
            if key in self._findings or key in steps:
                self._findings[key] = self._findings.get(key, (found, None))[0], steps.get(key)

    def _told(self) -> Told:
        ranked = sorted(self._findings.values(), key=lambda pair: pair[0].rank)
        return {"kind": "findings", "findings": [told_of(found, step) for found, step in ranked]}

    def treat(self) -> Iterator[Told]:
        """Train sick and treated side by side, then prove by paired trainings what the remedies are worth.

        Raises:
            ValueError: no finding has a remedy that can be applied.
        """
        case, trainer = self.case, self.case.trainer
        curable = [found for found, _ in self._findings.values() if found.change is not None]
        if not curable:
            raise Refusal(_("no finding has a remedy that can be applied by itself"))
        sick = case.program()
        yield _stage("treating")
        yield from _side_by_side({"sick": sick, "treated": apply(sick, curable)})
        yield _stage("proving")
        treated = doctor.treat(trainer.anew(), trainer.x, trainer.y, validation_data=case.held_out, **_arguments(case))
        yield proof_of(treated)
        yield _stage("treated")


class _Listener(Callback):
    """Hears at which steps the doctor finds something."""

    def __init__(self) -> None:
        self.steps: dict[tuple[str, str], int] = {}
        self.new = False

    def on_finding(self, problem: Problem, step: int | None = None) -> None:
        if step is not None:
            self.steps[problem.kind, problem.where] = step
            self.new = True


def _arguments(case: Case) -> dict[str, Any]:
    return dict(case.fit)


def _stage(stage: str) -> Told:
    return {"kind": "stage", "stage": stage}


def told_of(found: Finding, step: int | None) -> Told:
    """A finding for the page, without the numbers it rests on."""
    own = found.as_dict()
    return {name: own.get(name, "") for name in ("kind", "where", "severity", "summary", "explanation", "effect")} | {
        "remedy": own["remedy"],
        "step": step,
        "curable": found.change is not None,
    }


def _side_by_side(programs: Mapping[str, Program]) -> Iterator[Told]:
    """Trains two programs from the same seed, an epoch of each in turn."""
    going = {side: _events_of(program) for side, program in programs.items() if accepted(program)}
    curves = {side: Curves() for side in programs}
    due = 0.0
    with quietly():
        try:
            while going:
                for side, events in list(going.items()):
                    end = next((event for event in events if isinstance(event, EpochEnd)), None)
                    if end is None:
                        del going[side]
                    else:
                        curves[side].add(end.epoch + 1, end.logs)
                if time.monotonic() >= due or not going:
                    due = time.monotonic() + _PAUSE
                    yield {"kind": "pair", "sides": {side: own.news() for side, own in curves.items()}}
        finally:
            for events in going.values():
                events.close()


def _events_of(program: Program) -> FitEvents:
    """The training of a program, as :meth:`Program.train` has it, in events."""
    own = (*names_of(Role.DISPLAY), "validation_data", "seed")
    arguments = {name: value for name, value in program.fit.items() if name not in own}
    rows = program.usable(np.arange(len(program.x)))
    x, y = program.x[rows], program.y[rows]
    model = program.model(0)
    assert isinstance(model, Model)
    return model.fit_events(x, y, validation_data=program.validation, verbose=0, **arguments)  # type: ignore[arg-type]


def proof_of(treated: Treatment) -> Told:
    """A treatment for the page: what was changed, and the scores that it rests on."""
    scores = treated.comparison
    return {
        "kind": "proof",
        "proved": treated.proved,
        "said": str(treated).partition("\n")[0],
        "steps": list(treated.steps),
        "along": list(treated.brought_along),
        "left_out": [f"{found.kind} at {found.where}" for found in treated.withdrawn],
        "score": treated.score,
        "scores": None
        if scores is None
        else {name: list(getattr(scores, name)) for name in ("sick", "scores", "longer", "constant")},
    }
