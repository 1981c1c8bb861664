"""Labels or columns that never change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts

KINDS = ("constant_targets", "constant_features")
BASIS = "a constant carries no information"


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    if facts.labels.form == "constant" and len(facts.program.y) > 1:
        yield Finding(
            "constant_targets",
            "data.y",
            "error",
            1.0,
            f"every label is {facts.labels.low:g}",
            "If the right answer is always the same, the network learns to say it and nothing else. Something "
            "before has gone wrong: a filter, a wrong column, a scaling that took one value for all.",
            {"value": facts.labels.low},
            Remedy("look at np.unique(y) before and after every step that makes y"),
        )
    x = facts.program.x
    if x.ndim == 2 and x.dtype.kind in "fiu" and len(x) > 1:
        constant = np.flatnonzero((x == x[0]).all(axis=0))
        if constant.size and constant.size < x.shape[1]:
            listed = ", ".join(map(facts.program.column, constant[:5].tolist())) + ("…" if constant.size > 5 else "")
            yield Finding(
                "constant_features",
                "data.x",
                "hint",
                0.9,
                f"{constant.size} of {x.shape[1]} columns hold one value only: {listed}",
                "A column that never changes tells rows apart as little as a bias does. It does no harm but costs "
                "time.",
                {"columns": constant.tolist()},
                Remedy("x = np.delete(x, columns, axis=1)"),
            )
        if constant.size == x.shape[1]:
            yield Finding(
                "constant_features",
                "data.x",
                "error",
                1.0,
                "all rows of x are the same",
                "Rows that are all alike cannot be distinguished, so every prediction is the same and only the "
                "average label is learned.",
                {"columns": x.shape[1]},
                Remedy("look at x before and after every step that makes it"),
            )
