"""One peer in a process of its own: JSON requests come in line by line, and one JSON answer goes out for each.

``python -m benchmarks.worker NAME`` answers ``prepare``, ``epoch``, ``predict_one``, ``accuracy`` and ``quit``. Thread
settings, memory and imports are thus the peer's own. Anything that a library prints goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from . import work
from .networks import ACCELERATED, NETWORKS
from .peers import ROWS
from .peers.base import Peer

#: One prediction is repeated this often at most, or until the time (in seconds) is up.
PREDICTIONS, PREDICTION_SECONDS = 2000, 1.0


class Worker:
    """The requests; each returns what the parent gets as JSON."""

    def __init__(self, name: str) -> None:
        (row,) = (row for row in ROWS if row.name == name)
        self._peer: Peer = importlib.import_module(f".peers.{row.module}", __package__).Peer(**row.options)

    def prepare(self, network: str, workload: str, rows: int | None = None, warm: int = 1) -> dict[str, Any]:
        """Load the data, build the model and warm it up with ``warm`` untimed epochs."""
        (chosen,) = (one for one in (*NETWORKS, *ACCELERATED) if one.name == network)
        self._work = work.load(chosen, workload, rows)
        _forget_peak()
        self._peer.prepare(self._work, seed=0)
        for _ in range(warm):
            self._peer.epoch()
        return {"memory_mb": _peak_memory_mb()}

    def epoch(self) -> dict[str, Any]:
        """Time one epoch: shuffle, checks, training, loss and metrics; the mean of several where the network is trained
        for several at a time."""
        epochs = self._work.network.epochs
        start, busy = time.perf_counter(), time.process_time()
        logs = self._peer.fit(epochs)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - busy
        timed = {"seconds": seconds / epochs, "cpu_seconds": cpu_seconds / epochs}
        return {**timed, "logs": logs, "memory_mb": _peak_memory_mb()}

    def predict_one(self) -> dict[str, Any]:
        """Median time of one prediction of one image, NumPy array in, NumPy array out."""
        image = self._work.x[0]
        seconds = _repeat(lambda: self._peer.predict_one(image))
        return {"seconds": median(seconds), "calls": len(seconds)}

    def accuracy(self, epochs: int, rows: int | None = None) -> dict[str, Any]:
        """Accuracy on the test set of a fresh model after ``epochs`` epochs on the workload that was prepared."""
        x, y = work.load_test(self._work.network, rows)
        self._peer.prepare(self._work, seed=1)
        for _ in range(epochs):
            self._peer.epoch()
        return {"accuracy": self._peer.accuracy(x, y)}


def _repeat(call: Callable[[], object]) -> list[float]:
    for _ in range(5):
        call()
    seconds: list[float] = []
    end = time.perf_counter() + PREDICTION_SECONDS
    while len(seconds) < PREDICTIONS and time.perf_counter() < end:
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


def _forget_peak() -> None:
    """Let the peak begin anew at what is in use now, where the system can: loading takes more than some trainings."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_memory_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)  # macOS counts bytes, Linux KiB


def main(name: str) -> None:
    """Answer requests until ``quit`` or the end of standard input."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    worker: Worker | None = None
    for line in sys.stdin:
        request = json.loads(line)
        action = request.pop("do")
        if action == "quit":
            break
        try:
            worker = worker or Worker(name)
            answer = getattr(worker, action)(**request)
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
