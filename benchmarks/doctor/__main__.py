"""Score the doctor: ``python -m benchmarks.doctor`` (85 broken programs and 17 sound ones, a few minutes).

The programs are data (``cases.jsonl``, ``healthy.jsonl``: facts from the sources that each row names), built for any
library with Keras's words by ``build.py``; ``score.py`` compares what was found with what is true.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import clarinet
from benchmarks.doctor import cures, splits
from clarinet import doctor
from clarinet.datasets import mnist

HERE = Path(__file__).parent
PUBLISHED = (
    "deepmufl (ASE 2023)                 faulty layer ranked first in 53 of 109 programs",
    "DeepFD (ICSE 2022)                  recall 0.55, precision 0.32 (Humbatova et al. 2025); 283 s a program",
    "NeuraLint (TOSEM 2021)              recall 0.36, precision 0.37; 7 s",
    "UMLAUT (CHI 2021)                   recall 0.25, precision 0.26; warns about 103 of 103 sound models",
    "DeepDiagnosis (ICSE 2022)           recall 0.21, precision 0.30; alarms on 70 of 190 sound models",
    "DeepLocalize (ICSE 2021)            34 of 40 detected, 21 localised; alarms on 133 of 186 sound models",
    "GPT-4-turbo (2025, 22 of them)      recall 0.91, precision 0.46",
)


def main(arguments: list[str] | None = None) -> int:
    """Examine every program, print what was missed or wrongly said, and the score."""
    parser = argparse.ArgumentParser("benchmarks.doctor", description=__doc__)
    parser.add_argument("--rules-only", action="store_true", help="without the experiments")
    parser.add_argument("--only", help="comma-separated ids")
    parser.add_argument("--splits", action="store_true", help="thresholds chosen on one half, scored on the other")
    parser.add_argument("--treat", action="store_true", help="treat the broken programs too (an hour)")
    parser.add_argument("--fresh", action="store_true", help="with --treat: each proof again on five fresh seeds")
    options = parser.parse_args(arguments)
    wanted = set(options.only.split(",")) if options.only else None
    with tempfile.TemporaryDirectory() as folder:
        build = _prepare(Path(folder))
        cases = [c for c in build.load("cases.jsonl").values() if wanted is None or c["id"] in wanted]
        if options.treat:
            cases.sort(key=lambda case: case["observed_buggy"]["seconds"])  # the quick ones first
            print(cures.run(build, cases, options.fresh))
            return 0
        if options.splits:
            print(splits.run(build, [*build.load("cases.jsonl").values(), *build.load("healthy.jsonl").values()]))
            return 0
        answers, seconds = [], []
        for case in (*build.load("cases.jsonl").values(), *build.load("healthy.jsonl").values()):
            if wanted is None or case["id"] in wanted:
                found, took = _examine(build, case, not options.rules_only)
                seconds.append(took)
                answers.append({"id": case["id"], "findings": found})
                _report(case, found, took)
        path = Path(folder) / "findings.jsonl"
        path.write_text("\n".join(map(json.dumps, answers)), "utf-8")
        print(f"\nseconds a program: median {statistics.median(seconds):.2f}, most {max(seconds):.2f}\n")
        sys.argv = ["score.py", str(path)]
        runpy.run_path(str(HERE / "score.py"), run_name="__main__")
    print("\nPublished, on programs of these kinds:\n" + "\n".join(PUBLISHED))
    return 0


def _prepare(folder: Path) -> Any:
    """The builder of programs, with the bundled MNIST where its data makers look for it."""
    (x, y), _ = mnist.load_data()
    np.savez(folder / "mnist.npz", x_train=x, y_train=y)
    os.environ["DOCTOR_MNIST"] = str(folder / "mnist.npz")
    sys.path.insert(0, str(HERE))
    import build  # type: ignore[import-not-found]

    return build


def _examine(build: Any, case: dict[str, Any], experiments: bool) -> tuple[list[dict[str, str]], float]:
    model, data, arguments = build.build(case, clarinet)
    began = time.perf_counter()
    report = doctor.examine(model, data["x"], data["y"], budget="normal" if experiments else "quick", **arguments)
    found = [{"kind": f.kind, "where": f.where} for f in report.findings if f.severity != "hint"]
    return found, time.perf_counter() - began


def _report(case: dict[str, Any], found: list[dict[str, str]], seconds: float) -> None:
    true = {fault["kind"] for fault in case.get("faults", [])}
    named = {finding["kind"] for finding in found}
    fine = true | set(case.get("also_acceptable", [])) | set(case.get("tolerated", []))
    missed, wrong = sorted(true - named), sorted(named - fine)
    notes = [f"missed {', '.join(missed)}"] * bool(missed) + [f"wrongly {', '.join(wrong)}"] * bool(wrong)
    print(f"{case['id']:18s} {seconds:6.2f} s  {'; '.join(notes) or 'right'}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
