"""Every kind of fault is found where it is, and not where it only seems to be."""

import json

import pytest

from clarinet import doctor
from tests.cases.rules import RULES
from tests.cases.watching import WATCHED

FIT = {"epochs": 30}


EXAMINED = {}


def examine(sketch, budget):
    """Once for each program: many rules have the same sound one."""
    key = budget, repr(sketch.fit), *(id(part) for name, part in vars(sketch).items() if name != "fit")
    if key not in EXAMINED:
        report = doctor.examine(sketch.model(), sketch.x, sketch.y, budget=budget, **FIT | sketch.fit)
        EXAMINED[key] = report, sketch
    return EXAMINED[key][0]


def named(report, rule):
    return next((f for f in report.findings if (f.kind, f.where) == (rule.kind, rule.where)), None)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_the_fault_is_found_and_explained(rule):
    report = examine(rule.sick, "quick")
    report = report if named(report, rule) else examine(rule.sick, "normal")  # a rule's, or an experiment's
    finding = named(report, rule)
    assert finding is not None, str(report)
    assert (finding.severity == "hint") == rule.hint
    assert rule.hint or not report.healthy
    assert len(finding.explanation) > 80
    assert finding.remedy is not None
    assert finding.evidence
    assert 0 < finding.confidence <= 1
    assert rule.kind in str(report)
    told = json.loads(report.to_json())
    assert rule.kind in [f["kind"] for f in told["findings"]]
    assert rule.kind not in told["ruled_out"]


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_sound_program_is_left_alone(rule):
    report = examine(rule.sound, "normal")
    assert report.healthy, str(report)
    assert rule.kind in report.ruled_out, str(report)


def test_every_kind_has_a_row():
    assert {rule.kind for rule in RULES} | {row.kind for row in WATCHED} == set(doctor.KINDS)
