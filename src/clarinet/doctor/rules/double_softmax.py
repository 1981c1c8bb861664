"""The last activation is applied twice: by two layers, or by a layer and the loss."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts, outputs_of
from clarinet.doctor.remedies import drop_layer, loss_setting

KINDS = ("double_softmax",)
BASIS = "arithmetic: softmax of values in [0, 1] is between 1/(1 + (k-1)e) and e/(e + k-1)"

_WHY = (
    "Softmax and sigmoid turn scores into chances between 0 and 1. Applied to chances again they flatten them: the "
    "second one sees only inputs between 0 and 1, so it can never be sure of anything, the loss cannot come near "
    "zero, and the gradients shrink."
)


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    weighted = facts.output
    if weighted is None:
        return
    squashing = [(i, f) for i, f in weighted.activations if outputs_of(f) in ("distribution", "probability")]
    if len(squashing) > 1:
        index, function = squashing[-1]
        yield Finding(
            "double_softmax",
            f"layer:{index}",
            "warning",
            0.95,
            f"layers {squashing[0][0]} and {index} both turn scores into chances",
            _WHY,
            {"layers": [i for i, _ in squashing]},
            Remedy(f"leave layer {index} ({function.name}) out", drop_layer(index)),
        )
    elif squashing and facts.from_logits and (facts.units > 1 or facts.labels.classes == 2):
        index, function = squashing[-1]
        yield Finding(
            "double_softmax",
            "loss",
            "warning",
            0.95,
            f"{facts.loss_name} has from_logits=True, but layer {index} already applies {function.name}",
            _WHY + " from_logits=True says: the model gives raw scores, and the loss applies the function itself.",
            {"layer": index},
            Remedy(f"from_logits=False, or no activation in layer {index}", loss_setting(from_logits=False)),
        )
