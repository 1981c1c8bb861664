"""The examination: all rules on one program, ranked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from clarinet.doctor.experiments import EXPERIMENTS
from clarinet.doctor.experiments.trial import Trial
from clarinet.doctor.findings import Finding
from clarinet.doctor.patient import Patient
from clarinet.doctor.program import Program, program_of, quietly
from clarinet.doctor.report import Report
from clarinet.doctor.rules import RULES

if TYPE_CHECKING:
    from clarinet.model import Sequential


def examine(
    model: Sequential, x: Any, y: Any, *, validation_data: Any = None, experiments: bool = True, **fit_arguments: Any
) -> Report:
    """Say why a model would not learn from this data.

    Args:
        model: compiled; it is not changed.
        x, y: rows and labels as for ``fit``.
        validation_data: (x, y) as for ``fit``.
        experiments: whether to train copies for a few seconds where the rules leave a question open; default True.
        fit_arguments: ``epochs``, ``batch_size``, ``shuffle``, ``validation_split``, … as for ``fit``.

    Returns:
        Report: findings, the worst first; empty where all is well.

    Example:
        >>> import numpy as np, clarinet
        >>> model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(1, activation="softmax")])
        >>> model.compile("adam", "binary_crossentropy")
        >>> x = np.random.default_rng(0).normal(size=(640, 3))
        >>> [finding.kind for finding in examine(model, x, (x[:, 0] > 0) * 1.0, epochs=30).findings]
        ['softmax_on_single_unit']
    """
    return inspect(program_of(model, x, y, validation_data, fit_arguments), experiments)


@quietly()
def inspect(program: Program, experiments: bool = True) -> Report:
    """The findings on a program: those of the rules, then those of the experiments."""
    began = time.perf_counter()
    patient = Patient(program)
    findings: list[Finding] = []
    for rule in RULES:
        findings.extend(rule.examine(patient))
    if experiments:
        findings.extend(_try_out(program, findings))
    findings.sort(key=lambda finding: finding.rank)
    kinds = {kind for rule in (*RULES, *(EXPERIMENTS if experiments else ())) for kind in rule.KINDS}
    missed = tuple(sorted(kinds - {finding.kind for finding in findings}))
    return Report(tuple(findings), missed, time.perf_counter() - began)


def _try_out(program: Program, findings: list[Finding]) -> list[Finding]:
    """What the experiments find; what the rules have found already is not said twice."""
    known = {finding.kind for finding in findings}
    budgets = frozenset({"learning_rate_too_low", "batch_size_too_large"})
    try:  # the doubts that fit would utter are in the findings
        trial = Trial(program, findings, keep=budgets)
        return [f for experiment in EXPERIMENTS for f in experiment.examine(trial) if f.kind not in known]
    except (ValueError, TypeError):
        return []  # what the rules have found cannot be mended by the machine, and fit refuses it as it is
