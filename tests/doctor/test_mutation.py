"""The benchmark of mutants: parts without a common family, verdicts by paired scores, lines that are kept."""

import json

import numpy as np
import pytest

pytest.importorskip("sklearn")
from benchmarks.doctor.mutation import measuring, spec, summary, truth
from benchmarks.doctor.mutation.operators import OPERATORS
from benchmarks.doctor.mutation.programs import PROGRAMS
from benchmarks.doctor.mutation.variants import PARTS, Variant, programs, variants


def test_every_family_is_in_one_part():
    parts = {part: {each.family for each in programs(part)} for part in PARTS}
    assert sum(len(programs(part)) for part in PARTS) == len(PROGRAMS) >= 60
    assert sum(map(len, parts.values())) == len(set.union(*parts.values()))


def test_names_are_unique():
    assert len({each.name for each in PROGRAMS}) == len(PROGRAMS)
    for part in PARTS:
        own = [(each.spec.name, each.name) for each in variants(part)]
        assert len(set(own)) == len(own)


def test_variants_are_the_same_each_time():
    assert [each.name for each in variants("check")] == [each.name for each in variants("check")]


def test_a_variant_is_faulty_where_it_is_clearly_worse():
    assert truth.verdict([0.9] * 5, [0.8, 0.81, 0.79, 0.8, 0.8], evident=False) == "faulty"
    assert truth.verdict([0.9] * 5, [0.88] * 4 + [0.3], evident=False) == "undecided"
    assert truth.verdict([0.9] * 5, [0.89, 0.91, 0.9, 0.9, 0.9], evident=False) == "harmless"
    assert truth.verdict([0.9] * 5, [None] * 5, evident=False) == "faulty"


def test_true_kinds_are_acceptable_and_others_only_in_their_groups():
    (low,) = [operator for operator in OPERATORS if operator.name == "learning_rate_too_low"]
    assert {"learning_rate_too_low", "too_few_epochs", "ignores_input"} <= truth.acceptable([low])
    assert "wrong_loss" not in truth.acceptable([low])


def sound(name="logistic"):
    return next(each for each in PROGRAMS if each.name == name)


def test_lines_are_kept_and_a_broken_one_is_left_out(tmp_path):
    path = tmp_path / "lines.jsonl"
    variant = Variant(sound())
    first = measuring.score(measuring.Store(path), variant, 0)
    with path.open("a") as file:
        file.write('{"what": "score", "program"')
    store = measuring.Store(path)
    assert len(store.found) == 1
    assert measuring.score(store, variant, 0) == first > 0.9


def test_the_summary_counts(tmp_path):
    store = measuring.Store(tmp_path / "lines.jsonl")
    (variant,) = [each for each in variants("develop") if each.name and each.evident and each.faults][:1]
    line = {
        "what": "report",
        "program": variant.spec.name,
        "variant": variant.name,
        "seed": 0,
        "commit": "x",
        "work": 0.1,
    }
    kind = variant.faults[0].kinds[0]
    store.keep(
        line | {"findings": [[kind, variant.faults[0].where[0], "warning"], ["wrong_optimizer", "optimizer", "error"]]}
    )
    text, told = summary.summary(store, "develop")
    assert "faults named (recall): 1 of 1" in text
    assert "findings that are right (precision): 1 of 2" in text
    assert len(told) == 1
    assert json.loads((tmp_path / "lines.jsonl").read_text())["program"] == variant.spec.name


@pytest.mark.parametrize("program", PROGRAMS[::11], ids=lambda program: program.name)
def test_scores_repeat_and_rows_to_judge_on_are_others(program):
    data = program.made(3)
    assert len(data.truth) == (program.test or len(data.y))
    assert np.array_equal(np.asarray(program.made(3).truth), np.asarray(data.truth))
    assert spec.shape_of(data) is None or program.graph or program.layers
