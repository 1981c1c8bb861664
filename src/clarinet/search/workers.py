"""Who trains: processes of this machine, each by itself; any executor of ``concurrent.futures``; Ray; this thread."""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from clarinet.runs.processes import is_alive, process_token
from clarinet.search.tasks import Reference
from clarinet.search.training import Order, Report, run_trial

P = ParamSpec("P")
T = TypeVar("T")

#: Seconds between two looks of a worker at whether its search still exists.
_LOOK = 0.25


class Crew(ABC):
    """Those who train the trials.

    Attributes:
        size: how many trials run at a time.
    """

    size: int

    @abstractmethod
    def submit(self, reference: Reference, order: Order) -> Future[Report | None]:
        """Have a trial trained."""

    def repair(self, future: Future[Report | None]) -> bool:
        """Called when the worker of a trial died: whether there is another in its place."""
        return False

    def done(self, future: Future[Report | None]) -> None:  # noqa: B027  # most have nothing to do
        """Called when a trial is over: its worker is free."""

    @abstractmethod
    def close(self, now: bool) -> None:
        """End the workers; ``now``: with what they are doing."""


class Here(Crew):
    """This very thread, one trial after the other."""

    size = 1

    def submit(self, reference: Reference, order: Order) -> Future[Report | None]:
        future: Future[Report | None] = Future()
        try:
            future.set_result(run_trial(reference, order))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self, now: bool) -> None: ...


class Processes(Crew):
    """Processes of this machine. Each is an executor by itself: if one dies, the others go on.

    Args:
        size: how many.
    """

    def __init__(self, size: int) -> None:
        from clarinet._native import threads

        self.size = size
        number = str(max(1, threads() // size))
        names = ("CLARINET_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        self._threads = dict.fromkeys(names, number)
        self._idle: list[Executor] = []
        self._busy: dict[Future[Report | None], Executor] = {}
        self._idle = [self._process() for _ in range(size)]

    def _process(self) -> Executor:
        from joblib.externals import loky  # a second copy of it beside this one would confuse both

        executor: Executor = loky.ProcessPoolExecutor(
            1, initializer=attend, initargs=(process_token(os.getpid()),), env=self._threads
        )
        return executor

    def submit(self, reference: Reference, order: Order) -> Future[Report | None]:
        process = self._idle.pop()
        try:
            future = process.submit(run_trial, reference, order)
        except RuntimeError:  # it died while it had nothing to do
            _end(process)
            process = self._process()
            future = process.submit(run_trial, reference, order)
        self._busy[future] = process
        return future

    def done(self, future: Future[Report | None]) -> None:
        self._idle.append(self._busy.pop(future))

    def repair(self, future: Future[Report | None]) -> bool:
        _end(self._busy[future])
        self._busy[future] = self._process()
        return True

    def close(self, now: bool) -> None:
        for process in [*self._idle, *self._busy.values()]:
            _end(process)


def _end(process: Any) -> None:
    """End a process of ours; it writes nothing, so nothing is lost but its trial."""
    with suppress(OSError, RuntimeError):
        process.shutdown(wait=True, kill_workers=True)


def attend(token: str | None) -> None:
    """End this process when the search that began it is gone, however that came about."""

    def look() -> None:
        while is_alive(token):
            time.sleep(_LOOK)
        os._exit(1)

    if token is not None:
        threading.Thread(target=look, name="clarinet-search", daemon=True).start()


class Given(Crew):
    """A user's executor, which stays open.

    Args:
        executor: where trials are submitted.
        size: how many at a time.
    """

    def __init__(self, executor: Executor, size: int) -> None:
        self.size, self._executor = size, executor
        self._running: set[Future[Report | None]] = set()

    def submit(self, reference: Reference, order: Order) -> Future[Report | None]:
        try:
            future = self._executor.submit(run_trial, reference, order)
        except RuntimeError as error:  # broken, or shut down
            future = Future()
            future.set_exception(BrokenExecutor(str(error)))
        self._running.add(future)
        return future

    def done(self, future: Future[Report | None]) -> None:
        self._running.discard(future)

    def repair(self, future: Future[Report | None]) -> bool:
        return not isinstance(future.exception(), BrokenExecutor)

    def close(self, now: bool) -> None:
        for future in self._running:
            future.cancel()


class RayExecutor(Executor):
    """Ray's cluster as an executor; the cluster is joined, or begun on this machine where there is none.

    Raises:
        ImportError: Ray is not installed.
    """

    def __init__(self) -> None:
        try:
            import ray
        except ImportError as error:
            raise ImportError(f'search: executor="ray" needs Ray ({error}); install it with pip install ray') from None
        self._ray = ray
        if not ray.is_initialized():
            ray.init(log_to_driver=False)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function somewhere in the cluster, on one processor."""
        remote = self._ray.remote(num_cpus=1, max_retries=0, runtime_env={"env_vars": {"CLARINET_NUM_THREADS": "1"}})
        future: Future[T] = remote(fn).remote(*args, **kwargs).future()
        return future


def crew_for(executor: object, workers: int) -> Crew:
    """Those who train, for the arguments of ``search``.

    Raises:
        TypeError: an executor that is none.
    """
    if executor is None:
        return Processes(workers) if workers else Here()
    if executor == "ray":
        executor = RayExecutor()
    if not isinstance(executor, Executor):
        raise TypeError(
            "search: executor is an Executor of concurrent.futures, 'ray', or None for processes of this machine; "
            f"received {type(executor).__name__}"
        )
    return Given(executor, max(1, workers))
