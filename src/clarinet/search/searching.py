"""``search``: many trainings with other hyperparameters, side by side, each kept as a run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clarinet.configurable import check_whole
from clarinet.runs.store import Store
from clarinet.runs.values import check_name
from clarinet.search import plan
from clarinet.search.brain import Asked, Brain
from clarinet.search.channel import Exchange
from clarinet.search.claims import Claim
from clarinet.search.clerk import Clerk
from clarinet.search.display import Display
from clarinet.search.plan import Data
from clarinet.search.records import Records, Stored, definition_of, read, settle, taken
from clarinet.search.results import Results
from clarinet.search.spaces import as_space
from clarinet.search.tasks import Package, Task
from clarinet.search.training import Order, Refused, Report
from clarinet.search.workers import Crew, Here, crew_for
from clarinet.training.progress import ProgressBar
from clarinet.wording import option

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

    from clarinet.search.spaces import Suggest

#: A trial whose worker died so often has failed.
_MOST_DEATHS = 3
#: If the first trials all fail, so many are enough.
_MOST_FAILURES = 3
#: Seconds that a thread of the search goes on when others want to.
_TURN = 2e-4


def search(
    build: Callable[..., object],
    space: Mapping[str, object] | Suggest | None = None,
    x: object = None,
    y: object = None,
    *,
    trials: int | None = None,
    timeout: float | str | None = None,
    workers: int = 1,
    metric: str | None = None,
    mode: str = "auto",
    seeds: int | Sequence[int] = 1,
    cv: int | None = None,
    validation_split: float = 0.2,
    validation_data: object = None,
    sample_weight: object = None,
    name: str = "search",
    resume: bool = False,
    first: Iterable[Mapping[str, object]] = (),
    sampler: BaseSampler | None = None,
    pruner: BasePruner | str | None = "median",
    seed: int = 0,
    executor: Executor | str | None = None,
    host: str = "127.0.0.1",
    store: Store | None = None,
    verbose: int | str = "auto",
    **fit: object,
) -> Results:
    """Find good hyperparameters: train many models, each with other values, and keep every trial as a run.

    Args:
        build: takes hyperparameters, returns a compiled model.
        space: what to choose from, by name: ``(low, high)``, whole numbers if both are; ``(low, high, "log")``;
            ``(low, high, step)``; a list of choices of any kind; a distribution of Optuna's. Or a function of an Optuna
            trial that returns the values by name, for values that depend on each other. Default: the type hints of
            ``build``, such as ``units: Annotated[int, (8, 256, "log")]``, ``activation: Literal["relu", "tanh"]``.
            A name that ``build`` does not have and ``fit`` does (``batch_size``, ``epochs``) goes to ``fit``.
        x, y, sample_weight: as in ``fit``.
        trials: how many in all, those of before included; default 50 where there is no ``timeout``.
        timeout: seconds, or ``"30s"``, ``"10m"``, ``"2h"``, after which no trial is begun.
        workers: processes that train side by side and share the processors; 0 trains in this process.
        metric: what counts: a number of an epoch's logs. A trial's value is that of its best epoch, and the model that
            is kept has the weights of then. Default ``"val_loss"``; ``"loss"`` where nothing is validated.
        mode: ``"min"``, ``"max"``, or ``"auto"``, which decides by the metric's name.
        seeds: how many seeds each trial is trained with, or which; its value is the mean. Default 1.
        cv: train each trial on all but a ``cv``-th of the rows, ``cv`` times; its value is the mean.
        validation_split: share of the rows, drawn by ``seed``, that every trial is judged on; default 0.2.
        validation_data: rows to judge on in its place.
        name: of the search, and the group of its runs. A number is added where it is taken.
        resume: go on with the search of this name, if there is one: nothing that is over is trained again.
        first: values to try before any others, e.g. those that you use now.
        sampler: one of ``optuna.samplers``; default a ``TPESampler`` that sees all hyperparameters together.
        pruner: which trials are stopped early: ``"median"`` (default) those whose first training is worse than the
            median of the earlier ones at the same epoch, once five are complete; one of ``optuna.pruners``; None: none.
        seed: of the sampler, of the rows that are split off, and the first of ``seeds``.
        executor: who trains in place of processes of this machine: ``"ray"``, or any ``concurrent.futures.Executor``,
            with ``workers`` trials at a time. It stays open.
        host: the address of this machine that the workers of ``executor`` reach to report epochs. Workers that do not
            reach it train on, and are not pruned.
        store: of the runs; default the one beside your code.
        verbose: 0 nothing, 1 a table that replaces itself, 2 a line a trial; ``"auto"``: a table in a terminal.
        fit: further arguments of ``fit``: ``epochs``, ``batch_size``, ``callbacks``, ….

    Returns:
        Results: the trials; ``.best``, ``.best_model()``, ``.to_pandas()``.

    Raises:
        ImportError: Optuna is not installed. ValueError, TypeError: arguments that make no sense, before any work.
        RuntimeError: the first three trials all failed, or the workers cannot go on. KeyboardInterrupt: after Ctrl-C,
            with everything that is over in the store; ``resume=True`` goes on.

    Trials on one worker are repeated exactly by the same ``seed``; with several, which values are tried next depends on
    which trial ends first. (Akiba et al., *Optuna: a next-generation hyperparameter optimization framework*, 2019.)

    Example:
        >>> import tempfile, numpy as np, clarinet
        >>> from clarinet.search import search
        >>> def build(learning_rate):
        ...     model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
        ...     model.compile(clarinet.optimizers.SGD(learning_rate), "mse")
        ...     return model
        >>> x = np.linspace(-1, 1, 64, dtype="float32")[:, None]
        >>> store = clarinet.runs.Store(tempfile.mkdtemp())
        >>> found = search(build, {"learning_rate": (1e-6, 0.5, "log")}, x, 2 * x, trials=6, workers=0, epochs=5,
        ...                store=store, verbose=0)
        >>> len(found), found.best.value == min(each.value for each in found if each.state == "complete")
        (6, True)
        >>> found.best_model().predict(x, verbose=0).shape
        (64, 1)
    """
    check_optuna()
    data = Data(x, y, sample_weight, validation_data, validation_split, cv)
    chosen = as_space(space, build)
    task = plan.task_for(build, chosen, data, fit, metric, mode, seeds, seed)
    budget = Budget.of(trials, timeout)
    workers = check_whole(workers, "search: workers", low=0)
    wishes = [chosen.checked(each) for each in first]
    brain = Brain(chosen, task.sign, sampler, pruner, seed)
    where = store or Store()
    called, goes_on = named(where, check_name(name), resume)
    with Claim(where, called), Package(task) as package:
        before = read(where, called) if goes_on else []
        definition = plan.definition_for(task, chosen, data)
        if before:
            plan.check_same(definition_of(before), definition, called)
            settle(before)
        brain.remember(before)
        brain.begin_with([] if before else wishes)
        display = Display(ProgressBar.resolve(verbose), task.metric, task.sign, budget.trials, before)
        records, crew = Records(where, called, definition, before), crew_for(executor, workers)
        _Search(task, package, brain, records, display, crew, budget, before).run(host)
    return Results(where, called)


def load(name: str, store: Store | None = None) -> Results:
    """What a search has found so far, from the store of runs; it may still be going on.

    Args:
        name: of the search.
        store: default the one beside your code.

    Raises:
        ValueError: there is no such search. ImportError: Optuna is not installed.
    """
    check_optuna()
    return Results(store or Store(), name)


def check_optuna() -> None:
    """Whether what a search needs is installed.

    Raises:
        ImportError: it is not.
    """
    try:
        import cloudpickle  # noqa: F401
        import joblib  # noqa: F401
        import optuna  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f'clarinet.search needs Optuna, joblib and cloudpickle ({error}); pip install "clarinet[sweep]"'
        ) from None


def named(store: Store, name: str, resume: bool) -> tuple[str, bool]:
    """The name of a search, and whether it goes on: a new one gets a number if its name is taken."""
    known = taken(store)
    if name not in known or resume:
        return name, name in known
    number = 2
    while f"{name}-{number}" in known:
        number += 1
    return f"{name}-{number}", False


@dataclass(frozen=True)
class Budget:
    """How much is searched: trials in all and seconds, or None for no limit."""

    trials: int | None
    seconds: float | None

    @classmethod
    def of(cls, trials: int | None, timeout: float | str | None) -> Budget:
        """The budget of the arguments of ``search``."""
        seconds = plan.seconds_of(timeout)
        number = None if trials is None else check_whole(trials, "search: trials", low=1)
        return cls(50 if number is None and seconds is None else number, seconds)


class _Search:
    """The search while it goes on."""

    def __init__(
        self,
        task: Task,
        package: Package,
        brain: Brain,
        records: Records,
        display: Display,
        crew: Crew,
        budget: Budget,
        before: Sequence[Stored],
    ) -> None:
        self._task, self._package, self._brain = task, package, brain
        self._records, self._display, self._crew = records, display, crew
        self._clerk = Clerk(0) if isinstance(crew, Here) else Clerk()
        self._seconds = budget.seconds
        over = [each for each in before if each.state is not None]
        self._left = None if budget.trials is None else budget.trials - len(over)
        values = [each.value for each in over if each.state == "complete" and each.value is not None]
        self._best = max(values, key=lambda value: task.sign * value, default=None)
        self._failures = 0 if not over else None  # None: not all have failed
        self._running: dict[Future[Report | None], _Going] = {}
        self._ahead: Asked | None = None  # the next trial, asked for while all workers train

    def run(self, host: str) -> None:
        """Search until the budget is spent."""
        self._near = self._package.here() if isinstance(self._crew, Here) else self._package.beside()
        exchange = Exchange(self._heard, host)
        self._address, self._began, now = exchange.address, time.monotonic(), True
        interval = sys.getswitchinterval()
        sys.setswitchinterval(_TURN)  # a worker's epoch is answered at once, not when the sampler has thought
        try:
            self._loop()
            now = False
        finally:
            sys.setswitchinterval(interval)
            self._crew.close(now)
            try:
                self._clerk.finish()
            finally:
                self._records.interrupt()
                self._display.close()
                exchange.close()

    def _heard(self, number: int, training: int, epoch: int, value: float) -> bool:
        if training == 0:
            self._display.epoch(number, epoch, value)
        return self._brain.report(number, training, epoch, value)

    def _loop(self) -> None:
        while True:
            while len(self._running) < self._crew.size and self._in_time and self._asks():
                self._begin()
            if not self._running:
                return
            if self._crew.size > 1:  # with one worker, the sampler waits for what the trial before is worth
                self._asks()
            done, _ = wait(self._running, return_when=FIRST_COMPLETED)
            for future in done:
                self._take(future)

    @property
    def _in_time(self) -> bool:
        """Whether another trial may begin."""
        return self._seconds is None or time.monotonic() - self._began < self._seconds

    def _asks(self) -> bool:
        """Whether there is a next trial; it is asked for if that has not been done."""
        if self._ahead is None and (self._left is None or self._left > 0):
            self._ahead = self._brain.ask()
            self._left = None if self._left is None else self._left - 1
        return self._ahead is not None

    def _begin(self) -> None:
        """Begin the next trial."""
        asked, self._ahead = self._ahead, None
        assert asked is not None
        self._display.begin(asked.number, asked.params)
        self._clerk.do(self._records.begin, asked.number, asked.params, asked.distributions)
        self._submit(_Going(asked))

    def _submit(self, going: _Going) -> None:
        reference = self._package.whole() if going.far else self._near
        order = Order(going.asked.number, going.asked.values, self._best, self._address)
        self._running[self._crew.submit(reference, order)] = going

    def _take(self, future: Future[Report | None]) -> None:
        """Deal with a trial that has come back, or whose worker has died."""
        going = self._running.pop(future)
        error = future.exception()
        if isinstance(error, Refused):
            raise ValueError(str(error)) from None
        if error is not None:
            report = self._died(going, future, error)
        else:
            report = future.result()
            going.far = going.far or report is None  # the task's files are not where the worker is
        self._crew.done(future)
        if report is None:
            self._submit(going)
            return
        self._weigh(report)
        if self._ahead is not None and self._in_time:
            self._begin()
        self._end(going.asked.number, report)

    def _died(self, going: _Going, future: Future[Report | None], error: BaseException) -> Report | None:
        """What is known of a trial whose worker died; None: it is done again.

        Raises:
            RuntimeError: there are no workers any more.
        """
        going.deaths += 1
        if not self._crew.repair(future):
            raise RuntimeError(
                f"search {self._records.name!r}: the executor has ended ({error}); what is over is kept: go on with "
                f"{option('resume', True)} and a new executor"
            ) from error
        if going.deaths < _MOST_DEATHS:
            return None
        return Report("failed", error=f"the worker died {going.deaths} times in this trial ({type(error).__name__})")

    def _weigh(self, report: Report) -> None:
        """See whether a trial is the best so far, and whether all have failed."""
        sign = self._task.sign
        if report.state == "complete" and report.value is not None:
            self._best = report.value if self._best is None else sign * max(sign * self._best, sign * report.value)
        if self._failures is not None:
            self._failures = self._failures + 1 if report.state == "failed" else None

    def _end(self, number: int, report: Report) -> None:
        self._clerk.do(self._records.end, number, report)
        self._clerk.do(self._display.end, number, report)  # what is shown is kept
        self._brain.tell(number, report)
        if self._failures == _MOST_FAILURES:
            raise RuntimeError(f"search: the first {_MOST_FAILURES} trials all failed; the last: {report.error}")


@dataclass
class _Going:
    """A trial that is being trained.

    Attributes:
        asked: its number and values.
        deaths: workers that died over it.
        far: whether its worker cannot see the task's files.
    """

    asked: Asked
    deaths: int = field(default=0)
    far: bool = field(default=False)
