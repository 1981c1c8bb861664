"""Steps that are too short for the weights to get anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.remedies import learning_rate
from clarinet.doctor.watching.training_record import TrainingRecord

KINDS = ("learning_rate_too_low",)
BASIS = (
    "DeepDiagnosis (Wardat et al. 2022): an update should be at least 1e-5 of the weights; and the loss must agree: "
    "it has not lost a hundredth"
)
CAUSES = frozenset({
    "frozen_layers", "dying_relu", "saturated_activation", "vanishing_gradient", "wrong_hidden_activation",
    "wrong_weight_init", "unscaled_inputs", "unscaled_targets", "over_scaled_inputs", "batch_size_too_large",
    "non_finite_loss", "learning_rate_too_high",
})  # fmt: skip
_SHORT, _BETTER = 1e-5, 100


def examine(record: TrainingRecord) -> Iterator[Finding]:
    ratios = record.update_ratios()
    if not record.settled or record.does_well or not ratios or not max(ratios.values()) < _SHORT:
        return
    if record.has_fallen:
        return
    rate = record.rate()
    yield Finding(
        "learning_rate_too_low", "optimizer", "warning", 0.8,
        f"no step changes the weights of any layer by more than {max(ratios.values()):.1g} of their size",
        "The learning rate is how far a step goes. With steps this small the weights end where they began.",
        {"learning_rate": rate, "update_ratios": {str(index): value for index, value in ratios.items()}},
        Remedy(f"learning_rate={_BETTER * rate:.3g}", learning_rate(_BETTER * rate)),
    )  # fmt: skip
