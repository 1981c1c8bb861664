"""Folds, scores, and the file that keeps them, so that a long measurement can be gone on with."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.tables.contenders import CONTENDERS
from benchmarks.tables.real import Real
from clarinet.datasets import load_table
from clarinet.datasets.coding import Table
from clarinet.types import Array

FOLDS = 5
Line = dict[str, object]


def folds_of(table: Table, repeat: int) -> Iterator[tuple[Array, Array]]:
    """Rows to learn from and to judge by, the same for all contenders; the classes' shares are kept."""
    from sklearn.model_selection import KFold, StratifiedKFold

    kind = StratifiedKFold if table.classes else KFold
    yield from kind(FOLDS, shuffle=True, random_state=repeat).split(table.x, table.y)


def scores_of(found: Array, y: Array, classes: int) -> dict[str, float]:
    """Accuracy and the mean logarithmic loss of classes, or R² of amounts; ``score`` is what is ranked."""
    if not classes:
        errors, truth = y.ravel() - found.ravel(), y.ravel()
        return {"score": float(1 - (errors**2).sum() / ((truth - truth.mean()) ** 2).sum())}
    chances = np.clip(found[np.arange(len(y)), y], 1e-7, 1)
    return {"score": float((found.argmax(axis=1) == y).mean()), "log_loss": float(-np.log(chances).mean())}


def measure(tables: Iterable[Real], contenders: Iterable[str], repeats: int, out: Path) -> None:
    """Add what ``out`` lacks of all tables, contenders and folds, a line each."""
    known = {_key(line) for line in read(out)}
    for real in tables:
        columns = real.columns()
        table = load_table(columns, real.target, task=real.task)
        for repeat in range(repeats):
            for fold, (train, test) in enumerate(folds_of(table, repeat)):
                for name in contenders:
                    line: Line = {"table": real.name, "contender": name, "repeat": repeat, "fold": fold}
                    if _key(line) not in known:
                        _append(out, line | _one(name, table, train, test, 100 * repeat + fold))


def _one(name: str, table: Table, train: Array, test: Array, seed: int) -> Line:
    began, worked = time.perf_counter(), time.process_time()
    found = CONTENDERS[name](table, table.x[train], table.y[train], table.x[test], seed)
    seconds = {"seconds": time.perf_counter() - began, "work": time.process_time() - worked}
    return {**scores_of(found, table.y[test], len(table.classes)), **seconds, "rows": len(table.x), "task": table.task}


def _key(line: Line) -> tuple[object, ...]:
    return tuple(line[name] for name in ("table", "contender", "repeat", "fold"))


def read(out: Path) -> list[Line]:
    """The lines of a file of measurements; a last one that was cut off is left out."""
    lines = out.read_text().splitlines(keepends=True) if out.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _append(out: Path, line: Line) -> None:
    with out.open("a") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
