"""The numbers of a run in the database: values by step in blocks, others as points, and every metric's summary.

The values of steps that follow one another are one block, up to a thousand of them; where steps are left out, a value
is a separate point, because steps that were never measured have no value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clarinet.runs import stored
from clarinet.runs.database import Row
from clarinet.runs.schema import BLOCK

if TYPE_CHECKING:
    from sqlite3 import Connection

Floats = NDArray[np.float32]
Query = Callable[[str, Sequence[object]], list[Row]]
#: The block that was written last, by series: its number, first step and values.
Open = dict[int, tuple[int, int, Floats]]


def series_id(connection: Connection, run: int, kind: str, name: str) -> int:
    """Number of a metric's row, which is made if need be."""
    connection.execute("INSERT OR IGNORE INTO series (run, kind, name) VALUES (?, ?, ?)", (run, kind, name))
    sql = "SELECT id FROM series WHERE run = ? AND kind = ? AND name = ?"
    return int(connection.execute(sql, (run, kind, name)).fetchone()[0])


def write_points(connection: Connection, series: int, found: dict[int, float]) -> None:
    """Put values by step into a series and its summary."""
    _insert_points(connection, series, found.items())
    steps = np.fromiter(found, np.int64, len(found))
    _summarise(connection, series, steps, np.fromiter(found.values(), np.float64, len(found)))


def _insert_points(connection: Connection, series: int, found: Iterable[tuple[int, float]]) -> None:
    rows = ((series, step, value) for step, value in found)
    connection.executemany("INSERT OR REPLACE INTO points VALUES (?, ?, ?)", rows)


def write_steps(connection: Connection, series: int, first: int, numbers: Floats, opened: Open) -> None:
    """Put the values of steps in a row into a series and its summary."""
    steps = np.arange(first, first + len(numbers))
    for start, part in _by_block(first, numbers):
        _write_block(connection, series, start, part, opened)
    _summarise(connection, series, steps, numbers.astype(np.float64))


def _by_block(first: int, numbers: Floats) -> list[tuple[int, Floats]]:
    """Numbers of steps in a row, cut where blocks end."""
    last = first + len(numbers)
    cuts = [first, *range((first // BLOCK + 1) * BLOCK, last, BLOCK), last]
    return [(a, numbers[a - first : b - first]) for a, b in pairwise(cuts) if b > a]


def _write_block(connection: Connection, series: int, start: int, part: Floats, opened: Open) -> None:
    """Put numbers into their block, which may hold others already."""
    number = start // BLOCK
    block, first, values = opened.get(series, (-1, 0, part))
    if block != number:
        first, values = _read_block(connection, series, number) or (start, np.empty(0, np.float32))
    if start > first + len(values) or start + len(part) < first:  # steps in between were never measured
        _insert_points(connection, series, zip(range(start, start + len(part)), part.astype(np.float64).tolist()))
        return
    low, high = min(first, start), max(first + len(values), start + len(part))
    merged = np.empty(high - low, np.float32)
    merged[first - low : first - low + len(values)] = values
    merged[start - low : start - low + len(part)] = part
    opened[series] = number, low, merged
    row = series, number, low, merged.astype("<f4", copy=False).tobytes()
    connection.execute("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?)", row)
    span = series, start, start + len(part) - 1
    connection.execute("DELETE FROM points WHERE series = ? AND step BETWEEN ? AND ?", span)


def _read_block(connection: Connection, series: int, block: int) -> tuple[int, Floats] | None:
    sql = 'SELECT first, "values" FROM blocks WHERE series = ? AND block = ?'
    row = connection.execute(sql, (series, block)).fetchone()
    found = None if row is None else stored.block(*row)
    return None if found is None else (found[0], found[1].astype(np.float32))


def read(query: Query, series: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Steps and values of a series, in order.

    Args:
        query: runs SQL with parameters, and returns the rows.
        series: its number.
    """
    rows = query('SELECT first, "values" FROM blocks WHERE series = ? ORDER BY block', (series,))
    parts = [part for row in rows if (part := stored.block(*row)) is not None]
    found = stored.points(query("SELECT step, value FROM points WHERE series = ? ORDER BY step", (series,)))
    steps = [np.fromiter(found, np.int64, len(found)), *(np.arange(f, f + len(v)) for f, v in parts)]
    values = [np.fromiter(found.values(), np.float64, len(found)), *(v.astype(np.float64) for _, v in parts)]
    if found and parts:
        order = np.argsort(np.concatenate(steps), kind="stable")
        return np.concatenate(steps)[order], np.concatenate(values)[order]
    return np.concatenate(steps), np.concatenate(values)


def rewind(connection: Connection, run: int, step: int, epoch: int) -> None:
    """Forget the numbers of steps after ``step`` and of epochs from ``epoch`` on."""
    for series, kind in connection.execute("SELECT id, kind FROM series WHERE run = ?", (run,)).fetchall():
        if kind == "step":
            _cut_blocks(connection, series, step)
            connection.execute("DELETE FROM points WHERE series = ? AND step > ?", (series, step))
        elif kind == "epoch":
            connection.execute("DELETE FROM points WHERE series = ? AND step >= ?", (series, epoch))
        _summarise_anew(connection, series)
    connection.execute("DELETE FROM layers WHERE run = ? AND step > ?", (run, step))
    connection.execute("DELETE FROM findings WHERE run = ? AND step > ?", (run, step))


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


def _summarise_anew(connection: Connection, series: int) -> None:
    """The summary of a series from its values; empty where it has none left."""
    steps, values = read(lambda sql, parameters: connection.execute(sql, parameters).fetchall(), series)
    empty = "last_step = NULL, last = NULL, min = NULL, min_step = NULL, max = NULL, max_step = NULL"
    connection.execute(f"UPDATE series SET {empty} WHERE id = ?", (series,))
    if len(steps):
        _summarise(connection, series, steps, values)
