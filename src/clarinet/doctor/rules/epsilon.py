"""An epsilon that does not protect the division."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import optimizer_setting

KINDS = ("optimizer_epsilon_too_low",)
BASIS = (
    "float32 gradients of 1e-8 and less occur; the square root of their mean square must not be the divisor "
    "(Keras: 1e-7)"
)
LOWEST = 1e-10


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    epsilon = getattr(facts.program.optimizer, "epsilon", None)
    if epsilon is None or epsilon >= LOWEST:
        return
    yield Finding(
        "optimizer_epsilon_too_low",
        "optimizer",
        "warning",
        0.85,
        f"the optimizer's epsilon is {epsilon:g}",
        "Adaptive optimizers divide a gradient by its usual size plus epsilon. Where the gradient is nearly zero, "
        "epsilon keeps the quotient small. Without it, a weight that hardly matters takes full steps in a random "
        "direction.",
        {"epsilon": epsilon},
        Remedy("epsilon=1e-7", optimizer_setting(epsilon=1e-7)),
    )
