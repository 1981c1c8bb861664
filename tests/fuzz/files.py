"""Damaged files: each loads, or is refused in a sentence (``python -m tests.fuzz.files --count N --seed S``)."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from clarinet.problems import ClarinetWarning
from tests.fuzz import children, counts, damage
from tests.fuzz.program import scratch
from tests.fuzz.readers import READERS, place, sound
from tests.fuzz.running import is_documented
from tests.fuzz.shrinking import shrink

#: What a file that is read has no need to do.
_FORBIDDEN = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "pickle.find_class",
    "socket.connect",
}
#: Bytes that reading a small file may take.
MEMORY = 500 << 20
_LONGEST = 2000


@dataclass(frozen=True)
class Damaged:
    """A file of a reader, and what was done to it."""

    reader: str
    steps: tuple[damage.Step, ...] = ()


@dataclass(frozen=True)
class Result:
    """``kind`` is ``"loaded"``, ``"refused"``, or what a finding is."""

    kind: str
    text: str = ""

    @property
    def found(self) -> bool:
        return self.kind not in ("loaded", "refused")


def draw(seed: int) -> Damaged:
    """The damaged file of a seed."""
    rng = random.Random(seed)
    name = rng.choice(list(READERS))
    return Damaged(name, damage.draw(rng, sound(name)))


def read(damaged: Damaged) -> Result:
    """What becomes of reading a damaged file in an otherwise empty folder."""
    _watch()
    with tempfile.TemporaryDirectory(dir=scratch()) as name:
        box = Path(name, "a", "b", "box")
        path = box / place(damaged.reader)
        path.parent.mkdir(parents=True)
        path.write_bytes(damage.apply(sound(damaged.reader), damaged.steps))
        _events.clear()
        result = _read(damaged.reader, box)
        outside = [str(p) for p in Path(name).rglob("*") if p.is_file() and not p.is_relative_to(box)]
    if outside:
        return Result("writes outside", outside[0])
    return Result("runs code", _events[0]) if _events else result


def _read(reader: str, folder: Path) -> Result:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            READERS[reader].read(folder)
            result = Result("loaded")
        except Exception as error:
            result = _judged(error)
    strange = [w for w in caught if not issubclass(w.category, ClarinetWarning)]
    if strange and not result.found:
        return Result("warning", f"{strange[0].category.__name__}: {strange[0].message} ({strange[0].filename})")
    return result


def _judged(error: Exception) -> Result:
    message = str(error)
    where = "".join(traceback.format_tb(error.__traceback__)[-2:])
    if not is_documented(error, (ValueError, TypeError, OSError)):
        return Result(f"raises {type(error).__name__}", f"{message[:300]}\n{where}")
    if not 0 < len(message) <= _LONGEST:
        return Result("message", f"{message[:300]!r} of {len(message)} characters\n{where}")
    return Result("refused", message)


_events: list[str] = []


@cache
def _watch() -> None:
    """Have every forbidden event of this process written down, from now on."""
    sys.addaudithook(lambda event, given: _events.append(f"{event} {given}"[:200]) if event in _FORBIDDEN else None)


def of_seed(seed: int) -> Result:
    """What reading the damaged file of a seed gives."""
    return read(draw(seed))


def smaller(damaged: Damaged) -> Iterator[Damaged]:
    """The same file with less done to it."""
    for i in range(len(damaged.steps)):
        yield replace(damaged, steps=damaged.steps[:i] + damaged.steps[i + 1 :])


def alone(damaged: Damaged) -> Result:
    """What reading gives, in a process of its own."""
    return _result(children.alone(damaged, read, memory=MEMORY))


def _result(given: Any) -> Result:
    return Result(given.kind, given.text) if isinstance(given, children.Ended) else given


def fuzz(first: int, count: int, jobs: int = 1) -> tuple[Counter[str], list[tuple[int, Damaged, Result]]]:
    """Read the damaged files of so many seeds."""
    for name in READERS:
        sound(name)
    kinds: Counter[str] = Counter()
    found = []
    with suppress(KeyboardInterrupt):  # what was tried until then counts
        for seed, given in children.each(range(first, first + count), of_seed, jobs, memory=MEMORY):
            result = _result(given)
            kinds[result.kind] += 1
            if result.found:
                least = shrink(draw(seed), smaller, lambda d, kind=result.kind: alone(d).kind == kind, 20)
                found.append((seed, least, result))
                print(f"seed {seed}: {result.kind}: {result.text}\n{str(least)[:600]}\n", flush=True)
    return kinds, found


def main() -> int:
    """Run from the command line; the status is 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="files (default %(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="of the first; default: drawn by the clock")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time (default %(default)s)")
    given = parser.parse_args()
    seed = int(time.time()) % 10**6 * 1000 if given.seed is None else given.seed
    began = time.monotonic()
    kinds, found = fuzz(seed, given.count, given.jobs)
    seconds = time.monotonic() - began
    counts.add("files", kinds, len(found))
    print(f"{kinds.total()} files from seed {seed} in {seconds:.0f} s:", *(f"{n} {k}" for k, n in kinds.most_common()))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
