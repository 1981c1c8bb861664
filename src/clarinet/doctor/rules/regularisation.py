"""Penalties on the weights that outweigh the loss."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import lighter_penalties

KINDS = ("over_regularised",)
BASIS = (
    "the penalty against the loss of the initial network: above about a third, shrinking weights pays more than "
    "learning (our measurement)"
)
SHARE = 1 / 3


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    kernels = facts.kernels.items()
    penalties = {i: float(spec.regularizer(w)) for i, (spec, w) in kernels if spec.regularizer is not None}
    if not penalties:
        return
    loss, total = facts.initial_loss, sum(penalties.values())
    if loss is None or not 0 <= facts.yardstick.excess(loss) * SHARE <= total:
        return
    first = min(penalties)
    yield Finding(
        "over_regularised",
        f"layer:{first}",
        "warning",
        min(0.95, 0.6 + 0.1 * total / max(loss, 1e-9)),
        f"the penalties on the weights ({total:.3g}) weigh against a loss of {loss:.3g}",
        "The optimizer lowers loss and penalty together. If the penalty is that large, the cheapest way is to bring "
        "all weights to zero, and the network answers the same to everything.",
        {"penalty": total, "loss": loss, "layers": sorted(penalties)},
        Remedy("kernel_regularizer with a hundredth of the strength, or none", lighter_penalties),
    )
