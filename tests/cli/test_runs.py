"""``clarinet runs``: what it prints, as text and as JSON, and its exit codes."""

from __future__ import annotations

import json

import numpy as np
import pytest

import clarinet
from clarinet import runs
from clarinet.cli.tables import table


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def trained():
    """Three runs; the last with another learning rate."""
    x = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    for rate in (0.01, 0.01, 0.02):
        model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(1)])
        model.compile(clarinet.optimizers.SGD(rate), "mse")
        model.fit(x, x.sum(axis=1), epochs=3, verbose=0, validation_split=0.25, run="line")


def test_nothing_yet(run):
    answer = run("runs")
    assert answer.code == 0
    assert "No runs yet in" in answer.out
    assert run("runs", "--json").json == []


@pytest.mark.usefixtures("trained")
class TestTrained:
    def test_list(self, run):
        lines = run("runs").out.splitlines()
        assert lines[0].split() == ["name", "status", "begun", "took", "curve", "val_loss", "loss"]
        assert [line.split()[0] for line in lines[1:]] == ["line-3", "line-2", "line"]
        assert max(map(len, lines)) <= 100
        assert [entry["name"] for entry in run("runs", "ls", "--json").json] == ["line-3", "line-2", "line"]
        assert [e["name"] for e in run("runs", "--json", "ls", "--where", "learning_rate=0.02").json] == ["line-3"]
        chosen = run("runs", "ls", "--columns", "learning_rate,batch_size", "--limit", "1").out.splitlines()
        assert chosen[1].split()[-2:] == ["0.0200", "32"]

    def test_narrow_terminals(self, run, monkeypatch):
        monkeypatch.setenv("COLUMNS", "50")
        assert max(map(len, run("runs").out.splitlines())) <= 50

    def test_show(self, run):
        text = run("runs", "show", "line").out
        assert "status  finished" in text
        assert "compile.optimizer.config.learning_rate" in text
        document = run("runs", "show", "line", "--json").json
        assert document["documents"]["fit"]["batch_size"] == 32

    def test_diff(self, run):
        text = run("runs", "diff", "line", "line-3").out
        assert "learning_rate" in text
        assert "units" not in text
        found = run("runs", "diff", "line", "line-3", "--json").json
        assert found["settings"]["compile.optimizer.config.learning_rate"] == [0.01, 0.02]
        assert set(found["metrics"]) == {"loss", "val_loss", "learning_rate", "seconds"}

    def test_plot(self, run, tmp_path):
        lines = run("runs", "plot", "line", "line-2", "--metric", "val_loss", "--smooth", "0.5").out.splitlines()
        assert [line.split()[:2] for line in lines[1:]] == [["val_loss", "line"], ["val_loss", "line-2"]]
        assert "█" in lines[1]
        found = run("runs", "plot", "line", "--by", "epoch", "--json").json
        assert found["line"]["loss"]["steps"] == [0, 1, 2]
        assert run("runs", "plot", "line", "--html", tmp_path / "line.html").code == 0
        assert "<svg" in (tmp_path / "line.html").read_text()
        assert run("runs", "plot", "line", "line-2", "--html", tmp_path / "x.html").code == 1

    def test_export(self, run, tmp_path):
        assert run("runs", "export", "--out", tmp_path / "all.csv").code == 0
        assert len((tmp_path / "all.csv").read_text().splitlines()) == 4
        assert run("runs", "export", "line", "--out", tmp_path / "line.json").code == 0
        assert json.loads((tmp_path / "line.json").read_text())["name"] == "line"

    def test_the_bin(self, run):
        assert run("runs", "rm", "line", "nobody").code == 1
        assert run("runs", "rm", "line", "line-2").code == 0
        assert [entry["name"] for entry in run("runs", "ls", "--json").json] == ["line-3"]
        assert {entry["name"] for entry in run("runs", "ls", "--bin", "--json").json} == {"line", "line-2"}
        assert run("runs", "restore", "line").code == 0
        assert run("runs", "gc").out == "Nothing to remove.\n"
        assert run("runs", "gc", "--days", "0", "--json").json == {"removed": ["line-2"]}
        assert run("runs", "ls", "--bin").out == "The bin is empty.\n"
        assert len(runs.list()) == 2

    def test_what_went_wrong(self, run):
        answer = run("runs", "show", "lime")
        assert (answer.code, answer.out) == (1, "")
        assert "no run 'lime'" in answer.err
        assert "did you mean 'line'?" in answer.err
        assert run("runs", "ls", "--where", "loss").code == 1
        assert run("runs", "fly").code == 2


def test_tables_keep_the_first_columns():
    rows = [["a" * 60, "b" * 60, 1.0, 2.0, 3.0]]
    for width in (12, 30, 60, 100):
        lines = table(["first", "second", "x", "y", "z"], rows, width).splitlines()
        assert max(map(len, lines)) <= width
        assert lines[0].startswith("first")
