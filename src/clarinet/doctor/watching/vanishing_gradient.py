"""Gradients that get lost on their way from the loss to the first layer."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.watching.training_record import TrainingRecord

KINDS = ("vanishing_gradient",)
BASIS = (
    "AUTOTRAINER (Zhang et al. 2021): the first layer's gradient norm below a thousandth of the last's; and only where "
    "the network does not do well (our measurement)"
)
CAUSES = frozenset({
    "wrong_hidden_activation", "wrong_weight_init", "dying_relu", "saturated_activation", "unscaled_inputs",
    "learning_rate_too_high", "frozen_layers", "nan_in_data", "non_finite_loss",
})  # fmt: skip
_RATIO, _LAYERS = 1e-3, 3


def examine(record: TrainingRecord) -> Iterator[Finding]:
    learning = record.weighted
    if not record.settled or record.does_well or len(learning) < _LAYERS:
        return
    norms = record.gradient_norms()
    first, last = learning[0], learning[-1]
    if not (norms[last.index] > 0 and norms[first.index] < _RATIO * norms[last.index]):
        return
    ratio = norms[first.index] / norms[last.index]
    yield Finding(
        "vanishing_gradient", f"layer:{first.index}", "warning", 0.85,
        f"the gradient of {first.name} is {ratio:.1e} times as large as that of {last.name}",
        "The gradient goes through the layers from the last to the first and is multiplied by each one's slope and "
        "weights. Where these are small, as in a saturating function, nothing is left for the first layers: they stay "
        "as they were drawn.",
        {"gradient_norms": {str(index): norm for index, norm in norms.items()}, "ratio": ratio},
        Remedy("activation='relu' with kernel_initializer='he_normal', BatchNormalization between layers, or fewer of "
               "them"),
    )  # fmt: skip
