"""Softmax over one unit is always exactly 1."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import output_activation

KINDS = ("softmax_on_single_unit",)
BASIS = "arithmetic: exp(z) / exp(z) = 1 for every z"


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    weighted = facts.output
    if weighted is None or weighted.units != 1 or facts.task == "amounts":
        return
    if weighted.outputs == "distribution":
        yield Finding(
            "softmax_on_single_unit",
            f"layer:{weighted.activation_index}",
            "error",
            1.0,
            f"layer {weighted.activation_index} applies softmax to a single unit, so every prediction is 1.0",
            "Softmax turns several scores into shares that sum to one. With one score there is nothing to share: the "
            "answer is 1 whatever the weights are, its derivative is 0, and no weight before it ever changes. For "
            "a yes-or-no question one unit needs the sigmoid, which gives any chance between 0 and 1.",
            {"units": 1},
            Remedy("Dense(1, activation='sigmoid')", output_activation("sigmoid")),
        )
