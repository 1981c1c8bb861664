"""``clarinet runs``."""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clarinet import runs
from clarinet.cli.output import Output
from clarinet.cli.rerun import AGAIN
from clarinet.cli.tables import ago, shown, table
from clarinet.runs.exporting import document
from clarinet.runs.settings import flatten, matching
from clarinet.runs.stored import name as label
from clarinet.runs.trash import deleted
from clarinet.training.progress import format_seconds
from clarinet.wording import option

#: Metrics that the list shows first; the others follow as there is room.
_FIRST = ("val_loss", "val_accuracy", "loss", "accuracy")
#: Sections that ``show`` prints; the model and the data have many entries.
_SECTIONS = ("config", "fit", "compile", "environment", "git")


def run(options: argparse.Namespace, output: Output) -> int:
    """Run a sub-command of ``runs``."""
    return _DO[options.do](options, output) or 0


def _ls(options: argparse.Namespace, output: Output) -> None:
    if options.bin:
        binned = deleted(runs.Store())
        lines = [(name, ago(when)) for _, name, when in binned]
        values = [{"id": id, "name": name, "deleted": when} for id, name, when in binned]
        output.result(values, table(["name", "deleted"], lines) if lines else "The bin is empty.")
        return
    entries = runs.list(options.where, sort=options.sort, limit=options.limit or None)
    if not entries:
        none = f"No runs yet in {runs.home()}; give a training a name: {option('run', 'first')}"
        about = "No run satisfies that." if options.where else none
        output.result([], about)
        return
    columns = options.columns.split(",") if options.columns else _metrics(entries)
    settings = runs.Runs().settings([entry.id for entry in entries]) if options.columns else {}
    header = ["name", "status", "begun", "took", *columns]
    rows: list[list[Any]] = [
        [entry.name, entry.status, ago(entry.started), format_seconds(entry.seconds)]
        + [_value(entry, settings.get(entry.id, {}), column) for column in columns]
        for entry in entries
    ]
    if not options.columns:
        header.insert(4, "curve")
        for entry, row in zip(entries, rows):
            row.insert(4, _spark(runs.get(entry.id), entry))
    output.result([asdict(entry) for entry in entries], table(header, rows))


def _metrics(entries: Sequence[runs.Entry]) -> list[str]:
    names = {name for entry in entries for name in entry.metrics if not name.endswith((".min", ".max"))}
    return [*(name for name in _FIRST if name in names), *sorted(names - {*_FIRST, "seconds"})]


def _value(entry: runs.Entry, settings: dict[str, Any], column: str) -> Any:
    if column in entry.metrics:
        return entry.metrics[column]
    found = matching(settings, column)
    value = settings[found[0]] if found else getattr(entry, column, None)
    return label(value) if isinstance(value, str) else value


def _spark(found: runs.Run, entry: runs.Entry) -> str:
    """The loss, of the validation if there is one, in a few characters."""
    name = next((name for name in ("val_loss", "loss") if name in entry.metrics), None)
    if name is None:
        return ""
    by = next((kind for kind in ("epoch", "log", "step") if (kind, name) in found.metrics), None)
    try:
        return runs.sparkline(found.curve(name, by, 400)[1], 12)
    except (ValueError, runs.StoreError):  # one that is damaged is no reason to list no other
        return ""


def _show(options: argparse.Namespace, output: Output) -> None:
    found = runs.get(options.name)
    if output.as_json:
        output.result(document(found))
        return
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(found.started))
    status = f"{found.status}: {found.error}" if found.error else found.status
    facts = {"status": status, "begun": when, "took": format_seconds(found.seconds), "files": label(str(found.folder))}
    facts |= {key: value for key, value in (("group", found.group), ("notes", found.notes)) if value}
    facts |= {"tags": " ".join(found.tags)} if found.tags else {}
    output.say(f"{found.name}\n{table(['', ''], list(facts.items())).strip()}\n")
    output.say(_curves([found], None, None, 0.0))
    for finding in found.findings:
        output.say(f"{finding['severity']}: {finding['message']}")
    documents = found.documents()
    rows = [
        (label(key), _json(value))
        for section in _SECTIONS
        for key, value in flatten(documents.get(section) or {}, section).items()
        if value not in (None, {}, [])
    ]
    output.say(f"\n{table(['setting', 'value'], rows)}" if rows else "")


def _json(value: object) -> str:
    """A setting, which may hold anything, for the terminal."""
    return label(json.dumps(value, ensure_ascii=False))


def _diff(options: argparse.Namespace, output: Output) -> None:
    settings, numbers = runs.diff(*options.names), runs.compare(*options.names)
    values = {"runs": options.names, "settings": settings, "metrics": numbers}
    rows = [[label(key), *(None if value is None else _json(value) for value in row)] for key, row in settings.items()]
    parts = [table(["setting", *options.names], rows) if rows else "All settings are the same."]
    if numbers:
        parts.append(table(["metric", *options.names], [[key, *row] for key, row in numbers.items()]))
    output.result(values, "\n\n".join(parts))


def _plot(options: argparse.Namespace, output: Output) -> None:
    found = [runs.get(name) for name in options.names]
    if options.html is not None:
        if len(found) != 1:
            raise ValueError(f"--html writes a page about one run, received {len(found)}: {', '.join(options.names)}")
        path = found[0].to_html(options.html)
        output.result({"page": str(path)}, f"Written to {path}")
        return
    values = {
        run.name: {
            name: dict(zip(("steps", "values"), (part.tolist() for part in run.curve(name, options.by, 1000))))
            for name in _wanted(run, options.metric, options.by)
        }
        for run in found
    }
    output.result(values, "" if output.as_json else _curves(found, options.metric, options.by, options.smooth))


def _wanted(found: runs.Run, metrics: Sequence[str] | None, by: str | None) -> list[str]:
    return list(metrics or dict.fromkeys(name for kind, name in found.metrics if by in (None, kind)))


def _curves(found: Sequence[runs.Run], metrics: Sequence[str] | None, by: str | None, weight: float) -> str:
    """A line a curve: name, least, greatest and last value, and a sparkline over the rest of the terminal."""
    rows = []
    for name in dict.fromkeys(name for one in found for name in _wanted(one, metrics, by)):
        for one in found:
            if metrics is None and all(other != name for _, other in one.metrics):
                continue
            _, y = one.curve(name, by)
            kept = [value for value in y.tolist() if value == value]
            ends = [min(kept), max(kept), kept[-1]] if kept else [None] * 3
            label = name if len(found) == 1 else f"{name} {one.name}"
            rows.append(([label, *map(shown, ends)], runs.smooth(y, weight)))
    header = ["metric", "least", "greatest", "last"]
    taken = sum(max(len(part[i]) for part in (header, *(row for row, _ in rows))) + 2 for i in range(len(header)))
    width = max(8, min(80, shutil.get_terminal_size((120, 24)).columns - taken))
    return table([*header, "curve"], [[*row, runs.sparkline(y, width)] for row, y in rows])


def _export(options: argparse.Namespace, output: Output) -> None:
    out = Path(options.out)
    path = runs.export(out, options.where) if options.name is None else runs.get(options.name).export(out)
    output.result({"file": str(path)}, f"Written to {path}")


def _rm(options: argparse.Namespace, output: Output) -> None:
    found = [runs.get(name) for name in options.names]  # all of them are there, or nothing is done
    for one in found:
        one.delete()
    output.result(
        {"deleted": options.names}, f"In the bin: {', '.join(options.names)}. `clarinet runs restore` undoes it."
    )


def _restore(options: argparse.Namespace, output: Output) -> None:
    output.result({"restored": options.name}, f"Restored {runs.restore(options.name).name}")


def _gc(options: argparse.Namespace, output: Output) -> None:
    gone = list(runs.gc(options.days))
    output.result({"removed": gone}, f"Removed for good: {', '.join(gone)}" if gone else "Nothing to remove.")


_DO: dict[str, Callable[[argparse.Namespace, Output], int | None]] = {
    "ls": _ls,
    "show": _show,
    "diff": _diff,
    "plot": _plot,
    "export": _export,
    "rm": _rm,
    "restore": _restore,
    "gc": _gc,
    **AGAIN,
}
