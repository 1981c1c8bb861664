"""Classes of very different size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.labels import class_numbers
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import balance_classes

KINDS = ("class_imbalance",)
BASIS = "Buda, Maki, Mazurowski 2018: from ratios of about 10 on accuracy on the rare classes falls; 20 leaves a margin"
RATIO, _ROWS = 20.0, 100


def _weighed(facts: ProgramFacts) -> float:
    """The ratio of the largest class to the smallest in the loss: with the weights that ``fit`` was given."""
    program, classes = facts.program, class_numbers(facts.program.y)
    y = np.asarray(program.y).reshape(len(classes), -1)
    ids = np.arange(y.shape[1]) if y.shape[1] > 1 else np.unique(y)
    given, rows = program.fit.get("class_weight"), program.fit.get("sample_weight")
    by_class = given if isinstance(given, Mapping) else {}
    weights = np.array([float(by_class.get(int(number), 1.0)) for number in ids])[classes]
    totals = np.bincount(classes, weights if rows is None else weights * np.asarray(rows, np.float64).reshape(-1))
    return float(totals.max() / max(totals[totals > 0].min(), 1e-12))


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    labels = facts.labels
    if facts.task != "classes" or not labels.smallest > 0 or len(facts.program.y) < _ROWS:
        return
    ratio = labels.majority / labels.smallest
    if ratio < RATIO or _weighed(facts) < RATIO:
        return
    yield Finding(
        "class_imbalance",
        "data.y",
        "warning",
        0.85,
        f"the largest class has {ratio:.0f} times as many rows as the smallest ({labels.smallest:.2%} of all)",
        "The loss is an average over rows. Where one class has most of them, being right about it is nearly all "
        f"that counts: answering it always is right in {labels.majority:.0%} of the rows.",
        {"ratio": ratio, "majority": labels.majority, "smallest": labels.smallest},
        Remedy("class_weight={class: rows / (classes * rows of the class)} in fit", balance_classes),
    )
