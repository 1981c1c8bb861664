"""The writer: takes numbers in microseconds, and writes them to the database in batches, twice a second."""

from __future__ import annotations

import os
import threading
import warnings
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.escaping import harmless
from clarinet.logs import check_numbers, good_numbers
from clarinet.problems import ClarinetWarning
from clarinet.runs import numbers
from clarinet.runs.location import StoreError
from clarinet.runs.values import check_step
from clarinet.types import Array

if TYPE_CHECKING:
    from sqlite3 import Connection

    from clarinet.records import LayerStats
    from clarinet.runs.database import Database

#: Seconds between two batches.
INTERVAL = 0.5
#: Records kept in memory while the database cannot take them; beyond that the oldest are dropped.
_MOST_WAITING = 1_000_000


@dataclass
class Batch:
    """Records that wait for the database.

    Attributes:
        points: kind, step and numbers by name.
        steps: first step and arrays of numbers by name.
        layers: statistics.
        rows: any others, as SQL with its parameters.
    """

    points: deque[tuple[str, int, Mapping[str, float]]] = field(default_factory=deque)
    steps: deque[tuple[int, dict[str, numbers.Floats]]] = field(default_factory=deque)
    layers: deque[LayerStats] = field(default_factory=deque)
    rows: deque[tuple[str, Sequence[object]]] = field(default_factory=deque)

    def _lists(self) -> list[deque[Any]]:
        return [getattr(self, each.name) for each in fields(self)]

    def __len__(self) -> int:
        return sum(map(len, self._lists()))

    def take(self) -> Batch:
        """Take everything out; records that another thread adds meanwhile stay."""
        return Batch(*(deque(waiting.popleft() for _ in range(len(waiting))) for waiting in self._lists()))

    def put_back(self, other: Batch) -> int:
        """Put records back before newer ones; returns the number of records without room."""
        given_up = 0
        for waiting, taken in zip(self._lists(), other._lists()):
            waiting.extendleft(reversed(taken))
            for _ in range(max(0, len(waiting) - _MOST_WAITING)):
                waiting.popleft()
                given_up += 1
        return given_up

    def halves(self) -> tuple[Batch, Batch]:
        """The same records in two batches, neither of them empty."""
        kinds = [place for place, waiting in enumerate(self._lists()) if waiting]
        one, two = Batch(), Batch()
        for place, waiting in enumerate(self._lists()):
            cut = len(waiting) // 2 if len(kinds) == 1 else len(waiting) if place == kinds[0] else 0
            records = list(waiting)
            one._lists()[place].extend(records[:cut])
            two._lists()[place].extend(records[cut:])
        return one, two


class Writer:
    """Writes one run's numbers.

    ``log`` and ``steps`` only append to lists; every half a second a thread writes the collected records to the
    database in one transaction. If the database cannot take them (disk full, locked), it warns once, keeps the numbers
    and tries again. A record that no database would take is dropped alone, with a warning and a finding.

    Args:
        store: where to.
        run: id of the run.

    Attributes:
        process: number of the process whose thread it is; a child of it after a fork has none.
    """

    def __init__(self, store: Database, run: int) -> None:
        self._store, self._run, self.process = store, run, os.getpid()
        rows = store.query("SELECT seconds FROM runs WHERE id = ?", (run,))
        self._before, self._began = rows[0][0] if rows and isinstance(rows[0][0], float) else 0.0, monotonic()
        self._waiting = Batch()
        self._open: numbers.Open = {}
        self._series: dict[tuple[str, str], int] = {}
        self._names: set[str] = set()  # that have been checked
        self._busy = threading.Lock()
        self._stop = threading.Event()
        self._warned = False
        self._given_up = 0  # records that there was no room for
        self._dropped: set[str] = set()  # records already reported as dropped
        found = store.query("SELECT max(last_step) FROM series WHERE run = ? AND kind = 'log'", (run,))
        self._next = found[0][0] + 1 if found and isinstance(found[0][0], int) else 0
        self._thread = threading.Thread(target=self._work, name=f"clarinet-run-{run}", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """The run's time, including the time before it was resumed."""
        return self._before + monotonic() - self._began

    # Taking numbers.

    def log(self, given: Mapping[str, object], step: int | None = None) -> None:
        """Numbers of the program's own; see :meth:`Run.log`."""
        found = self._sound(given)
        number = check_step(self._next if step is None else step)
        self._next = number + 1
        self._waiting.points.append(("log", number, found))

    def _sound(self, given: Mapping[str, object]) -> dict[str, float]:
        """A copy, checked; quick where all are floats under names that have come before."""
        if type(given) is dict:
            for name, value in given.items():
                if type(value) is not float or name not in self._names:
                    break
            else:
                return given.copy()
        found = check_numbers(given)
        self._names.update(found)
        return found

    def epoch(self, epoch: int, given: Mapping[str, object]) -> None:
        """The numbers of an epoch, from 0; values of callbacks that are no numbers are left out, with a warning."""
        number = check_step(epoch, "epoch")
        good, bad = good_numbers(given)
        for name, problem in bad.items():
            self._drop(name, f"epoch {number}: {problem}")
        self._waiting.points.append(("epoch", number, good))

    def steps(self, first: int, given: dict[str, Array]) -> None:
        """Numbers of steps in a row, each array of shape (steps,)."""
        self._waiting.steps.append((first, {name: np.array(v, np.float32) for name, v in given.items()}))

    def layers(self, stats: Sequence[LayerStats]) -> None:
        """Statistics of layers."""
        self._waiting.layers.extend(stats)

    def row(self, sql: str, parameters: Sequence[object]) -> None:
        """Any other row, in order with the rest."""
        self._waiting.rows.append((sql, parameters))

    # Bringing them to the database.

    def _work(self) -> None:
        while not self._stop.wait(INTERVAL):
            with suppress(Warning):  # if warnings are errors: close() repeats it
                self.flush()

    def flush(self) -> bool:
        """Write everything that has gathered; True if nothing waits any more."""
        with self._busy:
            batch = self._waiting.take()
            return not len(batch) or self._write(batch)

    def _write(self, batch: Batch) -> bool:
        known = dict(self._series)
        try:
            with self._store.transaction() as connection:
                self._write_all(connection, batch)
                connection.execute("UPDATE runs SET seconds = ? WHERE id = ?", (self.seconds, self._run))
            return True
        except BaseException as error:  # after any error: nothing that can be kept may be lost
            self._series, self._open = known, {}
            if not _is_records_own(error):
                self._keep_for_later(batch, error)
                return False
            if len(batch) == 1:
                self._drop(str(error), str(error))
                return True
        one, two = batch.halves()
        return self._write(one) & self._write(two)

    def _write_all(self, connection: Connection, batch: Batch) -> None:
        self._write_points(connection, batch.points)
        self._write_steps(connection, batch.steps)
        connection.executemany(LAYER, (layer_row(self._run, stats) for stats in batch.layers))
        for sql, parameters in batch.rows:
            connection.execute(sql, parameters)

    def _drop(self, what: str, why: str) -> None:
        """Report once that something is not kept: as a warning, and as a finding of the run."""
        if what not in self._dropped:
            self._dropped.add(what)
            finding = self._run, None, "not_kept", None, "warning", harmless(f"not kept: {why}")
            self.row(FINDING, finding)
            warnings.warn(f"the run goes on, but a record cannot be kept: {why}", ClarinetWarning, stacklevel=3)

    def _keep_for_later(self, batch: Batch, error: BaseException) -> None:
        self._given_up += self._waiting.put_back(batch)
        if not isinstance(error, Exception):
            raise error
        if not self._warned:
            self._warned = True
            message = f"the run goes on, but its numbers cannot be kept at the moment; trying again: {error}"
            warnings.warn(message, ClarinetWarning, stacklevel=2)

    def _series_id(self, connection: Connection, kind: str, name: str) -> int:
        key = kind, name
        if key not in self._series:
            self._series[key] = numbers.series_id(connection, self._run, kind, name)
        return self._series[key]

    def _write_points(self, connection: Connection, points: Sequence[tuple[str, int, Mapping[str, float]]]) -> None:
        by_series: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
        for kind, step, found in points:
            for name, value in found.items():
                by_series[kind, name][step] = value
        for (kind, name), by_step in by_series.items():
            numbers.write_points(connection, self._series_id(connection, kind, name), by_step)

    def _write_steps(self, connection: Connection, steps: Sequence[tuple[int, dict[str, numbers.Floats]]]) -> None:
        joined: dict[str, list[tuple[int, numbers.Floats]]] = defaultdict(list)
        for first, found in steps:
            for name, part in found.items():
                runs = joined[name]
                if runs and runs[-1][0] + len(runs[-1][1]) == first:
                    runs[-1] = (runs[-1][0], np.concatenate([runs[-1][1], part]))
                else:
                    runs.append((first, part))
        for name, runs in joined.items():
            series = self._series_id(connection, "step", name)
            for first, part in runs:
                numbers.write_steps(connection, series, first, part, self._open)

    # Going back, and ending.

    def rewind(self, step: int, epoch: int) -> None:
        """See :meth:`Run.rewind`."""
        self.flush()
        with self._busy, self._store.transaction(durable=True) as connection:
            self._open.clear()
            numbers.rewind(connection, self._run, step, epoch)

    def close(self) -> str | None:
        """Write the rest and stop; returns a sentence about records that could not be kept, and warns."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        kept = self.flush() and self.flush()  # the second time the same answer
        lost = self._given_up + (0 if kept else len(self._waiting))
        if not lost:
            return None
        message = f"{lost:,} records of numbers could not be kept: the store accepts nothing"
        warnings.warn(message, ClarinetWarning, stacklevel=2)
        return message


#: Puts a row into the findings: run, step, kind, where, severity, message.
FINDING = 'INSERT INTO findings (run, step, kind, "where", severity, message) VALUES (?, ?, ?, ?, ?, ?)'
#: Puts statistics of a layer into their table; see :func:`layer_row`.
LAYER = f"INSERT OR REPLACE INTO layers VALUES ({', '.join('?' * 11)})"


def layer_row(run: int, s: LayerStats) -> tuple[float, ...]:
    """Statistics of a layer as their row."""
    numbers = s.activation_mean, s.activation_std, s.zeros, s.saturated, s.gradient_norm, s.weight_norm, s.update_ratio
    return run, s.step, s.layer, *numbers, int(s.finite)


def _is_records_own(error: BaseException) -> bool:
    """Whether the record is wrong, and not the store, which may take it later."""
    import sqlite3

    if isinstance(error, StoreError):
        own = sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError
        return isinstance(error.__cause__, own)
    return isinstance(error, Exception) and not isinstance(error, (OSError, MemoryError))
