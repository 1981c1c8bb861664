"""The inspection: all rules on one program, then experiments where they leave a question open; ranked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Literal

from clarinet.doctor import kinds
from clarinet.doctor.experiments import EXPERIMENTS, STATES, effects, half_sick, learning_curve, overfitting, rate_range
from clarinet.doctor.experiments.paired import Paired
from clarinet.doctor.experiments.shortening import shortened
from clarinet.doctor.experiments.trial import TimeBudget, Training, Trial
from clarinet.doctor.findings import Finding, based
from clarinet.doctor.program import Program, quietly
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import apply
from clarinet.doctor.report import Report
from clarinet.doctor.rules import CONDITIONS, RULES, refusals
from clarinet.doctor.score import Score
from clarinet.problems import Problem

Budget = Literal["quick", "normal", "thorough"]
#: What experiments may cost; None: there are none.
TIME_BUDGETS: dict[str, TimeBudget | None] = {
    "quick": None,
    "normal": TimeBudget(1.0, 3.0),
    "thorough": TimeBudget(5.0, 30.0),
}
#: Suspected by rules for being unusual; the refinement of its remedy looks for a rate that works.
_FAST, _SLOW = "learning_rate_too_high", "learning_rate_too_low"
#: How far a training has to come for a rate to be left in peace without further trials.
_FAR = 0.9
#: Kinds of states, which have causes.
_STATES = frozenset(kind for rule in (*CONDITIONS, *STATES) for kind in rule.KINDS)
#: Faults of the data that make every training meaningless.
_HOPELESS = frozenset({"constant_targets", "shuffled_labels"})


@dataclass
class Memory:
    """Results about a program that depend on no threshold: facts, and trainings by what was trained."""

    facts: ProgramFacts | None = None
    trainings: dict[str, Training] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)


@quietly()
def inspect(program: Program, budget: Budget = "normal", memory: Memory | None = None) -> Report:
    """The findings on a program: those of the rules, then those of the experiments.

    Args:
        memory: of an earlier examination of the same program; new results are added.
    """
    began = time.perf_counter()
    memory = memory or Memory()
    asked = set(refusals.KINDS)
    problems = refusals.problems(program)
    findings = list(based(refusals, refusals.examine(problems)))
    if not any(finding.severity == "error" for finding in findings):  # rows, labels and layers fit together
        facts = memory.facts = memory.facts or ProgramFacts(program)
        findings += _ask(RULES, facts, asked)
        findings += based(refusals, refusals.unnamed(problems, findings))
        if _taken(program, problems):
            findings += _states(findings, _ask(CONDITIONS, facts, asked))
        time_budget = TIME_BUDGETS[budget]
        hopeless = _HOPELESS & {finding.kind for finding in findings}
        if "constant_targets" in hopeless:  # of what else may hurt nothing can be seen
            findings = [f if kinds.of(f.kind).certain else replace(f, severity="hint") for f in findings]
        if time_budget is not None and not hopeless and accepted(apply(program, findings)):
            findings = _tried_out(program, findings, time_budget, memory)
            asked |= {kind for experiment in (*EXPERIMENTS, *STATES) for kind in experiment.KINDS}
    return reported(_explained(findings), asked - {finding.kind for finding in findings}, began)


def reported(findings: list[Finding], asked: set[str], began: float) -> Report:
    """The worst first, with what was looked for and not found."""
    missed = tuple(sorted(asked - {finding.kind for finding in findings}))
    return Report(tuple(sorted(findings, key=lambda finding: finding.rank)), missed, time.perf_counter() - began)


def _with(findings: list[Finding], found: list[Finding]) -> list[Finding]:
    """The findings with those that have been found now; of one kind at one place the later one is better."""
    better = {(finding.kind, finding.where) for finding in found}
    return [finding for finding in findings if (finding.kind, finding.where) not in better] + found


def _ask(rules: tuple[ModuleType, ...], facts: ProgramFacts, asked: set[str]) -> list[Finding]:
    """The findings of these rules; the kinds that they look for are added to ``asked``."""
    asked |= {kind for rule in rules for kind in rule.KINDS}
    return [finding for rule in rules for finding in based(rule, rule.examine(facts))]


def accepted(program: Program) -> bool:
    """Whether ``fit`` accepts the program; NaN in rows that a remedy leaves out does not count."""
    return _taken(program, refusals.problems(program))


def _taken(program: Program, problems: list[Problem]) -> bool:
    refused = {problem.kind for problem in problems if problem.severity == "error"}
    return not (refused - {"nan_in_data"} if program.finite_only else refused)


def _tried_out(given: Program, findings: list[Finding], time_budget: TimeBudget, memory: Memory) -> list[Finding]:
    """The findings after all experiments: those of rules that show no effect as hints, and what was found besides."""
    program = shortened(given, apply(given, findings), time_budget)
    findings = _borne_out(program, findings, time_budget, memory)
    trial = Trial(program, findings, frozenset(), time_budget, memory.trainings)
    if {_FAST, _SLOW} & {finding.kind for finding in findings}:
        findings = _with(findings, list(rate_range.examine(trial)))
    paired = Paired(program, time_budget, memory.scores, trial.spent, program is not given)
    disposed = effects.dispose(paired, findings)
    findings = disposed.findings
    found: list[Finding] = []
    if not paired.cut:  # a part of a training shows neither what its length does nor what comes late
        findings, found = _searched(paired, disposed, memory)
    trial = Trial(program, findings, frozenset(), time_budget, memory.trainings, paired.spent)
    if not found and disposed.doubtful and trial.affordable:
        found = _states(findings, [f for state in STATES for f in based(state, state.examine(trial))])
    known = {finding.kind for finding in findings if finding.severity != "hint"}
    return _with(findings, [finding for finding in found if finding.kind not in known])


def _searched(paired: Paired, disposed: effects.Disposed, memory: Memory) -> tuple[list[Finding], list[Finding]]:
    """The rules' findings, and causes that no rule knows: why it learns less than simple models, or by heart."""
    program, findings = paired.given, disposed.findings
    given_rate = bool(disposed.program.optimizer.learning_rate == program.optimizer.learning_rate)
    found = [*based(half_sick, half_sick.examine(paired, disposed, given_rate))]
    if found:  # then what rules say without an effect explains nothing more
        findings = [f if f.effect or effects.stands(f) else replace(f, severity="hint") for f in findings]
    trial = Trial(program, findings, frozenset(), paired.time_budget, memory.trainings, paired.spent)
    overfits = [*based(overfitting, overfitting.examine(trial))] if not found and trial.affordable else []
    after = disposed
    if found:
        mended = apply(disposed.program, found)
        after = replace(disposed, program=mended, scores=paired.scores(mended))
    late = overfits or [*based(learning_curve, learning_curve.examine(paired, after, bool(found)))]
    return findings, found + late


def _borne_out(program: Program, findings: list[Finding], time_budget: TimeBudget, memory: Memory) -> list[Finding]:
    """The findings without a rate that is only unusual: with it a training comes nearly all of the way."""
    if not any(finding.kind == _FAST for finding in findings):
        return findings
    trial = Trial(program, findings, frozenset({_FAST}), time_budget, memory.trainings)
    return findings if trial.progress < _FAR else [finding for finding in findings if finding.kind != _FAST]


def _states(known: list[Finding], states: list[Finding]) -> list[Finding]:
    """Descriptions of a state are findings where no cause is known, and no more than hints beside a cause."""
    if all(finding.severity == "hint" for finding in known):
        return states
    return [replace(finding, severity="hint") for finding in states]


def _explained(findings: list[Finding]) -> list[Finding]:
    """One cause, one finding: what a cause leads to stands in its evidence, and is no hint of its own."""
    causes = [finding for finding in findings if finding.severity != "hint" and finding.kind not in _STATES]
    states = [finding for finding in findings if finding.severity == "hint" and finding.kind in _STATES]
    if not (causes and states):
        return findings
    worst = min(causes, key=lambda one: one.rank)
    evidence = {**worst.evidence, "explains": [state.summary for state in states]}
    return [
        replace(f, evidence=evidence) if f is worst else f for f in findings if all(f is not state for state in states)
    ]
