"""A model trained by the command itself, and a way to run the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from clarinet.cli import main


class Answer(NamedTuple):
    """What a command gave: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    def run(*arguments: object) -> Answer:
        code = main([str(a) for a in arguments])
        return Answer(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that reads MNIST's digits."""
    path = tmp_path_factory.mktemp("models") / "digits.clarinet"
    arguments = ["train", "mnist", "--epochs", "2", "--batch-size", "64", "--hidden", "64", "--seed", "1", "--json"]
    assert main([*arguments, "--out", str(path)]) == 0
    return path
