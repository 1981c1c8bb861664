"""This version beside another one of Clarinet: is it slower, and does it still give the same bits?

``make versions COMMIT=main~3`` installs both in folders of their own and runs this. For each row a pair of fresh
processes, one of each version, trains the same network; the order changes from pair to pair, so that what disturbs one
disturbs the other. A row is slower where the median of its pairs' ratios is above ``--limit`` and stays there with more
pairs.

Example: ``python -m benchmarks.versions build/versions/before build/versions/now --pairs 9``
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from .networks import NETWORKS, TUTORIAL

ROOT = Path(__file__).resolve().parent.parent
#: Pairs of a row that seemed slower at first: single pairs differ by several percent.
MORE_PAIRS = 25


@dataclass(frozen=True)
class Row:
    """What a pair of processes does: train a network on a workload, or predict one sample at a time."""

    network: str
    workload: str
    peer: str = "clarinet"
    rows: int | None = None
    predict: bool = False

    @property
    def label(self) -> str:
        what = "one prediction" if self.predict else self.workload
        return f"{self.network}, {what}" + ("" if self.peer == "clarinet" else f", {self.peer}")


def rows() -> Iterator[Row]:
    """Every network of the benchmark on its workloads, one prediction, and the reference engine."""
    for network in NETWORKS:
        yield from (Row(network.name, workload) for workload in network.workloads)
    yield Row(TUTORIAL.name, "float32", predict=True)
    yield Row(TUTORIAL.name, "float32", peer="clarinet-reference", rows=4_800)


def time_once(package: Path, row: Row, epochs: int) -> float:
    """Seconds of an epoch, or of a prediction, in a fresh process that imports Clarinet from ``package``."""
    answers = _ask(package, ["benchmarks.worker", row.peer], [
        {"do": "prepare", "network": row.network, "workload": row.workload, "rows": row.rows},
        *([{"do": "predict_one"}] if row.predict else [{"do": "epoch"}] * epochs),
        {"do": "quit"},
    ])  # fmt: skip
    return median(answer["seconds"] for answer in answers[1:])


def hashes(package: Path) -> dict[str, str]:
    """A hash of the weights of each network of :mod:`benchmarks.bits` after training."""
    (answer,) = _ask(package, ["benchmarks.bits"], [])
    return answer


def _ask(package: Path, module: Sequence[str], requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run ``python -m module`` with Clarinet from ``package``; each line of its output is an answer.

    Raises:
        RuntimeError: the process failed, or answered with an error.
    """
    installed = (path for path in sys.path if Path(path).name in ("site-packages", "dist-packages"))
    paths = os.pathsep.join(map(str, (package.resolve(), ROOT, *installed)))
    done = subprocess.run(
        # -S: no finder of an editable installation comes before the path
        [sys.executable, "-S", "-m", *module],
        input="".join(json.dumps(request) + "\n" for request in requests),
        env=os.environ | {"PYTHONPATH": paths}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    answers: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [answer["error"] for answer in answers if "error" in answer]
    if done.returncode or wrong:
        raise RuntimeError(f"Clarinet in {package}: {wrong or done.stderr[-600:]}")
    return answers


def refused(package: Path, row: Row) -> str | None:
    """Why a version cannot run a row, e.g. as it has no native form of a layer yet; None if it can."""
    try:
        time_once(package, row, 1)
    except RuntimeError as error:
        return str(error)[:200]
    return None


def ratios(before: Path, now: Path, row: Row, pairs: int, epochs: int) -> list[float]:
    """Time of ``now`` divided by time of ``before``, of each pair."""
    found = []
    for number in range(pairs):
        seconds = [0.0, 0.0]
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            seconds[which] = time_once((before, now)[which], row, epochs)
        found.append(seconds[1] / seconds[0])
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each row; 1 if something is slower, or gives other bits."""
    options = _parser().parse_args(arguments)
    chosen = [row for row in rows() if not options.only or any(part in row.label for part in options.only.split(";"))]
    slower = []
    for row in chosen:
        if reason := refused(options.before, row):
            print(f"{row.label:42} new: {reason}", flush=True)
            continue
        found = ratios(options.before, options.now, row, options.pairs, options.epochs)
        if median(found) > options.limit:
            found = ratios(options.before, options.now, row, max(MORE_PAIRS, options.pairs), options.epochs)
        spread = f"{min(found):.3f} to {max(found):.3f}"
        print(f"{row.label:42} {median(found):.3f}   ({spread}, {len(found)} pairs)", flush=True)
        slower += [row.label] if median(found) > options.limit else []
    changed = [] if options.no_bits else _changed_bits(options.before, options.now)
    print(f"slower than {options.limit:.2f}: {', '.join(slower) or 'none'}")
    return 1 if slower or changed else 0


def _changed_bits(before: Path, now: Path) -> list[str]:
    old, new = hashes(before), hashes(now)
    changed = [name for name in new if old.get(name) != new[name]]
    print(f"other bits: {', '.join(changed) or 'none'} (of {len(new)} trainings)")
    return changed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "benchmarks.versions", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("before", type=Path, help="folder that holds the package of the version before")
    parser.add_argument("now", type=Path, help="folder that holds this version's package")
    parser.add_argument("--pairs", type=int, default=9, help="pairs of processes for each row (default 9)")
    parser.add_argument(
        "--epochs", type=int, default=5, help="timed epochs of a process; the median counts (default 5)"
    )
    parser.add_argument("--limit", type=float, default=1.03, help="median ratio that is still no slower (default 1.03)")
    parser.add_argument("--only", help="parts of row labels, e.g. 'tutorial;cnn, no zeros'")
    parser.add_argument("--no-bits", action="store_true", help="leave the comparison of weights out")
    return parser


if __name__ == "__main__":
    sys.exit(main())
