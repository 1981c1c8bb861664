"""Rows sorted by label and not shuffled."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.labels import class_numbers
from clarinet.doctor.patient import Patient
from clarinet.doctor.remedies import fit_argument

KINDS = ("data_not_shuffled",)
BASIS = "stochastic gradient descent assumes that batches are drawn from the whole (Bottou 2012, 5.1)"


def examine(patient: Patient) -> Iterator[Finding]:
    shuffled = bool(patient.program.fit.get("shuffle", True))
    split = float(patient.program.fit.get("validation_split") or 0)
    if patient.task != "classes" or (shuffled and not split) or len(patient.program.y) < 20:
        return
    classes = class_numbers(patient.program.y)
    changes = int((classes[1:] != classes[:-1]).sum())
    if changes > 2 * (patient.labels.classes - 1):
        return
    where = "fit.validation" if shuffled else "fit.shuffle"
    yield Finding(
        "data_not_shuffled",
        where,
        "error",
        0.95,
        f"the rows are sorted by class (the label changes {changes} times in {len(classes)} rows)"
        + (f", and validation_split takes the last {split:.0%}" if shuffled else " and shuffle=False"),
        "A batch should be a small picture of the whole. Sorted, every batch holds one class: the network learns "
        "to say that class, and forgets it for the next. And the last rows are no fair sample to validate on.",
        {"changes": changes},
        Remedy("p = np.random.permutation(len(x)); x, y = x[p], y[p]", fit_argument(shuffle=True)),
    )
