"""The run of the tutorials' network as a Markdown page and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from .networks import TUTORIAL
from .session import Result, Settings
from .thresholds import OURS, Check, ratio
from .work import WORKLOADS

_COLUMNS = (
    "", "threads", "epoch, s (least – most)", "× Clarinet's", "no zeros, s", "uint8 input, s", "with validation, s",
    "one prediction, µs", "test accuracy", "peak memory, MiB", "import, s", "installed, MB",
)  # fmt: skip
_SUMMARY = (
    "",
    "threads",
    "epoch, s (least – most)",
    "× Clarinet's",
    "no zeros, s",
    "one prediction, µs",
    "test accuracy",
)

_README_BLOCK = re.compile("(?<=<!-- benchmark -->\n).*?(?=<!-- /benchmark -->)", re.DOTALL)

_NOTES = """\
The work: a network {shape} with ReLU and softmax, Adam at 10⁻³, batches of {batch}, {rows:,} rows of MNIST, shuffled
in every epoch. Timed is one epoch on a warm model as the user calls it (for Clarinet and Keras `fit(epochs=1,
verbose=0)`), loss and accuracy recorded (scikit-learn records the loss alone), shuffle and checks of the data
included. The peers take turns, each in a process of its own and with the number of threads that suited it best in
trials before; times are medians of {rounds} rounds, and the ratio is the median of the rounds' ratios. *No zeros*
raises black from 0 to 1/255: four fifths of MNIST's pixels are 0, and Clarinet leaves out the products with them,
which gains nothing there. *uint8 input* feeds the pixels as bytes and scales them inside the model; *with
validation* holds out the last fifth of 1.25 times the rows. *One prediction* is one image, NumPy array in, NumPy
array out, median. *Test accuracy* follows {epochs} epoch(s) of one seed; seeds differ by about 0.002. *Peak
memory* is the process's from when the data are there, the data included. *Import* and *installed* count what comes
on top of NumPy, with all dependencies and without bundled data."""


def page(results: Sequence[Result], settings: Settings, machine: dict[str, Any], checks: Sequence[Check]) -> str:
    """The whole Markdown page."""
    notes = _NOTES.format(
        shape=TUTORIAL.label, batch=TUTORIAL.batch, rows=settings.rows or TUTORIAL.rows, rounds=settings.rounds,
        epochs=settings.epochs,
    )  # fmt: skip
    failures = [f"- {result.label}: {result.error}" for result in results if result.error]
    parts = [
        "# Clarinet beside its peers",
        table(results),
        notes,
        "Reproduce it with `make bench` on a quiet machine. Other networks: [networks.md](networks.md).",
        "## Machine\n\n" + machine_text(machine),
        "## Seconds an epoch by number of threads (trials)\n\n" + _trials(results, settings),
        "## Promises\n\n```\n" + "\n".join(map(str, checks)) + "\n```",
    ]
    if failures:
        parts.append("## Left out\n\n" + "\n".join(failures))
    return "\n\n".join(parts) + "\n"


def table(results: Sequence[Result]) -> str:
    """The Markdown table alone, fastest first."""
    return markdown(_COLUMNS, _rows(results))


def summary(results: Sequence[Result], settings: Settings, machine: dict[str, Any]) -> str:
    """The few columns that the README shows, and where the others are."""
    kept = [_COLUMNS.index(name) for name in _SUMMARY]
    rows = [[row[column] for column in kept] for row in _rows(results)]
    text = (
        f"Seconds an epoch of {TUTORIAL.label} (Adam, batch {TUTORIAL.batch}, {settings.rows or TUTORIAL.rows:,} "
        "rows of MNIST), every peer at its best thread count, in turn in one run of `make bench` on "
        f"{machine_text(machine)} Four fifths of MNIST's pixels "
        "are zero, and Clarinet leaves out the products with them; *no zeros* is the same with none. Memory, import "
        "time, size and more: "
        "[benchmarks/results.md](benchmarks/results.md)."
    )
    return markdown(_SUMMARY, rows) + "\n\n" + text


def _rows(results: Sequence[Result]) -> list[list[str]]:
    ours = next((result for result in results if result.name == OURS), None)
    measured = sorted((r for r in results if r.epochs.get("float32")), key=lambda r: median(r.epochs["float32"]))
    return [_cells(result, ours) for result in measured]


def _cells(result: Result, ours: Result | None) -> list[str]:
    times = result.epochs["float32"]
    factor = ratio(ours, result) if ours else None
    return [
        f"**{result.label}**" if result.name == OURS else result.label,
        str(result.threads),
        f"{median(times):.3f} ({min(times):.3f} – {max(times):.3f})",
        number(factor, ".1f"),
        *(number(median(t) if (t := result.epochs.get(w)) else None, ".3f") for w in WORKLOADS[1:]),
        number(result.predict_one, ",.0f", 1e6),
        number(result.accuracy, ".4f"),
        number(result.memory_mb, ",.0f"),
        number(result.import_seconds, ".2f"),
        number(result.installed_mb, ",.0f"),
    ]


def _trials(results: Sequence[Result], settings: Settings) -> str:
    header = ("", *(f"{n} thread{'s' * (n > 1)}" for n in settings.threads))
    rows = [
        [r.label, *(number(median(t) if (t := r.trials.get(n)) else None, ".3f") for n in settings.threads)]
        for r in results
    ]
    return markdown(header, rows)


def machine_text(machine: dict[str, Any]) -> str:
    """The machine in a sentence."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    cpu = f"{machine['cpu']}, {machine['cores']} cores, {machine['instruction_sets']} (Clarinet uses {machine['used']})"
    system = f"{machine['system']}, Python {machine['python']}"
    return f"{cpu}; {system}; {versions}; load average {machine['load']} before the run; {machine['date']}."


def number(value: float | None, form: str, unit: float = 1.0) -> str:
    """The value in units, or a dash where it was not measured."""
    return "–" if value is None else format(value * unit, form)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table, the first column to the left and numbers to the right."""
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write(
    folder: Path, results: Sequence[Result], settings: Settings, machine: dict[str, Any], checks: Sequence[Check]
) -> None:
    """Write ``results.md`` and ``results.json`` into the folder."""
    data = {"machine": machine, "settings": asdict(settings), "results": [asdict(result) for result in results]}
    write_page(folder, "results", page(results, settings, machine, checks), data)


def write_page(folder: Path, name: str, text: str, data: dict[str, Any]) -> None:
    """A Markdown page and what it was made from."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    (folder / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def fill_readme(readme: Path, text: str) -> None:
    """Put the text between the README's two benchmark marks.

    Raises:
        ValueError: the marks are not there.
    """
    page, filled = _README_BLOCK.subn(lambda _: text + "\n", readme.read_text(encoding="utf-8"))
    if filled != 1:
        raise ValueError(f"{readme.name} has {filled} benchmark blocks; expected one pair of <!-- benchmark --> marks")
    readme.write_text(page, encoding="utf-8")
