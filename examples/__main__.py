"""Run the examples: `python -m examples [NAME ...] [--full]` (`make examples`, `make examples-full`).

A program is a folder's script; what it leaves in `results` (a name and a number) is what its README's table shows.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from . import readme
from .programs import PROGRAMS, Program, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m examples", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only programs whose path holds this")
    parser.add_argument("--full", action="store_true", help="over seeds, with downloads; write the READMEs' tables")
    parser.add_argument("--peers", type=Path, metavar="PYTHON", help="with --full: the Python that runs Keras")
    options = parser.parse_args()
    chosen = [p for p in PROGRAMS if not options.names or any(name in p.path for name in options.names)]
    if not chosen:
        parser.error(f"no example is called {' or '.join(options.names)}; there are {', '.join(map(str, PROGRAMS))}")
    begin = time.monotonic()
    for program in chosen:
        _one(program, full=options.full, peers=options.peers)
    print(f"\n{len(chosen)} programs in {time.monotonic() - begin:.0f} s")
    return 0


def _one(program: Program, *, full: bool, peers: Path | None) -> None:
    begin = time.monotonic()
    print(f"\n=== {program}", flush=True)
    if full:
        readme.fill(program, peers)
    else:
        run(program)
    print(f"--- {program}: {time.monotonic() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
