"""Settings of the optimizer, besides its rate, that undo its work."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import optimizer_setting
from clarinet.doctor.rules.learning_rate import DISTANCE, effective_rate, named

KINDS = ("wrong_optimizer", "over_regularised", "learning_rate_too_low")
BASIS = (
    "Kingma and Ba 2015: beta_1 = 0.9, beta_2 = 0.999; an average over 1/(1 - beta) steps must be shorter than the "
    "training; decay shrinks a weight by exp(-rate * decay * steps) (Loshchilov and Hutter 2019)"
)
#: Share of the training that the moving averages may look back; the weights' shrinking by decay that is too much.
MEMORY, SHRUNK = 1.0, 0.01
_DECAY = 0.1


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    yield from _averages(facts)
    yield from _decay(facts)
    yield from _clipping(facts)


def _averages(facts: ProgramFacts) -> Iterator[Finding]:
    optimizer, steps = facts.program.optimizer, facts.program.steps
    beta = float(getattr(optimizer, "beta_1", 0.0) or 0.0)
    if beta <= 0.95 or 1 / max(1 - beta, 1e-9) < MEMORY * steps:
        return
    yield Finding(
        "wrong_optimizer", "optimizer", "warning", 0.75,
        f"beta_1={beta:g} averages gradients over about {1 / max(1 - beta, 1e-9):.0f} steps; the training has {steps}",
        "Momentum is an average of the last gradients. If it reaches back further than the training is long, every "
        "step follows the gradients of the beginning, when the network knew nothing.",
        {"beta_1": beta, "steps": steps},
        Remedy("beta_1=0.9", optimizer_setting(beta_1=0.9)),
    )  # fmt: skip


def _decay(facts: ProgramFacts) -> Iterator[Finding]:
    program = facts.program
    decay, rate = float(program.optimizer.weight_decay or 0.0), effective_rate(program.optimizer)
    if not decay > _DECAY or not rate > 0:
        return
    left = exp(-rate * decay * program.steps)
    if left > SHRUNK:
        return
    yield Finding(
        "over_regularised", "optimizer", "warning", 0.75,
        f"weight_decay={decay:g} alone would shrink every weight to {left:.1g} of its size in this training",
        "Weight decay pulls every weight to zero at every step. If it pulls harder than the gradients push, nothing "
        "that is learned stays.",
        {"weight_decay": decay, "left": left},
        Remedy("weight_decay=0.004", optimizer_setting(weight_decay=0.004)),
    )  # fmt: skip


def _clipping(facts: ProgramFacts) -> Iterator[Finding]:
    program = facts.program
    optimizer, rate = program.optimizer, effective_rate(program.optimizer)
    limits = [getattr(optimizer, name) for name in ("clipnorm", "clipvalue", "global_clipnorm")]
    limit = next((float(value) for value in limits if value), None)
    if limit is None or optimizer.adaptive or not 0 < rate * limit * program.steps < DISTANCE:
        return
    yield Finding(
        "learning_rate_too_low", "optimizer", "warning", 0.8,
        f"{named(optimizer)}, gradients clipped to {limit:g}, moves a weight by "
        f"{rate * limit * program.steps:.2g} at most",
        "Clipping caps the length of a step. With a cap this low the weights end where they began.",
        {"clip": limit, "learning_rate": optimizer.learning_rate, "steps": program.steps},
        Remedy(
            "global_clipnorm=1.0, or no clipping",
            optimizer_setting(clipnorm=None, clipvalue=None, global_clipnorm=1.0),
        ),
    )  # fmt: skip
