"""A classifier that is right no more often than the most frequent class is."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.watching.causes import ANYTHING
from clarinet.doctor.watching.training_record import TrainingRecord

KINDS = ("no_better_than_majority",)
BASIS = (
    "the majority share is what the best constant answer gets; five epochs, or the end of training, to beat it (ours)"
)
CAUSES = ANYTHING
_EPOCHS, _UPDATES = 5, 50


def examine(record: TrainingRecord) -> Iterator[Finding]:
    measured, majority = record.accuracy(), record.baseline.majority
    waited = record.over or (record.late and len(record.logs) >= _EPOCHS)
    if measured is None or not majority < 1 or not waited or record.updates < _UPDATES or not record.stuck:
        return
    name, value = measured
    if value > majority:
        return
    yield Finding(
        "no_better_than_majority", "model", "warning", 0.75,
        f"{name} is {value:.3f} on the training rows; answering the most frequent class always gives {majority:.3f}",
        "An accuracy means something only compared with the best constant answer. A network that is no better than the "
        "most frequent class has learned how often each class comes, but not how to distinguish them.",
        {name: value, "majority": majority},
        Remedy("let doctor.examine(model, x, y) look for the reason; judge by a metric that punishes constant answers"),
    )  # fmt: skip
