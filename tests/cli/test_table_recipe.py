"""The recipe for tables: what it is made of, that it keeps a line, and what the command line says of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import utils
from clarinet.callbacks import Callback
from clarinet.datasets import Table, load_table
from clarinet.recipes import Fitted, TableSettings, class_weights, fit_table
from clarinet.recipes.tables import in_words, parts

Run = Callable[..., Any]


def table_of(target: Callable[..., Any], rows: int = 240, noise: float = 0.0) -> Table:
    """Two columns of numbers, one of names, and what is made of them."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(3, 2, rows), rng.uniform(0, 100, rows)
    kind = rng.choice(["x", "y", "z"], rows)
    given = {"a": a.tolist(), "b": b.tolist(), "kind": kind.tolist()}
    return load_table({**given, "target": np.asarray(target(a, b) + noise * rng.normal(size=rows)).tolist()}, "target")


def fitted(table: Table, **said: Any) -> Fitted:
    utils.set_random_seed(1)
    weights = class_weights(table.y, len(table.classes)) if said.pop("balanced", False) else None
    settings = TableSettings(seed=1, **{"epochs": 30, **said})
    return fit_table(table.x, table.y, len(table.classes), table.coding, settings, weights)


def test_a_line_is_kept_beyond_the_rows_too() -> None:
    table = table_of(lambda a, b: 5 * a - 0.1 * b + 7, noise=0.01)
    model = fitted(table).model
    far = table.transform([{"a": 30, "b": 50, "kind": "x"}])
    assert model.predict(far, verbose=0)[0, 0] == pytest.approx(5 * 30 - 5 + 7, rel=0.05)


def test_what_is_not_linear_is_learnt() -> None:
    table = table_of(lambda a, b: 3 * np.sin(b / 10) + np.abs(a - 3))
    new = table_of(lambda a, b: 3 * np.sin(b / 10) + np.abs(a - 3), rows=400)
    errors = new.y - fitted(table, epochs=100).model.predict(table.transform(_columns(new)), verbose=0)
    assert 1 - errors.var() / new.y.var() > 0.8


def _columns(table: Table) -> list[dict[str, object]]:
    names = ("x", "y", "z")
    return [{"a": float(row[0]), "b": float(row[1]), "kind": names[int(row[2:].argmax())]} for row in table.x]


def test_the_answers_are_the_average_of_the_networks(tmp_path: Path) -> None:
    table = table_of(lambda a, b: np.where(a * b > 120, 1, 0))
    found = fitted(table, hidden=(8,), epochs=3)
    model = found.model
    assert [layer.name for layer in model.layers] == ["standardise", "numbers_and_intervals", "networks"]
    assert len(found.epochs) == len(found.best) == 5 and len(model.history.epoch) == max(found.epochs)
    model.save(tmp_path / "m.clarinet")
    again = clarinet.load(tmp_path / "m.clarinet")
    said = model.predict(table.x, verbose=0)
    np.testing.assert_array_equal(again.predict(table.x, verbose=0), said)
    np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(fitted(table, hidden=(8,), epochs=3).model.predict(table.x, verbose=0), said)


def test_every_row_is_watched_once_and_like_answers_are_spread() -> None:
    y = np.repeat([0, 1, 2], [40, 8, 2])
    found = list(parts(y, 3, 0))
    assert len(found) == 5
    assert sorted(np.concatenate([watched for _, watched in found]).tolist()) == list(range(50))
    assert all(np.intersect1d(rows, watched).size == 0 for rows, watched in found)
    assert [np.bincount(y[watched], minlength=3).tolist()[:2] for _, watched in found] == [
        [8, n] for n in (2, 2, 2, 1, 1)
    ]
    assert [len(list(parts(np.zeros(n), 0, 0))) for n in (2, 3, 30_000, 100_001)] == [2, 2, 3, 1]
    assert "it stops by 1/10 of the rows" in in_words(100_001, TableSettings())


@pytest.mark.parametrize("rows", [2, 3, 7])
def test_few_rows(rows: int) -> None:
    table = load_table({"a": list(range(rows)), "y": [2.5 * n for n in range(rows)]}, "y")
    assert np.isfinite(fitted(table, epochs=2).model.predict(table.x, verbose=0)).all()
    table = load_table({"a": list(range(rows)), "y": ["no", *["yes"] * (rows - 1)]}, "y")
    assert fitted(table, epochs=2).model.predict(table.x, verbose=0).shape == (rows, 2)


def test_a_category_that_only_new_rows_hold_moves_little() -> None:
    rows = {"a": np.linspace(0, 1, 60).tolist(), "kind": ["x", "y"] * 30, "y": np.linspace(0, 2, 60).tolist()}
    table = load_table(rows, "y")
    x = table.x.copy()
    x[:, 2] = 0  # as if no row were of kind y
    x[:, 1] = 1
    model = fit_table(x, table.y, 0, table.coding, TableSettings(seed=0, epochs=5)).model
    assert np.abs(model.predict(table.x, verbose=0)).max() < 4


def test_rare_classes_count_as_much_where_that_is_asked_for() -> None:
    table = table_of(lambda a, b: np.where(a + np.random.default_rng(1).normal(size=len(a)) > 6.3, 1, 0))
    rare = table.y == 1
    recalls = []
    for balanced in (False, True):
        said = fitted(table, hidden=(8,), balanced=balanced).model.predict(table.x, verbose=0).argmax(axis=1)
        recalls.append((said[rare] == 1).mean())
    assert rare.mean() < 0.2 and recalls[0] < recalls[1]


class _Stops(Callback):
    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_leaves_the_networks_so_far() -> None:
    table = table_of(lambda a, b: a)
    found = fitted(table, watchers=lambda number: [_Stops()] if number == 2 else [])
    assert found.interrupted and len(found.epochs) == 3
    assert np.isfinite(found.model.predict(table.x, verbose=0)).all()


def test_the_command_line_says_which_and_why(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a,y\n" + "".join(f"{n},{3 * n + 1.5}\n" for n in range(60)))
    words = ("train", "t.csv", "--target", "y", "--epochs", 2, "--seed", 1)
    said = run(*words).out
    assert "Network: 5 of them, each a linear model and 128 relu → 64 relu;" in said
    assert "Best epochs of the networks: " in said and "R² 1.000" in said
    assert "One network, as --run is about one;" in run(*words, "--run", "r").out
    assert "Network: 1 → 4 relu → 1;" in run(*words, "--hidden", 4).out
    assert "and 4 relu; each stops" in run(*words, "--hidden", 4, "--preset", "table").out
    refused = run(*words, "--preset", "table", "--validation", 0.2)
    assert refused.code == 2 and "--validation is about one: leave one of the two out" in refused.err
    refused = run("train", "mnist", "--preset", "table")
    assert refused.code == 2 and "--preset table is for tables; mnist is not one" in refused.err
