"""One page about a run that needs nothing else: curves, configuration, findings, predictions."""

from __future__ import annotations

import html
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import files
from clarinet.html_snippets import bitmap
from clarinet.runs.settings import SECTIONS, flatten
from clarinet.types import Array
from clarinet.views import page as views

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clarinet.runs.record import Record

_MOST_NUMBERS = 4  # of a prediction or label
_WIDTH, _HEIGHT, _POINTS = 420, 200, 600
#: The largest width of a digit of the axes in pixels, in any font.
_DIGIT = 7
#: The style of the first and the second line of a picture: they differ in colour and in dashes.
_LINES = (("first", ""), ("second", ' stroke-dasharray="6 3"'))
_RULES = """
h2 { margin-top: 2.5rem; } td { min-width: 6rem; } figcaption { font-size: 13px; }
figure { display: inline-block; margin: 0 1.5rem 1rem 0; max-width: 100%; vertical-align: top; }
svg text { font: 11px system-ui, sans-serif; fill: var(--quiet); }
path, circle { stroke: currentColor; } .rows { display: flex; flex-wrap: wrap; gap: 1rem; } .rows figure { margin: 0; }
"""


def write(run: Record, path: Path) -> Path:
    """Write the page to a file, whole or not at all."""
    files.write(path, page(run).encode())
    return path


def page(run: Record) -> str:
    """The page as HTML; it loads nothing and runs no code."""
    parts = [_head(run), *_notes(run), *_curves(run), *_findings(run), *_samples(run), *_configuration(run)]
    return views.page(run.name, f"<main>{chr(10).join(parts)}</main>", rules=_RULES)


def _head(run: Record) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started))
    status = f"{run.status}: {run.error}" if run.error else run.status
    labels = [f"group {run.group}"] if run.group else []
    facts = " · ".join([status, f"begun {when}", f"{run.seconds:.1f} s", *labels, *run.tags])
    rows = ((name, f"{value:.6g}") for name, value in run.summary.items())
    return f"<h1>{html.escape(run.name)}</h1><p class=quiet>{html.escape(facts)}</p>{_table(rows)}"


def _notes(run: Record) -> Iterator[str]:
    if run.notes:
        yield f"<p>{html.escape(run.notes)}</p>"


def _table(rows: Any) -> str:
    cells = "".join(
        f"<tr><td>{html.escape(str(k))}</td><td><code>{html.escape(str(v))}</code></td></tr>" for k, v in rows
    )
    return f"<table>{cells}</table>"


def _curves(run: Record) -> Iterator[str]:
    """One picture a metric: by step, and by epoch with its validation in the same picture."""
    metrics = run.metrics
    if not metrics:
        return
    yield "<h2>Curves</h2>"
    for kind, name in metrics:
        if name.startswith("val_") and (kind, name.removeprefix("val_")) in metrics:
            continue
        names = [name, *([f"val_{name}"] if (kind, f"val_{name}") in metrics else [])]
        lines = [(n, *run.curve(n, kind, _POINTS, "minmax")) for n in names]
        lines = [line for line in lines if len(line[1])]
        if kind == "epoch":  # shown from 1
            lines = [(n, x + 1, y) for n, x, y in lines]
        if lines:
            yield _figure(lines, "step of log" if kind == "log" else kind)


def _figure(lines: Sequence[tuple[str, Array, NDArray[np.float64]]], axis: str) -> str:
    every = np.concatenate([y[np.isfinite(y)] for _, _, y in lines])
    if len(every) == 0:
        return ""
    low, high = float(every.min()), float(every.max())
    first, last = min(int(x[0]) for _, x, _ in lines), max(int(x[-1]) for _, x, _ in lines)
    least, most = _ends(low, high)
    left, right, top, bottom = 8 + _DIGIT * max(len(least), len(most)), _WIDTH - 10, 15, _HEIGHT - 25
    drawn = []
    for (_, x, y), (role, dash) in zip(lines, _LINES):
        across = left + (x - first) / max(1, last - first) * (right - left)
        up = bottom - (y - low) / (high - low) * (bottom - top) if high > low else np.full(len(y), (top + bottom) / 2)
        drawn += [f'<path class="{role}" fill="none" stroke-width="1.5"{dash} d="{_path(across, up)}"/>']
        if len(x) == 1 and np.isfinite(y[0]):
            drawn += [f'<circle class="{role}" cx="{across[0]:.1f}" cy="{up[0]:.1f}" r="3" fill="currentColor"/>']
    heights = [(most, top), (least, bottom)] if high > low else [(most, (top + bottom) / 2)]
    text = [f'<text x="{left - 5}" y="{y + 3:g}" text-anchor="end">{words}</text>' for words, y in heights]
    text += [f'<text x="{left}" y="{_HEIGHT - 5}">{axis} {first}</text>']
    if last > first:
        text += [f'<text x="{right}" y="{_HEIGHT - 5}" text-anchor="end">{last}</text>']
    names = ", ".join(
        f'<span class="{role}">{html.escape(n)}{" (dashed)" * bool(dash)}</span>'
        for (n, _, _), (role, dash) in zip(lines, _LINES)
    )
    view = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    return f"<figure><svg {view} role=img>{''.join([*drawn, *text])}</svg><figcaption>{names}</figcaption></figure>"


def _ends(low: float, high: float) -> tuple[str, str]:
    """The ends of an axis, with as many digits as they need to differ."""
    pairs = ((f"{low:.{digits}g}", f"{high:.{digits}g}") for digits in range(4, 18))
    return next((pair for pair in pairs if pair[0] != pair[1] or low == high), (f"{low:.17g}", f"{high:.17g}"))


def _path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """A line through the points that interrupts where one is not finite."""
    parts, pen = [], "M"
    for a, b in zip(x.tolist(), y.tolist()):
        if np.isfinite(b):
            parts.append(f"{pen}{a:.1f} {b:.1f}")
        pen = "L" if np.isfinite(b) else "M"
    return "".join(parts)


def _findings(run: Record) -> Iterator[str]:
    found = run.findings
    if found:
        rows = (
            (f"{f['severity']}, step {f['step']}" if f["step"] is not None else f["severity"], f["message"])
            for f in found
        )
        yield f"<h2>Findings</h2>{_table(rows)}"


def _samples(run: Record) -> Iterator[str]:
    samples = run.samples
    if not samples:
        return
    yield "<h2>Predictions</h2><div class=rows>"
    for sample in samples:
        said, label = sample["prediction"], sample["label"]
        if isinstance(said, dict):  # of several outputs
            labels = label if isinstance(label, dict) else {}
            lines = [f"{html.escape(name)}: {_answer(one, labels.get(name))}" for name, one in said.items()]
        else:
            lines = [_answer(said, label)]
        picture = _picture(np.asarray(sample["input"], np.float64))
        yield f"<figure>{picture}<figcaption>{'<br>'.join(lines)}</figcaption></figure>"
    yield "</div>"


def _answer(said: object, label: object) -> str:
    """A prediction and its label; of classes the likeliest, in red where it is another one."""
    values = np.asarray(said, np.float64)
    by_class = values.size > 1 and isinstance(label, int)
    shown = f"{int(np.argmax(values))} ({values.max():.0%})" if by_class else _in_short(said)
    wrong = by_class and int(np.argmax(values)) != label
    answer = f'<span class="{"error" if wrong else ""}">{html.escape(shown)}</span>'
    return f"{answer}<br>label {html.escape(_in_short(label))}"


def _in_short(value: object) -> str:
    """A number with a few digits; of many the first."""
    if value is None:
        return "none"
    numbers = np.asarray(value, np.float64).ravel()
    first = ", ".join(f"{number:.4g}" for number in numbers[:_MOST_NUMBERS])
    return first if len(numbers) <= _MOST_NUMBERS else f"{first}, … ({len(numbers):,} numbers)"


def _picture(values: NDArray[np.float64]) -> str:
    """A sample of two axes, or three with one or three channels, as a picture; nothing for others."""
    if values.ndim == 1 and values.size >= 64 and int(values.size**0.5) ** 2 == values.size:
        values = values.reshape(int(values.size**0.5), -1)  # a picture that was flattened
    if values.ndim == 3 and values.shape[-1] in (1, 3):
        values = values.mean(axis=-1)
    if values.ndim != 2 or max(values.shape) > 128:
        return ""
    low, high = float(values.min()), float(values.max())
    grey = np.rint((values - low) / ((high - low) or 1.0) * 255).astype(np.uint8)
    return f'<img alt="" width=64 style="image-rendering:pixelated" src="{bitmap(grey)}">'


def _configuration(run: Record) -> Iterator[str]:
    documents = run.documents()
    for section in (*SECTIONS, *sorted(set(documents) - set(SECTIONS))):
        rows = [(k, json.dumps(v, ensure_ascii=False)) for k, v in flatten(documents.get(section)).items() if k]
        if rows:
            yield f"<h2>{html.escape(section.capitalize())}</h2>{_table(rows)}"
