"""Classes of very different size."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.patient import Patient
from clarinet.doctor.remedies import balance_classes

KINDS = ("class_imbalance",)
BASIS = "Buda, Maki, Mazurowski 2018: from ratios of about 10 on accuracy on the rare classes falls; 20 leaves a margin"
RATIO, _ROWS = 20.0, 100


def examine(patient: Patient) -> Iterator[Finding]:
    labels = patient.labels
    if patient.task != "classes" or not labels.smallest > 0 or len(patient.program.y) < _ROWS:
        return
    ratio = labels.majority / labels.smallest
    if ratio < RATIO:
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
