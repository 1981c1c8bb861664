"""The number of outputs does not match the labels."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.patient import Patient
from clarinet.doctor.remedies import classify

KINDS = ("output_units_mismatch",)
BASIS = "arithmetic: one output for each class, or for each column of the targets"


def examine(patient: Patient) -> Iterator[Finding]:
    site, labels = patient.output, patient.labels
    if site is None or not labels.columns or len(patient.shapes[-1]) > 1:
        return
    wanted = _wanted(patient)
    if wanted is None or wanted == site.units:
        return
    what = f"{labels.classes} classes" if labels.discrete else f"{labels.columns} numbers a row"
    yield Finding(
        "output_units_mismatch",
        f"layer:{site.index}",
        "error",
        0.95,
        f"the last layer has {site.units} unit{'s' * (site.units != 1)}, but the labels hold {what}",
        "Every class needs a score of its own (two classes can share one, as yes or no). With too few units some "
        "classes can never be answered; with too many, columns that nobody asked for are compared with the labels.",
        {"units": site.units, "wanted": wanted},
        Remedy(f"{wanted} units in layer {site.index}", classify),
    )


def _wanted(patient: Patient) -> int | None:
    labels, units = patient.labels, patient.units
    picks_one = patient.program.loss.likelihood == "categorical"
    if patient.task == "amounts" or labels.columns > 1:
        return labels.columns
    if labels.form != "ids" or labels.classes < 3:
        return 1 if labels.form in ("binary", "signs") and units > 2 and not picks_one else None
    needed = int(labels.high) + 1
    if units == 1:
        return needed
    return needed if picks_one and units < needed else None
