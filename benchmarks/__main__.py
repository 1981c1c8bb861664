"""Measure Clarinet beside its peers. The whole run takes about a quarter of an hour on two quiet cores.

Example: ``python -m benchmarks --only clarinet,jax --rounds 3``
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from . import machine, report, thresholds
from .peers import ROWS, select
from .session import Session, Settings

HERE = Path(__file__).resolve().parent

QUICK = Settings(rows=1600, rounds=2, trials=1, epochs=1, test_rows=1000, imports=1)


def main(arguments: list[str] | None = None) -> int:
    """Run, print the table, write the files; 1 if ``--check`` found a promise broken or unmeasured."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        rows = select(options.only)
    except ValueError as error:
        parser.error(str(error))
    settings = _settings(options)
    about = machine.describe()
    results = Session(rows, settings, say=lambda text: print(text, file=sys.stderr, flush=True)).run()
    checks = thresholds.check(results)
    print(report.table(results))
    whole = len(rows) == len(ROWS) and not options.quick
    folder = options.output or (HERE if whole else None)
    if folder is not None:
        report.write(folder, results, settings, about, checks)
    if folder == HERE:
        report.fill_readme(HERE.parent / "README.md", report.summary(results, settings, about))
    if not options.check:
        return 0
    print("\n" + "\n".join(map(str, checks)))
    return 0 if all(line.passed for line in checks if line.promised) else 1


def _settings(options: argparse.Namespace) -> Settings:
    settings = QUICK if options.quick else Settings()
    if options.rounds:
        settings = replace(settings, rounds=options.rounds)
    return replace(settings, threads=options.threads) if options.threads else settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=_positive, help="timed epochs of each peer (default 7)")
    parser.add_argument("--only", help="comma-separated rows or families: " + ", ".join(row.name for row in ROWS))
    parser.add_argument("--threads", type=_counts, help="thread counts to try (default 1,2)")
    parser.add_argument(
        "--quick", action="store_true", help="few rows and rounds: shows that it works, measures nothing"
    )
    parser.add_argument("--check", action="store_true", help="compare with what is promised; exit code 1 if broken")
    parser.add_argument(
        "--output",
        type=Path,
        help="folder for results.md and results.json\n(default: for a whole run this one and the README; else none)",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a count; expected 1 or more")
    return number


def _counts(text: str) -> tuple[int, ...]:
    return tuple(_positive(part) for part in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
