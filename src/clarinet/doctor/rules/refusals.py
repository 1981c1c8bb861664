"""What ``fit`` itself refuses or doubts: the same checks, before any work."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet import checks
from clarinet.doctor.findings import Finding, Remedy, Severity
from clarinet.doctor.program import Program
from clarinet.problems import Problem

#: Kinds that have no rule of their own.
KINDS = (
    "bad_argument",
    "bad_class_weight",
    "empty_data",
    "input_shape_mismatch",
    "label_shape_mismatch",
    "length_mismatch",
    "not_adapted",
    "weight_shape_mismatch",
)
BASIS = "arithmetic: what cannot be computed"


def examine(program: Program) -> Iterator[Finding]:
    """Unlike a rule it looks at the program itself: with data of the wrong shape there are no facts to look at."""
    for problem in problems(program):
        if problem.kind in KINDS:
            yield _finding(problem)


def problems(program: Program) -> Iterator[Problem]:
    """What ``fit`` would say about this program; when shapes are wrong, values are not looked at."""
    model = program.model()
    own = {"x": program.x, "y": program.y, "validation_data": program.validation} | program.fit
    found = list(checks.check_fit_arguments(model, own))
    yield from found
    if any(problem.severity == "error" for problem in found):
        return
    weights = program.fit.get("sample_weight"), program.fit.get("class_weight")
    yield from checks.check_data(model, program.x, program.y, *weights)
    if program.validation is not None:
        yield from checks.check_data(model, *program.validation, where="fit.validation")


def _finding(problem: Problem) -> Finding:
    """A problem as a finding."""
    severity: Severity = "error" if problem.severity == "error" else "warning"
    what, _, mend = problem.message.rpartition("; ")
    return Finding(
        problem.kind,
        problem.where,
        severity,
        1.0 if severity == "error" else 0.8,
        what or problem.message,
        "fit refuses this before any work is done: rows, labels and layers must fit together before anything can be "
        "computed from them."
        if severity == "error"
        else "fit trains all the same, but this is seldom what was meant: what "
        "is trained then is not the network that the program seems to describe.",
        {"message": problem.message},
        Remedy(mend if what else problem.message),
    )
