"""Which learning rate to use, where a rule has found that the one given cannot work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from clarinet.doctor.experiments.trial import Trial
from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.remedies import learning_rate

KINDS = ("learning_rate_too_low", "learning_rate_too_high")
BASIS = "a learning-rate range test (Smith 2017): rates upwards from the usual one, until one brings the loss down"
#: Progress that is enough; times the usual rate.
ENOUGH, FACTORS = 0.4, (1, 3, 10, 30)


def examine(trial: Trial) -> Iterator[Finding]:
    """Unlike other experiments it improves a remedy: the finding is the rule's, with the rate that was seen to work."""
    found = next(
        (finding for finding in trial.findings if finding.kind in KINDS and finding.where == "optimizer"), None
    )
    if found is None or "usual" not in found.evidence:
        return
    reached: dict[float, float] = {}
    given, usual = trial.original.optimizer.learning_rate, found.evidence["usual"]
    assert isinstance(given, (int, float)) and isinstance(usual, (int, float))  # of a schedule nothing was found
    for factor in FACTORS:
        rate = factor * float(usual)
        if found.kind == "learning_rate_too_high" and rate >= given:
            break
        reached[rate] = trial.run(trial.program.with_optimizer(learning_rate=rate)).progress
        if reached[rate] >= ENOUGH or not trial.affordable:
            break
    if not reached:
        return
    best = max(reached, key=lambda rate: reached[rate])
    evidence = dict(found.evidence) | {"progress_by_rate": {f"{rate:g}": p for rate, p in reached.items()}}
    yield replace(found, evidence=evidence, remedy=Remedy(f"learning_rate={best:g}", learning_rate(best)))
