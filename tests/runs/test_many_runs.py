"""Many runs: finding, comparing, grouping, curves, export, the bin, and how fast it is."""

from __future__ import annotations

import csv
import json
import math
import re
import time

import numpy as np
import pytest

from clarinet import runs
from clarinet.runs.curves import downsample, smooth


@pytest.fixture
def three(train):
    """Three trained runs: two seeds of one rate, and another rate."""
    for name, rate, seed in (("a", 0.001, 1), ("b", 0.001, 2), ("c", 0.05, 3)):
        train(run=name, learning_rate=rate, seed=seed, epochs=4)


@pytest.mark.usefixtures("three")
class TestThreeRuns:
    def test_list(self):
        assert [entry.name for entry in runs.list()] == ["c", "b", "a"]
        assert [entry.name for entry in runs.list(limit=1)] == ["c"]
        entry = runs.list()[0]
        history = runs.get("c").history
        assert entry.metrics["val_loss"] == history["val_loss"][-1]
        assert entry.metrics["val_loss.min"] == min(history["val_loss"])

    @pytest.mark.parametrize(
        "where, names",
        [
            ("learning_rate = 0.001", ["b", "a"]),
            ("learning_rate > 0.01", ["c"]),
            ("fit.epochs = 4", ["c", "b", "a"]),
            ("name != b", ["c", "a"]),
            (["status = finished", "name = a"], ["a"]),
            ("loss < 1e9", ["c", "b", "a"]),
            ("compile.loss.class_name=nothing", []),
            ("data.x.dtype = <f4", ["c", "b", "a"]),
        ],
    )
    def test_where(self, where, names):
        assert [entry.name for entry in runs.list(where)] == names

    def test_sort(self):
        losses = [entry.metrics["val_loss"] for entry in runs.list(sort="val_loss")]
        assert losses == sorted(losses)
        assert [entry.name for entry in runs.list(sort="-name")] == ["c", "b", "a"]
        assert runs.list(sort="-learning_rate")[0].name == "c"

    def test_best(self):
        values = {name: max(runs.get(name).history["val_accuracy"]) for name in "abc"}
        assert max(runs.get(runs.best("val_accuracy").name).history["val_accuracy"]) == max(values.values())

    def test_diff(self):
        found = runs.diff("a", "c")
        assert found["compile.optimizer.config.learning_rate"] == (0.001, 0.05)
        assert found["fit.seed"][0] != found["fit.seed"][1]
        assert not any(key.startswith(("model", "data", "environment")) for key in found)

    def test_compare(self):
        assert runs.compare("a", "b")["loss"] == tuple(runs.get(name).history["loss"][-1] for name in "ab")

    def test_group(self):
        low, high = runs.group("learning_rate", "val_loss")
        losses = [runs.get(name).summary["val_loss"] for name in "ab"]
        assert (low.value, set(low.names), high.names) == (0.001, {"a", "b"}, ("c",))
        assert low.mean == pytest.approx(np.mean(losses))
        assert low.spread == pytest.approx(np.std(losses, ddof=1))
        assert math.isnan(high.spread)

    def test_the_bin(self, store):
        folder = runs.get("b").folder
        runs.get("b").delete()
        assert [entry.name for entry in runs.list()] == ["c", "a"]
        with pytest.raises(ValueError, match="no run 'b'"):
            runs.get("b")
        assert runs.restore("b").status == "finished"
        runs.get("b").delete()
        assert runs.gc() == []
        assert folder.exists()
        assert runs.gc(days=0) == ["b"]
        assert not folder.exists()
        left = store.query("SELECT count(*) FROM series WHERE run NOT IN (SELECT id FROM runs)")
        assert left == [(0,)]
        assert store.query(
            "SELECT count(*) FROM points p LEFT JOIN series s ON s.id = p.series WHERE s.id IS NULL"
        ) == [(0,)]
        with pytest.raises(ValueError, match="no run 'b' in the bin; it holds nothing"):
            runs.restore("b")

    def test_export(self, tmp_path):
        run = runs.get("a")
        rows = list(csv.DictReader(run.export(tmp_path / "a.csv").read_text().splitlines()))
        losses = [float(row["value"]) for row in rows if (row["kind"], row["name"]) == ("epoch", "loss")]
        assert losses == run.history["loss"]
        document = json.loads(run.export(tmp_path / "a.json").read_text())
        assert document["documents"]["fit"]["epochs"] == 4
        assert {(m["kind"], m["name"]) for m in document["metrics"]} == set(run.metrics)
        table = list(csv.DictReader(runs.export(tmp_path / "all.csv").read_text().splitlines()))
        assert [row["name"] for row in table] == ["c", "b", "a"]
        assert float(table[2]["loss"]) == run.history["loss"][-1]
        with pytest.raises(ValueError, match=r"ends in neither .csv nor .json"):
            run.export(tmp_path / "a.xls")

    def test_the_page(self):
        run = runs.get("a")
        run.reopen()
        run.notes = "<script>alert(1)</script>"
        run.finish()
        text = run.to_html().read_text()
        assert "<script" not in text
        assert "&lt;script&gt;" in text
        assert text.count("<svg") >= 4
        assert "learning_rate" in text
        assert "http" not in text.replace("http-equiv", "")


def test_what_makes_no_sense_is_refused(train):
    assert runs.list() == []
    with pytest.raises(ValueError, match=r"no run has values of 'val_loss': there are none yet"):
        runs.best()
    train(run="a")
    for where, message in (
        ("loss", "is not a condition; expected a name"),
        ("los < 3", "no run has a metric or a setting 'los': did you mean 'loss'"),
    ):
        with pytest.raises(ValueError, match=message):
            runs.list(where)
    with pytest.raises(ValueError, match="expected two runs or more, received 1"):
        runs.diff("a")
    with pytest.raises(ValueError, match="no metric 'los' in this run: did you mean 'loss'"):
        runs.get("a").curve("los")
    with pytest.raises(ValueError, match="whether 'seconds' should grow or shrink"):
        runs.best("seconds")


def test_as_users_of_other_trackers_spell_it(store, train):
    run = runs.init(project="perceptron", config={"epochs": 2})
    config = run.config
    config.rate = 0.5
    assert (config.epochs, run.config["rate"]) == (2, 0.5)
    with pytest.raises(AttributeError, match="no setting 'epoch'; it has epochs, rate"):
        config.epoch  # noqa: B018
    train(callbacks=[runs.Tracker()])
    runs.log({"mine": 3})
    assert run.status == "running"
    runs.finish()
    assert [entry.name for entry in runs.list()] == ["run-1"]
    assert (run.status, run.tags, run.summary["mine"], len(run.history["loss"])) == ("finished", ["perceptron"], 3, 2)
    with pytest.raises(ValueError, match="no run has been begun"):
        runs.log({"mine": 3})


def test_smoothing():
    rng = np.random.default_rng(0)
    noisy = 3 + rng.normal(size=500)
    calm = smooth(noisy, 0.9)
    assert calm[0] == noisy[0]
    assert calm[100:].std() < noisy.std() / 3
    np.testing.assert_allclose(smooth(np.full(5, 2.0), 0.9), 2.0)
    assert np.isnan(smooth([1, np.nan, 1])[1])
    with pytest.raises(ValueError, match="weight is from 0"):
        smooth([1], 1)


@pytest.mark.parametrize("method", ["lttb", "minmax"])
def test_downsampling_keeps_peaks_and_ends(method):
    y = np.zeros(10_000)
    y[3_333], y[7_777], y[5_000] = 5, -5, np.nan
    x, kept = downsample(np.arange(10_000), y, 100, method)
    assert len(x) <= 101
    assert (np.diff(x) > 0).all()
    assert np.nanmax(kept) == 5
    assert np.nanmin(kept) == -5
    if method == "lttb":
        assert (x[0], x[-1], len(x)) == (0, 9_999, 100)


def best_of(times, function):
    """Processor time: other work on the machine says nothing about the store."""
    found = []
    for _ in range(times):
        began = time.process_time()
        function()
        found.append(time.process_time() - began)
    return min(found)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A store of 1,000 runs of 10,000 steps."""
    store = runs.Store(tmp_path_factory.mktemp("large"))
    store.start("first").finish()
    rng = np.random.default_rng(0)
    blob = rng.normal(size=1024).astype("<f4").tobytes()
    documents = json.dumps({"batch_size": 32, "layers": [{"units": 128, "activation": "relu"}] * 20})
    with store.transaction() as connection:
        for run in range(2, 1001):
            connection.execute(
                "INSERT INTO runs (uid, name, status, started) VALUES (?, ?, 'finished', 0)", (f"u{run}", f"run-{run}")
            )
            connection.execute("INSERT INTO documents VALUES (?, 'fit', ?)", (run, documents))
            for kind, name in (("step", "loss"), ("epoch", "loss"), ("epoch", "val_loss"), ("epoch", "val_accuracy")):
                series = connection.execute(
                    "INSERT INTO series (run, kind, name, last, last_step) VALUES (?, ?, ?, 0.5, 9) RETURNING id",
                    (run, kind, name),
                ).fetchone()[0]
                if kind == "step":
                    rows = ((series, b, 1024 * b, blob if b < 9 else blob[: 4 * 784]) for b in range(10))
                    connection.executemany("INSERT INTO blocks VALUES (?, ?, ?, ?)", rows)
                else:
                    connection.executemany("INSERT INTO points VALUES (?, ?, 0.5)", ((series, e) for e in range(10)))
    return store


def test_a_large_store_answers_quickly(large):
    seen = runs.Runs(large)
    run = large.get("run-777")
    assert len(seen.entries()) == 1000
    assert len(run.curve("loss", "step")[0]) == 10_000
    assert best_of(9, seen.entries) < 0.05
    assert best_of(9, lambda: run.curve("loss", "step", points=1000)) < 0.05
    assert best_of(9, lambda: run.curve("loss", "step", points=1000, method="minmax")) < 0.05


def test_no_query_scans_all_metrics(large, monkeypatch):
    asked = []
    query = large.query
    monkeypatch.setattr(
        large, "query", lambda sql, parameters=(): asked.append((sql, parameters)) or query(sql, parameters)
    )
    seen, run = runs.Runs(large), large.get("run-5")
    seen.entries("batch_size = 32", sort="val_loss")
    seen.compare("run-5", "run-6")
    seen.diff("run-5", "first")
    run.history, run.samples, run.findings, run.curve("loss")
    asked += [
        (f"SELECT * FROM {view} WHERE run_name = 'run-5' AND name = 'loss'", ()) for view in ("metrics", "step_metrics")
    ]
    for sql, parameters in asked:
        plan = [row[3] for row in query(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        assert not [line for line in plan if re.match(r"SCAN (p|b|points|blocks|layers)\b", line)], sql
