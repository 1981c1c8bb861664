"""Single values far from all others in their column."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.types import Array

KINDS = ("outliers",)
BASIS = (
    "distance to the median in interquartile ranges (Tukey 1977 calls more than 3 far out); 20 keeps quiet about "
    "long tails such as incomes (our choice)"
)
#: Interquartile ranges from the median; rows that are looked at.
FAR, ROWS = 20.0, 5000
#: Share of a column that may be far out and still be called single values.
_RARE = 0.25
#: With more columns they are pixels and the like, most of them nearly always 0.
_COLUMNS = 200


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    yield from _look(facts.program.x, "x", facts.program.column)
    if facts.task == "amounts":
        yield from _look(np.asarray(facts.program.y), "y")


def _look(array: Array, name: str, called: Callable[[int], str] = str) -> Iterator[Finding]:
    if array.ndim > 2 or array[:1].size > _COLUMNS or array.dtype.kind not in "fiu" or len(array) < 20:
        return
    step = max(1, len(array) // ROWS)
    values = array[::step].reshape(-1, array[0].size).astype(np.float64)
    low, middle, high = np.nanquantile(np.where(np.isfinite(values), values, np.nan), (0.25, 0.5, 0.75), axis=0)
    spread = high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.where(spread > 0, np.abs(values - middle) / spread, 0.0)
    far = np.where(np.isfinite(far), far, 0.0)
    out = (far > FAR) & ((far > FAR).mean(axis=0) < _RARE)
    if not out.any():
        return
    row, column = (int(i) for i in np.unravel_index(np.argmax(np.where(out, far, 0.0)), far.shape))
    value, same = values[row, column], float((values[:, column] == values[row, column]).mean())
    code = same > 0.01
    yield Finding(
        "outliers",
        f"data.{name}",
        "hint",
        0.6,
        f"{name} holds {value:g} at row {row * step}, column {called(column)}; half of that column is between "
        f"{low[column]:g} and {high[column]:g}"
        + (f", and {same:.0%} of it is this very number: a code for 'missing'?" if code else ""),
        "The loss and the scaling of a column are averages, and one huge number outweighs thousands of usual ones: "
        "standardised, the usual ones all become nearly the same, and gradients of the odd rows throw the weights "
        "about.",
        {
            "row": row * step,
            "column": column,
            "value": float(value),
            "quartiles": [float(low[column]), float(high[column])],
        },
        Remedy(
            "leave these rows out, or fill the cells with the column's median"
            if code
            else f"np.clip({name}, *np.quantile({name}, [0.001, 0.999], axis=0)), or the logarithm of a long-tailed "
            "column"
        ),
    )
