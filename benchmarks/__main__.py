"""Measure Clarinet beside its peers: the tutorials' network and others. All of it takes about three quarters of an hour
on two quiet cores, a single network a few minutes.

Example: ``python -m benchmarks --suite wide,deep --only clarinet,jax-scan --rounds 3``
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import machine, network_report, networks, peak, report, thresholds
from .networks import TUTORIAL, Network
from .peers import ROWS, Row, select
from .session import Session, Settings
from .thresholds import Check

HERE = Path(__file__).resolve().parent

QUICK = Settings(rows=1600, rounds=2, trials=1, epochs=1, test_rows=1000, imports=1, pause=0.0)


def main(arguments: list[str] | None = None) -> int:
    """Run, print the tables, write the files; 1 if ``--check`` found a promise broken or unmeasured."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        chosen = networks.select(options.suite)
        rows = {network: select(options.only, network) for network in chosen}
    except ValueError as error:
        parser.error(str(error))
    about, checks = machine.describe(), []
    if TUTORIAL in rows:
        checks += _measure_tutorial(rows.pop(TUTORIAL), options, about)
    for suite in networks.SUITES:
        own = {network: peers for network, peers in rows.items() if network.suite == suite}
        if own:
            checks += _measure_others(suite, own, options, about)
    if not options.check:
        return 0
    print("\n" + "\n".join(map(str, checks)))
    return 0 if all(line.passed for line in checks if line.promised) else 1


def _measure_tutorial(rows: tuple[Row, ...], options: argparse.Namespace, about: dict[str, Any]) -> list[Check]:
    settings = _settings(options, Settings())
    results = Session(TUTORIAL, rows, settings, say=_say).run()
    checks = thresholds.check(results)
    print(report.table(results))
    folder = _folder(options)
    if folder is not None:
        report.write(folder, results, settings, about, checks)
    if folder == HERE:
        report.fill_readme(HERE.parent / "README.md", report.summary(results, settings, about))
    return checks


def _measure_others(
    suite: str, rows: dict[Network, tuple[Row, ...]], options: argparse.Namespace, about: dict[str, Any]
) -> list[Check]:
    settings = _settings(options, Settings(rounds=5, trials=2, details=False))
    highest = peak.gflops(settings.threads)
    measured, checks = {}, []
    for network, own in rows.items():
        measured[network] = Session(network, own, settings, say=_say).run()
        checks += thresholds.check_network(network.name, measured[network])
        table = network_report.table(network, measured[network], highest, settings.rows or network.rows)
        print(f"\n{network.label}\n\n{table}", flush=True)
    folder = _folder(options) if options.output or len(rows) == len(networks.of_suite(suite)) else None
    if folder is not None:
        network_report.write(folder, suite, measured, settings, about, highest, checks)
    return checks


def _settings(options: argparse.Namespace, settings: Settings) -> Settings:
    settings = replace(QUICK, details=settings.details) if options.quick else settings
    if options.rounds:
        settings = replace(settings, rounds=options.rounds)
    return replace(settings, threads=options.threads) if options.threads else settings


def _folder(options: argparse.Namespace) -> Path | None:
    """Where the pages go: as told, or here after a run of all peers."""
    return options.output or (None if options.only or options.quick else HERE)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--suite",
        help="comma-separated networks: " + ", ".join(n.name for n in networks.NETWORKS) + ";\n"
        "networks, sequences: all of a page (default: all)",
    )
    parser.add_argument("--rounds", type=_positive, help="timed epochs of each peer (default 7, other networks 5)")
    parser.add_argument("--only", help="comma-separated rows or families: " + ", ".join(row.name for row in ROWS))
    parser.add_argument("--threads", type=_counts, help="thread counts to try (default 1,2)")
    parser.add_argument(
        "--quick", action="store_true", help="few rows and rounds: shows that it works, measures nothing"
    )
    parser.add_argument("--check", action="store_true", help="compare with what is promised; exit code 1 if broken")
    parser.add_argument(
        "--output",
        type=Path,
        help="folder for pages and JSON\n(default: for a run of all peers this one, and the README; else none)",
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
