"""A metric that does not measure the task."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import suitable_metric

KINDS = ("wrong_metric",)
BASIS = (
    "accuracy is the share of answers that are equal to the label (Keras's definition); amounts are never exactly equal"
)


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    labels = facts.labels
    if not facts.wants_accuracy or facts.task != "amounts" or labels.form == "constant":
        return
    yield Finding(
        "wrong_metric",
        "metrics",
        "warning",
        0.8,
        f"accuracy is asked for, but the targets are amounts from {labels.low:.4g} to {labels.high:.4g}",
        "Accuracy counts answers that are exactly right. An amount is never met exactly: 2.999 for 3 counts as "
        "wrong, so the number stays near 0 however well the network learns, and says nothing about how far off it is.",
        {"low": labels.low, "high": labels.high},
        Remedy("metrics=['mae'] (the mean distance, in the units of y) or ['r2_score']", suitable_metric),
    )
