"""The findings on a graph with several inputs or outputs: which of them they mean."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import cast

from clarinet.doctor.findings import Finding, Remedy, based
from clarinet.doctor.graph_reports import not_looked_at, numbered
from clarinet.doctor.inspection import Budget, accepted, inspect, reported
from clarinet.doctor.program import Program, quietly
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import Change, scale_targets
from clarinet.doctor.report import Report
from clarinet.doctor.rules import RULES, constant, input_scale, non_finite, outliers
from clarinet.doctor.whole import Part, Whole

#: Rules that look at the rows of one input, and what they find there.
_OF_INPUTS = (non_finite, constant, input_scale, outliers)
_KINDS_OF_INPUTS = frozenset(kind for rule in _OF_INPUTS for kind in rule.KINDS)


@dataclass(frozen=True)
class ForPart:
    """A change of one input or output, as a change of the whole."""

    kind: str
    number: int
    change: Callable[[Program], Program]

    def __call__(self, whole: Whole) -> Whole:
        put = whole.with_input if self.kind == "input" else whole.with_output
        return put(self.number, self.change)


@quietly()
def inspect_whole(whole: Whole, budget: Budget = "normal") -> Report:
    """The findings on all parts, the worst first: of inputs those of the rules, of outputs those of experiments too."""
    began, asked = time.perf_counter(), set(_KINDS_OF_INPUTS)
    found = [*_of_inputs(whole, _OF_INPUTS)]
    reports = [None if part is None else inspect(part.program, budget) for part in whole.outputs]
    found += _of_outputs(whole, [() if report is None else report.findings for report in reports])
    asked |= {kind for report in reports if report is not None for kind in report.ruled_out}
    report = reported(found, asked, began)
    return replace(report, findings=(*report.findings, *not_looked_at(whole.trunk)))


def ask(whole: Whole, rules: Sequence[ModuleType] = RULES) -> Iterator[Finding]:
    """The findings of rules on all parts."""
    with quietly():
        yield from _of_inputs(whole, [rule for rule in rules if rule in _OF_INPUTS])
        facts = [None if part is None else ProgramFacts(part.program) for part in whole.outputs]
        each = [[] if own is None else [f for rule in rules for f in based(rule, rule.examine(own))] for own in facts]
        yield from _of_outputs(whole, each)


def _of_inputs(whole: Whole, rules: Sequence[ModuleType]) -> Iterator[Finding]:
    for number, part in enumerate(whole.inputs):
        facts = ProgramFacts(part.program)
        for rule in rules:
            if rule is not input_scale or part.scaled:
                for finding in based(rule, rule.examine(facts)):
                    if finding.where == "data.x":
                        yield _placed(whole, finding, part, number)


def _of_outputs(whole: Whole, found: Sequence[Iterable[Finding]]) -> Iterator[Finding]:
    """The findings on outputs; what all of them say is said once."""
    kept: dict[tuple[str, str], list[tuple[Finding, Finding]]] = {}
    for number, (part, findings) in enumerate(zip(whole.outputs, found, strict=True)):
        own = [f for f in findings if f.where != "data.x" or f.kind not in _KINDS_OF_INPUTS]
        if part is None:
            continue
        for plain in numbered(own, part.program):
            placed = _placed(whole, plain, part, number)
            kept.setdefault((placed.kind, placed.where), []).append((plain, placed))
    for pairs in kept.values():
        plain, placed = pairs[0]
        yield replace(placed, summary=plain.summary) if len(pairs) == len(whole.judged) else placed


def _placed(whole: Whole, finding: Finding, part: Part, number: int) -> Finding:
    """A finding on a part as one on the whole: its place, its words and its remedy."""
    remedy = finding.remedy
    if remedy is not None and remedy.change is not None:  # targets are transformed for models with one output
        change = None if remedy.change is scale_targets else cast(Change, ForPart(part.kind, number, remedy.change))
        remedy = Remedy(remedy.text, change)
    if len(whole.inputs if part.kind == "input" else whole.outputs) == 1:
        return replace(finding, remedy=remedy)
    summary = f"{part.label}: {finding.summary}"
    return replace(finding, where=part.place(finding.where), summary=summary, remedy=remedy)


def all_accepted(whole: Whole) -> bool:
    """Whether ``fit`` accepts it."""
    return all(accepted(program) for program in whole.judged)
