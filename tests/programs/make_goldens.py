"""Ask Keras for the numbers that ``goldens/`` keeps, or check that it still gives them.

    python -m tests.programs.make_goldens [--check] [--python PATH] [--crossed] [name ...]

Programs with a tape take their numbers from Keras on TensorFlow, the others from Keras on JAX; each back end runs in
one process. TensorFlow is large and in no environment of this project: give an interpreter that has it (``pip install
tensorflow-cpu``) with ``--python``; without one its programs keep the numbers that they have.

``--check`` writes nothing and says what differs. ``--crossed`` compares with the programs without a tape on TensorFlow:
where two back ends disagree, a number is no measure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import traceback
from typing import Any

from tests.programs.running import HERE, KINDS, PROGRAMS, Program, differences, golden_file, goldens

RESULTS = "RESULTS "


def asked(backend: str, programs: list[Program], python: str) -> dict[str, Any]:
    """What Keras gives on one back end, from a process of its own; nothing if that has no TensorFlow."""
    environment = os.environ | {
        "KERAS_BACKEND": backend,
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), str(HERE.parents[1] / "src")]),
    }
    probe = subprocess.run([python, "-c", f"import {backend}"], check=False, env=environment, capture_output=True)
    if probe.returncode:
        print(f"{python} has no {backend}: {len(programs)} programs are left as they are")
        return {}
    command = [python, "-m", "tests.programs.make_goldens", "--child", *(p.name for p in programs)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith(RESULTS))
    found: dict[str, Any] = json.loads(line.removeprefix(RESULTS))
    if failed := [program.name for program in programs if program.name not in found]:
        print(f"Keras on {backend} fails in {', '.join(failed)}; see above")
    return found


def child(programs: list[Program]) -> None:
    """Run programs in this process's Keras."""
    if os.environ["KERAS_BACKEND"] == "jax":
        import jax

        jax.config.update("jax_disable_most_optimizations", True)  # compiling is what takes the time
    found = {}
    for program in programs:
        begun = time.perf_counter()
        try:
            found[program.name] = program.run("keras")
        except Exception:  # all that fail are to be known, not the first alone
            traceback.print_exc()
        print(f"{program}: {time.perf_counter() - begun:.1f} s", file=sys.stderr)
    print(RESULTS + json.dumps(found))


def compared(found: dict[str, Any]) -> int:
    """Print where results differ from the goldens; how many programs do."""
    wrong = 0
    for program in PROGRAMS:
        if program.name in found:
            ran = found[program.name]
            lines = differences(ran["results"], goldens(program.kind).get(program.name), ran["tolerance"])
            wrong += bool(lines)
            print("".join(f"{program}: {line}\n" for line in lines[:5]), end="")
    return wrong


def write(found: dict[str, Any]) -> None:
    """Put results into the files, a line a program; programs that are gone leave."""
    for kind in KINDS:
        kept = goldens(kind) if golden_file(kind).exists() else {}
        kept = kept | {name: ran["results"] for name, ran in found.items()}
        names = sorted(program.name for program in PROGRAMS if program.kind == kind and program.name in kept)
        lines = [f"{json.dumps(name)}: {json.dumps(kept[name], separators=(',', ':'))}" for name in names]
        golden_file(kind).write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="of programs; default all")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--crossed", action="store_true")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    programs = [program for program in PROGRAMS if not chosen.names or program.name in chosen.names]
    if chosen.child:
        child(programs)
        return 0
    groups = {backend: [p for p in programs if p.backend == backend] for backend in ("jax", "tensorflow")}
    if chosen.crossed:
        groups = {"tensorflow": groups["jax"]}
    found: dict[str, Any] = {}
    for backend, group in groups.items():
        if group:
            python = sys.executable if backend == "jax" else chosen.python
            found |= asked(backend, group, python)
    if chosen.check or chosen.crossed:
        return compared(found)
    write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
