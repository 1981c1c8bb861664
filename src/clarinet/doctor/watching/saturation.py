"""Hidden units whose sigmoid or tanh is at its limit, where it is flat."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.remedies import hidden_activation
from clarinet.doctor.watching.training_record import TrainingRecord

KINDS = ("saturated_activation",)
BASIS = (
    "Glorot and Bengio 2010, section 3: units at their limits get no gradient; the share of 0.9 within 0.01 of a limit "
    "is ours, with a margin over the half that UMLAUT and TheDeepChecker alarm at, which sound networks reach"
)
CAUSES = frozenset({
    "learning_rate_too_high", "unscaled_inputs", "wrong_weight_init", "learning_rate_negative",
    "wrong_hidden_activation", "nan_in_data", "non_finite_loss",
})  # fmt: skip
_SHARE = 0.9


def examine(record: TrainingRecord) -> Iterator[Finding]:
    if not record.settled or record.does_well:
        return
    for layer in record.layers:
        if layer.output or layer.activation is None or layer.activation.saturates_at is None:
            continue
        if layer.activation.outputs == "distribution":  # of which most are near 0 as they should be
            continue
        share = record.typical(layer.index, "saturated")
        if not share >= _SHARE:
            continue
        name = layer.activation.name
        yield Finding(
            "saturated_activation", f"layer:{layer.index}", "warning", 0.8,
            f"{share:.0%} of the answers of {layer.name} are within 0.01 of a limit of its {name}",
            f"Near its limits a {name} is flat: its slope is almost zero, and so is every gradient that "
            "has to pass it. Inputs or weights that are too large push the units there; small steps do not bring "
            "them back.",
            {"saturated": share},
            Remedy("scale the inputs, use smaller initial weights, or activation='relu'",
                   hidden_activation([layer.index], "relu")),
        )  # fmt: skip
        return
