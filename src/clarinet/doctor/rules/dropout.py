"""Dropout that drops too much, or where it does harm."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts, WeightedLayer
from clarinet.doctor.remedies import drop_layer, dropout_rate

KINDS = ("dropout_too_high", "dropout_misplaced")
BASIS = "Srivastava et al. 2014: 0.5 for wide hidden layers, 0.2 for inputs; half of 4 units leaves 2, often none"
RATE = 0.65
LEFT = 3.0


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    for weighted in facts.weighted_layers:
        for index in weighted.dropouts:
            rate = float(facts.program.layers[index].rate)  # type: ignore[attr-defined]
            if weighted.output and rate > 0:
                yield _misplaced(index)
            elif rate > RATE or (rate > 0 and weighted.units * (1 - rate) < LEFT):
                yield _high(weighted, index, rate)


def _misplaced(index: int) -> Finding:
    return Finding(
        "dropout_misplaced",
        f"layer:{index}",
        "warning",
        0.9,
        f"layer {index} drops outputs of the last layer",
        "Dropout makes hidden units stand in for each other. Behind the last layer there is nothing to stand in: "
        "it wipes out scores, perhaps the right class's, and the loss punishes the network for it.",
        {"layer": index},
        Remedy(f"leave layer {index} out", drop_layer(index)),
    )


def _high(weighted: WeightedLayer, index: int, rate: float) -> Finding:
    left = weighted.units * (1 - rate)
    return Finding(
        "dropout_too_high",
        f"layer:{index}",
        "warning",
        0.8,
        f"layer {index} drops {rate:.0%} of {weighted.units} units: about {left:.3g} are left on each step",
        "Dropout removes units at random while training. If too few are left, each step trains another tiny "
        "network, and they never agree: the loss stays high in training, and predictions are pulled to the "
        "average.",
        {"rate": rate, "units": weighted.units},
        Remedy(f"Dropout({0.2}) in layer {index}", dropout_rate([index], 0.2)),
    )
