"""``python -m benchmarks.doctor.mutation --part develop``: sound programs first, then variants, then the figures.

What is measured is kept in ``build/doctor/``; a run that was broken off, or was given too few seconds, goes on where it
was. Scores do not depend on the doctor and are measured once; ``--again`` examines anew.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.doctor import results
from benchmarks.doctor.mutation import measuring, truth
from benchmarks.doctor.mutation.measuring import Store
from benchmarks.doctor.mutation.summary import judged, named, summary
from benchmarks.doctor.mutation.variants import PARTS, Variant, programs, variants

FOLDER = Path(__file__).parents[3] / "build" / "doctor"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and with ``--write`` put the figures on the results page."""
    parser = argparse.ArgumentParser("benchmarks.doctor.mutation", description=__doc__)
    parser.add_argument("--part", choices=PARTS, default="develop")
    parser.add_argument("--stage", choices=("sound", "scores", "reports", "all", "none"), default="all")
    parser.add_argument("--seconds", type=float, default=800.0, help="then it stops (%(default)s)")
    parser.add_argument("--again", action="store_true", help="examine what has been examined")
    parser.add_argument("--only", default="", help="programs or variants with this in their name")
    parser.add_argument("--share", default="0/1", help="n/k: every k-th task from the n-th on, for k processes")
    parser.add_argument("--drawn", action="store_true", help="variants in an order drawn at random, one by one")
    parser.add_argument("--write", action="store_true", help="put the figures on the results page")
    parser.add_argument("--verbose", action="store_true", help="a line for every wrong answer")
    options = parser.parse_args(arguments)
    store = Store(FOLDER / f"{options.part}.jsonl")
    first, step = map(int, options.share.split("/"))
    tasks = islice(_tasks(store, options), first, None, step)
    for _, task in zip(measuring.until(options.seconds), tasks):
        task()
    text, told = summary(Store(FOLDER / f"{options.part}.jsonl"), options.part)
    print("\n".join([*(told if options.verbose else []), text]))
    if options.write:
        results.write(options.part, text)
    return 0


Task = Callable[[], object]


def _tasks(store: Store, options: argparse.Namespace) -> Iterator[Task]:
    sound = [Variant(spec) for spec in programs(options.part)]
    changed = variants(options.part)
    if options.drawn:
        yield from _drawn(store, sound, changed, options)
        return
    if options.stage in ("sound", "all"):
        yield from _reports(store, sound, truth.SOUND_SEEDS, options)
    if options.stage in ("scores", "all"):
        yield from _scores(store, [*sound, *(each for each in changed if not each.evident)])
    if options.stage in ("reports", "all"):
        yield from _reports(store, [each for each in changed if judged(store, each) != "undecided"], (0,), options)


def _drawn(
    store: Store, sound: Sequence[Variant], changed: Sequence[Variant], options: argparse.Namespace
) -> Iterator[Task]:
    """The sound programs, then variants, each whole before the next: what is done when time is over is a sample."""
    yield from _reports(store, sound, truth.SOUND_SEEDS, options)
    yield from _scores(store, sound)
    for number in np.random.default_rng(0).permutation(len(changed)):
        variant = changed[int(number)]
        if not variant.evident:
            yield from _scores(store, [variant])
        if judged(store, variant) not in (None, "undecided"):
            yield from _reports(store, [variant], (0,), options)


def _scores(store: Store, own: Sequence[Variant]) -> Iterator[Task]:
    for variant in own:
        for seed in truth.SEEDS:
            yield lambda variant=variant, seed=seed: measuring.score(store, variant, seed)  # type: ignore[misc]


def _reports(store: Store, own: Sequence[Variant], seeds: Sequence[int], options: argparse.Namespace) -> Iterator[Task]:
    for seed in seeds:
        for variant in own:
            if options.only in f"{variant.spec.name} | {variant.name}":
                yield lambda variant=variant, seed=seed: _told(store, variant, seed, options)  # type: ignore[misc]


def _told(store: Store, variant: Variant, seed: int, options: argparse.Namespace) -> None:
    entry = measuring.report(store, variant, seed, options.again)
    if options.verbose and options.only:
        print(f"{variant.spec.name} | {variant.name} {seed}: {named(entry)} {entry['work']} s", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    raise SystemExit(main())
