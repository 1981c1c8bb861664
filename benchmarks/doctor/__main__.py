"""Score the doctor: ``python -m benchmarks.doctor`` (85 broken programs, 17 sound ones, and mutants; half an hour).

The programs are data (``cases.jsonl``, ``healthy.jsonl``: facts from the sources that each row names), built for any
library with Keras's words by ``build.py``; ``score.py`` compares what was found with what is true.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import runpy
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import clarinet
from benchmarks.doctor import cures, published, results, splits
from benchmarks.doctor.mutation import __main__ as mutation
from clarinet import doctor
from clarinet.datasets import mnist

HERE = Path(__file__).parent


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for, print it, and with ``--write`` put it on the results page."""
    parser = argparse.ArgumentParser("benchmarks.doctor", description=__doc__)
    parser.add_argument("--rules-only", action="store_true", help="without the experiments")
    parser.add_argument("--only", help="comma-separated ids")
    parser.add_argument("--splits", action="store_true", help="thresholds chosen on one half, scored on the other")
    parser.add_argument("--treat", action="store_true", help="treat the broken programs (an hour)")
    parser.add_argument("--fresh", action="store_true", help="with --treat: each proof again on five fresh seeds")
    parser.add_argument("--write", action="store_true", help="put the result on the results page")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes for --splits (%(default)s)")
    options = parser.parse_args(arguments)
    wanted = set(options.only.split(",")) if options.only else None
    budget = "quick" if options.rules_only else "normal"
    with tempfile.TemporaryDirectory() as folder:
        build = _prepare(Path(folder))
        cases, sound = (list(build.load(name).values()) for name in ("cases.jsonl", "healthy.jsonl"))
        if wanted is not None:
            cases, sound = ([case for case in rows if case["id"] in wanted] for rows in (cases, sound))
        if options.splits:
            part, text = "splits", splits.run(build, [*cases, *sound], budget, options.workers)
        elif options.treat:
            part, text = "cures", cures.run(build, cases, options.fresh)
        else:
            part, text = "score", _score(build, cases, sound, budget)
    print(text)
    if options.write:
        results.write(part, text)
    if part == "score" and wanted is None:
        _mutants()
    return 0


def _mutants() -> None:
    """The parts of the benchmark of mutants; of the third, which is run once, the figures on the results page."""
    for part in mutation.PARTS:
        print(f"\n{results.PARTS[part]}", flush=True)
        if part == mutation.PARTS[-1]:
            print(results.read(part))
        else:
            mutation.main(["--part", part, "--again"])


def _prepare(folder: Path) -> Any:
    """The builder of programs, with the bundled MNIST where its data makers look for it."""
    (x, y), _ = mnist.load_data()
    np.savez(folder / "mnist.npz", x_train=x, y_train=y)
    os.environ["DOCTOR_MNIST"] = str(folder / "mnist.npz")
    sys.path.insert(0, str(HERE))
    import build  # type: ignore[import-not-found]

    return build


def _score(build: Any, cases: Sequence[dict[str, Any]], sound: Sequence[dict[str, Any]], budget: Any) -> str:
    """Examine every program, and print what was missed or wrongly said."""
    answers: dict[str, list[dict[str, str]]] = {}
    seconds: list[tuple[float, float]] = []
    for case in (*cases, *sound):
        model, data, arguments = build.build(case, clarinet)
        quick = doctor.examine(model, data["x"], data["y"], budget="quick", **arguments).seconds
        began = time.perf_counter()
        report = doctor.examine(model, data["x"], data["y"], budget=budget, **arguments)
        seconds.append((quick, time.perf_counter() - began))
        answers[case["id"]] = [{"kind": f.kind, "where": f.where} for f in report.findings if f.severity != "hint"]
        _report(case, answers[case["id"]], seconds[-1][1])
    rules, whole = zip(*seconds, strict=True)
    lines = [
        f"Seconds a program: rules alone median {statistics.median(rules):.3f}, most {max(rules):.2f}; with "
        f"experiments median {statistics.median(whole):.2f}, most {max(whole):.2f}.",
        "", "```json", _scorer(answers), "```", "",
        "Published, on programs of these kinds:", "", "```", *published.FIGURES, "```", "",
        published.tables(cases, answers),
    ]  # fmt: skip
    return "\n".join(lines)


def _scorer(answers: dict[str, list[dict[str, str]]]) -> str:
    """What ``score.py`` prints about these answers."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file, contextlib.redirect_stdout(io.StringIO()) as out:
        file.write("\n".join(json.dumps({"id": name, "findings": found}) for name, found in answers.items()))
        file.flush()
        runpy.run_path(str(HERE / "score.py"))["main"](file.name)
    return out.getvalue().strip()


def _report(case: dict[str, Any], found: list[dict[str, str]], seconds: float) -> None:
    true = {fault["kind"] for fault in case.get("faults", [])}
    named = {finding["kind"] for finding in found}
    fine = true | set(case.get("also_acceptable", [])) | set(case.get("tolerated", []))
    missed, wrong = sorted(true - named), sorted(named - fine)
    notes = [f"missed {', '.join(missed)}"] * bool(missed) + [f"wrongly {', '.join(wrong)}"] * bool(wrong)
    print(f"{case['id']:18s} {seconds:6.2f} s  {'; '.join(notes) or 'right'}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
