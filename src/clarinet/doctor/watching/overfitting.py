"""A validation loss that rises while the training loss falls."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.experiments import overfitting
from clarinet.doctor.findings import Finding
from clarinet.doctor.watching.training_record import TrainingRecord

KINDS = ("overfit",)
BASIS = overfitting.BASIS
CAUSES = frozenset({"too_little_data", "train_test_preprocess_mismatch", "shuffled_labels", "data_not_shuffled"})


def examine(record: TrainingRecord) -> Iterator[Finding]:
    held_out = [logs["val_loss"] for logs in record.logs if "val_loss" in logs]
    if len(held_out) < 2 or "loss" not in record.logs[-1]:
        return
    if overfitting.overfits(record.logs[-1]["loss"], held_out, record.baseline.measure):
        yield overfitting.finding([logs["loss"] for logs in record.logs if "loss" in logs], held_out)
