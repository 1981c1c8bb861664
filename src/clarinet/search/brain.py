"""Optuna's part: which values are tried next, and which trials are not worth going on with."""

from __future__ import annotations

import math
import threading
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clarinet.search.records import Stored
from clarinet.search.spaces import Space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial, TrialState

    from clarinet.search.training import Report, State

#: Trials that are trained to their end before any is pruned.
_STARTUP = 5


class Brain:
    """A study of Optuna's, asked and told by trial numbers; it may be asked from several threads.

    Args:
        space: to choose from.
        sign: +1 where larger values are better, −1 where smaller are.
        sampler: Optuna's; default ``TPESampler`` that knows of trials still running.
        pruner: Optuna's; ``"median"`` stops a trial that is worse than the median of the earlier ones at the same
            epoch, None stops none.
        seed: of the default sampler.

    Raises:
        TypeError: a sampler or pruner that is none.
    """

    def __init__(self, space: Space, sign: float, sampler: object, pruner: object, seed: int) -> None:
        import optuna

        self._space, self._lock = space, threading.Lock()
        self._running: dict[int, _Running] = {}
        self._first: deque[tuple[int | None, Mapping[str, object]]] = deque()
        self._next, self._prunes = 0, pruner is not None
        with quiet():
            self._study = optuna.create_study(
                direction="maximize" if sign > 0 else "minimize",
                sampler=_sampler(sampler, seed),
                pruner=_pruner(pruner),
            )

    def remember(self, trials: Iterable[Stored]) -> None:
        """Take over the trials of a search that goes on; those that did not come to their end are done again."""
        for stored in trials:
            self._next = max(self._next, stored.number + 1)
            if stored.state is None:
                self._first.append((stored.number, stored.params))
            else:
                self._study.add_trial(_frozen(stored))

    def begin_with(self, values: Iterable[Mapping[str, object]]) -> None:
        """Try these values before any others."""
        self._first.extend((None, each) for each in values)

    def ask(self) -> Asked:
        """The next trial."""
        number, values = self._first.popleft() if self._first else (None, None)
        if number is None:
            number, self._next = self._next, self._next + 1
        with self._lock:
            if values is not None:
                self._study.enqueue_trial(dict(values))
            trial = self._study.ask(dict(self._space.distributions))
            chosen = trial.params if self._space.suggest is None else dict(self._space.suggest(trial))
            self._running[number] = _Running(trial)
            return Asked(number, trial.params, chosen, trial.distributions)

    def report(self, number: int, training: int, epoch: int, value: float) -> bool:
        """Hear how an epoch went; True if the trial is to stop. Only its first training is compared with others'."""
        if not self._prunes:  # the epochs come with the trial's end
            return False
        with self._lock:
            running = self._running.get(number)
            if running is None or training > 0:
                return False
            running.hear(epoch, value)
            return math.isfinite(value) and running.trial.should_prune()

    def tell(self, number: int, report: Report) -> None:
        """Hear what came of a trial."""
        with self._lock:
            running = self._running.pop(number)
            for epoch, value in enumerate(report.watched):  # of a worker that could not report
                running.hear(epoch, value)
            values = report.value if report.state == "complete" else None
            self._study.tell(running.trial, values, state=_state(report.state))


@dataclass(frozen=True)
class Asked:
    """A trial to do.

    Attributes:
        number: of the trial.
        params: what Optuna chose, by name.
        values: the values of the hyperparameters: those, or what the space's function made of them.
        distributions: where ``params`` come from.
    """

    number: int
    params: Mapping[str, object]
    values: Mapping[str, object]
    distributions: Mapping[str, BaseDistribution]


@dataclass(frozen=True)
class _Running:
    """A trial that is being done, and the epochs that were heard of."""

    trial: Trial
    heard: set[int] = field(default_factory=set)

    def hear(self, epoch: int, value: float) -> None:
        if epoch not in self.heard:
            self.heard.add(epoch)
            self.trial.report(value, epoch)


@contextmanager
def quiet() -> Iterator[None]:
    """Without notes of Optuna's that a study is new or something experimental."""
    import optuna
    from optuna.exceptions import ExperimentalWarning

    before = optuna.logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            yield
        finally:
            optuna.logging.set_verbosity(before)


def study_of(trials: Iterable[Stored], sign: float) -> Study:
    """Trials that are over as a study of Optuna's."""
    import optuna

    with quiet():
        study = optuna.create_study(direction="maximize" if sign > 0 else "minimize")
        study.add_trials([_frozen(each) for each in trials if each.state is not None])
    return study


def _frozen(stored: Stored) -> FrozenTrial:
    """A trial that is over, for Optuna."""
    from optuna.trial import create_trial

    assert stored.state is not None
    return create_trial(
        state=_state(stored.state),
        value=stored.value if stored.state == "complete" else None,
        params=dict(stored.params),
        distributions=dict(stored.distributions),
        intermediate_values=dict(enumerate(stored.watched)),
    )


def _state(state: State) -> TrialState:
    """What Optuna calls it. A trial that diverged counts as pruned at a value worse than any."""
    from optuna.trial import TrialState

    return {
        "complete": TrialState.COMPLETE,
        "pruned": TrialState.PRUNED,
        "diverged": TrialState.PRUNED,
        "failed": TrialState.FAIL,
    }[state]


def _sampler(sampler: object, seed: int) -> BaseSampler:
    from optuna.samplers import BaseSampler, TPESampler

    if sampler is None:
        return TPESampler(seed=seed, multivariate=True, constant_liar=True)
    if not isinstance(sampler, BaseSampler):
        raise TypeError(f"search: sampler is one of optuna.samplers, or None; received {type(sampler).__name__}")
    return sampler


def _pruner(pruner: object) -> BasePruner:
    from optuna.pruners import BasePruner, MedianPruner, NopPruner

    if pruner is None:
        return NopPruner()
    if pruner == "median":
        return MedianPruner(n_startup_trials=_STARTUP, n_warmup_steps=1)
    if not isinstance(pruner, BasePruner):
        raise TypeError(f"search: pruner is 'median', one of optuna.pruners, or None; received {pruner!r:.60}")
    return pruner
