"""``clarinet train --run``, and runs that are resumed, reproduced, packed and unpacked from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import runs
from clarinet.runs.checkpoints import Checkpoints, checkpoints_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a table, and a store of its own."""
    monkeypatch.delenv("CLARINET_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".clarinet").mkdir()
    size = np.random.default_rng(0).uniform(30, 200, 90)
    lines = [f"{a:.1f},{'north' if a % 2 < 1 else 'south'},{1000 * a + 300:.0f}" for a in size]
    (tmp_path / "houses.csv").write_text("\n".join(["size,side,price", *lines]))
    return tmp_path


TRAIN = ("train", "houses.csv", "--target", "price", "--hidden", "8", "--lr", "0.01", "--run", "houses", "--json")


def history(name: str) -> dict[str, Any]:
    return {k: v for k, v in runs.get(name).history.items() if k != "seconds"}


def test_a_training_is_kept(run: Any) -> None:
    answer = run(*TRAIN, "--epochs", "3")
    assert answer.code == 0, answer.err
    assert answer.json["run"] == "houses"
    kept = runs.get("houses")
    assert kept.status == "finished"
    assert kept.config["hidden"] == [8]
    assert kept.config["seed"] is not None  # drawn, so that it can be resumed and reproduced
    assert len(checkpoints_of(kept).files()) == 3


def test_interrupted_and_resumed(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = (*TRAIN, "--epochs", "5", "--seed", "3")
    assert run(*arguments, "--run", "whole").code == 0

    def interrupted(self: Checkpoints, model: Any, state: Any) -> bool:
        if state["place"]["epoch"] == 3:
            raise KeyboardInterrupt
        return write(self, model, state)

    write = Checkpoints.write
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "write", interrupted)
        assert run(*arguments, "--out", "mine.clarinet").code == 130
    assert runs.get("houses").status == "interrupted"
    answer = run("runs", "resume", "houses", "--json")
    assert (answer.code, answer.json["epochs"]) == (0, 5)
    assert history("houses") == history("whole")
    models = [clarinet.models.load_model(name).get_weights() for name in ("mine.clarinet", "houses.clarinet")]
    assert all((a == b).all() for a, b in zip(*models))


def test_resuming_overwrites_no_file_that_the_run_did_not_write(run: Any, folder: Path) -> None:
    """The store may come from elsewhere, and name any file of its user's."""
    out = folder / "mine.clarinet"
    assert run(*TRAIN, "--epochs", "2", "--seed", "3", "--out", "mine.clarinet").code == 0
    written = out.read_bytes()
    again = run("runs", "resume", "houses")
    assert (again.code, out.read_bytes()) == (0, written)  # its own: as it was left
    elsewhere = folder / "elsewhere"
    elsewhere.write_text("mine")
    for change in (lambda: out.write_bytes(b"mine"), lambda: (out.unlink(), out.symlink_to(elsewhere))):
        change()
        refused = run("runs", "resume", "houses")
        assert refused.code == 1
        assert "there is a file that it did not write; choose another with --out FILE" in refused.err
        assert b"mine" in (out.read_bytes(), elsewhere.read_bytes())
    assert run("runs", "resume", "houses", "--out", "other.clarinet").code == 0
    assert (folder / "other.clarinet").read_bytes() == written
    out.unlink()
    assert run("runs", "resume", "houses").code == 0
    assert out.read_bytes() == written
    assert elsewhere.read_text() == "mine"


@pytest.mark.parametrize(
    "config", [{}, {"data": ["x"]}, {"epochs": "many"}, {"lr": {}}, {"out": 5}, {"hidden": "\x1b[2J"}]
)
def test_settings_that_make_no_sense(run: Any, config: dict[str, Any]) -> None:
    with runs.Store().start("odd", config={"command": "clarinet train"} | config) as kept:
        kept.record("program", [1])
    for what in ("resume", "reproduce", "show", "ls"):
        answer = run("runs", what, *(["odd"] if what != "ls" else []))
        assert bool(answer.code) == (what in ("resume", "reproduce"))
        assert "Traceback" not in answer.err
        assert "\x1b" not in answer.out


def test_a_packed_run_overwrites_no_file_unasked(run: Any, folder: Path) -> None:
    (folder / "houses.zip").write_text("mine")
    assert run(*TRAIN, "--epochs", "1").code == 0
    refused = run("runs", "pack", "houses")
    assert refused.code == 1
    assert "houses.zip is there already" in refused.err
    assert (folder / "houses.zip").read_text() == "mine"
    assert run("runs", "pack", "houses", "--out", "houses.zip").code == 0


def test_reproduced(run: Any) -> None:
    run(*TRAIN, "--epochs", "3")
    answer = run("runs", "reproduce", "houses")
    assert answer.code == 0, answer.err
    assert "houses-again is houses again, bit for bit" in answer.out
    assert history("houses-again") == history("houses")


def test_reproduced_from_other_data(run: Any, folder: Path) -> None:
    run(*TRAIN, "--epochs", "2")
    table = folder / "houses.csv"
    table.write_text(table.read_text().replace("north", "east", 1))
    answer = run("runs", "reproduce", "houses", "--json")
    assert answer.code == 1
    result = json.loads(answer.out)
    assert not result["identical"]
    assert any("data." in reason or "model." in reason for reason in result["reasons"])


def test_packed_and_opened_elsewhere(run: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(*TRAIN, "--epochs", "2")
    answer = run("runs", "pack", "houses")
    assert answer.code == 0
    assert answer.out.startswith("Packed houses in houses.zip")
    (folder / "elsewhere" / ".clarinet").mkdir(parents=True)
    monkeypatch.chdir(folder / "elsewhere")
    assert run("runs", "unpack", "../houses.zip").out == "Unpacked as houses\n"
    assert run("runs", "show", "houses").code == 0
    refused = run("runs", "resume", "houses")
    assert refused.code == 1
    assert "was unpacked from houses.zip; resume it where it was made" in refused.err
    assert run("runs", "reproduce", "houses", "--json").code == 0  # the table is where it was


def test_runs_of_python_programs(run: Any) -> None:
    model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit([[0.0], [1.0]], [0.0, 1.0], verbose=0, run="line")
    for what in ("resume", "reproduce"):
        answer = run("runs", what, "line")
        assert answer.code == 1
        assert "not of `clarinet train`" in answer.err
        assert "fit(..., run='line', resume=True)" in answer.err
        assert "clarinet.runs.reproduce('line', x, y)" in answer.err


def test_slips(run: Any) -> None:
    assert run(*TRAIN, "--checkpoint", "sometimes").code == 2
    assert run(*TRAIN, "--epochs", "1").code == 0
    near = run("runs", "resume", "house")
    assert near.code == 1
    assert "did you mean 'houses'" in near.err
    assert run("runs", "unpack", "houses.csv").code == 1
