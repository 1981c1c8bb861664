"""The pen: takes numbers in microseconds, and brings them to the database in batches, twice a second."""

from __future__ import annotations

import threading
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clarinet.problems import ClarinetWarning
from clarinet.runs.location import StoreError
from clarinet.runs.schema import BLOCK

if TYPE_CHECKING:
    from sqlite3 import Connection

    from clarinet.records import LayerStats
    from clarinet.runs.store import Store

Floats = NDArray[np.float32]
#: Seconds between two batches.
INTERVAL = 0.5
#: Records kept in memory while the database cannot take them; beyond that the oldest are given up.
_MOST_WAITING = 1_000_000


class Writer:
    """Writes one run's numbers.

    ``log`` and ``steps`` only append to lists; every half a second a thread brings what has gathered to the database in
    one transaction. Where the database cannot take it (disk full, locked), it says so once, keeps the numbers and tries
    again.

    Args:
        store: where to.
        run: id of the run.
    """

    def __init__(self, store: Store, run: int) -> None:
        self._store, self._run = store, run
        self._before, self._began = (
            float(store.query("SELECT seconds FROM runs WHERE id = ?", (run,))[0][0]),
            monotonic(),
        )
        self._points: list[tuple[str, int, Mapping[str, Any]]] = []
        self._steps: list[tuple[int, dict[str, Floats]]] = []
        self._layers: list[LayerStats] = []
        self._rows: list[tuple[str, Sequence[Any]]] = []
        self._open: dict[int, tuple[int, int, Floats]] = {}
        self._series: dict[tuple[str, str], int] = {}
        self._busy = threading.Lock()
        self._stop = threading.Event()
        self._warned = False
        found = store.query("SELECT max(last_step) FROM series WHERE run = ? AND kind = 'log'", (run,))
        self._next = 0 if not found or found[0][0] is None else found[0][0] + 1
        self._thread = threading.Thread(target=self._work, name=f"clarinet-run-{run}", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """Time that the run has taken, with what it took before it was resumed."""
        return self._before + monotonic() - self._began

    # Taking numbers.

    def log(self, values: Mapping[str, Any], step: int | None = None) -> None:
        """Numbers of the program's own; see :meth:`Run.log`."""
        for value in values.values():
            if type(value) is not float:
                values = _numbers(values)
                break
        else:
            values = dict(values)
        if step is None:
            step = self._next
        self._next = step + 1
        self._points.append(("log", step, values))

    def epoch(self, epoch: int, values: Mapping[str, Any]) -> None:
        """The numbers of an epoch, from 0."""
        self._points.append(("epoch", epoch, _numbers(values)))

    def steps(self, first: int, values: dict[str, NDArray[Any]]) -> None:
        """Numbers of steps in a row, each array of shape (steps,)."""
        self._steps.append((first, {name: np.array(v, np.float32) for name, v in values.items()}))

    def layers(self, stats: Sequence[LayerStats]) -> None:
        """Statistics of layers."""
        self._layers.extend(stats)

    def row(self, sql: str, parameters: Sequence[Any]) -> None:
        """Any other row, in order with the rest."""
        self._rows.append((sql, parameters))

    # Bringing them to the database.

    def _work(self) -> None:
        while not self._stop.wait(INTERVAL):
            self.flush()

    def flush(self) -> bool:
        """Write everything that has gathered; True if it is in the database now."""
        with self._busy:
            points, self._points = self._points, []
            steps, self._steps = self._steps, []
            layers, self._layers = self._layers, []
            rows, self._rows = self._rows, []
            if not (points or steps or layers or rows):
                return True
            known = dict(self._series)
            try:
                with self._store.transaction() as connection:
                    self._write_points(connection, points)
                    self._write_blocks(connection, steps)
                    connection.executemany(_LAYER, ((self._run, *_fields(s)) for s in layers))
                    for sql, parameters in rows:
                        connection.execute(sql, parameters)
                    connection.execute("UPDATE runs SET seconds = ? WHERE id = ?", (self.seconds, self._run))
            except StoreError as error:
                self._series, self._open = known, {}
                self._keep_for_later(points, steps, layers, rows, error)
                return False
        return True

    def _keep_for_later(self, points: Any, steps: Any, layers: Any, rows: Any, error: StoreError) -> None:
        self._points[:0], self._steps[:0] = points[-_MOST_WAITING:], steps[-_MOST_WAITING:]
        self._layers[:0], self._rows[:0] = layers[-_MOST_WAITING:], rows
        if not self._warned:
            self._warned = True
            message = f"the run goes on, but its numbers cannot be kept at the moment; trying again: {error}"
            warnings.warn(message, ClarinetWarning, stacklevel=2)

    def _series_id(self, connection: Connection, kind: str, name: str) -> int:
        key = kind, name
        if key not in self._series:
            connection.execute("INSERT OR IGNORE INTO series (run, kind, name) VALUES (?, ?, ?)", (self._run, *key))
            sql = "SELECT id FROM series WHERE run = ? AND kind = ? AND name = ?"
            self._series[key] = connection.execute(sql, (self._run, *key)).fetchone()[0]
        return self._series[key]

    def _write_points(self, connection: Connection, points: Sequence[tuple[str, int, Mapping[str, Any]]]) -> None:
        by_series: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
        for kind, step, values in points:
            for name, value in values.items():
                by_series[kind, name][step] = value
        for (kind, name), found in by_series.items():
            series = self._series_id(connection, kind, name)
            connection.executemany(
                "INSERT OR REPLACE INTO points VALUES (?, ?, ?)", ((series, s, v) for s, v in found.items())
            )
            steps = np.fromiter(found, np.int64, len(found))
            _summarise(connection, series, steps, np.fromiter(found.values(), np.float64, len(found)))

    def _write_blocks(self, connection: Connection, steps: Sequence[tuple[int, dict[str, Floats]]]) -> None:
        joined: dict[str, list[tuple[int, Floats]]] = defaultdict(list)
        for first, values in steps:
            for name, numbers in values.items():
                runs = joined[name]
                if runs and runs[-1][0] + len(runs[-1][1]) == first:
                    runs[-1] = (runs[-1][0], np.concatenate([runs[-1][1], numbers]))
                else:
                    runs.append((first, numbers))
        for name, runs in joined.items():
            series = self._series_id(connection, "step", name)
            for first, numbers in runs:
                for start, part in _by_block(first, numbers):
                    self._write_block(connection, series, start, part)
                _summarise(connection, series, np.arange(first, first + len(numbers)), numbers.astype(np.float64))

    def _write_block(self, connection: Connection, series: int, start: int, part: Floats) -> None:
        """Put numbers into their block, which may hold others already."""
        number = start // BLOCK
        block, first, values = self._open.get(series, (-1, 0, part))
        if block != number:
            first, values = _read_block(connection, series, number) or (start, np.empty(0, np.float32))
        low, high = min(first, start), max(first + len(values), start + len(part))
        merged = np.full(high - low, np.nan, np.float32)
        merged[first - low : first - low + len(values)] = values
        merged[start - low : start - low + len(part)] = part
        self._open[series] = number, low, merged
        row = series, number, low, merged.astype("<f4", copy=False).tobytes()
        connection.execute("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?)", row)

    # Going back, and ending.

    def rewind(self, step: int, epoch: int) -> None:
        """See :meth:`Run.rewind`."""
        self.flush()
        with self._busy, self._store.transaction(durable=True) as connection:
            self._open.clear()
            rows = connection.execute("SELECT id, kind FROM series WHERE run = ?", (self._run,)).fetchall()
            for series, kind in rows:
                if kind == "step":
                    _cut_blocks(connection, series, step)
                elif kind == "epoch":
                    connection.execute("DELETE FROM points WHERE series = ? AND step >= ?", (series, epoch))
                _summarise_anew(connection, series, kind)
            connection.execute("DELETE FROM layers WHERE run = ? AND step > ?", (self._run, step))
            connection.execute("DELETE FROM findings WHERE run = ? AND step > ?", (self._run, step))

    def close(self) -> None:
        """Write what is left and stop; warns if it could not be kept."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()
        if not self.flush():
            lost = len(self._points) + sum(len(next(iter(v.values()))) for _, v in self._steps)
            message = f"the numbers of the last {lost} records could not be kept: the store takes nothing"
            warnings.warn(message, ClarinetWarning, stacklevel=2)


_LAYER = f"INSERT OR REPLACE INTO layers VALUES ({', '.join('?' * 11)})"


def _fields(s: LayerStats) -> tuple[Any, ...]:
    numbers = s.activation_mean, s.activation_std, s.zeros, s.saturated, s.gradient_norm, s.weight_norm, s.update_ratio
    return s.step, s.layer, *numbers, int(s.finite)


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Every value as a float."""
    found = {}
    for name, value in values.items():
        try:
            if isinstance(value, (str, bytes)):
                raise TypeError
            found[name] = float(value)
        except (TypeError, ValueError):
            raise TypeError(
                f"log: {name!r} is {value!r:.60}; expected a number. Settings belong in the config, texts in the notes"
            ) from None
    return found


def _by_block(first: int, numbers: Floats) -> list[tuple[int, Floats]]:
    """Numbers of steps in a row, cut where blocks end."""
    last = first + len(numbers)
    cuts = [first, *range((first // BLOCK + 1) * BLOCK, last, BLOCK), last]
    return [(a, numbers[a - first : b - first]) for a, b in pairwise(cuts) if b > a]


def _read_block(connection: Connection, series: int, block: int) -> tuple[int, Floats] | None:
    sql = 'SELECT first, "values" FROM blocks WHERE series = ? AND block = ?'
    row = connection.execute(sql, (series, block)).fetchone()
    return None if row is None else (row[0], np.frombuffer(row[1], "<f4").astype(np.float32))


def _cut_blocks(connection: Connection, series: int, step: int) -> None:
    """Forget the values of steps after ``step``."""
    connection.execute("DELETE FROM blocks WHERE series = ? AND first > ?", (series, step))
    found = _read_block(connection, series, step // BLOCK)
    if found is not None:
        kept = found[1][: step - found[0] + 1]
        sql = 'UPDATE blocks SET "values" = ? WHERE series = ? AND block = ?'
        connection.execute(sql, (kept.astype("<f4").tobytes(), series, step // BLOCK))


def _summarise(connection: Connection, series: int, steps: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    """Bring the summary of a series up to date with new values."""
    last = int(np.argmax(steps))
    low: tuple[float | None, int | None] = None, None
    high: tuple[float | None, int | None] = None, None
    comparable = np.flatnonzero(~np.isnan(values))
    if len(comparable):
        i, j = comparable[np.argmin(values[comparable])], comparable[np.argmax(values[comparable])]
        low, high = (float(values[i]), int(steps[i])), (float(values[j]), int(steps[j]))
    names = ("id", "step", "last", "low", "low_step", "high", "high_step")
    numbers = series, int(steps[last]), float(values[last]), *low, *high
    connection.execute(_SUMMARY, dict(zip(names, numbers)))


_SUMMARY = """UPDATE series SET
    last = CASE WHEN last_step IS NULL OR :step >= last_step THEN :last ELSE last END,
    last_step = max(:step, ifnull(last_step, :step)),
    min_step = CASE WHEN min IS NULL OR :low < min THEN :low_step ELSE min_step END,
    min = CASE WHEN min IS NULL OR :low < min THEN :low ELSE min END,
    max_step = CASE WHEN max IS NULL OR :high > max THEN :high_step ELSE max_step END,
    max = CASE WHEN max IS NULL OR :high > max THEN :high ELSE max END
    WHERE id = :id"""


def _summarise_anew(connection: Connection, series: int, kind: str) -> None:
    """The summary of a series from its values; the series is forgotten where it has none left."""
    if kind == "step":
        sql = 'SELECT first, "values" FROM blocks WHERE series = ? ORDER BY block'
        parts = [(first, np.frombuffer(blob, "<f4")) for first, blob in connection.execute(sql, (series,))]
        steps = np.concatenate([np.arange(f, f + len(v)) for f, v in parts]) if parts else np.empty(0, np.int64)
        values = np.concatenate([v for _, v in parts]).astype(np.float64) if parts else np.empty(0)
    else:
        rows = connection.execute("SELECT step, value FROM points WHERE series = ? ORDER BY step", (series,)).fetchall()
        steps = np.array([step for step, _ in rows], np.int64)
        values = np.array([np.nan if value is None else value for _, value in rows], np.float64)
    empty = "last_step = NULL, last = NULL, min = NULL, min_step = NULL, max = NULL, max_step = NULL"
    connection.execute(f"UPDATE series SET {empty} WHERE id = ?", (series,))
    if len(steps):
        _summarise(connection, series, steps, values)
