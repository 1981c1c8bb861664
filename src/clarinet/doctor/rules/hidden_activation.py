"""Hidden layers without a non-linear function, or with one that blocks the gradient."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import hidden_activation

KINDS = ("missing_hidden_activation", "wrong_hidden_activation")
BASIS = (
    "two affine maps in a row are one; the sigmoid's slope is at most 1/4, so its gradient shrinks by that at "
    "every layer (Glorot and Bengio 2010); three such layers lose a factor of 64"
)
DEEP = 3


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    for weighted in facts.hidden:
        if not weighted.bends:
            yield Finding(
                "missing_hidden_activation",
                f"layer:{weighted.index}",
                "warning",
                0.85,
                f"layer {weighted.index} has no activation, so it and the next layer together are one linear map",
                "A linear map of a linear map is a linear map: without a non-linear function between them two "
                "layers can do no more than one. Only the bend (ReLU: zero below 0) lets a network draw anything "
                "but straight lines.",
                {"layer": weighted.index},
                Remedy(f"activation='relu' on layer {weighted.index}", hidden_activation([weighted.index], "relu")),
            )
        elif weighted.outputs == "distribution":
            yield Finding(
                "wrong_hidden_activation",
                f"layer:{weighted.activation_index}",
                "warning",
                0.95,
                f"layer {weighted.activation_index} uses softmax inside the network",
                "Softmax makes its units compete for one whole: all but one or two are near zero, and little of the "
                "signal, and of the gradient, gets through. It belongs at the end, where one class is to be chosen.",
                {"layer": weighted.activation_index},
                Remedy(f"activation='relu' on layer {weighted.index}", hidden_activation([weighted.index], "relu")),
            )
    yield from _deep_sigmoids(facts)


def _deep_sigmoids(facts: ProgramFacts) -> Iterator[Finding]:
    flat = [weighted for weighted in facts.hidden if weighted.outputs == "probability"]
    if len(flat) < DEEP:
        return
    first = flat[0]
    assert first.activation is not None  # it gives chances
    yield Finding(
        "wrong_hidden_activation",
        f"layer:{first.activation_index}",
        "warning",
        0.85,
        f"{len(flat)} hidden layers in a row use {first.activation.name}",
        "The sigmoid's slope is at most 1/4. On the way back the gradient is multiplied by it at every layer: after "
        f"{len(flat)} layers at most {0.25 ** len(flat):.1g} of it is left, and the first layers hardly learn.",
        {"layers": [weighted.index for weighted in flat]},
        Remedy("activation='relu' on the hidden layers", hidden_activation([s.index for s in flat], "relu")),
    )
