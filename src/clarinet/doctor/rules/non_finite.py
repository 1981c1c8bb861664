"""NaN or infinite cells."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import drop_rows
from clarinet.types import Array

KINDS = ("nan_in_data",)
BASIS = "arithmetic: NaN times anything is NaN"


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    for name, array in (("x", facts.program.x), ("y", facts.program.y)):
        if array.dtype.kind != "f":
            continue
        bad: Array = np.asarray(~np.isfinite(array))
        if not bad.any():
            continue
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        rows = np.asarray(bad.reshape(len(bad), -1).any(axis=1))
        place = f"row {first[0]}" + (
            f", column {first[1]}" if len(first) == 2 else f", place {first[1:]}" * (len(first) > 2)
        )
        yield Finding(
            "nan_in_data",
            f"data.{name}",
            "error",
            1.0,
            f"{name} holds {array[first]} at {place}; {int(rows.sum())} of {len(rows)} rows are affected",
            "A single NaN makes the loss NaN, the loss makes every gradient NaN, and after one update every weight "
            "is NaN.",
            {"cells": int(bad.sum()), "rows": int(rows.sum()), "first": list(first)},
            Remedy(
                f"leave the rows out: x[np.isfinite({name}).all(axis=1)], or fill the cells with the column's mean",
                drop_rows,
            ),
        )
