"""Tables in many bad ways train, evaluate and predict, with no flag or with the one that the message names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clarinet import saving
from clarinet.datasets import Table, TableCoding, load_table
from tests.datasets.messy import GONE, MESSY, ROWS, wines
from tests.datasets.messy_exports import EXPORTS

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def plain() -> Table:
    """The same table, as it is."""
    columns = {n: [None if i in GONE.get(n, ()) else v for i, v in enumerate(c)] for n, c in wines().items()}
    return load_table(columns, "cultivar")


@pytest.mark.parametrize("fault", MESSY | EXPORTS)
def test_a_messy_table(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: Table, fault: str) -> None:
    monkeypatch.chdir(tmp_path)
    messy = (MESSY | EXPORTS)[fault]
    path = Path(f"wines{messy.ending}")
    if library := {".xlsx": "openpyxl", ".parquet": "pyarrow"}.get(messy.ending):
        pytest.importorskip(library)
    messy.write(path)
    words = ("train", path, "--target", messy.target, "--epochs", 1, "--hidden", 4, "--seed", 1)
    if messy.flags and fault != "-999 for nothing":  # which is sound as it is; a hint says what it may mean
        refused = run(*words)
        assert refused.code == 1 and f"{messy.flags[0]} " in refused.err, refused.err
    answer = run(*words, *messy.flags)
    assert answer.code == 0, answer.err
    assert f"{ROWS} rows" in answer.out
    _check_coding(path, plain, messy.same)
    evaluated = run("evaluate", "wines.clarinet", path, "--json")
    assert evaluated.code == 0 and evaluated.json["rows"] == ROWS, evaluated.err
    predicted = run("predict", "wines.clarinet", path, "--json")
    assert predicted.code == 0 and len(predicted.json) == ROWS, predicted.err


def _check_coding(path: Path, plain: Table, same: bool | tuple[str, ...]) -> None:
    """The file was read as the plain table is: by name, or by place where it has no names."""
    about: Any = saving.load("wines.clarinet").metadata["data"]
    table = TableCoding.from_config(about["coding"]).load(path)
    if same is True:
        np.testing.assert_array_equal(table.x, plain.x)
        np.testing.assert_array_equal(table.y, plain.y)
    for name in same or () if same is not True else ():
        mine, theirs = table.feature_names.index(name), plain.feature_names.index(name)
        np.testing.assert_array_equal(table.x[:, mine], plain.x[:, theirs])


def test_a_training_says_whether_it_is_any_good(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    MESSY["semicolons and decimal commas"].write(Path("wines.csv"))
    words = ("train", "wines.csv", "--target", "cultivar", "--epochs", 12, "--seed", 1)
    said = run(*words).out
    assert "Balanced accuracy " in said and "; a linear model " in said and "true \\ said" in said
    assert "Its answers depend most on these columns" in said
    assert "Next: clarinet predict wines.clarinet new.csv --out predictions.csv" in said
    assert "scores            balanced accuracy " in run("info", "wines.clarinet").out
    answer = run(*words, "--cv", 3, "--class-weight", "balanced", "--json").json
    assert len(answer["folds"]) == 3 and answer["verdict"]["score"] > 0.6
    known = run("evaluate", "wines.clarinet", "wines.csv", "--json").json
    assert known["rows_trained_on"] == known["rows"], "the model is trained on all rows in the end"
    said = run(*words, "--cv", 3, "--refit", "no").out
    assert "3 folds: balanced accuracy 0." in said and " ± " in said
    known = run("evaluate", "wines.clarinet", "wines.csv", "--json").json
    assert known["rows_trained_on"] < known["rows"]
    rng = np.random.default_rng(0)
    rows = "".join(f"{a:.3f},{'ab'[b]}\n" for a, b in zip(rng.normal(size=100), rng.integers(0, 2, 100)))
    Path("noise.csv").write_text("x,y\n" + rows)
    said = run("train", "noise.csv", "--target", "y", "--epochs", 2, "--seed", 1).out
    assert "no better than guessing" in said and "Next: clarinet doctor noise.clarinet noise.csv" in said
    assert run("train", "wines.csv", "--target", "hue", "--class-weight", "balanced").code == 2


def test_findings_and_refusals_name_the_columns_of_the_table(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = "".join(f"{a / 10},{a} mm,{a + rng.integers(9)}\n" for a in rng.permutation(200))
    Path("parts.csv").write_text("length in cm,length,cost\n" + rows)
    assert run("train", "parts.csv", "--target", "cost", "--epochs", 2, "--hidden", 4, "--seed", 1).code == 0
    found = run("doctor", "parts.clarinet", "parts.csv", "--epochs", 1).out
    assert "olumns 'length in cm' and 'length' say the same in other units" in found
    refused = run("plot", "confusion", "parts.clarinet", "parts.csv").err
    assert "predicts an amount, 'cost'. See how far off it is with: clarinet plot predictions parts" in refused
    Path("metres.csv").write_text("length in cm,length\n7.5,0.075 m\n7.5,75 mm\n")
    metres, millimetres = run("predict", "parts.clarinet", "metres.csv", "--json").json
    assert metres["value"] == pytest.approx(millimetres["value"])


def test_a_folder_of_tables_is_no_folder_of_pictures(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("parts").mkdir()
    Path("parts/one.csv").write_text("a,b\n1,2\n")
    refused = run("train", "parts", "--target", "b")
    assert refused.code == 2 and 'model.fit("parts/*.csv", target=…)' in refused.err
