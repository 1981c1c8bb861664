"""One page about a run that needs nothing else: curves, configuration, findings, predictions."""

from __future__ import annotations

import html
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.runs.listing import SECTIONS
from clarinet.runs.settings import flatten

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clarinet.runs.run import Run

_WIDTH, _HEIGHT, _POINTS = 420, 200, 600
_COLOURS = ("#0b6e99", "#d9730d")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #222; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; } .quiet { color: #666; }
table { border-collapse: collapse; } td, th { padding: .15rem .8rem .15rem 0; text-align: left; vertical-align: top; }
figure { display: inline-block; margin: 0 1.5rem 1rem 0; } figcaption { font-size: 13px; }
svg text { font: 11px system-ui, sans-serif; fill: #666; } code { font-size: 13px; word-break: break-word; }
.wrong { color: #b3261e; } .rows { display: flex; flex-wrap: wrap; gap: 1rem; }
@media (prefers-color-scheme: dark) {
  body { background: #191919; color: #ddd; } .quiet, svg text { color: #999; fill: #999; }
}
"""


def write(run: Run, path: Path) -> Path:
    """Write the page to a file, whole or not at all."""
    from clarinet.saving.container import atomic_file

    text = page(run)
    with atomic_file(path) as file:
        file.write(text.encode())
    return path


def page(run: Run) -> str:
    """The page as HTML; it loads nothing and runs no code."""
    parts = [_head(run), *_notes(run), *_curves(run), *_findings(run), *_samples(run), *_configuration(run)]
    title = html.escape(run.name)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<style>{_STYLE}</style></head><body>\n{chr(10).join(parts)}\n</body></html>\n"
    )


def _head(run: Run) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started))
    status = f"{run.status}: {run.error}" if run.error else run.status
    labels = [f"group {run.group}"] if run.group else []
    facts = " · ".join([status, f"begun {when}", f"{run.seconds:.1f} s", *labels, *run.tags])
    rows = ((name, f"{value:.6g}") for name, value in run.summary.items())
    return f"<h1>{html.escape(run.name)}</h1><p class=quiet>{html.escape(facts)}</p>{_table(rows)}"


def _notes(run: Run) -> Iterator[str]:
    if run.notes:
        yield f"<p>{html.escape(run.notes)}</p>"


def _table(rows: Any) -> str:
    cells = "".join(
        f"<tr><td>{html.escape(str(k))}</td><td><code>{html.escape(str(v))}</code></td></tr>" for k, v in rows
    )
    return f"<table>{cells}</table>"


def _curves(run: Run) -> Iterator[str]:
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
        yield _figure(lines, "step of log" if kind == "log" else kind)


def _figure(lines: Sequence[tuple[str, NDArray[Any], NDArray[np.float64]]], axis: str) -> str:
    every = np.concatenate([y[np.isfinite(y)] for _, _, y in lines])
    if len(every) == 0:
        return ""
    low, high = float(every.min()), float(every.max())
    first, last = min(int(x[0]) for _, x, _ in lines), max(int(x[-1]) for _, x, _ in lines)
    drawn = []
    for (_, x, y), colour in zip(lines, _COLOURS):
        across = (x - first) / max(1, last - first) * (_WIDTH - 70) + 60
        up = _HEIGHT - 25 - (y - low) / ((high - low) or 1.0) * (_HEIGHT - 40)
        drawn += [f'<path fill="none" stroke="{colour}" stroke-width="1.5" d="{_path(across, up)}"/>']
        if len(x) == 1 and np.isfinite(y[0]):
            drawn += [f'<circle cx="{across[0]:.1f}" cy="{up[0]:.1f}" r="3" fill="{colour}"/>']
    text = (
        f'<text x="55" y="18" text-anchor="end">{high:.4g}</text>'
        f'<text x="55" y="{_HEIGHT - 25}" text-anchor="end">{low:.4g}</text>'
        f'<text x="60" y="{_HEIGHT - 5}">{axis} {first}</text>'
        f'<text x="{_WIDTH - 10}" y="{_HEIGHT - 5}" text-anchor="end">{last}</text>'
    )
    names = ", ".join(f'<span style="color:{c}">{html.escape(n)}</span>' for (n, _, _), c in zip(lines, _COLOURS))
    view = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    return f"<figure><svg {view} role=img>{''.join(drawn)}{text}</svg><figcaption>{names}</figcaption></figure>"


def _path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """A line through the points that interrupts where one is not finite."""
    parts, pen = [], "M"
    for a, b in zip(x.tolist(), y.tolist()):
        if np.isfinite(b):
            parts.append(f"{pen}{a:.1f} {b:.1f}")
        pen = "L" if np.isfinite(b) else "M"
    return "".join(parts)


def _findings(run: Run) -> Iterator[str]:
    found = run.findings
    if found:
        rows = (
            (f"{f['severity']}, step {f['step']}" if f["step"] is not None else f["severity"], f["message"])
            for f in found
        )
        yield f"<h2>Findings</h2>{_table(rows)}"


def _samples(run: Run) -> Iterator[str]:
    samples = run.samples
    if not samples:
        return
    yield "<h2>Predictions</h2><div class=rows>"
    for sample in samples:
        values = np.asarray(sample["prediction"], np.float64)
        label = sample["label"]
        by_class = values.size > 1 and isinstance(label, int)
        shown = f"{int(np.argmax(values))} ({values.max():.0%})" if by_class else json.dumps(sample["prediction"])
        wrong = by_class and int(np.argmax(values)) != label
        picture = _picture(np.asarray(sample["input"], np.float64))
        told = f'<span class="{"wrong" if wrong else ""}">{html.escape(shown)}</span>'
        caption = f"{told}<br>label {html.escape(json.dumps(label))}"
        yield f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"
    yield "</div>"


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
    return f'<img alt="" width=64 style="image-rendering:pixelated" src="data:image/bmp;base64,{_bitmap(grey)}">'


def _bitmap(grey: NDArray[np.uint8]) -> str:
    """A grey picture in the BMP format, the simplest that browsers read: rows from below, each of whole words."""
    import base64
    import struct

    height, width = grey.shape
    rows = np.pad(grey[::-1], ((0, 0), (0, -width % 4))).tobytes()
    palette = b"".join(bytes((i, i, i, 0)) for i in range(256))
    start = 14 + 40 + len(palette)
    header = struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start)
    about = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 0, len(rows), 2835, 2835, 256, 0)
    return base64.b64encode(header + about + palette + rows).decode()


def _configuration(run: Run) -> Iterator[str]:
    documents = run.documents()
    for section in (*SECTIONS, *sorted(set(documents) - set(SECTIONS))):
        rows = [(k, json.dumps(v, ensure_ascii=False)) for k, v in flatten(documents.get(section)).items() if k]
        if rows:
            yield f"<h2>{html.escape(section.capitalize())}</h2>{_table(rows)}"
