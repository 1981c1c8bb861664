"""``clarinet plot``: every kind leaves a picture, and says what it needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import clarinet
from clarinet import plots
from clarinet.cli.options import OF_SEARCHES, PLOTS

pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_there_is_a_word_for_every_plot() -> None:
    assert set(PLOTS) == set(plots.__all__) - {"save"}


@pytest.mark.parametrize("kind", sorted({*PLOTS} - {"history", "boundary", "importance", *OF_SEARCHES}))
def test_draws(run: Callable[..., Any], digits: Path, kind: str) -> None:
    data = [] if kind == "weights" else ["mnist"]
    more = ["--n", "4"] if kind in ("samples", "predictions", "weights") else []
    answer = run("plot", kind, digits, *data, *more, "--out", "a.svg", "--json")
    assert answer.code == 0, answer.err
    assert answer.json == {"plot": kind, "file": "a.svg"}
    assert Path("a.svg").read_text("utf-8").startswith("<?xml")


def test_draws_the_boundary_of_a_table(run: Callable[..., Any]) -> None:
    rows = [f"{i},{i % 7},{'yes' if i > 20 else 'no'}" for i in range(40)]
    Path("t.csv").write_text("a,b,answer\n" + "\n".join(rows))
    assert run("train", "t.csv", "--target", "answer", "--epochs", "1", "--out", "t.clarinet").code == 0
    answer = run("plot", "boundary", "t.clarinet", "t.csv", "--theme", "dark")
    assert answer.out == "Written: boundary.png\n"
    assert Path("boundary.png").read_bytes().startswith(b"\x89PNG")
    answer = run("plot", "importance", "t.clarinet", "t.csv", "--out", "columns.svg")
    assert answer.code == 0 and "of these 40 rows were trained on" in answer.out
    drawn = Path("columns.svg").read_text("utf-8")
    assert drawn.index("<!-- a -->") and drawn.index("<!-- b -->") and "balanced accuracy falls by" in drawn


def test_draws_runs_over_each_other(run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "kept"))
    model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
    model.compile("sgd", "mse")
    for name in ("one", "two"):
        model.fit([[0.0], [1.0]], [0.0, 1.0], epochs=2, verbose=0, run=name)
    assert run("plot", "history", "one", "two", "--out", "runs.svg").code == 0
    assert Path("runs.svg").is_file()
    answer = run("plot", "history", "on")
    assert answer.code == 1 and "did you mean 'one'?" in answer.err


def test_says_what_is_missing(run: Callable[..., Any], digits: Path) -> None:
    for arguments, code, said in (
        (["confusion", digits], 2, "expected one DATA after the model, received 0"),
        (["confusion", digits, "mnist", "--out", "a.jpg"], 1, ".svg, .pdf, .png"),
        (["samples", digits, "mnist", "--example", "10000"], 1, "there is no row 10000"),
        (["weights", digits, "--layer", "9"], 1, "no layer 9"),
        (["boundary", digits, "mnist"], 1, "a model of two columns"),
        (["portrait", digits], 2, "invalid choice"),
    ):
        answer = run("plot", *arguments)
        assert answer.code == code and said in answer.err
