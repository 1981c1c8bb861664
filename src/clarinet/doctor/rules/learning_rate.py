"""A learning rate that cannot work with its optimizer, whatever the data."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy, Severity
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import learning_rate
from clarinet.optimizers import Optimizer

KINDS = ("learning_rate_negative", "learning_rate_too_high", "learning_rate_too_low")
BASIS = (
    "the optimizers' papers and Keras's defaults; an adaptive optimizer moves a weight by at most about its rate a "
    "step (Kingma and Ba 2015, 2.1), so rate times steps bounds how far a weight can go"
)
#: Usual rate of Adam and its kin, and the highest that is ever sensible.
_ADAM = (1e-3, 5e-2)
#: Distance that a weight of a usual network (0.05 to 0.5 in size) has to go.
DISTANCE = 0.05
#: Times the highest sensible rate; parts of the usual rate, for optimizers that do and do not measure their steps.
FAST, SLOW, SLOW_PLAIN = 1.0, 5.0, 10.0


def effective_rate(optimizer: Optimizer) -> float:
    """The rate, for plain descent with what momentum adds up to; NaN for a schedule."""
    if callable(optimizer.learning_rate):
        return float("nan")
    momentum = 0.0 if optimizer.adaptive else float(getattr(optimizer, "momentum", 0.0) or 0.0)
    return float(optimizer.learning_rate) / max(1 - momentum, 1e-3)


def named(optimizer: Optimizer) -> str:
    """An optimizer and its rate as the user gave them, with what momentum makes of it."""
    name, given, adds_up = type(optimizer).__name__, optimizer.learning_rate, effective_rate(optimizer)
    if callable(given) or given == adds_up:
        return f"{name} with a learning rate of {adds_up:g}"
    momentum = getattr(optimizer, "momentum", 0.0)
    return f"{name} with a learning rate of {given:g} and a momentum of {momentum:g} (together {adds_up:g})"


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    optimizer = facts.program.optimizer
    rate = effective_rate(optimizer)
    like_adam = optimizer.usual_rates is None
    usual, highest = optimizer.usual_rates or _ADAM
    if rate < 0:
        yield _finding(
            "learning_rate_negative", "error", 1.0, facts, f"the learning rate is {optimizer.learning_rate}",
            "The gradient points where the loss rises; training goes the other way. A negative rate climbs.", -rate,
        )  # fmt: skip
    elif facts.program.searches:
        return
    elif rate > FAST * highest:
        yield _finding(
            "learning_rate_too_high", "warning", 0.9, facts, named(optimizer),
            "Each step goes so far that it lands beyond the valley, on the other slope, higher than before. The loss "
            "jumps about or grows, and ReLU units are thrown to where they are never active again.", usual,
        )  # fmt: skip
    elif like_adam and rate < usual / SLOW and rate * facts.program.steps < DISTANCE:
        steps = facts.program.steps
        yield _finding(
            "learning_rate_too_low", "warning", 0.9, facts,
            f"{named(optimizer)} and {steps} steps can move a weight by {rate * steps:.2g} at "
            "most",
            "The learning rate is how far a step goes. With steps this small the weights end where they began.", usual,
        )  # fmt: skip
    elif not like_adam and rate < usual / SLOW_PLAIN:
        yield _finding(
            "learning_rate_too_low", "warning", 0.75, facts, named(optimizer),
            f"{type(optimizer).__name__} is commonly used with rates around {usual:g}. The weights hardly move.", usual,
        )  # fmt: skip


def _finding(
    kind: str, severity: Severity, confidence: float, facts: ProgramFacts, summary: str, explanation: str, rate: float
) -> Finding:
    given, adds_up = facts.program.optimizer.learning_rate, effective_rate(facts.program.optimizer)
    evidence = {"learning_rate": adds_up if callable(given) else given, "steps": facts.program.steps, "usual": rate}
    return Finding(
        kind, "optimizer", severity, confidence, summary, explanation,
        evidence | ({} if adds_up == evidence["learning_rate"] else {"with_momentum": adds_up}),
        Remedy(f"learning_rate={rate:g}", learning_rate(rate)),
    )  # fmt: skip
