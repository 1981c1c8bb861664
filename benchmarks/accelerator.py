"""Clarinet on JAX beside Keras on JAX and PyTorch (compiled), on one accelerator: convolutions, and a wide network.

``python -m benchmarks.accelerator`` on a machine with a GPU of NVIDIA's, with ``jax[cuda12]``, ``keras`` and PyTorch's
build for CUDA. The peers take turns in processes of their own; times are of an epoch on a warm model as users call it,
the mean of ten in one call. Without a GPU ``--only clarinet-jax,keras-jax`` compares the two on the processor.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from statistics import median

from .networks import ACCELERATED
from .peers import select
from .report import markdown
from .session import Result, Session, Settings
from .thresholds import ratio

OURS = "clarinet-jax"


def table(results: Sequence[Result]) -> str:
    """Epochs' times and their ratios to ours, fastest first; of who failed, what was said."""
    (ours,) = (result for result in results if result.name == OURS)
    measured = sorted((r for r in results if r.epochs), key=lambda r: median(r.epochs["float32"]))
    rows = [[r.label, *_times(r.epochs["float32"]), _ratio(ours, r)] for r in measured]
    rows += [[r.label, r.error or "", "", ""] for r in results if not r.epochs]
    return markdown(("", "epoch, s", "least – most", "× Clarinet's"), rows)


def _times(seconds: Sequence[float]) -> tuple[str, str]:
    return f"{median(seconds):.3f}", f"{min(seconds):.3f} – {max(seconds):.3f}"


def _ratio(ours: Result, other: Result) -> str:
    found = ratio(ours, other)
    return "" if found is None else f"{found:.2f}"


def main() -> None:
    """Measure, and print a table for each network."""
    parser = argparse.ArgumentParser("benchmarks.accelerator", description=__doc__)
    parser.add_argument("--only", help=f"comma-separated rows; {OURS} among them")
    parser.add_argument("--rows", type=int, help="training rows of an epoch (default 48,000)")
    parser.add_argument("--rounds", type=int, default=5, help="default 5")
    options = parser.parse_args()
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # several processes share the device's memory
    settings = Settings(options.rows, options.rounds, 1, threads=(os.cpu_count() or 1,), details=False)
    for network in ACCELERATED:
        say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
        results = Session(network, select(options.only, network), settings, say).run()
        print(f"\n{network.label}\n\n{table(results)}", flush=True)


if __name__ == "__main__":
    main()
