"""Training again what a run was trained on: bit for bit, or what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clarinet import callbacks, runs
from clarinet.losses import Custom
from tests.runs.small import X, Y, build, fit


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "store"))
    return tmp_path / "store"


def stopping() -> list[Any]:
    return [callbacks.EarlyStopping(patience=1)]


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_bit_for_bit(engine: str) -> None:
    fit("first", engine=engine, callbacks=[], seed=None)
    verdict = runs.reproduce("first", X, Y)
    assert verdict.identical, str(verdict)
    assert str(verdict).startswith("first-again is first again, bit for bit")
    first, again = runs.get("first").history, runs.get("first-again").history
    assert first.keys() == again.keys()
    assert all(first[name] == again[name] for name in first if name != "seconds")


def test_callbacks_are_given_again() -> None:
    fit("first", callbacks=stopping())
    assert runs.reproduce("first", X, Y, callbacks=stopping()).identical
    without = runs.reproduce("first", X, Y)
    assert without.identical == (len(runs.get("first").history["loss"]) == 4)


def test_other_data() -> None:
    fit("first", callbacks=[])
    x = X.copy()
    x[0, 0] += 1e-3
    verdict = runs.reproduce("first", x, Y)
    assert not verdict.identical
    assert any(reason.startswith("data.x.hash") for reason in verdict.reasons)
    assert any("differs from step" in found for found in verdict.found)
    assert any(found.startswith("weights differ by up to") for found in verdict.found)


def test_another_instruction_set(monkeypatch: pytest.MonkeyPatch) -> None:
    fit("first", callbacks=[])
    monkeypatch.setattr("clarinet._native.isa", lambda: "quantum")
    assert any("instruction_set" in reason for reason in runs.reproduce("first", X, Y).reasons)


def test_what_cannot_be_reproduced() -> None:
    with runs.start("no training") as run:
        run.log({"loss": 1.0})
    with pytest.raises(ValueError, match="not a training of a Clarinet model"):
        runs.reproduce("no training", X, Y)
    model = build(engine="reference")
    model.compile("sgd", Custom(lambda t, p: ((t - p) ** 2).sum(-1), lambda t, p: 2 * (p - t)))
    model.fit(X, Y[:, None] == [0, 1, 2], verbose=0, run="custom")
    with pytest.raises(ValueError, match="Python functions"):
        runs.reproduce("custom", X, Y)
