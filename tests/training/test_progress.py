"""The progress bar: what is seen, where, and that nothing is drawn twice."""

from __future__ import annotations

import io
import re
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.callbacks import ProgressBar
from clarinet.records import Chunk
from clarinet.training.progress import format_seconds

X = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]


def fit(**arguments: Any) -> None:
    model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(X, X, epochs=2, validation_split=0.25, **arguments)


class Terminal(io.TextIOWrapper):
    """Standard output that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding)

    def isatty(self) -> bool:
        return True

    def text(self) -> str:
        self.flush()
        return self.bytes.getvalue().decode(self.encoding)


def shown(text: str) -> list[str]:
    """What stays on the screen: carriage returns go back to the start of the line."""
    lines = []
    for line in text.split("\n"):
        cells = ""
        for part in line.split("\r"):
            cells = part + cells[len(part) :]
        lines.append(cells.rstrip())
    return lines


def test_silent(capsys: pytest.CaptureFixture[str]) -> None:
    fit(verbose=0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("verbose", ["auto", 2])
def test_a_line_an_epoch_when_not_a_terminal(capsys: pytest.CaptureFixture[str], verbose: Any) -> None:
    fit(verbose=verbose)
    out = capsys.readouterr().out
    assert "\r" not in out
    number = r"\d[\d.e-]*"
    line = (
        rf"Epoch \d/2  \d\.\d\d s  [\d,]+ samples/s  loss {number}  mae {number}  val_loss {number}  val_mae {number}"
    )
    assert [bool(re.fullmatch(line, text)) for text in out.splitlines()] == [True, True]


@pytest.mark.parametrize(("encoding", "full"), [("utf-8", "━"), ("ascii", "#")])
def test_a_bar_in_a_terminal(monkeypatch: pytest.MonkeyPatch, encoding: str, full: str) -> None:
    terminal = Terminal(encoding)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "140")
    fit(verbose="auto")
    lines = shown(terminal.text())
    assert [lines[0], lines[2], lines[4]] == ["Epoch 1/2", "Epoch 2/2", ""]
    assert re.fullmatch(rf"2/2 {full * 24}  .* samples/s  loss .*  val_mae \d\.\d+", lines[1])


def test_a_narrow_terminal_keeps_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    fit(verbose=1)
    assert "━" not in shown(terminal.text())[1]
    assert "val_mae" in shown(terminal.text())[1]


def chunk(steps: int) -> Chunk:
    return Chunk(1, np.zeros(steps), np.full(steps, 32), np.zeros(steps), 0.5, {"loss": 0.25})


def test_a_bar_moves_and_tells_the_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("clarinet.training.progress.time.perf_counter", lambda: now[0])
    monkeypatch.setenv("COLUMNS", "120")
    bar = ProgressBar(1)
    bar.set_params({"epochs": 1, "steps": 100})
    bar.on_epoch_begin(0)
    for _ in range(2):
        now[0] += 0.5
        bar.on_chunk(chunk(25))
    drawn = capsys.readouterr().out.split("\r")
    assert drawn[1].rstrip() == f" 25/100 {'━' * 6}{'─' * 18}  1,600 samples/s  ETA 1.50 s  loss 0.2500"
    assert drawn[2].rstrip() == f" 50/100 {'━' * 12}{'─' * 12}  1,600 samples/s  ETA 1.00 s  loss 0.2500"
    bar.on_chunk(chunk(25))
    assert capsys.readouterr().out == ""  # nothing new within a tenth of a second
    bar.on_train_end()
    assert capsys.readouterr().out == "\n"  # an unfinished line is closed, e.g. after Ctrl-C


def test_steps_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar(1)
    bar.set_params({"epochs": 1, "steps": None})
    bar.on_epoch_begin(0)
    bar.on_chunk(chunk(25))
    assert "step 25  1,600 samples/s  loss 0.2500" in capsys.readouterr().out


def test_notebooks_get_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert ProgressBar.resolve("auto") == 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.004, "0.00 s"), (12.34, "12.3 s"), (59.99, "60.0 s"), (125, "2:05"), (3725, "1:02:05")]
)
def test_lengths_of_time(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text
