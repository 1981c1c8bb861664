"""The measuring of the doctor: halves without a common source, thresholds that are put back, verdicts counted alike."""

import json
from pathlib import Path

import pytest

pytest.importorskip("sklearn")
from benchmarks.doctor import cures, published, results, splits
from clarinet.doctor.rules import input_scale

FOLDER = Path(splits.__file__).parent
CASES = [json.loads(line) for line in (FOLDER / "cases.jsonl").read_text("utf-8").splitlines()]
HEALTHY = [json.loads(line) for line in (FOLDER / "healthy.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("seed", range(5))
def test_no_source_is_in_both_halves(seed):
    ours, theirs = splits.halves([*CASES, *HEALTHY], seed)
    assert len(ours) + len(theirs) == 102
    source = {case["id"]: case["source"][0] for case in (*CASES, *HEALTHY)}
    assert not {source[name] for name in ours} & {source[name] for name in theirs}


def test_thresholds_are_set_and_put_back():
    before = input_scale.LARGE
    with splits.chosen({("rules.input_scale", "LARGE"): 99.0}):
        assert input_scale.LARGE == 99.0
    assert before == input_scale.LARGE


def test_every_threshold_is_there_and_within_its_grid():
    for (module, name), grid in splits.GRID.items():
        with splits.chosen({(module, name): grid[0]}):
            pass
        assert list(grid) == sorted(grid)


def test_a_fault_shows_where_mending_it_was_seen_to_help():
    case = {"observed_buggy": {"value": 0.5}, "observed_fixed": {"value": 0.9}}
    assert cures.shows(case)
    assert cures.shows(case | {"observed_buggy": {"error": "ValueError"}})
    assert not cures.shows(case | {"observed_buggy": {"value": 0.89}})


def test_published_verdicts_are_counted_as_ours():
    case = next(case for case in CASES if case["id"] == "SO-33969059")
    right = [{"kind": fault["kind"], "where": fault["where"]} for fault in case["faults"]]
    assert published.ours("localised", case, right)
    assert published.ours("detected", case, [{"kind": "overfit", "where": "model"}])
    assert not published.ours("localised", case, [])
    assert "| DeepFD |" in published.tables([case], {case["id"]: right})


def test_parts_of_the_page_are_replaced_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "PAGE", tmp_path / "results.md")
    results.write("score", "first")
    results.write("cures", "second")
    results.write("score", "third")
    page = results.PAGE.read_text("utf-8")
    assert "first" not in page
    assert "second" in page
    assert page.count("third") == 1
