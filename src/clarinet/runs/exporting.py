"""Runs as CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from clarinet import files
from clarinet.names import nearest
from clarinet.runs.documents import to_json

if TYPE_CHECKING:
    from clarinet.runs.record import Entry, Record

_FORMATS = ("csv", "json")


def document(run: Record) -> dict[str, object]:
    """Everything about a run except its files: its records, and every value of every metric."""
    return {
        "name": run.name,
        "uid": run.uid,
        "status": run.status,
        "started": run.started,
        "ended": run.ended,
        "seconds": run.seconds,
        "group": run.group,
        "tags": run.tags,
        "notes": run.notes,
        "error": run.error,
        "documents": run.documents(),
        "metrics": [_metric(run, kind, name) for kind, name in run.metrics],
        "layers": run.layers,
        "findings": run.findings,
        "samples": run.samples,
    }


def _metric(run: Record, kind: str, name: str) -> dict[str, object]:
    steps, values = run.curve(name, kind)
    return {"kind": kind, "name": name, "steps": steps.tolist(), "values": values.tolist()}


def export(run: Record, path: str | Path) -> Path:
    """Write a run to a file.

    Args:
        run: which.
        path: ending in ``.csv``: a line a value, with the columns kind, name, step and value; or in ``.json``.

    Raises:
        ValueError: another ending.
    """
    path = Path(path)
    return _write(path, as_csv(run) if _format(path) == "csv" else to_json("run", document(run)))


def as_csv(run: Record) -> str:
    """Every value of every metric, a line each."""
    rows = []
    for kind, name in run.metrics:
        steps, values = run.curve(name, kind)
        rows += [(kind, name, step, repr(value)) for step, value in zip(steps.tolist(), values.tolist())]
    return _table(("kind", "name", "step", "value"), rows)


def export_list(entries: Sequence[Entry], path: str | Path) -> Path:
    """Write a list of runs, with the last value of every metric, to a ``.csv`` or ``.json`` file.

    Raises:
        ValueError: another ending.
    """
    path = Path(path)
    if _format(path) == "json":
        return _write(path, to_json("runs", [asdict(entry) for entry in entries]))
    columns = ("id", "name", "status", "started", "seconds", "group", "tags", "notes")
    names = sorted({name for entry in entries for name in entry.metrics})
    rows = []
    for entry in entries:
        own = asdict(entry) | {"tags": " ".join(entry.tags)}
        rows.append([own[column] for column in columns] + [entry.metrics.get(name, "") for name in names])
    return _write(path, _table((*columns, *names), rows))


def _format(path: Path) -> str:
    form = path.suffix.lower().removeprefix(".")
    if form not in _FORMATS:
        raise ValueError(f"export: {path.name!r} ends in neither .csv nor .json: {nearest(form, _FORMATS)}")
    return form


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _write(path: Path, text: str) -> Path:
    files.write(path, text.encode("utf-8", "backslashreplace"))
    return path
