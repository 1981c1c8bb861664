"""Random programs, on both engines: nothing may differ but roundings (``python -m tests.fuzz.programs --count N``)."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from tests.fuzz import children, counts
from tests.fuzz.comparing import ISAS, Verdict, compare
from tests.fuzz.drawing import draw
from tests.fuzz.known import known
from tests.fuzz.program import Program
from tests.fuzz.shrinking import shrink, smaller

_PASSES = 3


@dataclass(frozen=True)
class Found:
    """A finding: the seed that drew it, what is wrong, and the smallest program that still shows it."""

    seed: int
    verdict: Verdict
    program: Program

    def __str__(self) -> str:
        try:
            source = self.program.source()
        except Exception as error:
            source = f"(its text cannot be made: {error})"
        return f"seed {self.seed}: {self.verdict.kind}: {self.verdict.text}\n{self.program}\n{source}\n"


def of_seed(seed: int) -> Verdict:
    """What comparing the program of a seed gives."""
    return compare(draw(seed), random.Random(seed))


def of_program(program: Program) -> Verdict:
    """What comparing a program gives, on every instruction set, whatever is drawn besides."""
    for seed in range(_PASSES):
        verdict = compare(program, random.Random(seed), ISAS)
        if verdict.found:
            break
    return verdict


def fuzz(first: int, count: int, jobs: int = 1, shrinking: float = 60.0) -> tuple[Counter[str], list[Found]]:
    """Compare the programs of so many seeds.

    Args:
        first, count: seeds.
        jobs: processes at a time.
        shrinking: seconds to spend on making a finding smaller.
    """
    kinds: Counter[str] = Counter()
    found = []
    with suppress(KeyboardInterrupt):  # what was tried until then counts
        for seed, verdict in children.each(range(first, first + count), of_seed, jobs):
            verdict = Verdict(verdict.kind, verdict.text) if isinstance(verdict, children.Ended) else verdict
            if verdict.found and known(draw(seed)):
                verdict = Verdict("accident", "known")
            kinds[verdict.kind] += 1
            if verdict.found:
                found.append(_shrunk(seed, verdict, shrinking))
                print(found[-1], flush=True)
    return kinds, found


def _shrunk(seed: int, verdict: Verdict, seconds: float) -> Found:
    program = draw(seed)
    if seconds:
        program = shrink(program, smaller, lambda p: _alike(_again(p), verdict), seconds)
        verdict = _again(program) if _again(program).found else verdict
    return Found(seed, verdict, program)


def _alike(one: Verdict, other: Verdict) -> bool:
    """Whether it is the same finding: of exceptions, the same class for whoever raised it."""
    return one.kind == other.kind and (one.kind != "exception" or one.text.split(":")[:2] == other.text.split(":")[:2])


def _again(program: Program) -> Verdict:
    result = children.alone(program, of_program)
    return Verdict(result.kind, result.text) if isinstance(result, children.Ended) else result


def main() -> int:
    """Run from the command line; the status is 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="programs (default %(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="of the first; default: drawn by the clock")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time (default %(default)s)")
    parser.add_argument("--shrink", type=float, default=60, help="seconds for each finding (default %(default)g)")
    given = parser.parse_args()
    seed = int(time.time()) % 10**6 * 1000 if given.seed is None else given.seed
    began = time.monotonic()
    kinds, found = fuzz(seed, given.count, given.jobs, given.shrink)
    seconds = time.monotonic() - began
    counts.add("programs", kinds, len(found))
    print(
        f"{kinds.total()} programs from seed {seed} in {seconds:.0f} s:", *(f"{n} {k}" for k, n in kinds.most_common())
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
