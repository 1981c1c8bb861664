"""The result of a conversion, and the examination of the data alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from clarinet import losses, optimizers
from clarinet.doctor.adapters.foreign import array
from clarinet.doctor.adapters.rows import Arrays, Rows
from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.graph_reports import renamed
from clarinet.doctor.graphs import has_several, not_examined
from clarinet.doctor.program import Program, program_of, quietly
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.report import Report
from clarinet.doctor.rules import association, constant, duplicates, imbalance, non_finite, order, outliers, validation
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Rules that look at nothing but rows and labels.
_DATA_RULES = (non_finite, constant, imbalance, order, association, duplicates, outliers, validation)


@dataclass(frozen=True)
class Adapted:
    """A model of another framework as one of Clarinet.

    Attributes:
        model: compiled; None where it has no counterpart, and only its data can be examined.
        rows: its data.
        validation: (x, y) or None.
        fit: further arguments of ``fit``.
        missing: (place, what) of everything that has no counterpart.
        places: its own places of layers by those of ``model``: ``{"layer:1": "layer:0"}``; empty where they are alike.
        names: of layers, which findings name beside their numbers, by place.
    """

    model: Trainable | None
    rows: Rows
    validation: tuple[Arrays, Arrays] | None
    fit: dict[str, object]
    missing: tuple[tuple[str, str], ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def program(self) -> Program | None:
        """What trains it; None where it could not be converted, or has several inputs or outputs."""
        if self.model is None or has_several(self.model) or not_examined(self.model):
            return None
        return program_of(self.model, self.rows.x, self.rows.y, self.validation, self.fit)

    def noted(self, report: Report) -> Report:
        """The report with the model's own places, and a hint for everything that could not be converted."""
        hints = tuple(_hint(where, what, self.model is not None) for where, what in self.missing)
        found = renamed(report.findings, self.places, self.names) if self.places else report.findings
        return replace(report, findings=(*found, *hints))


def _hint(where: str, what: str, whole: bool) -> Finding:
    done = "it was left out" if whole else "only the data were looked at"
    return Finding(
        "not_converted", where, "hint", 1.0, f"{what} has no counterpart in Clarinet; {done}",
        "The doctor converts models of other frameworks to Clarinet's layers. What it has no counterpart "
        "for it cannot judge.",
        {"what": what}, Remedy("nothing is wrong with this; judge this part by yourself"),
    )  # fmt: skip


@quietly()
def data_only(adapted: Adapted) -> Report:
    """The findings of the rules that look at rows and labels."""
    rows, labels = (_beside(each) for each in (adapted.rows.x, adapted.rows.y))
    held = None if adapted.validation is None else (_beside(adapted.validation[0]), _beside(adapted.validation[1]))
    program = Program((), rows.shape[1:], losses.get("mse"), optimizers.SGD(), (), rows, labels, held, adapted.fit)
    began, facts = time.perf_counter(), ProgramFacts(program)
    found = sorted((f for rule in _DATA_RULES for f in rule.examine(facts)), key=lambda finding: finding.rank)
    asked = {kind for rule in _DATA_RULES for kind in rule.KINDS}
    missed = tuple(sorted(asked - {finding.kind for finding in found}))
    return Report(tuple(found), missed, time.perf_counter() - began)


def _beside(arrays: Arrays) -> Array:
    """Several arrays as the columns of one."""
    if isinstance(arrays, Mapping):
        arrays = [*arrays.values()]
    if not isinstance(arrays, list):
        return array(arrays)
    return np.concatenate([array(each).reshape(len(each), -1) for each in arrays], axis=1)
