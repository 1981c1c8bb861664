"""What adapters share: what came of a conversion, and the examination of the data alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.patient import Patient
from clarinet.doctor.program import Program, quietly
from clarinet.doctor.report import Report
from clarinet.doctor.rules import association, constant, duplicates, imbalance, non_finite, order, outliers, validation
from clarinet.types import Array

#: Rules that look at nothing but rows and labels.
_DATA_RULES = (non_finite, constant, imbalance, order, association, duplicates, outliers, validation)


class NotConverted(Exception):
    """Something has no counterpart here.

    Args:
        where: its place, as findings have it.
        what: what it is, in the words of its framework.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(what)
        self.where, self.what = where, what


@dataclass(frozen=True)
class Adapted:
    """A model of another framework as a program.

    Attributes:
        program: as far as it could be converted.
        missing: (place, what) of everything that has no counterpart.
        whole: whether the program may be examined as one of ours; else only its data.
    """

    program: Program
    missing: tuple[tuple[str, str], ...] = ()
    whole: bool = True

    def noted(self, report: Report) -> Report:
        """The report with a hint for everything that could not be converted."""
        hints = tuple(_hint(where, what, self.whole) for where, what in self.missing)
        return replace(report, findings=(*report.findings, *hints))


def _hint(where: str, what: str, whole: bool) -> Finding:
    done = "it was left out" if whole else "only the data were looked at"
    return Finding(
        "not_converted", where, "hint", 1.0, f"{what} has no counterpart in Clarinet; {done}",
        "The doctor looks at models of other frameworks by telling them in Clarinet's words. What it has no words "
        "for it cannot judge.",
        {"what": what}, Remedy("nothing is wrong with this; judge this part by yourself"),
    )  # fmt: skip


@quietly()
def data_only(program: Program) -> Report:
    """The findings of the rules that look at rows and labels."""
    began, patient = time.perf_counter(), Patient(program)
    found = sorted((f for rule in _DATA_RULES for f in rule.examine(patient)), key=lambda finding: finding.rank)
    asked = {kind for rule in _DATA_RULES for kind in rule.KINDS}
    missed = tuple(sorted(asked - {finding.kind for finding in found}))
    return Report(tuple(found), missed, time.perf_counter() - began)


def array(value: object) -> Array:
    """NumPy's form of an array of any framework."""
    for name in ("detach", "cpu"):  # a tensor that may stand on a device, with a gradient
        value = getattr(value, name, lambda value=value: value)()
    return np.asarray(value)


def held_out(validation_data: object) -> tuple[Array, Array] | None:
    """Validation rows and labels, without weights; None where there are none, or no arrays."""
    if not isinstance(validation_data, tuple | list):
        return None
    return array(validation_data[0]), array(validation_data[1])
