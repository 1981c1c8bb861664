"""Two activations one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts, outputs_of
from clarinet.doctor.remedies import drop_layer

KINDS = ("redundant_activation",)
BASIS = "ReLU of ReLU is ReLU; a sigmoid of non-negative numbers is in [0.5, 1]"
_CHANCES = ("distribution", "probability")


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    for weighted in facts.weighted_layers:
        for (_, before), (index, function) in zip(weighted.activations, weighted.activations[1:]):
            if weighted.output and outputs_of(before) in _CHANCES and outputs_of(function) in _CHANCES:
                continue  # double_softmax
            yield Finding(
                "redundant_activation",
                f"layer:{index}",
                "warning",
                0.85,
                f"layer {index} applies {function.name} to the result of {before.name}",
                "One non-linear function after a layer is enough. A second one either changes nothing (ReLU after "
                "ReLU) or squeezes what is left into a narrow range, where slopes are small.",
                {"first": before.name, "second": function.name},
                Remedy(f"leave layer {index} out", drop_layer(index)),
            )
