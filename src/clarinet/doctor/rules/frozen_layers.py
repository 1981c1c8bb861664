"""Nothing to train: every layer is frozen."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import thaw

KINDS = ("frozen_layers",)
BASIS = "a frozen layer takes no update"


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    frozen = [
        weighted.index for weighted in facts.weighted_layers if not facts.program.layers[weighted.index].trainable
    ]
    if not frozen:
        return
    everything = len(frozen) == len(facts.weighted_layers)
    output = facts.weighted_layers[-1].index in frozen
    if not (everything or output):
        return
    yield Finding(
        "frozen_layers",
        f"layer:{frozen[-1]}",
        "error" if everything else "warning",
        1.0 if everything else 0.8,
        "every layer is frozen, so nothing is learned" if everything else "the last layer is frozen",
        "trainable=False keeps a layer's weights as they are. That is meant for layers that were trained before; "
        "at least the last one must learn the new answers.",
        {"frozen": frozen},
        Remedy("layer.trainable = True", thaw),
    )
