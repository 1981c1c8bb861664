"""``clarinet glass``."""

import pytest


def test_a_trace_of_one_example(run, digits):
    answer = run("glass", digits, "--example", 7)
    assert answer.code == 0
    assert "1 row, step" in answer.out
    assert "dense/kernel/update" in answer.out
    arrays = run("glass", digits, "mnist", "--example", "7", "--json").json["arrays"]
    assert len(arrays["dense_1/a"][0]) == 10


def test_a_unit_explained(run, digits):
    answer = run("glass", digits, "--layer", "-1", "--unit", 3)
    assert answer.code == 0
    assert "dense_1 (Dense), unit 3" in answer.out
    named = run("glass", digits, "--layer", "dense_1", "--unit", 3, "--json").json
    assert named["explanation"] in answer.out


def test_a_film(run, digits, tmp_path):
    pytest.importorskip("matplotlib")
    answer = run("glass", digits, "--layer", "dense_1", "--film", tmp_path / "step.html")
    assert answer.code == 0
    assert (tmp_path / "step.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (["--example", "10000"], 2, "10,000 rows"),
        (["--unit", "x"], 2, "such as 0,2,5"),
        (["--layer", "dens"], 1, "no layer 'dens'"),
        (["--layer", "-1", "--unit", "99"], 1, "counted from 0"),
        (["--film", "step.avi"], 1, "expected one of .mp4"),
    ],
)
def test_refused(run, digits, arguments, code, message):
    answer = run("glass", digits, *arguments)
    assert answer.code == code
    assert message in answer.err
