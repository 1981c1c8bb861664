"""One trial, as a worker trains it: a model for each seed and fold, stopped early where the search says so."""

from __future__ import annotations

import copy
import math
import tempfile
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from clarinet import utils
from clarinet.events import EpochEnd
from clarinet.model import Model
from clarinet.names import nearest
from clarinet.problems import ClarinetWarning
from clarinet.runs.documents import plain_all
from clarinet.runs.tracker import about_model
from clarinet.search import spaces
from clarinet.search.channel import Address, Line
from clarinet.search.tasks import Reference, Task, task_of, versions
from clarinet.types import Array, Config

if TYPE_CHECKING:
    from clarinet.events import Logs

State = Literal["complete", "pruned", "diverged", "failed"]


@dataclass(frozen=True)
class Order:
    """One trial to train.

    Attributes:
        number: of the trial.
        values: of the hyperparameters; labels for choices that are no plain values.
        beat: the best value so far; a better model is sent back.
        address: of the search, which decides what is pruned; None where nothing is reported.
    """

    number: int
    values: Mapping[str, object]
    beat: float | None = None
    address: Address | None = None


@dataclass(frozen=True)
class Report:
    """What came of a trial.

    Attributes:
        state: ``complete``, ``pruned`` (the search stopped it), ``diverged`` (the metric was NaN or infinite), or
            ``failed`` (an exception).
        value: mean over the trainings of the best epoch's metric; None where there is none.
        scores: the metric of each training.
        watched: the metric of the first training, by epoch; pruning goes by it.
        history: the epochs' numbers, each the mean over the trainings.
        seconds: of training.
        error: what failed.
        model: a file of the best training's model; None if it is not better than ``Order.beat``.
        documents: the model and how it was compiled, as runs keep them.
    """

    state: State
    value: float | None = None
    scores: tuple[float, ...] = ()
    watched: tuple[float, ...] = ()
    history: Mapping[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    error: str | None = None
    model: bytes | None = None
    documents: Mapping[str, object] = field(default_factory=dict)


class Refused(Exception):
    """The search as a whole cannot go on; the message says why."""


def run_trial(reference: Reference, order: Order) -> Report | None:
    """Train a trial; None if the task's files are not on this machine.

    Raises:
        Refused: this worker has other versions than the search, or the metric does not exist.
    """
    task = task_of(reference)
    if task is None:
        return None
    own = versions()
    if own != task.versions:
        raise Refused(f"search: a worker has {_listed(own)}, and the search {_listed(task.versions)}; install the same")
    began = time.perf_counter()
    trainings = _Trainings(task, order)
    try:
        state = trainings.run()
    except (Refused, KeyboardInterrupt):
        raise
    except Exception as error:
        return Report("failed", seconds=time.perf_counter() - began, error=f"{type(error).__name__}: {error}")
    return trainings.report(state, time.perf_counter() - began)


def _listed(found: Config) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())


class _Trainings:
    """The trainings of one trial."""

    def __init__(self, task: Task, order: Order) -> None:
        self._task, self._order = task, order
        self._line = Line(order.address)
        self._scores: list[float] = []
        self._histories: list[Mapping[str, list[float]]] = []
        self._best: tuple[float, Model] | None = None
        self._about: dict[str, object] = {}

    def run(self) -> State:
        """Train all; the first that is pruned or diverges ends the trial."""
        for number, (seed, fold) in enumerate(self._task.trainings()):
            state = self._train(seed, fold, number)
            if state != "complete":
                return state
        return "complete"

    def report(self, state: State, seconds: float) -> Report:
        """What came of them."""
        value = fmean(self._scores) if state != "diverged" and self._scores else None
        history = _means(self._histories)
        watched = tuple(self._histories[0].get(self._task.metric, ())) if self._histories else ()
        model = self._file() if state == "complete" and value is not None and self._is_better(value) else None
        return Report(state, value, tuple(self._scores), watched, history, seconds, None, model, self._about)

    def _is_better(self, value: float) -> bool:
        beat = self._order.beat
        return beat is None or self._task.sign * value > self._task.sign * beat

    def _file(self) -> bytes:
        assert self._best is not None
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore", ClarinetWarning)  # functions that no file can hold
            path = Path(folder) / "model.clarinet"
            self._best[1].save(path)
            return path.read_bytes()

    def _train(self, seed: int, fold: int | None, number: int) -> State:
        """One training; its model keeps the weights of the best epoch."""
        model, settings = _built(self._task, self._order.values, seed)
        if not self._about:
            self._about = about_model(model) | {"fit": plain_all(settings) | {"seed": seed}}
        best: tuple[float, list[Array]] | None = None
        history: dict[str, list[float]] = {}
        state: State = "complete"
        given: dict[str, Any] = {**self._task.data(fold), **settings}
        events = model.fit_events(**given, seed=seed, verbose=0)
        with events:
            for event in events:
                if not isinstance(event, EpochEnd):
                    continue
                for name, value in event.logs.items():
                    history.setdefault(name, []).append(float(value))
                value = self._metric(event.logs)
                if not math.isfinite(value):
                    state = "diverged"
                elif best is None or self._task.sign * value > self._task.sign * best[0]:
                    best = value, model.get_weights()
                if self._line.report(self._order.number, number, event.epoch, value) and state == "complete":
                    state = "pruned"
                if state != "complete":
                    break
        self._histories.append(history)
        if best is not None:
            self._keep(model, *best)
        return state

    def _keep(self, model: Model, score: float, weights: list[Array]) -> None:
        self._scores.append(score)
        if self._best is None or self._task.sign * score > self._task.sign * self._best[0]:
            model.set_weights(weights)
            self._best = score, model

    def _metric(self, logs: Logs) -> float:
        if self._task.metric not in logs:
            raise Refused(
                f"search: metric {self._task.metric!r} is not among the numbers of an epoch: "
                f"{nearest(self._task.metric, logs)}"
            )
        return float(logs[self._task.metric])


def _built(task: Task, values: Mapping[str, object], seed: int) -> tuple[Model, dict[str, Any]]:
    """The model of some hyperparameters, and the arguments of ``fit`` for it."""
    real = {name: task.choices.get(name, {}).get(str(value), value) for name, value in values.items()}
    own = spaces.for_build(task.build, real)
    utils.set_random_seed(seed)
    model = task.build(**{name: real[name] for name in own})
    if not isinstance(model, Model):
        raise Refused(f"search: build returns a compiled clarinet model, received {type(model).__name__}")
    if model.optimizer is None:
        raise Refused("search: build returned a model that is not compiled; call model.compile(...) in build")
    settings = {name: copy.deepcopy(value) for name, value in task.fit.items()}
    return model, settings | {name: value for name, value in real.items() if name not in own}


def _means(histories: list[Mapping[str, list[float]]]) -> dict[str, list[float]]:
    """The mean of every number of every epoch, as far as all trainings went."""
    if not histories:
        return {}
    names = [name for name in histories[0] if all(name in each for each in histories)]
    return {name: [fmean(values) for values in zip(*(each[name] for each in histories))] for name in names}
