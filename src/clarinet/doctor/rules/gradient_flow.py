"""States in which a fresh network learns little: no gradient arrives, too much does, or units are always off."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.rules.learning_rate import effective_rate

KINDS = ("vanishing_gradient", "exploding_gradient", "dying_relu")
BASIS = (
    "AUTOTRAINER (Zhang et al. 2021): vanishing when the first layer's gradient is less than a thousandth of the "
    "last's; TheDeepChecker: a layer is dead when 95 % of its ReLU units are 0 for all rows; an update as large as "
    "the weights throws away what they were (usual: a thousandth, Bottou)"
)
#: First to last layer's gradient; share of dead units; an update in units of the weights it changes (plain descent).
VANISHED, DEAD, UPDATE = 1e-3, 0.95, 1.0


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    yield from _dead(facts)
    norms = [facts.gradients[i] for i in sorted(facts.gradients)]
    if not norms or not np.isfinite(norms).all():
        return
    if max(norms) == 0 or (norms[-1] > 0 and norms[0] < VANISHED * norms[-1]):
        yield from _vanishing(facts, norms)
    yield from _exploding(facts)


def _dead(facts: ProgramFacts) -> Iterator[Finding]:
    for weighted in facts.hidden:
        if not weighted.rectifies or getattr(weighted.activation, "negative_slope", None):
            continue
        out = facts.signals[weighted.activation_index + 1]
        dead = float((out.reshape(-1, out.shape[-1]) <= 0).all(axis=0).mean()) if out.size else 0.0
        if dead < DEAD:
            continue
        yield Finding(
            "dying_relu",
            f"layer:{weighted.activation_index}",
            "warning",
            0.8,
            f"{dead:.0%} of the units of layer {weighted.activation_index} are 0 for every row before training begins",
            "ReLU gives 0 for negative sums, and its slope is 0 there. A unit that is negative for all rows says "
            "nothing, gets no gradient, and stays so for ever.",
            {"dead": dead, "units": weighted.units},
            Remedy("standardised inputs and default initial weights; or LeakyReLU() in place of ReLU"),
        )
        return


def _vanishing(facts: ProgramFacts, norms: list[float]) -> Iterator[Finding]:
    first = min(facts.gradients)
    yield Finding(
        "vanishing_gradient",
        f"layer:{first}",
        "warning",
        0.7,
        "no gradient at all arrives at any layer"
        if max(norms) == 0
        else f"the gradient of layer {first} is {norms[0] / norms[-1]:.1g} of that of the last layer",
        "On the way back each layer multiplies the gradient by its weights and by the slope of its activation. Where "
        "these are small the product soon is next to nothing, and the first layers stay as they were drawn.",
        {"gradients": {str(i): g for i, g in sorted(facts.gradients.items())}},
        Remedy("ReLU in hidden layers, default initial weights, BatchNormalization, or fewer layers"),
    )


def _exploding(facts: ProgramFacts) -> Iterator[Finding]:
    rate = effective_rate(facts.program.optimizer)
    if facts.program.optimizer.adaptive or not rate > 0:
        return  # the others make steps of a length of their own
    sizes = {i: float(np.sqrt(np.mean(np.square(w)))) for i, (_, w) in facts.kernels.items()}
    updates = {i: rate * g / sizes[i] for i, g in facts.gradients.items() if sizes[i] > 0}
    if not updates or max(updates.values()) < UPDATE:
        return
    worst = max(updates, key=lambda index: updates[index])
    yield Finding(
        "exploding_gradient",
        "model",
        "warning",
        0.7,
        f"the first update would change the weights of layer {worst} by {updates[worst]:.2g} times their own size",
        "A step should change weights by about a thousandth of their size. If it is as large as they are, nothing of "
        "what they were stays, the next gradient is larger still, and soon the numbers overflow.",
        {"updates": {str(i): u for i, u in sorted(updates.items())}},
        Remedy("a smaller learning rate, global_clipnorm=1.0, or standardised inputs and targets"),
    )
