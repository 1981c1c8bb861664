"""The programs of *Your first hour*, one after the other, as a reader would run them."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

import clarinet
from clarinet import doctor
from clarinet.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "first-hour.md").read_text("utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_programs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (x, y), (x_test, y_test) = clarinet.datasets.mnist.load_data()
    few = (x[:6000], y[:6000]), (x_test[:1000], y_test[:1000])  # so that it takes seconds
    monkeypatch.setattr(clarinet.datasets.mnist, "load_data", lambda: few)
    monkeypatch.setattr(doctor, "examine", partial(doctor.examine, budget="quick"))
    monkeypatch.chdir(tmp_path)
    for program in _blocks("python"):
        exec(program, {})
    said = capsys.readouterr().out
    assert re.search(r"\[7 2 1\] are the answers; right would be \[7 2 1\]", said)
    assert "learning_rate" in said.replace(" ", "_"), "the doctor names what is wrong"


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(_blocks("python")[2], {})
    (commands,) = [block for block in _blocks("sh") if "houses.csv" in block]
    for line in commands.splitlines():
        assert main(line.split("#")[0].split()[1:]) == 0
