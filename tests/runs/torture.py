"""Kill training at random moments and resume it: nothing may come out differently (``python -m tests.runs.torture``).

Every round forks a process that trains and says through a pipe where it is; this process ends it with SIGKILL at a
moment drawn by chance: some time after it began, or while it does a step, ends an epoch, writes a checkpoint or commits
to the database. What is on the disk then is looked at, and the training is resumed (and perhaps killed again).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from clarinet import callbacks, files
from clarinet.runs.checkpoints import Checkpoints
from clarinet.runs.store import Store
from clarinet.saving.checkpoints import load_checkpoint
from tests.runs import small

#: What a training says of itself, and how often it says so at least.
STEP, EPOCH, FILE, COMMIT = b"s", b"e", b"f", b"c"
_AT_LEAST = {STEP: 8, EPOCH: 4, FILE: 20, COMMIT: 3}
_SECONDS = 120.0


class Announcer(callbacks.Callback):
    """Says that a step or an epoch is done, and writes down when.

    Args:
        pipe: where to say it.
        diary: file for the times of steps.
        pause: seconds to wait at every step, so that a training takes longer than numbers wait for the database.
    """

    def __init__(self, pipe: int, diary: Path, pause: float) -> None:
        self.pipe, self.pause = pipe, pause
        self.diary = os.open(diary, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def on_chunk(self, chunk: Any) -> None:
        time.sleep(self.pause)
        os.write(self.diary, f"{time.time()} {chunk.first_step + len(chunk) - 1}\n".encode())
        os.write(self.pipe, STEP)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        os.write(self.pipe, EPOCH)


def announce(pipe: int) -> None:
    """Let this process say when it writes files and commits."""

    class Announcing:
        """The module ``os``, as the library's files see it."""

        def __getattr__(self, name: str) -> Any:
            if name in ("fsync", "replace", "open"):
                os.write(pipe, FILE)
            return getattr(os, name)

    open_database = Store._open

    def opened(store: Store) -> Any:
        connection = open_database(store)
        connection.set_trace_callback(lambda sql: os.write(pipe, COMMIT) if sql.startswith("COMMIT") else None)
        return connection

    files.os = Announcing()  # type: ignore[attr-defined]
    Store._open = opened  # type: ignore[method-assign]


def train(name: str, result: Path, pipe: int, pause: float) -> None:
    """One process's work: begin or resume the training, and write down how it came out."""
    announce(pipe)
    announcer = Announcer(pipe, result.with_suffix(".diary"), pause)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained = small.fit(name, callbacks=[*small.watchers(), announcer], resume=True)
        weights, history, epochs = small.outcome(trained)
    result.write_text(json.dumps([[w.hex() for w in weights], history, epochs]))


class Process:
    """A training in a process of its own."""

    def __init__(self, name: str, result: Path, pause: float = 0.0) -> None:
        self.listening, pipe = os.pipe()
        self.id = os.fork()
        if self.id == 0:
            try:
                train(name, result, pipe, pause)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        os.close(pipe)

    def follow(self, event: bytes, count: int, seconds: float) -> None:
        """Return once this event has come so often (at once for no event), after some time more."""
        seen = 0
        while event and seen < count:
            ready, _, _ = select.select([self.listening], [], [], _SECONDS)
            said = os.read(self.listening, 1) if ready else b""
            if not said:
                return
            seen += said == event
        time.sleep(seconds)

    def end(self, kill: bool) -> int:
        """Kill it, or wait for it; minus the signal's number, or the exit code."""
        if kill:
            os.kill(self.id, signal.SIGKILL)
        else:
            while os.read(self.listening, 4096):
                pass
        os.close(self.listening)
        return os.waitstatus_to_exitcode(os.waitpid(self.id, 0)[1])


def numbers(name: str) -> dict[str, Any]:
    """What the store has of a run, without the numbers of the clock."""
    store = Store()
    run = store.get(name)
    sql = "SELECT kind, name, step, value FROM metrics WHERE run = ? UNION ALL "
    sql += "SELECT 'step', name, step, value FROM step_metrics WHERE run = ? ORDER BY 1, 2, 3"
    rows = [row for row in store.query(sql, (run.id, run.id)) if "second" not in row[1]]
    layers = store.query("SELECT * FROM layers WHERE run = ? ORDER BY step, layer", (run.id,))
    found = {"status": run.status, "rows": rows, "layers": [row[1:] for row in layers]}
    store.close()
    return found


def look_at_remains(name: str, diary: Path, killed: float) -> None:
    """What a killed process left: a run that is known to be killed, whole checkpoints, numbers up to a second ago."""
    store = Store()
    if store.query("SELECT 1 FROM runs WHERE name = ?", (name,)):
        run = store.get(name)
        assert run.status in ("killed", "finished"), run.status
        for path in Checkpoints(run.folder / "checkpoints").files():
            load_checkpoint(path)
        assert store.query("PRAGMA integrity_check") == [("ok",)]
        lines = [line.split() for line in diary.read_text().splitlines()] if diary.exists() else []
        old = [int(step) for when, step in lines if float(when) < killed - 1.0]
        kept = store.query("SELECT max(last_step) FROM series WHERE run = ? AND kind = 'step'", (run.id,))[0][0]
        assert not old or (kept or 0) >= old[-1], f"step {old[-1]} was over, the store has {kept}"
    store.close()


def round_of(number: int, draw: random.Random, folder: Path, usual: float, pause: float) -> tuple[Path, str, list[str]]:
    """Begin a training, kill it once or more, and let it end; where its result is, its name, how it was killed."""
    name, result, kills = f"round-{number}", folder / f"{number}.json", []
    for _ in range(draw.choice((1, 1, 2))):
        event = draw.choice((b"", STEP, EPOCH, FILE, COMMIT))
        count = draw.randint(1, _AT_LEAST[event]) if event else 0
        delay = draw.uniform(0, 0.003) if event else draw.uniform(0, usual + 60 * pause)
        process = Process(name, result, pause)
        process.follow(event, count, delay)
        if process.end(kill=True) == -signal.SIGKILL:
            kills.append(event.decode() or "t")
        look_at_remains(name, result.with_suffix(".diary"), time.time())
    assert Process(name, result).end(kill=False) == 0, f"round {number} could not be resumed"
    return result, name, kills


def torture(rounds: int, seed: int, slow: int) -> dict[str, Any]:
    """So many rounds; how often training was killed where, and in which rounds something came out differently."""
    draw, kills, wrong = random.Random(seed), Counter[str](), []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CLARINET_HOME"] = str(Path(folder, "store"))
        began = time.monotonic()
        assert Process("whole", Path(folder, "whole.json")).end(kill=False) == 0
        usual = time.monotonic() - began
        expected = Path(folder, "whole.json").read_text(), numbers("whole")
        for number in range(rounds):
            pause = 0.04 if slow and number % slow == 0 else 0.0
            result, name, how = round_of(number, draw, Path(folder), usual, pause)
            kills.update(how)
            if (result.read_text(), numbers(name)) != expected:
                wrong.append(number)
    return {"rounds": rounds, "seed": seed, "kills": dict(kills), "wrong": wrong}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    parser.add_argument("--slow", type=int, default=10, help="every which round takes seconds; 0 for none")
    options = parser.parse_args()
    report = torture(options.rounds, options.seed, options.slow)
    print(json.dumps(report))
    return 1 if report["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
