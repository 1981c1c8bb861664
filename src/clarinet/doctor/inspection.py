"""The inspection: all rules on one program, then experiments where they leave a question open; ranked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from clarinet.doctor.experiments import EXPERIMENTS, REFINEMENTS, STATES, rate_range
from clarinet.doctor.experiments.trial import TimeBudget, Training, Trial
from clarinet.doctor.findings import Finding
from clarinet.doctor.program import Program, quietly
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import apply
from clarinet.doctor.report import Report
from clarinet.doctor.rules import CONDITIONS, RULES, refusals
from clarinet.problems import Problem

Budget = Literal["quick", "normal", "thorough"]
#: What experiments may cost; None: there are none.
TIME_BUDGETS: dict[str, TimeBudget | None] = {
    "quick": None,
    "normal": TimeBudget(1.0, 3.0),
    "thorough": TimeBudget(5.0, 30.0),
}
#: Found by rules, but the subject of the experiments: the program is tried with them unchanged.
_BUDGETS = frozenset({"learning_rate_too_low", "batch_size_too_large"})
#: Suspected by rules for being unusual; a program that gets this far with them is left in peace.
_UNUSUAL, _FAR = frozenset({"learning_rate_too_high"}), 0.9
#: Faults of the data that make every training meaningless.
_HOPELESS = frozenset({"constant_targets", "shuffled_labels"})


@dataclass
class Memory:
    """Results about a program that depend on no threshold: facts, and trainings by what was trained."""

    facts: ProgramFacts | None = None
    trainings: dict[str, Training] = field(default_factory=dict)


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
    findings = list(refusals.examine(problems))
    if not any(finding.severity == "error" for finding in findings):  # rows, labels and layers fit together
        facts = memory.facts = memory.facts or ProgramFacts(program)
        findings += _ask(RULES, facts, asked)
        findings += refusals.unnamed(problems, findings)
        if _taken(program, problems):
            findings += _states(findings, _ask(CONDITIONS, facts, asked))
        time_budget = TIME_BUDGETS[budget]
        hopeless = _HOPELESS & {finding.kind for finding in findings}
        if time_budget is not None and not hopeless and accepted(apply(program, findings)):
            findings = _borne_out(program, findings, time_budget, memory)
            trial = Trial(program, findings, _BUDGETS, time_budget, memory.trainings)
            if _UNUSUAL & {finding.kind for finding in findings}:  # a rate to try everything else with
                findings = _with(findings, list(rate_range.examine(trial)))
                trial = Trial(program, findings, _BUDGETS, time_budget, memory.trainings, trial.spent)
            findings = _with(findings, _try_out(trial, findings, budget))
            asked |= {kind for experiment in (*EXPERIMENTS, *STATES) for kind in experiment.KINDS}
    return reported(findings, asked, began)


def reported(findings: list[Finding], asked: set[str], began: float) -> Report:
    """The worst first, with what was looked for and not found."""
    missed = tuple(sorted(asked - {finding.kind for finding in findings}))
    return Report(tuple(sorted(findings, key=lambda finding: finding.rank)), missed, time.perf_counter() - began)


def _with(findings: list[Finding], found: list[Finding]) -> list[Finding]:
    """The findings with those that have been found now; of one kind at one place the later one is better."""
    better = {(finding.kind, finding.where) for finding in found}
    return [finding for finding in findings if (finding.kind, finding.where) not in better] + found


def _ask(rules: tuple[Any, ...], facts: ProgramFacts, asked: set[str]) -> list[Finding]:
    """The findings of these rules; the kinds that they look for are added to ``asked``."""
    asked |= {kind for rule in rules for kind in rule.KINDS}
    return [finding for rule in rules for finding in rule.examine(facts)]


def accepted(program: Program) -> bool:
    """Whether ``fit`` accepts the program; NaN in rows that a remedy leaves out does not count."""
    return _taken(program, refusals.problems(program))


def _taken(program: Program, problems: list[Problem]) -> bool:
    refused = {problem.kind for problem in problems if problem.severity == "error"}
    return not (refused - {"nan_in_data"} if program.finite_only else refused)


def _borne_out(program: Program, findings: list[Finding], time_budget: TimeBudget, memory: Memory) -> list[Finding]:
    """The findings without suspicions that a training clears."""
    if _UNUSUAL.isdisjoint(finding.kind for finding in findings):
        return findings
    as_it_is = Trial(program, findings, _BUDGETS | _UNUSUAL, time_budget, memory.trainings)
    if as_it_is.progress < _FAR:
        return findings
    return [finding for finding in findings if finding.kind not in _UNUSUAL]


def _states(known: list[Finding], states: list[Finding]) -> list[Finding]:
    """Descriptions of a state are findings where no cause is known, and no more than hints beside a cause."""
    if all(finding.severity == "hint" for finding in known):
        return states
    return [replace(finding, severity="hint") for finding in states]


def _try_out(trial: Trial, findings: list[Finding], budget: Budget) -> list[Finding]:
    """The findings of the experiments, run in turn until one has an answer; without those of the rules."""
    known = {finding.kind for finding in findings if finding.severity != "hint"}
    found: list[Finding] = []
    for experiment in EXPERIMENTS:
        found += [finding for finding in experiment.examine(trial) if finding.kind not in known]
        if (found and budget != "thorough") or not trial.affordable:
            break
    if not found and trial.affordable:
        found = _states(findings, [finding for state in STATES for finding in state.examine(trial)])
    return found + [finding for refinement in REFINEMENTS for finding in refinement.examine(trial)]
