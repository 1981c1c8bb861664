"""Gradients that grow on their way from the loss to the first layer."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.remedies import optimizer_setting
from clarinet.doctor.watching.training_record import TrainingRecord

KINDS = ("exploding_gradient",)
BASIS = (
    "AUTOTRAINER (Zhang et al. 2021): a first layer's gradient norm over 70 times the last's, in a loss that is stuck"
)
CAUSES = frozenset({
    "unscaled_inputs", "unscaled_targets", "wrong_weight_init", "learning_rate_too_high", "learning_rate_negative",
    "nan_in_data", "non_finite_loss", "dying_relu",
})  # fmt: skip
_RATIO, _LAYERS = 70.0, 3


def examine(record: TrainingRecord) -> Iterator[Finding]:
    learning = record.weighted
    if not record.settled or len(learning) < _LAYERS or not record.stuck:
        return
    norms = record.gradient_norms()
    first, last = learning[0], learning[-1]
    if not norms[first.index] > _RATIO * norms[last.index] > 0:
        return
    ratio = norms[first.index] / norms[last.index]
    yield Finding(
        "exploding_gradient", f"layer:{first.index}", "warning", 0.8,
        f"the gradient of {first.name} is {ratio:.0f} times as large as that of {last.name}, and the loss does not "
        f"fall",
        "The gradient is multiplied by each layer's weights on its way back. Where these are large it grows from layer "
        "to layer, and a step that suits the last layer throws the first one about.",
        {"gradient_norms": {str(index): norm for index, norm in norms.items()}, "ratio": ratio},
        Remedy("clipnorm=1.0 in the optimizer, smaller initial weights, BatchNormalization between layers",
               optimizer_setting(clipnorm=1.0)),
    )  # fmt: skip
