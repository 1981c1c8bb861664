"""Rows sorted by label and not shuffled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.labels import class_numbers
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import fit_argument

KINDS = ("data_not_shuffled",)
BASIS = "stochastic gradient descent assumes that batches are drawn from the whole (Bottou 2012, 5.1)"


_ROWS = 20


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    shuffled = bool(facts.program.setting("shuffle"))
    split = facts.program.number("validation_split")
    if (shuffled and not split) or len(facts.program.y) < _ROWS:
        return
    if facts.task == "amounts":
        yield from _amounts(facts, shuffled)
    elif facts.task == "classes":
        yield from _classes(facts, shuffled, split)


def _amounts(facts: ProgramFacts, shuffled: bool) -> Iterator[Finding]:
    y = np.asarray(facts.program.y, np.float64).reshape(len(facts.program.y), -1)
    steps = np.diff(y, axis=0)
    if not ((steps >= 0).all() or (steps <= 0).all()) or facts.labels.form == "constant":
        return
    yield Finding(
        "data_not_shuffled",
        "fit.validation" if shuffled else "fit.shuffle",
        "warning",
        0.8,
        "the rows are sorted by target"
        + (", and validation_split takes the last of them: targets that training never sees" if shuffled else ""),
        "A batch should be a small picture of the whole. Sorted, each batch holds one narrow range of answers, and the "
        "last rows, which are used for validation, are beyond all training rows.",
        {"first": y[0].tolist(), "last": y[-1].tolist()},
        Remedy("p = np.random.permutation(len(x)); x, y = x[p], y[p]", fit_argument(shuffle=True)),
    )


def _classes(facts: ProgramFacts, shuffled: bool, split: float) -> Iterator[Finding]:
    classes = class_numbers(facts.program.y)
    changes = int((classes[1:] != classes[:-1]).sum())
    if changes > 2 * (facts.labels.classes - 1):
        return
    where = "fit.validation" if shuffled else "fit.shuffle"
    seen = len(np.unique(classes[: facts.program.rows]))
    yield Finding(
        "data_not_shuffled",
        where,
        "hint" if shuffled and seen == facts.labels.classes else "error",  # validation alone suffers
        0.95,
        f"the rows are sorted by class (the label changes {changes} times in {len(classes)} rows)"
        + (f", and validation_split takes the last {split:.0%}" if shuffled else " and shuffle=False"),
        "A batch should be a small picture of the whole. Sorted, every batch holds one class: the network learns "
        "to say that class, and forgets it for the next. And the last rows are no fair sample to validate on.",
        {"changes": changes},
        Remedy("p = np.random.permutation(len(x)); x, y = x[p], y[p]", fit_argument(shuffle=True)),
    )
