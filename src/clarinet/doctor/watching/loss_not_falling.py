"""A loss that does not fall, without any other finding."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.watching.causes import ANYTHING
from clarinet.doctor.watching.training_record import TrainingRecord

KINDS = ("loss_not_falling",)
BASIS = (
    "less than a hundredth of the first loss gained in two thirds of the epochs, three at least, and fifty updates, "
    "and no better than a constant answer (our measurement: sound programs may rest for a while, but not so long)"
)
CAUSES = ANYTHING
_EPOCHS, _UPDATES = 3, 50


def examine(record: TrainingRecord) -> Iterator[Finding]:
    enough = record.late and len(record.epoch_losses) >= _EPOCHS and record.updates >= _UPDATES
    if not enough or record.failure is not None or not record.stuck:
        return
    if record.has_fallen:
        return
    yield Finding(
        "loss_not_falling", "model", "warning", 0.6,
        f"after {record.updates} updates the loss is {record.last_loss:.4g}; it began at {record.first_loss:.4g}",
        "Training follows the slope of the loss downwards. Where the loss stays, either no gradient arrives at the "
        "weights, or the steps are too short or too long, or x holds no information about y.",
        {"first_loss": record.first_loss, "last_loss": record.last_loss,
         "constant_answer": record.baseline.measure.constant, "updates": record.updates},
        Remedy("let doctor.examine(model, x, y) try it out; then clarinet.find_learning_rate(model, x, y)"),
    )  # fmt: skip
