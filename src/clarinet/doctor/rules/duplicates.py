"""Rows and columns that say the same thing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.types import Array

KINDS = ("duplicated_rows", "duplicated_features", "contradictory_labels")
BASIS = (
    "a row or a column that is there twice adds no information (Ng et al. 2021, data-centric AI); equal rows with "
    "different labels set a floor under the error (Bayes error of the sample)"
)
#: Rows that are looked at; share of repeated rows that is worth a word; share of rows whose labels contradict.
ROWS, REPEATED, CONTRADICTING = 5000, 0.05, 0.02
#: So many columns (pixels) are not compared with each other.
_COLUMNS = 200


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    x = facts.program.x
    if x.dtype.kind not in "fiub" or len(x) < 2 or not x.size:
        return
    flat = np.ascontiguousarray(x[:ROWS].reshape(min(len(x), ROWS), -1))
    yield from _rows(flat, np.asarray(facts.program.y)[:ROWS], discrete=facts.task != "amounts")
    if flat.shape[1] <= _COLUMNS and len(flat) > 2:
        yield from _columns(flat.astype(np.float64), facts.program.column)


def _rows(x: Array, y: Array, discrete: bool) -> Iterator[Finding]:
    first: dict[bytes, int] = {}
    original = np.array([first.setdefault(row.tobytes(), number) for number, row in enumerate(x)])
    repeated = original != np.arange(len(x))
    share = float(repeated.mean())
    if share < REPEATED:
        return
    labels = y.reshape(len(y), -1)
    against = repeated & (labels != labels[original]).any(axis=1)
    if discrete and against.mean() > CONTRADICTING:
        row = int(np.flatnonzero(against)[0])
        yield Finding(
            "contradictory_labels",
            "data.y",
            "hint",
            0.8,
            f"{int(against.sum())} rows are equal to an earlier row but have another label (first: rows "
            f"{int(original[row])} and {row})",
            "A network gives equal rows equal answers, so it must be wrong about one of them. No training helps: "
            "either a label is wrong, or x lacks the column that would tell them apart.",
            {"rows": int(against.sum()), "of": len(x), "first": [int(original[row]), row]},
            Remedy("look at these rows; correct the labels, or add what tells the rows apart"),
        )
    if len(first) > len(x) / 10:  # a table of a few possible rows, such as truth tables, repeats them on purpose
        yield Finding(
            "duplicated_rows",
            "data.x",
            "hint",
            0.7,
            f"{share:.0%} of the rows are copies of earlier ones",
            "A row that is there twice counts twice in the loss. If copies end up both in training and in validation, "
            "the score on validation is that of rows learned by heart.",
            {"share": share, "distinct": len(first), "of": len(x)},
            Remedy("x, index = np.unique(x, axis=0, return_index=True); y = y[index]"),
        )


def _columns(x: Array, called: Callable[[int], str]) -> Iterator[Finding]:
    spread = x.std(axis=0)
    live = np.flatnonzero(np.isfinite(spread) & (spread > 0))
    if len(live) < 2:
        return
    z = (x[:, live] - x[:, live].mean(axis=0)) / spread[live]
    r = np.abs(z.T @ z) / len(z)
    pairs = [pair for pair in np.argwhere(np.triu(r > 1 - 1e-9, k=1)) if not _yes_and_no(x[:, live[pair]])]
    if not pairs:
        return
    twins = [[int(live[a]), int(live[b])] for a, b in pairs[:20]]
    yield Finding(
        "duplicated_features",
        "data.x",
        "hint",
        0.8,
        f"columns {called(twins[0][0])} and {called(twins[0][1])} say the same in other units"
        + (f", and {len(pairs) - 1} more pairs" if len(pairs) > 1 else ""),
        "If one column is a multiple of another, the network can split the weight between them in any way: nothing is "
        "gained, and single weights mean nothing. A column made from the target by mistake looks like this too.",
        {"pairs": twins},
        Remedy(f"x = np.delete(x, {sorted({b for _, b in twins})}, axis=1)"),
    )


def _yes_and_no(pair: Array) -> bool:
    """Two classes of one column, a feature each: usual, and harmless."""
    return bool(np.isin(pair, (0, 1)).all() and (pair.sum(axis=1) == 1).all())
