"""The number of outputs does not match the labels."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import classify

KINDS = ("output_units_mismatch",)
BASIS = "arithmetic: one output for each class, or for each column of the targets"


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    weighted, labels = facts.output, facts.labels
    if weighted is None or not labels.columns or len(facts.shapes[-1]) > 1:
        return
    wanted = _wanted(facts)
    if wanted is None or wanted == weighted.units:
        return
    what = f"{labels.classes} classes" if labels.discrete else f"{labels.columns} numbers a row"
    yield Finding(
        "output_units_mismatch",
        f"layer:{weighted.index}",
        "error",
        0.95,
        f"the last layer has {weighted.units} unit{'s' * (weighted.units != 1)}, but the labels hold {what}",
        "Every class needs a score of its own (two classes can share one, as yes or no). With too few units some "
        "classes can never be answered; with too many, superfluous columns are compared with the labels.",
        {"units": weighted.units, "wanted": wanted},
        Remedy(f"{wanted} units in layer {weighted.index}", classify),
    )


def _wanted(facts: ProgramFacts) -> int | None:
    labels, units = facts.labels, facts.units
    picks_one = facts.program.loss.likelihood == "categorical"
    if facts.task == "amounts" or labels.columns > 1:
        return labels.columns
    if labels.form != "ids" or labels.classes < 3:
        return 1 if labels.form in ("binary", "signs") and units > 2 and not picks_one else None
    needed = int(labels.high) + 1
    if units == 1:
        return needed
    return needed if picks_one and units < needed else None
