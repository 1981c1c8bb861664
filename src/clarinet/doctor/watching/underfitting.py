"""A training that ends before it has got anywhere: too short, or a network that cannot do more."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.remedies import fit_argument
from clarinet.doctor.watching.causes import ANYTHING
from clarinet.doctor.watching.training_record import TrainingRecord

KINDS = ("too_few_epochs", "underfit")
BASIS = (
    "hints only: how much can be learned from the data is not known. Less than half of the way from a constant "
    "answer to no error; still falling when the last epoch gained a twentieth of what all have gained"
)
CAUSES = ANYTHING
_GAIN, _EPOCHS = 0.05, 3


def examine(record: TrainingRecord) -> Iterator[Finding]:
    losses = record.epoch_losses
    if not record.over or len(losses) < _EPOCHS or record.does_well or record.failure is not None:
        return
    gained, last = losses[0] - losses[-1], losses[-2] - losses[-1]
    evidence = {"progress": record.progress, "first_epoch": losses[0], "last_epoch": losses[-1]}
    if gained > 0 and last > _GAIN * gained:
        epochs = 3 * len(losses)
        yield Finding(
            "too_few_epochs", "fit.epochs", "hint", 0.5,
            f"the loss was still falling when training ended: {losses[-2]:.4g}, then {losses[-1]:.4g}",
            "Every epoch shows all rows once more. As long as the loss falls there is more to be learned.",
            evidence, Remedy(f"epochs={epochs}", fit_argument(epochs=epochs)),
        )  # fmt: skip
    elif record.progress == record.progress:  # otherwise its progress is unknown
        yield Finding(
            "underfit", "model", "hint", 0.4,
            f"the loss has come to rest at {losses[-1]:.4g}, {record.progress:.0%} of the way from a constant answer "
            "to no error",
            "Either x holds no more information about the labels, or the network is too small or too simple to use it.",
            evidence, Remedy("more units or layers; more or better columns in x"),
        )  # fmt: skip
