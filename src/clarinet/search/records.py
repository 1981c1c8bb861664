"""Trials in the store of runs, which is the one place that knows what a search has done: each trial is a run."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from clarinet import files
from clarinet.runs import stored
from clarinet.runs.environment import environment, program
from clarinet.runs.location import StoreError
from clarinet.runs.run import Run
from clarinet.runs.store import Store
from clarinet.runs.tracker import MODEL
from clarinet.search.training import Report, State
from clarinet.types import Config

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

#: Sections of a trial's run: what the whole search is, and what came of this trial.
SEARCH, TRIAL = "search", "trial"
_STATES = get_args(State)
#: Seconds between two moments when the disk is waited for: short trials end much faster than it writes.
_EVERY = 0.5


@dataclass(frozen=True)
class Stored:
    """A trial as the store has it.

    Attributes:
        number: of the trial, from 0.
        params: what was chosen, by hyperparameter.
        distributions: where that comes from.
        state: None while it is not over, or was interrupted.
        value: what it is judged by; None where there is none.
        scores: the metric of each training.
        watched: the metric of the first training, by epoch.
        seconds: of training.
        error: what failed.
        run: where it is kept.
    """

    number: int
    params: Mapping[str, object]
    distributions: Mapping[str, BaseDistribution]
    state: State | None
    value: float | None
    scores: tuple[float, ...]
    watched: tuple[float, ...]
    seconds: float
    error: str | None
    run: Run


class Records:
    """The runs of one search.

    Args:
        store: where they are.
        name: of the search, which is the group of its runs.
        definition: what a search is, see :data:`SEARCH`; every run holds it.
        before: its trials, if it goes on.
    """

    def __init__(
        self, store: Store, name: str, definition: Mapping[str, object], before: Iterable[Stored] = ()
    ) -> None:
        self.store, self.name, self._definition = store, name, definition
        self._interrupted = {each.number: each.run for each in before if each.state is None}
        self._about: dict[str, object] = {"environment": environment(), "program": program()}
        self._open: dict[int, tuple[Run, dict[str, object]]] = {}
        self._safe = time.monotonic()
        self._last: Run | None = None

    def begin(self, number: int, params: Mapping[str, object], distributions: Mapping[str, BaseDistribution]) -> None:
        """Begin a trial's run, or begin the run of one that was interrupted anew."""
        with self.store.hasty():
            self._begin(number, params, distributions)

    def _begin(self, number: int, params: Mapping[str, object], distributions: Mapping[str, BaseDistribution]) -> None:
        from optuna.distributions import distribution_to_json

        about = {
            "number": number,
            "distributions": {name: distribution_to_json(each) for name, each in distributions.items()},
        }
        run = self._interrupted.pop(number, None)
        if run is None:
            documents = {SEARCH: self._definition, TRIAL: about, **self._about}
            name = f"{self.name}-trial-{number}"
            run = self.store.start(name, config=params, group=self.name, documents=documents)
        else:
            run.reopen()
            run.rewind(0, 0)
        self._open[number] = run, about

    def end(self, number: int, report: Report) -> None:
        """Keep what came of a trial, all of it or nothing: it counts from the moment that its state is in the store.

        It then survives the end of this process; what a power cut takes is at most those of the last half second.
        """
        run, about = self._open.pop(number)
        self._last = run
        for epoch in range(max(map(len, report.history.values()), default=0)):
            run.writer.epoch(epoch, {name: values[epoch] for name, values in report.history.items()})
        run.writer.flush()
        if report.model is not None:
            files.write(run.file(MODEL), report.model)
        came = {
            "state": report.state,
            "value": report.value,
            "scores": [*report.scores],
            "watched": [*report.watched],
            "seconds": report.seconds,
            "error": report.error,
        }
        with self.store.hasty():
            run.record_all({**report.documents, TRIAL: about | came})
            run.finish("failed" if report.state == "failed" else "finished", report.error)
        if time.monotonic() - self._safe > _EVERY:
            self._wait_for_disk(run)

    def _wait_for_disk(self, run: Run) -> None:
        """Have everything up to this run's end survive a power cut."""
        with self.store.transaction(durable=True) as connection:
            connection.execute("UPDATE runs SET status = status WHERE id = ?", (run.id,))
        self._safe = time.monotonic()

    def interrupt(self) -> None:
        """End the runs of trials that are not over; they will be done again."""
        if self._last is not None:
            self._wait_for_disk(self._last)
        for run, _ in self._open.values():
            run.finish("interrupted")
        self._open.clear()


def read(store: Store, name: str) -> list[Stored]:
    """The trials of a search, by number."""
    rows = store.query(
        "SELECT r.id, d.body, c.body FROM runs r JOIN documents d ON d.run = r.id AND d.section = ? "
        "LEFT JOIN documents c ON c.run = r.id AND c.section = 'config' "
        'WHERE r."group" = ? AND r.deleted IS NULL ORDER BY r.id',
        (TRIAL, name),
    )
    found: dict[int, Stored] = {}
    for id, body, config in rows:
        trial = _trial(Run(store, stored.id(id)), stored.document(TRIAL, body), stored.document("config", config))
        if trial.number not in found or found[trial.number].state is None:
            found[trial.number] = trial
    return [found[number] for number in sorted(found)]


def _trial(run: Run, about: Any, params: Any) -> Stored:
    from optuna.distributions import json_to_distribution

    try:
        state = about.get("state")
        if state is not None and state not in _STATES:
            raise ValueError(f"its state is {state!r:.40}")
        value = about.get("value")
        return Stored(
            int(about["number"]),
            dict(params or {}),
            {name: json_to_distribution(text) for name, text in about["distributions"].items()},
            state,
            None if value is None else float(value),
            _numbers(about.get("scores", ())),
            _numbers(about.get("watched", ())),
            float(about.get("seconds", 0.0)),
            stored.optional(about.get("error")),
            run,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"run {run.name!r}: what is kept of the trial is damaged ({error}); put it in the bin with clarinet runs rm"
        ) from None


def _numbers(values: Iterable[object]) -> tuple[float, ...]:
    return tuple(math.nan if value is None else float(str(value)) for value in values)


def definition_of(trials: Sequence[Stored]) -> Config:
    """What a search was told to do."""
    return trials[0].run.section(SEARCH)


def settle(trials: Iterable[Stored]) -> None:
    """End the runs of trials that are over, but whose search was killed before it could say so."""
    for each in trials:
        if each.state is not None and each.run.status == "killed":
            each.run.reopen()
            each.run.finish("failed" if each.state == "failed" else "finished", each.error)


def taken(store: Store) -> set[str]:
    """The names of all groups of runs."""
    rows = store.query('SELECT DISTINCT "group" FROM runs WHERE "group" IS NOT NULL AND deleted IS NULL')
    return {stored.name(row[0]) for row in rows}
