"""Cures proved: ``treat`` on every program whose fault shows in the score, and each proof again on five fresh seeds."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import Any

import clarinet
from clarinet import doctor
from clarinet.doctor.program import program_of
from clarinet.doctor.treatment import compare

#: A fault shows if mending it was seen to change the score by more than this (accuracy, R² or share of rows).
_SHOWS = 0.02
_FRESH = range(5, 10)


def shows(case: dict[str, Any]) -> bool:
    """Whether the sick program was seen (in Keras, one seed) to score worse than its mended form."""
    sick, mended = (float(case[name].get("value", "nan")) for name in ("observed_buggy", "observed_fixed"))
    return math.isfinite(mended) and not sick >= mended - _SHOWS


def run(build: Any, cases: Iterable[dict[str, Any]], fresh: bool) -> str:
    """Treat every program, the quick ones first; prints a line each, and returns them with the summary."""
    told: list[str] = []
    treated: dict[bool, list[bool]] = {True: [], False: []}
    held: list[bool] = []
    for case in sorted(cases, key=lambda case: float(case["observed_buggy"]["seconds"])):
        began = time.perf_counter()
        model, data, arguments = build.build(case, clarinet)
        treatment = doctor.treat(model, data["x"], data["y"], **arguments)
        treated[shows(case)].append(treatment.proved)
        again = ""
        if fresh and treatment.proved:
            program = program_of(model, data["x"], data["y"], arguments.pop("validation_data", None), arguments)
            held.append(compare(program, treatment.applied, _FRESH).proved)
            again = ", holds on fresh seeds" if held[-1] else ", NOT on fresh seeds"
        seen = "" if shows(case) else " (the fault does not show in the score)"
        line = " ".join(str(treatment).split())
        told.append(f"{case['id']:18s} {time.perf_counter() - began:6.1f} s  {line}{again}{seen}")
        print(told[-1], flush=True)
    lines = [f"cures proved, of programs whose fault shows in the score: {_share(treated[True])}"]
    lines.append(f"of programs whose fault does not show: {_share(treated[False])}")
    if fresh:
        lines.append(f"proofs that hold on five fresh seeds: {_share(held)}")
    return "\n".join([*lines, "", "```", *told, "```"])


def _share(answers: list[bool]) -> str:
    return f"{sum(answers)} of {len(answers)}" + (f" ({sum(answers) / len(answers):.0%})" if answers else "")
