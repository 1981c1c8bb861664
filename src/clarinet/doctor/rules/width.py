"""A hidden layer that is too narrow for the information that has to pass through it."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import units

KINDS = ("too_few_units",)
BASIS = (
    "a layer passes on no more independent numbers than it has units; ReLU units die, so two are soon none (Lu et "
    "al. 2019)"
)
NARROW = 2
#: From this many classes on a layer narrower than their number is a bottleneck.
CLASSES = 4


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    classes = facts.labels.classes if facts.task == "classes" else 0
    least = max(NARROW, classes - 1 if classes >= CLASSES else 0)
    narrow = [weighted for weighted in facts.hidden if weighted.units <= least and weighted.kind == "dense"]
    if not narrow:
        return
    weighted = narrow[0]
    yield Finding(
        "too_few_units",
        f"layer:{weighted.index}",
        "warning",
        0.7,
        f"layer {weighted.index} has {weighted.units} unit{'s' * (weighted.units > 1)}: all that the network knows "
        "must pass through",
        "Every hidden unit draws one line through the data. With one or two of them most shapes cannot be drawn, "
        "and if a unit starts badly (a ReLU that is never positive) there is none to take its place.",
        {"units": weighted.units, "layers": [s.index for s in narrow]},
        Remedy(f"8 or more units in layer {weighted.index}", units([s.index for s in narrow], 16)),
    )
