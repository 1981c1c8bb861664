"""A fresh network that is already far worse than guessing."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import OF_CLASSES, ProgramFacts

KINDS = ("initial_loss_too_high",)
BASIS = (
    "a network that knows nothing gives every class the same chance, so its cross-entropy is the logarithm of their "
    "number (Goodfellow et al. 2016, 11.5); three times that is more than unlucky initial weights (our measurement)"
)
#: Times the loss of a guess.
TIMES = 3.0


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    if facts.task != "classes" or facts.program.loss.likelihood not in OF_CLASSES:
        return
    guess, loss = log(max(2, facts.labels.classes)), facts.initial_loss
    if loss is None or loss < TIMES * guess:
        return
    yield Finding(
        "initial_loss_too_high",
        "model",
        "hint",
        0.7,
        f"before training the loss is {loss:.3g}; a guess has {guess:.3g}",
        "A network that knows nothing should say 'any class is as likely as the other'. This one starts sure of wrong "
        "answers: its last sums are far from zero, where sigmoid and softmax are flat, and must first be brought back.",
        {"loss": loss, "guess": guess},
        Remedy(
            "standardised inputs, and initial weights by default (leave kernel_initializer and bias_initializer out)"
        ),
    )
