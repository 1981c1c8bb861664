"""The parent's side of a worker: start it with a number of threads, ask, stop it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .peers import Row

ROOT = Path(__file__).resolve().parent.parent


class WorkerError(RuntimeError):
    """A peer could not do what it was asked; the message holds what it said."""


class Host:
    """A worker process for one row, with its own thread settings. Use it in a ``with`` block."""

    def __init__(self, row: Row, threads: int) -> None:
        self.row, self.threads = row, threads
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 (close() ends it with the process)
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.worker", row.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=ROOT,
            env=os.environ | thread_settings(threads) | dict(row.environment),
        )  # fmt: skip

    def ask(self, action: str, **arguments: Any) -> dict[str, Any]:
        """Send one request and wait for its answer.

        Raises:
            WorkerError: the worker reported an error or ended.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            print(json.dumps({"do": action, **arguments}), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        answer: dict[str, Any] = json.loads(line) if line else {"error": f"the process ended: {self._last_words()}"}
        if "error" in answer:
            raise WorkerError(f"{self.row.name} ({self.threads} threads), {action}: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read()[-600:].strip() or "it said nothing"

    def close(self) -> None:
        """Ask the worker to quit; end it if it does not. A second call does nothing."""
        if self._log.closed:
            return
        try:
            self._process.communicate('{"do": "quit"}\n', timeout=20)
        except (subprocess.TimeoutExpired, BrokenPipeError):  # it hangs, or is gone
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def thread_settings(threads: int) -> dict[str, str]:
    """The variables that bring each library to ``threads`` threads; all must be set before it is imported."""
    names = (
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CLARINET_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC",
    )  # fmt: skip
    settings = dict.fromkeys(names, str(threads))
    if threads == 1:
        settings["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return settings
