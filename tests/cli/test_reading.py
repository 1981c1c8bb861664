"""Every command reads tables and folders in the same way, with the same flags and with what the model has learnt."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import saving
from clarinet.cli.fingerprints import among, fingerprint
from clarinet.layers import Dense, Flatten, Input

PIL = pytest.importorskip("PIL.Image")
Run = Callable[..., Any]
FLAGS = (
    "--target", "--header", "--delimiter", "--decimal", "--encoding", "--missing", "--categorical", "--drop", "--task",
    "--max-categories", "--image-size", "--skip-damaged",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "kept"))


def write_table(path: str, rows: int = 60, *, header: bool = True) -> None:
    """Decimal commas, a word of this file's own for missing values, codes that are names, rows without a target."""
    rng = np.random.default_rng(0)
    lines = ["größe;zone;preis"] if header else []
    for i in range(rows):
        size, zone = rng.uniform(40, 200), rng.integers(1, 4)
        price = "" if i % 9 == 8 else f"{1500 * size + 9000 * zone:.1f}".replace(".", ",")
        lines.append(f"{'weg' if i % 7 == 6 else f'{size:.1f}'.replace('.', ',')};{zone};{price}")
    Path(path).write_text("\n".join(lines), encoding="cp1252")


HOW = ("--decimal", ",", "--encoding", "cp1252", "--missing", "weg", "--categorical", "zone", "--delimiter", ";")


@pytest.fixture
def houses(run: Run) -> str:
    write_table("häuser.csv")
    answer = run(
        "train", "häuser.csv", "--target", "preis", *HOW, "--epochs", 2, "--hidden", 4, "--seed", 1, "--run", "a"
    )
    assert answer.code == 0, answer.err
    return "häuser.clarinet"


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "plot", "doctor", "glass"])
def test_all_commands_have_the_same_flags(run: Run, command: str) -> None:
    words = run(command, "--help").out
    assert [flag for flag in FLAGS if f"{flag} " not in words] == []


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "MODEL", "häuser.csv"],
        ["predict", "MODEL", "häuser.csv"],
        ["plot", "predictions", "MODEL", "häuser.csv"],
        ["plot", "learning_rate", "MODEL", "häuser.csv"],
        ["glass", "MODEL", "häuser.csv"],
        ["doctor", "MODEL", "häuser.csv", "--epochs", "1"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("flags", [(), HOW, ("--target", "preis", "--header", "yes", "--task", "regression")], ids=len)
def test_a_table_that_was_trained_on_is_read_everywhere(run: Run, houses: str, command: list[str], flags: Any) -> None:
    answer = run(*(houses if word == "MODEL" else word for word in command), *flags)
    assert answer.code == 0 or command[0] == "doctor"
    assert not re.search(r"clarinet: (?!note)", answer.err), answer.err


def test_what_is_left_out_is_said_everywhere_alike(run: Run, houses: str) -> None:
    trained = run("train", "häuser.csv", "--target", "preis", *HOW, "--epochs", 1, "--hidden", 0).out
    (sentence,) = re.findall(r"Left out because 'preis' is missing: 6 of 60 rows.*", trained)
    answer = run("evaluate", houses, "häuser.csv")
    assert sentence in answer.out
    assert "54 rows: loss" in answer.out


def test_a_run_keeps_how_its_table_was_read(run: Run, houses: str) -> None:
    answer = run("runs", "reproduce", "a")
    assert (answer.code, answer.err) == (0, "")
    assert "bit for bit" in answer.out


def test_another_file_may_be_written_otherwise(run: Run, houses: str) -> None:
    Path("new.csv").write_text("zone,größe\n2,100.5\n3,none\n", encoding="utf-8")
    answer = run("predict", houses, "new.csv")
    assert answer.code == 1
    flags = ("--decimal", ".", "--encoding", "utf-8", "--delimiter", ",")
    answer = run("predict", houses, "new.csv", *flags, "--json")
    assert len(answer.json) == 2


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--target", "zone"), "--target zone: the model has learnt größe, zone, to predict preis"),
        (("--task", "classification"), "to predict preis, a regression"),
        (("--categorical", "größe"), "--categorical 'größe': the model has learnt as a number"),
        (("--drop", "größe"), "train another to leave it out"),
        (("--image-size", "3,3"), "--image-size is for folders of pictures; häuser.csv is a table"),
    ],
)
def test_what_the_model_has_learnt_otherwise_is_refused(run: Run, houses: str, flags: Any, says: str) -> None:
    answer = run("evaluate", houses, "häuser.csv", *flags)
    assert answer.code in (1, 2)
    assert says in answer.err


def test_flags_that_say_nothing_of_the_data_are_refused(run: Run) -> None:
    answer = run("train", "mnist", "--decimal", ",")
    assert (answer.code, answer.err) == (2, "clarinet: --decimal is for tables; mnist is a well-known data set\n")


# What a message advises can be typed as it stands.

NUMBERS = "".join(f"{i}.5\n" for i in range(10))


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("a;b\n1.234;2\n2.345;3\n3.456;7\n", r"--decimal ,"),
        ("a,b\n1/2/24,2\n2/2/24,3\n3/2/24,7\n", r"--date-order dmy"),
        ("a,b\n1,кафе\n2,бар\n3,бар\n4,кафе\n".encode("cp1251"), r"--encoding cp1252"),
        ("a,b\n1,2.5\nweg,3.5\n3,4.5\n4,5.5\n", r"--missing weg"),
        ("a,b\n1,2.5\nweg,3.5\n3,4.5\n4,5.5\n", r"--categorical a"),
        ("a~b\n1~2.5\n2~3.5\n3~7\n", r"--delimiter( CHARACTER)?"),
        ("1.5,2.5\n2.5,3.5\n3.5,4.5\n", r"--header no"),
        ("a,b\n1,2.5\n2,x\n3,4.5\n4,5.5\n", r"--task classification"),
    ],
)
def test_advice_can_be_followed(run: Run, text: str | bytes, advice: str) -> None:
    Path("t.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    common = ("--epochs", 1, "--hidden", 0, "--json")
    answer = run("train", "t.csv", "--target", "b", *common)
    assert answer.code == 1
    found = re.search(advice, answer.err)
    assert found, answer.err
    assert not re.search(r"\b\w+=(?!=)", answer.err), "an argument of Python's"
    target = "column2" if "--header" in advice else "b"
    flags = {"--delimiter": ["--delimiter", "~"]}.get(found[0].split()[0], found[0].split())
    assert run("train", "t.csv", "--target", target, *flags, *common).code == 0


def test_reports_name_flags_too(run: Run) -> None:
    rows = "".join(f"{i % 2},s{i % 60},{i}.5\n" for i in range(120))
    Path("t.csv").write_text("y,street,n\n" + rows)
    answer = run("train", "t.csv", "--target", "y", "--epochs", 1, "--hidden", 0)
    assert "--task regression predicts the number instead" in answer.out
    assert "for all others (--max-categories 50; --categorical street keeps every one)" in answer.out
    assert "nothing was scaled" not in answer.out
    assert "every column to mean 0 and variance 1" in answer.out


# Tables without names, data of one kind.


def test_a_table_without_names(run: Run) -> None:
    write_table("t.csv", header=False)
    how = [word for word in HOW if word not in ("--categorical", "zone")]
    answer = run("train", "t.csv", "--target", "column3", *how, "--epochs", 1)
    assert answer.code == 0
    assert "The first line holds data: the columns are called column1 to column3; --header yes takes it" in answer.out
    answer = run("train", "t.csv", "--target", "price", *how)
    assert answer.code == 1
    assert "the first line holds data, not column names" in answer.err
    answer = run("train", "t.csv", "--target", "column3", *how, "--header", "no", "--epochs", 1, "--hidden", 0)
    assert answer.code == 0
    assert "60 rows, 3 columns" in answer.out
    assert "54 rows" in run("evaluate", "t.clarinet", "t.csv").out
    assert len(run("predict", "t.clarinet", "t.csv", "--json").json) == 60


@pytest.mark.parametrize("y", [["7"] * 30, ["cat"] * 30, ["2.5"] * 30])
def test_a_target_that_is_always_the_same(run: Run, y: list[str]) -> None:
    Path("t.csv").write_text("x,y\n" + "".join(f"{i}.5,{cell}\n" for i, cell in enumerate(y)))
    answer = run("train", "t.csv", "--target", "y")
    assert answer.code == 1
    assert "the target 'y' is the same in every row" in answer.err
    assert not Path("t.clarinet").exists()


def write_pictures(folder: str, *classes: str, number: int = 10) -> None:
    rng = np.random.default_rng(0)
    for label, name in enumerate(classes):
        Path(folder, name).mkdir(parents=True)
        for i in range(number):
            pixels = rng.integers(0, 80, (8, 8), np.uint8)
            pixels[:, label * 4 : label * 4 + 4] += 150
            PIL.fromarray(pixels).save(Path(folder, name, f"{i}.png"))


def test_a_folder_of_one_class(run: Run) -> None:
    write_pictures("photos", "cat")
    answer = run("train", "photos")
    assert answer.code == 1
    assert "photos holds one class, 'cat'; expected a sub-folder of pictures for each of two or more" in answer.err


def test_a_folder_is_predicted_picture_by_picture(run: Run) -> None:
    write_pictures("photos", "left", "right")
    assert run("train", "photos", "--epochs", 1, "--hidden", 0, "--json").code == 0
    Path("photos/left/notes.txt").write_text("none")
    answer = run("predict", "photos.clarinet", "photos", "--json")
    assert answer.code == 0
    assert [p["input"] for p in answer.json] == [f"photos/{c}/{i}.png" for c in ("left", "right") for i in range(10)]
    assert run("predict", "photos.clarinet", "photos/left").out.count("photos/left/") == 10
    Path("photos/left/0.png").write_text("no picture")
    assert run("predict", "photos.clarinet", "photos").code == 1
    answer = run("predict", "photos.clarinet", "photos", "--skip-damaged")
    assert answer.code == 0
    assert "left out: photos/left/0.png" in answer.err
    assert run("evaluate", "photos.clarinet", "photos").code == 1
    assert run("evaluate", "photos.clarinet", "photos", "--skip-damaged").code == 0
    Path("empty").mkdir()
    answer = run("predict", "photos.clarinet", "empty")
    assert (answer.code, "there is no picture in this folder" in answer.err) == (1, True)


def test_models_made_in_python_are_measured_on_tables_and_folders(run: Run) -> None:
    Path("t.csv").write_text("x,y\n" + "".join(f"{i}.5,{'ab'[i % 2]}\n" for i in range(30)))
    model = clarinet.Sequential([Input((1,)), Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.save("table")
    answer = run("evaluate", "table", "t.csv", "--target", "y")
    assert answer.code == 0
    assert "coded from this table" in answer.out
    Path("u.csv").write_text("x,z,y\n" + "".join(f"{i}.5,{i % 4}.5,{'ab'[i % 2]}\n" for i in range(30)))
    assert "does not say how tables become its inputs" in run("evaluate", "table", "u.csv", "--target", "y").err
    write_pictures("photos", "left", "right")
    for size in (8, 28):
        model = clarinet.Sequential([Input((size, size)), Flatten(), Dense(2, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.save("pictures")
        assert "20 rows" in run("evaluate", "pictures", "photos").out


# Rows that were trained on.


def test_rows_that_were_trained_on_are_said(run: Run, houses: str) -> None:
    answer = run("evaluate", houses, "häuser.csv")
    assert re.search(
        r"^39 of these 54 rows were trained on: these results say little about new ones\.$", answer.out, re.M
    )
    assert run("evaluate", houses, "häuser.csv", "--json").json["rows_trained_on"] == 39
    write_table("andere.csv", 120)
    lines = Path("andere.csv").read_text(encoding="cp1252").splitlines()
    Path("andere.csv").write_text("\n".join([lines[0], *lines[61:]]), encoding="cp1252")
    assert run("evaluate", houses, "andere.csv", "--json").json["rows_trained_on"] == 0
    assert "trained on" not in run("evaluate", houses, "andere.csv").out
    assert len(str(saving.load(houses).metadata["data"]["trained_on"])) < 500


@pytest.mark.parametrize("rows", [1, 100, 4096, 4097, 50_000])
def test_a_fingerprint_counts_rows(rows: int) -> None:
    rng = np.random.default_rng(rows)
    x, y = rng.normal(size=(rows, 5)).astype("float32"), rng.integers(0, 3, rows)
    kept = fingerprint(x, y)
    assert len(str(kept)) < 23_000
    other = rng.normal(size=(rows, 5)).astype("float32")
    for share in (0, 3, 10):
        of = rows * share // 10
        found = among(kept, np.concatenate([x[:of], other[: rows - of]]), np.concatenate([y[:of], y[: rows - of]]))
        assert found is not None
        assert found[1] == (rows <= 4096)
        assert found[0] == of if found[1] else abs(found[0] - of) < 0.05 * rows
    assert among(kept, x, y + 1) == (0, rows <= 4096), "labels count too"


@pytest.mark.parametrize(
    "kept", [None, [], {}, {"all": 1, "marks": ""}, {"all": True, "marks": "!"}, {"all": True, "marks": "AAA="}]
)
def test_a_fingerprint_of_a_hostile_file_tells_nothing(kept: Any) -> None:
    assert among(kept, np.zeros((3, 2), np.float32), np.zeros(3)) is None
