"""The refusals and doubts of ``fit`` itself: the same checks, before any work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from clarinet import checks
from clarinet.data_adapters import as_array
from clarinet.doctor.findings import Finding, Remedy, Severity
from clarinet.doctor.program import Program
from clarinet.names import nearest
from clarinet.problems import Problem, error
from clarinet.settings import FACTS, FitSettings, Role, names_of
from clarinet.training.loop import Fit
from clarinet.training.trainer import DEFAULTS, settings_of

#: Kinds that have no rule of their own; ``"refused"`` is an error that ``fit`` raises without a check for it.
KINDS = (
    "bad_argument",
    "bad_class_weight",
    "empty_data",
    "id_out_of_range",
    "input_shape_mismatch",
    "label_shape_mismatch",
    "length_mismatch",
    "no_layers",
    "not_adapted",
    "not_compiled",
    "refused",
    "weight_shape_mismatch",
)
BASIS = "arithmetic: it cannot be computed"
#: Kinds that rules explain in more detail; each group names the same fault.
_SAME = (
    {"nan_in_data"},
    {"label_encoding_mismatch", "output_units_mismatch", "wrong_loss", "targets_out_of_range"},
)
_RULED = frozenset().union(*_SAME)
#: Places that rules look at.
_PLACES = ("data.x", "data.y", "layer", "loss")


def examine(found: Iterable[Problem]) -> Iterator[Finding]:
    """Unlike a rule it uses the errors of ``fit``: with data of the wrong shape there are no facts."""
    for problem in found:
        if problem.kind in KINDS or (problem.severity == "error" and not _ruled(problem)):
            yield _finding(problem)


def unnamed(found: Iterable[Problem], findings: Iterable[Finding]) -> Iterator[Finding]:
    """Refusals of ``fit`` that no rule has found."""
    named = [finding for finding in findings if finding.severity == "error"]
    for problem in found:
        if problem.severity == "error" and _ruled(problem):
            same = next(group for group in _SAME if problem.kind in group)
            if not any(f.kind in same and (len(same) > 1 or f.where == problem.where) for f in named):
                yield _finding(problem)


def _ruled(problem: Problem) -> bool:
    return problem.kind in _RULED and problem.where.partition(":")[0] in _PLACES


def problems(program: Program) -> list[Problem]:
    """The problems that ``fit`` would report; if shapes are wrong, values are not checked."""
    found = list(_problems(program))
    return found if any(problem.severity == "error" for problem in found) else [*found, *_refused(program)]


def _problems(program: Program) -> Iterator[Problem]:
    if incomplete := list(checks.check_compiled(program)):
        yield from incomplete
        return
    try:
        model = program.model()
    except (TypeError, ValueError) as wrong:
        yield error("input_shape_mismatch", "data.x", str(wrong), type(wrong))
        return
    found = [*_unknown_arguments(program.fit), *checks.check_fit_arguments(model, _settings(program))]
    yield from found
    if any(problem.severity == "error" for problem in found):
        return
    settings = _settings(program)
    weight = None if settings.sample_weight is None else as_array(settings.sample_weight, "sample_weight")
    yield from checks.check_data(model, program.x, program.y, weight, settings.class_weight)
    if program.validation is not None:
        yield from checks.check_data(model, *program.validation, where="fit.validation")


def _settings(program: Program) -> FitSettings:
    """The call of ``fit`` that the program is, without arguments that ``fit`` does not have."""
    known = {name: value for name, value in program.fit.items() if name in FACTS}
    data = {"x": program.x, "y": program.y, "validation_data": program.validation}
    return settings_of(**known | data)


def _unknown_arguments(given: dict[str, Any]) -> Iterator[Problem]:
    for name in given:
        if name not in FACTS:
            message = f"fit has no argument {name!r}: {nearest(name, tuple(FACTS))}"
            yield error("bad_argument", f"fit.{name}", message, TypeError)


def _refused(program: Program) -> Iterator[Problem]:
    """Errors of ``fit`` before its first step: it runs up to there, and no further."""
    silent = {name: DEFAULTS[name] for name in names_of(Role.DISPLAY)} | {"verbose": 0}
    try:
        Fit(program.model(), checks.plain_settings(settings_of(**vars(_settings(program)) | silent)))
    except (TypeError, ValueError) as wrong:
        name = str(wrong).partition("=")[0].partition(":")[0]
        where = "data.y" if name == "target" else f"fit.{name}" if name in FACTS else "model"
        yield error("refused", where, str(wrong), type(wrong))


def _finding(problem: Problem) -> Finding:
    """A problem as a finding."""
    severity: Severity = "error" if problem.severity == "error" else "warning"
    what, _, fix = problem.message.rpartition("; ")
    return Finding(
        problem.kind,
        "fit.validation" if problem.where.startswith("fit.validation.") else problem.where,
        severity,
        1.0 if severity == "error" else 0.8,
        what or problem.message,
        "fit refuses this before any work is done: rows, labels and layers must fit together before anything can be "
        "computed from them."
        if severity == "error"
        else "fit trains nevertheless, but this is rarely intended: what "
        "is trained then is not the network that the program seems to describe.",
        {"message": problem.message},
        Remedy(fix if what else problem.message),
    )
