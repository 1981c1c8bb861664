"""Rules propose, experiments dispose: what only may hurt is a finding where its remedy is seen to help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from clarinet.doctor import kinds
from clarinet.doctor.experiments.paired import LEAST, Paired, Scores, better
from clarinet.doctor.findings import Finding
from clarinet.doctor.program import Program
from clarinet.doctor.remedies import apply
from clarinet.doctor.yardstick import asks_for_nearness, yardstick
from clarinet.types import Array

#: How far below a simple model a program is ill, whatever is known of its cause; a score that is little.
GAP, LITTLE = 0.08, 0.25
#: Difference of the scores on rows trained on and on others that means nothing.
_ALIKE = 0.05


@dataclass(frozen=True)
class Disposed:
    """What experiments make of the rules' findings.

    Attributes:
        findings: those without an effect are hints now.
        program: with the remedies of those that stay.
        scores: of that program; None where there was no time.
        ill: whether it is still clearly below what simple models reach.
        reference: what these reach, a number for each seed.
    """

    findings: list[Finding]
    program: Program
    scores: Scores | None
    ill: bool = False
    reference: Array | None = None

    @property
    def doubtful(self) -> bool:
        """Whether it is ill, or scores little where there is no simple model to compare it with."""
        if self.ill or self.scores is None:
            return True
        compared = self.reference is not None and bool(np.isfinite(self.reference).any())
        return not compared and self.scores.mean < LITTLE


def dispose(paired: Paired, findings: Sequence[Finding]) -> Disposed:
    """Try the remedies of findings that only may hurt."""
    certain = [f for f in findings if f.change is not None and stands(f)]
    may = [f for f in findings if f.change is not None and not stands(f)]
    scored = paired.kind != "R2" or asks_for_nearness(paired.given)
    if not (scored and yardstick(paired.given).known):  # the loss does not ask for what scores measure
        return Disposed(list(findings), apply(paired.given, findings), None)
    begun = apply(paired.given, certain)
    first = paired.begin(begun)
    if first is not None and not may and _plainly_sound(paired, first):
        return Disposed(list(findings), begun, first, reference=_reference(paired, first, paired.seeds[:1]))
    base = None if first is None else paired.scores(begun)
    if base is None:
        return Disposed(list(findings), apply(paired.given, findings), None)
    shown = _shown(paired, certain, may, base)
    if shown is not None:
        shown = _needed(paired, certain, [f for f in may if id(f) in shown], shown)
    if shown is None:  # no time to try them all
        return Disposed(list(findings), apply(paired.given, findings), None)
    program = apply(paired.given, [*certain, *(f for f in may if id(f) in shown)])
    scores = paired.scores(program) or base
    reference = _reference(paired, scores)
    ill = better(reference, scores.plain, GAP)
    judged = [_judged(f, shown, ill and not shown) for f in findings]
    return Disposed(judged, program, scores, ill, reference)


def _plainly_sound(paired: Paired, first: Scores) -> bool:
    """Whether one seed says enough: as good as simple models, and no better on rows that it was trained on."""
    if first.mean < LITTLE or not paired.held_out or first.seen[0] - first.mean > _ALIKE:
        return False
    return bool(_reference(paired, first, paired.seeds[:1])[0] - first.mean <= LEAST)


def _reference(paired: Paired, scores: Scores, seeds: Sequence[int] | None = None) -> Array:
    """What simple models reach; none where nothing is held out, or where none could be clearly better."""
    wanted = paired.seeds if seeds is None else seeds
    if not paired.held_out or scores.mean > 1 - GAP:
        return np.full(len(wanted), -np.inf)
    return paired.reference(wanted)


def stands(finding: Finding) -> bool:
    """Whether it is one whatever a score says."""
    kind = kinds.of(finding.kind)
    return (
        kind.certain
        or finding.contradiction
        or finding.where == "fit.validation"
        or (kind.arithmetic and finding.severity == "error")
    )


def _judged(finding: Finding, shown: dict[int, str], unexplained: bool) -> Finding:
    """A finding with the effect that was seen, or as a hint; where a program is ill for no known reason, as it was."""
    if id(finding) in shown:
        return replace(finding, effect=shown[id(finding)])
    if finding.severity == "hint" or unexplained or stands(finding):
        return finding
    return replace(finding, severity="hint")


def _shown(paired: Paired, certain: Sequence[Finding], may: Sequence[Finding], base: Scores) -> dict[int, str] | None:
    """The findings whose remedy helps, by itself or beside all others, by identity; None where there is no time."""
    if not may:
        return {}
    every = paired.scores(apply(paired.given, [*certain, *may]))
    if every is None:
        return None
    found: dict[int, str] = {}
    for change in dict.fromkeys(f.change for f in may):
        own = [f for f in may if f.change == change]
        rest = [f for f in may if f.change != change]
        alone = every if not rest else paired.scores(apply(paired.given, [*certain, *own]))
        without = base if not rest else paired.scores(apply(paired.given, [*certain, *rest]))
        if alone is None or without is None:
            return None
        for finding in own:
            pair = next((p for p in ((alone, base), (every, without)) if _helps(paired, finding, *p)), None)
            if pair is not None:
                found[id(finding)] = told(paired, pair[1], pair[0], kinds.of(finding.kind).fair)
    return found


def _needed(
    paired: Paired, certain: Sequence[Finding], own: Sequence[Finding], shown: dict[int, str]
) -> dict[int, str] | None:
    """Without those whose remedy brings nothing that the others do not bring: one cause, one finding."""
    kept = list(own)
    scores = paired.scores(apply(paired.given, [*certain, *kept]))
    for finding in sorted(own, key=lambda one: one.rank, reverse=True):
        rest = [other for other in kept if other.change != finding.change]
        if not rest or kinds.of(finding.kind).fair or finding not in kept:
            continue
        fewer = paired.scores(apply(paired.given, [*certain, *rest]))
        if scores is None or fewer is None:
            return None
        if scores.mean - fewer.mean < LEAST / 2:
            kept, scores = rest, fewer
    return {id(finding): shown[id(finding)] for finding in kept}


def _helps(paired: Paired, finding: Finding, after: Scores, before: Scores) -> bool:
    """Whether a remedy shows; on rows trained on, getting a little nearer to them is no proof of anything."""
    fair, least = kinds.of(finding.kind).fair, LEAST if paired.held_out else GAP
    return better(after.fair if fair else after.plain, before.fair if fair else before.plain, least)


_NAMES = {"accuracy": "accuracy", "R2": "R²", "rows": "rows that are right altogether"}


def told(paired: Paired, before: Scores, after: Scores, fair: bool = False) -> str:
    """A sentence about a change that was tried."""
    name = "accuracy, averaged over classes," if fair else _NAMES[paired.kind]
    old, new = ((s.fair if fair else s.plain).mean() for s in (before, after))
    where = "held-out rows" if paired.held_out else "the training rows"
    return (
        f"with the remedy {name} went from {_number(paired.kind, old)} to {_number(paired.kind, new)} on {where} "
        f"({len(paired.seeds)} paired trainings{_part(paired)})"
    )


def _part(paired: Paired) -> str:
    return f", each on {paired.given.rows:,} rows for {paired.given.steps:,} updates" if paired.cut else ""


def _number(kind: str, value: float) -> str:
    return f"{value:.2f}" if kind == "R2" else f"{value:.0%}"
