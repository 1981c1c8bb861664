"""The run of the networks other than the tutorials' as a Markdown page and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from .networks import Network
from .report import machine_text, markdown, number, write_page
from .session import Result, Settings
from .thresholds import OURS, Check, least_ratio, ratio

_COLUMNS = (
    "", "threads", "epoch, s (least – most)", "× Clarinet's", "× by least", "no zeros, s", "× no zeros", "GFLOP/s",
    "of the peak", "peak memory, MiB",
)  # fmt: skip

_NOTES = """\
Timed is one epoch on a warm model as the user calls it, loss and accuracy recorded, shuffle and checks of the data
included; where an epoch takes a few hundredths of a second, the mean of as many in one call as the tutorials train.
The peers take turns, with a pause of {pause} s between them, each in a process of its own and with the number of
threads that suited it best in trials before; times are medians of {rounds} rounds, ratios the median of the rounds'
ratios and, beside it, that of the least times. {data}
*GFLOP/s* counts the products of forward, weights' gradient and inputs' gradient as if no factor were zero and every
step counted, and no activations, updates or reading of data; Clarinet leaves terms with a zero factor and steps that
do not count out where that pays, so its figure can pass what the processor did. The *peak* is measured in the same run
with independent multiply-adds on as many threads: {peak}. *Peak memory* is the process's from when the data are there,
the data included."""

#: Of each page its title and where its data are from.
_PAGES = {
    "networks": ("Other networks", "The data are MNIST's digits; *no zeros* raises black from 0 to 1/255."),
    "sequences": (
        "Sequences, texts and pictures",
        "The data are random numbers. PyTorch's recurrent layers take padding for words, as in most programs.",
    ),
}


def table(network: Network, results: Sequence[Result], peak: Mapping[int, float], rows: int) -> str:
    """The Markdown table of one network, fastest first."""
    ours = next((result for result in results if result.name == OURS), None)
    measured = sorted((r for r in results if r.epochs.get("float32")), key=lambda r: median(r.epochs["float32"]))
    flop = network.flop / network.rows * rows
    return markdown(_COLUMNS, [_cells(result, ours, flop, peak) for result in measured])


def _cells(result: Result, ours: Result | None, flop: float, peak: Mapping[int, float]) -> list[str]:
    times, dense = result.epochs["float32"], result.epochs.get("no zeros")
    gflops = flop / median(times) / 1e9
    share = gflops / peak[result.threads] if result.threads in peak else None
    return [
        f"**{result.label}**" if result.name == OURS else result.label,
        str(result.threads),
        f"{median(times):.3f} ({min(times):.3f} – {max(times):.3f})",
        number(ratio(ours, result) if ours else None, ".2f"),
        number(least_ratio(ours, result) if ours else None, ".2f"),
        number(median(dense) if dense else None, ".3f"),
        number(ratio(ours, result, "no zeros") if ours else None, ".2f"),
        number(gflops, ".1f"),
        number(share, ".0%"),
        number(result.memory_mb, ",.0f"),
    ]


def page(
    suite: str,
    measured: Mapping[Network, Sequence[Result]],
    settings: Settings,
    machine: dict[str, Any],
    peak: Mapping[int, float],
    checks: Sequence[Check],
) -> str:
    """The whole Markdown page."""
    peaks = ", ".join(f"{value:.0f} GFLOP/s on {threads}" for threads, value in peak.items()) or "no compiler found"
    title, data = _PAGES[suite]
    parts = [f"# {title}", _NOTES.format(rounds=settings.rounds, pause=settings.pause, peak=peaks, data=data)]
    for network, results in measured.items():
        rows = settings.rows or network.rows
        batches = f"{rows:,} rows in batches of {network.batch}" if network.batch > 1 else f"{rows:,} rows one by one"
        calls = f", {network.epochs} epochs in a call" if network.epochs > 1 else ""
        parts += [
            f"## {network.label[:1].upper() + network.label[1:]}",
            f"{batches}{calls}.",
            table(network, results, peak, rows),
        ]
        parts += [f"Left out: {result.label}: {result.error}" for result in results if result.error]
    parts += [
        "## Promises\n\n```\n" + "\n".join(map(str, checks)) + "\n```",
        f'Reproduce it with `make bench` (or `make bench ARGS="--suite {suite}"`) on a quiet machine.',
        "## Machine\n\n" + machine_text(machine),
    ]
    return "\n\n".join(parts) + "\n"


def write(
    folder: Path,
    suite: str,
    measured: Mapping[Network, Sequence[Result]],
    settings: Settings,
    machine: dict[str, Any],
    peak: Mapping[int, float],
    checks: Sequence[Check],
) -> None:
    """Write the page of a suite, ``networks.md`` or ``sequences.md``, and its numbers into the folder."""
    results = {network.name: [asdict(result) for result in of] for network, of in measured.items()}
    data = {"machine": machine, "settings": asdict(settings), "peak_gflops": dict(peak), "results": results}
    write_page(folder, suite, page(suite, measured, settings, machine, peak, checks), data)
