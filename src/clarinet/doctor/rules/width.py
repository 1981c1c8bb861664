"""A hidden layer that is too narrow for what has to pass through it."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.patient import Patient
from clarinet.doctor.remedies import units

KINDS = ("too_few_units",)
BASIS = (
    "a layer passes on no more independent numbers than it has units; ReLU units die, so two are soon none (Lu et "
    "al. 2019)"
)
NARROW = 2
#: From this many classes on a layer narrower than their number is a bottleneck.
CLASSES = 4


def examine(patient: Patient) -> Iterator[Finding]:
    classes = patient.labels.classes if patient.task == "classes" else 0
    least = max(NARROW, classes - 1 if classes >= CLASSES else 0)
    narrow = [site for site in patient.hidden if site.units <= least and site.kind == "dense"]
    if not narrow:
        return
    site = narrow[0]
    yield Finding(
        "too_few_units",
        f"layer:{site.index}",
        "warning",
        0.7,
        f"layer {site.index} has {site.units} unit{'s' * (site.units > 1)}: all that the network knows must pass "
        "through",
        "Every hidden unit draws one line through the data. With one or two of them most shapes cannot be drawn, "
        "and if a unit starts badly (a ReLU that is never positive) there is none to take its place.",
        {"units": site.units, "layers": [s.index for s in narrow]},
        Remedy(f"8 or more units in layer {site.index}", units([s.index for s in narrow], 16)),
    )
