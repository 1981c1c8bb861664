"""A model is asked about new data in any form, and answers in words and units of the data that it was trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import clarinet
from clarinet import datasets
from clarinet.layers import Dense, Flatten, Input, Rescaling

Rows = list[dict[str, Any]]


def table_model(rows: Rows, target: str) -> clarinet.Sequential:
    """An untrained network that knows how its table is coded."""
    table = datasets.load_table(rows, target)
    units = max(len(table.classes), 1)
    model = clarinet.Sequential([Input((table.x.shape[1],)), Dense(units, "softmax" if table.classes else "linear")])
    model.metadata["data"] = {"kind": "table", "classes": list(table.classes), "coding": table.coding.to_config()}
    return model


ROWS: Rows = [
    {"size": 3 + i, "colour": "red" if i % 2 else "blue", "id": f"n{i}", "kind": "ab"[i % 3 == 0]} for i in range(20)
]


@pytest.fixture
def model() -> clarinet.Sequential:
    return table_model(ROWS, "kind")


def test_frames_files_and_rows_are_answered_alike(model: clarinet.Sequential, tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS, index=[f"r{i}" for i in range(20)])
    frame.to_csv(tmp_path / "new.csv", index=False)
    frame.to_csv(tmp_path / "german.csv", index=False, sep=";", encoding="utf-16")
    answers = model.answer(frame)
    assert list(answers) == ["id", "kind", "a (probability)", "b (probability)"]
    assert list(answers.index) == list(frame.index) and answers["id"].tolist() == frame["id"].tolist()
    assert answers.to_pandas().index.tolist() == list(frame.index)
    assert answers.notes == ("The model does not use 'id'.",)
    wanted = model.predict(datasets.TableCoding.from_config(model.metadata["data"]["coding"]).transform(frame))
    np.testing.assert_allclose(answers.scores, wanted)
    assert answers["kind"].tolist() == ["ab"[i] for i in wanted.argmax(axis=1)]
    others: list[object] = [
        pl.DataFrame(ROWS),
        ROWS,
        {name: frame[name].tolist() for name in frame},
        tmp_path / "new.csv",
    ]
    for data in [*others, str(tmp_path / "german.csv")]:
        np.testing.assert_array_equal(model.answer(data).scores, answers.scores)
    np.testing.assert_array_equal(model.answer(ROWS[3]).scores, answers.scores[3:4])
    assert model.answer(frame).to_polars().shape == (20, 4)
    answers.to_csv(tmp_path / "out.csv")
    written = pd.read_csv(tmp_path / "out.csv", index_col="row")
    pd.testing.assert_frame_equal(written, answers.to_pandas(), check_names=False, check_dtype=False)


def test_amounts_come_in_their_own_units() -> None:
    model = table_model([{"size": i, "price": 10.5 * i} for i in range(12)], "price")
    answers = model.answer({"size": [1, 2]})
    assert list(answers) == ["price"] and answers.classes == ()
    np.testing.assert_allclose(answers["price"], model.predict(np.array([[1], [2]], np.float32)).ravel())
    assert answers.to_dicts()[0].keys() == {"price"}


def test_arrays_are_columns_or_features(model: clarinet.Sequential) -> None:
    wanted = model.answer(ROWS[:2]).scores
    np.testing.assert_array_equal(model.answer(np.array([[3, "blue"], [4, "red"]], object)).scores, wanted)
    np.testing.assert_array_equal(model.answer(np.array([[3, 1, 0], [4, 0, 1]], np.float32)).scores, wanted)
    with pytest.raises(
        ValueError, match="rows of 7 numbers; expected the 2 columns 'size', 'colour', or the 3 features"
    ):
        model.answer(np.zeros((2, 7)))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"Size": [1], "colour": ["red"]}, "has no column 'size': did you mean 'Size'?"),
        ({"length": [1]}, "2 columns are missing that the model has learnt: size, colour; there are length"),
        ({"size": ["big"], "colour": ["red"]}, "column 'size' holds 'big': expected a number"),
    ],
)
def test_what_the_rows_lack_is_said(model: clarinet.Sequential, data: object, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("?", r"\?")):
        model.answer(data)


def test_pictures_folders_and_arrays(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    model = clarinet.Sequential([Input((6, 6)), Rescaling(1 / 255), Flatten(), Dense(2, "softmax")])
    model.metadata["data"] = {"kind": "images", "classes": ["cat", "dog"], "size": [6, 6], "color": "grayscale"}
    pixels = np.random.default_rng(0).integers(0, 255, (3, 6, 6), np.uint8)
    for i, picture in enumerate(pixels):
        image.fromarray(picture).save(tmp_path / f"{i}.png")
    answers = model.answer(tmp_path)
    assert [Path(str(name)).name for name in answers.index] == ["0.png", "1.png", "2.png"]
    assert set(answers["prediction"]) <= {"cat", "dog"}
    np.testing.assert_allclose(answers.scores, model.predict(pixels), rtol=1e-5)
    for data in (pixels, [tmp_path / f"{i}.png" for i in range(3)]):
        np.testing.assert_allclose(model.answer(data).scores, answers.scores, rtol=1e-5)
    assert len(model.answer(tmp_path / "1.png")) == len(model.answer(pixels[1])) == 1


def test_a_model_that_says_nothing_of_its_data(tmp_path: Path) -> None:
    model = clarinet.Sequential([Input((3,)), Dense(1, "sigmoid")])
    assert list(model.answer(np.zeros((2, 3)))) == ["prediction"]
    (tmp_path / "a.csv").write_text("a,b,c\n1,2,3\n")
    with pytest.raises(ValueError, match="does not say how files become its inputs"):
        model.answer(tmp_path / "a.csv")


# The command.


def test_predictions_go_to_a_file(model: clarinet.Sequential, tmp_path: Path, capsys: Any) -> None:
    from clarinet.cli import main

    run: Callable[..., int] = lambda *words: main([str(word) for word in words])  # noqa: E731
    model.save(tmp_path / "m.clarinet")
    folder = tmp_path / "new"
    folder.mkdir()
    for part in (1, 2):
        pd.DataFrame(ROWS[:5]).to_csv(folder / f"{part}.csv", index=False)
    assert run("predict", tmp_path / "m.clarinet", folder, "--out", tmp_path / "out.csv") == 0
    said = capsys.readouterr().out
    assert "Written: " in said and "row 1:" not in said
    written = pd.read_csv(tmp_path / "out.csv")
    assert len(written) == 10 and list(written) == ["row", "id", "kind", "a (probability)", "b (probability)"]
    assert run("predict", tmp_path / "m.clarinet", folder / "1.csv", "--top", 2) == 0
    assert all(line.count("%)") == 2 for line in capsys.readouterr().out.splitlines() if "row " in line)
    assert run("info", tmp_path / "m.clarinet") == 0
    words = capsys.readouterr().out
    assert "target            kind" in words and "columns           size (number), colour (category)" in words
