"""``clarinet sweep`` in this process: data, programs, what is kept and refused."""

import json

import numpy as np
import pytest

import clarinet
from clarinet.cli.options import OF_SEARCHES

PROGRAM = """
import sys
import numpy as np
from typing import Annotated
import clarinet

x = np.random.default_rng(0).normal(size=(200, 3)).astype("float32")
y = (x.sum(axis=1) > 0).astype(int)

def build(units{hint}=4):
    Dense = clarinet.layers.Dense
    model = clarinet.Sequential([clarinet.Input((3,)), Dense(units), Dense(2, "softmax")])
    model.compile(clarinet.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

assert sys.argv[1:] == ["--quick"]
model = build()
model.fit(x, y, epochs=2, validation_split=0.25)
model.save("never.clarinet")
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder of the test's own, with a table."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "home"))
    rng = np.random.default_rng(0)
    size, kind = rng.uniform(40, 200, 120), rng.choice(["flat", "house"], 120)
    price = size * np.where(kind == "flat", 2, 3) + rng.normal(0, 5, 120)
    rows = (f"{s:.1f},{k},{p:.0f}" for s, k, p in zip(size, kind, price, strict=True))
    (tmp_path / "houses.csv").write_text("\n".join(["size,kind,price", *rows]))
    return tmp_path


def test_a_table(run, place):
    words = ["sweep", "houses.csv", "--target", "price", "--workers", 0, "--epochs", 3]
    answer = run(*words, "--trials", 4, "--json")
    assert answer.code == 0
    found = answer.json
    assert (found["search"], found["metric"], len(found["trials"])) == ("houses", "val_loss", 4)
    assert found["trials"][0]["units"] == 128  # what `clarinet train` would have
    assert found["best"]["value"] == min(t["val_loss"] for t in found["trials"] if t["state"] == "complete")
    assert found["test"]["rows"] == 24
    model = clarinet.load(place / "houses.clarinet")
    assert model.answer(place / "houses.csv")["price"].shape == (120,)
    more = run(*words, "--trials", 5, "--resume")
    assert more.code == 0
    assert "houses: 5 trials" in more.out and "R²" in more.out and "group = houses" in more.out
    assert len(run("runs", "ls", "--where", "group = houses", "--json").json) == 5
    for kind in OF_SEARCHES:
        assert run("plot", kind, "houses", "--out", f"{kind}.svg").code == 0
    assert "did you mean 'houses'?" in run("plot", "trials", "house").err


@pytest.mark.parametrize(
    "hint, searched", [("", {"learning_rate", "batch_size"}), (": Annotated[int, (2, 8)]", {"units"})]
)
def test_a_program(run, place, hint, searched):
    (place / "train.py").write_text(PROGRAM.replace("{hint}", hint))
    answer = run("sweep", "--trials", 3, "--workers", 0, "--json", "train.py", "--", "--quick")
    assert answer.code == 0, answer.err
    assert set(answer.json["best"]["values"]) == searched
    assert {trial["epochs"] for trial in answer.json["trials"]} == {2}
    assert not (place / "never.clarinet").exists()
    assert clarinet.load(place / "train.clarinet").predict(np.zeros((1, 3)), verbose=0).shape == (1, 2)


def test_a_program_that_trains_nothing(run, place):
    (place / "train.py").write_text("print('hello')")
    answer = run("sweep", "train.py")
    assert answer.code == 1 and "fitted no model" in answer.err


def test_ctrl_c(run, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("clarinet.search.searching.search", interrupted)
    answer = run("sweep", "houses.csv", "--target", "price")
    assert answer.code == 130 and "--resume --name houses" in answer.out


@pytest.mark.parametrize(
    "words, code, message",
    [
        (["houses.csv"], 2, "--target"),
        (["houses.csv", "more", "--target", "price"], 2, "takes no arguments, received more"),
        (["houses.csv", "--target", "price", "--metric", "val_r2x", "--mode", "max", "--workers", "0"], 1, "val_r2x"),
        (["houses.csv", "--target", "price", "--trials", "0"], 2, "at least 1"),
    ],
)
def test_refusals(run, words, code, message):
    answer = run("sweep", *words)
    assert answer.code == code and message in answer.err + json.dumps(answer.out)
