"""The command ``clarinet``: what it prints, what it leaves behind, and its exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import saving
from clarinet.layers import Dense, Flatten, Input, Rescaling

PIL = pytest.importorskip("PIL.Image")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_houses(path: Path, rows: int = 300) -> None:
    rng = np.random.default_rng(0)
    lines = ["size,rooms,area,price"]
    for _ in range(rows):
        size, rooms, area = rng.uniform(40, 200), rng.integers(1, 6), rng.choice(["city", "land"])
        lines.append(f"{size:.1f},{rooms},{area},{1500 * size + 8000 * rooms + 60000 * (area == 'city'):.0f}")
    path.write_text("\n".join(lines))


def write_pictures(folder: Path) -> None:
    """Two classes: a bright left half, a bright right half."""
    rng = np.random.default_rng(0)
    for name, columns in (("left", slice(0, 4)), ("right", slice(4, 8))):
        (folder / name).mkdir(parents=True)
        for i in range(30):
            pixels = rng.integers(0, 80, (8, 8), np.uint8)
            pixels[:, columns] += 150
            PIL.fromarray(pixels).save(folder / name / f"{i}.png")


# MNIST.


def test_mnist(run: Callable[..., Any], digits: Path) -> None:
    answer = run("evaluate", digits, "mnist", "--json")
    assert answer.code == 0
    assert answer.json["rows"] == 10_000
    assert answer.json["accuracy"] > 0.93
    assert saving.load(digits).metadata["data"]["kind"] == "mnist"


def test_train_tells_what_it_does(run: Callable[..., Any]) -> None:
    answer = run("train", "mnist", "--epochs", "1", "--hidden", "16", "--batch-size", "512", "--seed", "3")
    assert answer.code == 0
    assert answer.err == ""
    lines = answer.out.splitlines()
    assert lines[0].startswith("mnist: 60,000 pictures of 28 × 28 in 10 classes")
    assert lines[1].startswith("Network: 784 → 16 relu → 10 softmax; 12,730 parameters; Adam, learning rate 0.001")
    assert lines[2].startswith("Engine: ")
    assert lines[3].startswith("Epoch 1/1  ")
    assert "val_accuracy" in lines[3]
    assert re.fullmatch(r"On 10,000 rows that it has never seen: loss \d\.\d+  accuracy 0\.\d+", lines[4])
    assert lines[5].startswith("Balanced accuracy 8") and "always the most frequent class 10.0%" in lines[5]
    assert lines[-1] == "Saved mnist.clarinet"
    assert saving.load("mnist.clarinet").epochs_trained == 1


def test_a_seed_gives_the_same_network(run: Callable[..., Any]) -> None:
    for name in ("a", "b"):
        arguments = ("--epochs", 1, "--hidden", 0, "--batch-size", 1000, "--seed", 5, "--out", name, "--json")
        assert run("train", "mnist", *arguments).code == 0
    assert Path("a").read_bytes() == Path("b").read_bytes()


def test_pictures_of_digits(run: Callable[..., Any], digits: Path) -> None:
    (_, _), (x, y) = clarinet.datasets.mnist.load_data()
    for i in range(5):
        PIL.fromarray(255 - x[i]).resize((200, 200)).save(f"{i}.png")
    files = [f"{i}.png" for i in range(5)]
    answer = run("predict", digits, *files, "--json")
    assert [p["class"] for p in answer.json] == [str(label) for label in y[:5]]
    assert all(abs(sum(p["probabilities"].values()) - 1) < 1e-5 for p in answer.json)
    words = run("predict", digits, "0.png").out
    assert re.fullmatch(r"0\.png: 7 \(\d+\.\d %\)\n", words)
    drawing = run("predict", digits, "0.png", "--show").out.splitlines()
    assert len(drawing) == 29
    assert any("@@" in line for line in drawing)


def test_files_that_are_no_pictures(run: Callable[..., Any], digits: Path) -> None:
    PIL.new("L", (50, 50), 255).save("blank.png")
    Path("text.png").write_text("hello")
    (_, _), (x, _) = clarinet.datasets.mnist.load_data()
    PIL.fromarray(x[0]).save("good.png")
    answer = run("predict", digits, "no.png", "blank.png", "text.png", "good.png")
    assert answer.code == 1
    assert answer.out.startswith("good.png: 7")
    for words in ("no.png: there is no such", "blank.png: there is nothing to be seen", "text.png: it cannot be read"):
        assert words in answer.err
    found = run("predict", digits, "no.png", "good.png", "--json").json
    assert [sorted(p)[:2] for p in found] == [["error", "input"], ["class", "confidence"]]


# Your own data.


def test_a_table_of_numbers(run: Callable[..., Any]) -> None:
    write_houses(Path("houses.csv"))
    answer = run("train", "houses.csv", "--target", "price", "--seed", 1, "--json")
    assert answer.code == 0
    assert answer.json["test"]["rows"] == 60
    assert answer.json["test"]["mae"] < 10_000
    assert len(answer.json["history"]["val_loss"]) == answer.json["epochs"] <= 100
    assert run("evaluate", "houses.clarinet", "houses.csv", "--json").json["mae"] < 10_000
    Path("new.csv").write_text("area,size,rooms\ncity,100,3\nland,60,2\n")
    predictions = run("predict", "houses.clarinet", "new.csv", "--json").json
    assert [round(p["value"] / 1e4) for p in predictions] == pytest.approx([23.4, 10.6], abs=1.5)
    assert run("predict", "houses.clarinet", "new.csv").out.startswith("new.csv, row 1: 2")


def test_a_table_of_classes(run: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    rows = [f"{rng.normal(100 + 50 * (i % 2), 8):.1f},{['apple', 'pear'][i % 2]}" for i in range(100)]
    Path("fruit.csv").write_text("weight,kind\n" + "\n".join(rows))
    answer = run("train", "fruit.csv", "--target", "kind", "--seed", 1, "--hidden", "8", "--lr", "0.02", "--json")
    assert answer.json["test"]["accuracy"] > 0.9
    Path("new.csv").write_text("weight\n95\n160\n")
    assert [p["class"] for p in run("predict", "fruit.clarinet", "new.csv", "--json").json] == ["apple", "pear"]


def test_a_table_too_small_to_set_rows_aside(run: Callable[..., Any]) -> None:
    Path("tiny.csv").write_text("hours,score\n1.5,10.5\n2.5,20.5\n3.5,30.5\n")
    answer = run("train", "tiny.csv", "--target", "score", "--epochs", 3, "--hidden", 4, "--json")
    assert answer.code == 0
    assert answer.json["test"] == {}


def test_a_folder_of_pictures(run: Callable[..., Any]) -> None:
    write_pictures(Path("photos"))
    answer = run("train", "photos", "--epochs", 20, "--hidden", 8, "--lr", 0.01, "--seed", 1)
    assert answer.code == 0
    assert "60 pictures of 2 classes" in answer.out
    assert run("evaluate", "photos.clarinet", "photos", "--json").json["accuracy"] > 0.9
    assert run("predict", "photos.clarinet", "photos/right/0.png", "--json").json[0]["class"] == "right"
    os.rename("photos/left", "photos/middle")
    answer = run("evaluate", "photos.clarinet", "photos")
    assert answer.code == 1
    assert "does not know the class 'middle'" in answer.err


def test_pictures_of_differing_size(run: Callable[..., Any]) -> None:
    write_pictures(Path("photos"))
    PIL.new("L", (9, 15)).save("photos/left/odd.png")
    answer = run("train", "photos", "--epochs", 1, "--augment", "--mirror")
    assert (answer.code, "--image-size H,W chooses another size" in answer.out) == (0, True)
    assert run("predict", "photos.clarinet", "photos").code == 0
    assert run("train", "photos", "--epochs", 1, "--image-size", "6,6", "--json").code == 0
    assert saving.load("photos.clarinet").input_shape == (None, 6, 6)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["photos", "--mirror"], "--augment"), (["t.csv", "--target", "a", "--augment"], "pictures")],
)
def test_changes_are_for_pictures(run: Callable[..., Any], arguments: list[str], says: str) -> None:
    write_pictures(Path("photos"))
    Path("t.csv").write_text("a,b\n1.5,2\n2.5,3\n3.25,4\n")
    answer = run("train", *arguments)
    assert (answer.code, says in answer.err) == (2, True)


def test_one_class_is_no_question(run: Callable[..., Any]) -> None:
    write_pictures(Path("photos"))
    shutil.rmtree("photos/right")
    answer = run("train", "photos")
    assert (answer.code, "holds one class, 'left'" in answer.err) == (1, True)


# Models that the command did not make.


@pytest.mark.parametrize(("first", "scale"), [([Rescaling(1 / 255), Flatten()], 1), ([Flatten()], 255)])
def test_models_made_in_python(run: Callable[..., Any], first: list[Any], scale: int) -> None:
    (x, y), (x_test, _) = clarinet.datasets.mnist.load_data()
    model = clarinet.Sequential([Input((28, 28)), *first, Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[:10_000] / scale, y[:10_000], verbose=0)
    model.save("m")
    assert run("evaluate", "m", "mnist", "--json").json["accuracy"] > 0.8
    PIL.fromarray(x_test[0]).save("seven.png")
    assert run("predict", "m", "seven.png", "--json").json[0]["class"] == "7"


def test_a_model_of_unknown_inputs(run: Callable[..., Any]) -> None:
    clarinet.Sequential([Input((5,)), Dense(2)]).save("m")
    Path("a.csv").write_text("x\n1\n")
    answer = run("predict", "m", "a.csv")
    assert (answer.code, "predict from Python" in answer.err) == (1, True)
    assert run("evaluate", "m", "mnist").code == 1


@pytest.mark.parametrize(
    "about",
    [
        [],
        {"kind": "evil", "classes": []},
        {"kind": "images", "classes": []},
        {"kind": "images", "classes": [], "size": [10**9, 10**9], "color": "rgb"},
        {"kind": "table", "classes": [], "coding": 3},
        {"kind": "table", "classes": [], "coding": {"format": 99}},
        {"kind": "mnist", "classes": "0123456789"},
    ],
)
def test_metadata_of_hostile_files(run: Callable[..., Any], about: Any) -> None:
    model = clarinet.Sequential([Input((4,)), Dense(2)])
    model.metadata["data"] = about
    model.save("m")
    Path("a.csv").write_text("x\n1\n")
    answer = run("predict", "m", "a.csv")
    assert answer.code == 1
    assert answer.err.startswith("clarinet: ")


def test_names_of_classes_cannot_write_to_the_terminal(run: Callable[..., Any]) -> None:
    model = clarinet.Sequential([Input((28, 28)), Flatten(), Dense(2, activation="softmax")])
    model.metadata["data"] = {"kind": "mnist", "classes": ["\x1b[2J", "\x1b[2J "]}
    model.save("m")
    (_, _), (x, _) = clarinet.datasets.mnist.load_data()
    PIL.fromarray(x[0]).save("a.png")
    assert "\x1b" not in run("predict", "m", "a.png").out


# Information.


def test_info(run: Callable[..., Any], digits: Path) -> None:
    values = run("info", "--json").json
    assert values["version"] == clarinet.__version__
    assert values["instruction_set"] in values["instruction_sets"]
    assert values["threads"] >= 1
    assert "threads" in run("info").out
    text = run("info", digits).out
    assert "dense" in text
    assert "50,890" in text
    assert run("info", digits, "--json").json["epochs"] == 2


# Slips.


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "COMMAND"),
        (["trian"], 2, "invalid choice"),
        (["train"], 2, "DATA"),
        (["train", "minst"], 2, "did you mean 'mnist'"),
        (["train", "mnist", "--epochs", "0"], 2, "at least 1"),
        (["train", "mnist", "--epochs", "many"], 2, "'many'"),
        (["train", "mnist", "--hidden", "128;64"], 2, "128,64"),
        (["train", "mnist", "--lr", "-1"], 2, "above 0"),
        (["train", "mnist", "--validation", "20"], 2, "0.1"),
        (["train", "mnist", "--seed", "-1"], 2, "at least 0"),
        (["train", "mnist", "--engine", "gpu"], 2, "invalid choice"),
        (["train", "mnist", "--image-size", "3"], 2, "32,32"),
        (["train", "mnist", "--out", "no/such"], 1, "does not exist"),
        (["train", "mnist", "--out", "."], 1, "folder"),
        (["train", "no.csv"], 1, "no such file"),
        (["train", "a.csv"], 2, "--target"),
        (["train", "a.csv", "--target", "prize"], 1, "did you mean 'price'"),
        (["evaluate", "no.clarinet", "mnist"], 1, "no such file"),
        (["evaluate", "a.csv", "mnist"], 1, "not a Clarinet model"),
        (["predict", "a.csv"], 2, "FILE"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_slips(run: Callable[..., Any], arguments: list[str], code: int, says: str) -> None:
    Path("a.csv").write_text("size,price\n1,2\n3,4\n")
    answer = run(*arguments)
    assert answer.code == code
    assert says in answer.err
    assert "Traceback" not in answer.err


def test_errors_as_json(run: Callable[..., Any]) -> None:
    answer = run("evaluate", "no.clarinet", "mnist", "--json")
    assert answer.code == 1
    assert "no such file" in answer.json["error"]


@pytest.mark.parametrize("command", [[], ["train"], ["evaluate"], ["predict"], ["info"]])
def test_help_has_an_example_and_the_exit_codes(run: Callable[..., Any], command: list[str]) -> None:
    answer = run(*command, "--help")
    assert answer.code == 0
    assert "130 interrupted" in answer.out
    assert command == [] or f"clarinet {command[0]} " in answer.out.split("example")[1]


def test_version(run: Callable[..., Any]) -> None:
    assert run("--version").out == f"clarinet {clarinet.__version__}\n"


# Ctrl-C and pipes, in a process of its own.


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "clarinet.cli", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)


def test_ctrl_c_saves_the_model() -> None:
    with start("train", "mnist", "--epochs", "100000", "--hidden", "8", "--batch-size", "512", "--out", "m") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Epoch 2/"):
                process.send_signal(signal.SIGINT)
                break
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted in epoch" in out.splitlines()[-1]
    assert err == ""
    assert saving.load("m").epochs_trained >= 2


def test_ctrl_c_before_training() -> None:
    with start("train", "mnist", "--json", "--epochs", "1000000", "--out", "m") as process:
        assert process.stdout is not None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)  # the latter while Python itself is starting


def test_a_pipe_that_closes() -> None:
    with start("info") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=60) == 141  # as a shell says of what SIGPIPE ended
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_python_m() -> None:
    with start("info", "--json") as process:
        out, _ = process.communicate(timeout=60)
    assert json.loads(out)["version"] == clarinet.__version__
