"""The measurement: every peer at its best thread count, in turn, so that what disturbs one disturbs all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from . import footprint
from .host import Host, WorkerError
from .networks import Network
from .peers import Row


@dataclass(frozen=True)
class Settings:
    """How much is measured.

    Args:
        rows: training rows of an epoch; None takes the network's number.
        rounds: timed epochs of each peer and workload.
        trials: timed epochs with each thread count, before the better one is kept.
        epochs: epochs before the accuracy on the test set is taken.
        test_rows: test images; None takes all.
        threads: thread counts to try.
        imports: repetitions of each import.
        pause: seconds before a timed epoch, in which the threads of the peer before it stop waiting for more work.
        details: whether a prediction's time, accuracy, import and size are measured too.
    """

    rows: int | None = None
    rounds: int = 7
    trials: int = 3
    epochs: int = 10
    test_rows: int | None = None
    threads: tuple[int, ...] = (1, 2)
    imports: int = 5
    pause: float = 0.5
    details: bool = True


@dataclass
class Result:
    """What was measured of one row; times in seconds, sizes in MB (10⁶ bytes), memory in MiB."""

    name: str
    label: str
    threads: int = 0
    trials: dict[int, list[float]] = field(default_factory=dict)
    epochs: dict[str, list[float]] = field(default_factory=dict)
    cpu: list[float] = field(default_factory=list)
    logs: dict[str, dict[str, float]] = field(default_factory=dict)
    predict_one: float | None = None
    accuracy: float | None = None
    memory_mb: float | None = None
    import_seconds: float | None = None
    installed_mb: float | None = None
    error: str | None = None


Say = Callable[[str], None]


class Session:
    """One network with some rows. A peer that fails is left out from then on, and its result says why."""

    def __init__(self, network: Network, rows: Iterable[Row], settings: Settings, say: Say) -> None:
        self.network, self.rows, self.settings, self.say = network, tuple(rows), settings, say
        self.results = {row.name: Result(row.name, row.label) for row in self.rows}
        self._hosts: dict[str, Host] = {}

    def run(self) -> list[Result]:
        """Measure everything and return one result a row, in the order of the rows."""
        with ExitStack() as stack:
            for row in self.rows:
                self._guard(row.name, lambda row=row: self._keep_better(row, stack))
            for workload in self.network.workloads:
                self._rounds(workload)
            for name in list(self._hosts) if self.settings.details else ():
                self._guard(name, lambda name=name: self._last_questions(name))
        for row in self.rows if self.settings.details else ():
            self._guard(row.name, lambda row=row: self._footprint(row))
        return list(self.results.values())

    def _keep_better(self, row: Row, stack: ExitStack) -> None:
        """Time a few epochs with each thread count, in turn, and keep the process that was faster."""
        result = self.results[row.name]
        hosts = {threads: stack.enter_context(Host(row, threads)) for threads in self.settings.threads}
        for host in hosts.values():
            self._prepare(host, "float32")
        result.trials = {threads: [] for threads in hosts}
        for _ in range(self.settings.trials):
            for threads, host in hosts.items():
                if _hopeful(threads, result.trials):
                    result.trials[threads].append(host.ask("epoch")["seconds"])
        result.threads = min(hosts, key=lambda threads: median(result.trials[threads]))
        for threads, host in hosts.items():
            if threads != result.threads:
                host.close()
        self._hosts[row.name] = hosts[result.threads]
        tried = ", ".join(f"{median(seconds):.3f} s with {n}" for n, seconds in result.trials.items())
        self.say(f"{self.network.name}, {row.name}: {tried} threads")

    def _prepare(self, host: Host, workload: str) -> None:
        host.ask("prepare", network=self.network.name, workload=workload, rows=self.settings.rows)

    def _rounds(self, workload: str) -> None:
        for name, host in list(self._hosts.items()):
            if workload != "float32":  # the trial has prepared and warmed that one
                self._guard(name, lambda host=host: self._prepare(host, workload))
        for number in range(self.settings.rounds):
            for name in list(self._hosts):
                self._guard(name, lambda name=name: self._epoch(name, workload))
            self.say(f"{self.network.name}, {workload}: round {number + 1} of {self.settings.rounds}")

    def _epoch(self, name: str, workload: str) -> None:
        time.sleep(self.settings.pause)
        answer, result = self._hosts[name].ask("epoch"), self.results[name]
        result.epochs.setdefault(workload, []).append(answer["seconds"])
        result.logs[workload] = answer["logs"]
        if workload == "float32":
            result.cpu.append(answer["cpu_seconds"])
            result.memory_mb = answer["memory_mb"]  # before other workloads load more data

    def _last_questions(self, name: str) -> None:
        result, host, settings = self.results[name], self._hosts[name], self.settings
        self._prepare(host, "float32")
        result.predict_one = host.ask("predict_one")["seconds"]
        result.accuracy = host.ask("accuracy", epochs=settings.epochs, rows=settings.test_rows)["accuracy"]
        self.say(f"{name}: accuracy {result.accuracy:.4f}, one prediction {result.predict_one * 1e6:.0f} µs")

    def _footprint(self, row: Row) -> None:
        result = self.results[row.name]
        result.import_seconds = footprint.import_seconds(row.imports, row.environment, self.settings.imports)
        result.installed_mb = footprint.installed_mb(row.distribution)

    def _guard(self, name: str, ask: Callable[[], Any]) -> None:
        """Run ``ask``; when it fails, note why and drop the row."""
        try:
            ask()
        except (WorkerError, footprint.FootprintError) as error:
            host = self._hosts.pop(name, None)
            if host is not None:
                host.close()
            self.results[name].error = self.results[name].error or str(error)
            self.say(f"left out: {error}")


def _hopeful(threads: int, trials: dict[int, list[float]]) -> bool:
    """Whether this thread count may still turn out best: some are so slow on small steps that once is enough."""
    own, others = trials[threads], [min(seconds) for seconds in trials.values() if seconds]
    return not own or min(own) < 3 * min(others)
