"""Rows held out where the user holds out none: is the network right about rows that it has not seen?"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from clarinet.doctor.experiments.effects import Disposed, told
from clarinet.doctor.experiments.paired import Paired, Scores, better
from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.remedies import dropout_everywhere

KINDS = ("too_little_data", "missing_regularisation")
BASIS = (
    "the learning curve (Cortes et al. 1993): where half of the rows give clearly less on rows held out, more rows "
    "would give more (or fewer than ten rows a column, Harrell 2015); asked where the score on rows trained on is "
    "higher by a tenth (our measurement)"
)
#: Score on rows trained on, less that on rows held out; what half of the rows cost; rows that may be too few, and that
#: are in any case for each column.
GAP, COST, FEW, ROWS_A_COLUMN = 0.1, 0.04, 250, 10


def examine(paired: Paired, disposed: Disposed, found: bool) -> Iterator[Finding]:
    """What rows held out show; where another cause was ``found``, only whether there are too few rows besides."""
    scores = disposed.scores
    if scores is None or not paired.held_out or not better(scores.seen, scores.plain, GAP):
        return
    rows = paired.given.rows
    if rows <= FEW:
        half = paired.scores(disposed.program, share=0.5)
        scarce = rows < ROWS_A_COLUMN * prod(paired.given.input_shape)
        if half is not None and (better(scores.plain, half.plain, COST) or scarce):
            yield _few(paired, scores, half)
        return
    dropped = None if found else paired.scores(dropout_everywhere(disposed.program))
    if dropped is not None and better(dropped.plain, scores.plain, 0.05):
        yield Finding(
            "missing_regularisation", "model", "warning", 0.75,
            f"on rows that it was trained on it has {scores.seen.mean():.2f}, on others {scores.mean:.2f} "
            f"({_name(paired)})",
            "The network has enough weights to learn each row by heart, and nothing keeps it from that. What it has "
            "learned of single rows is noise for others.",
            {"seen": float(scores.seen.mean()), "held out": scores.mean},
            Remedy("Dropout(0.3) after each hidden layer", dropout_everywhere),
            told(paired, scores, dropped),
        )  # fmt: skip


def _name(paired: Paired) -> str:
    return {"accuracy": "accuracy", "R2": "R²"}.get(paired.kind, "rows that are right altogether")


def _few(paired: Paired, scores: Scores, half: Scores) -> Finding:
    columns = prod(paired.given.input_shape)
    return Finding(
        "too_little_data", "data.x", "warning", 0.8,
        f"{paired.given.rows} rows are too few: on rows held out it has {scores.mean:.2f} ({_name(paired)}), on those "
        f"trained on {scores.seen.mean():.2f}, and trained on half of them {half.mean:.2f} on rows held out",
        "With few rows a network learns them by heart, and some columns fit the labels by pure chance. The score still "
        "rises with the number of rows, so more of them would raise it further.",
        {"rows": paired.given.rows, "columns": columns, "held out": scores.mean, "half": half.mean},
        Remedy("more rows; with no more to be had, fewer columns and a smaller network"),
    )  # fmt: skip
