"""``fit(studio=True)`` and ``clarinet train --watch`` open the studio on the training that has just begun."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.cli import main
from clarinet.runs import Store
from clarinet.studio.server import Studio

#: Stands for a browser: keeps the address that it is to open.
BROWSER = '#!/bin/sh\necho "$1" >> {}\n'

PROGRAM = """
import numpy as np, clarinet
model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
model.compile("sgd", "mse")
for _ in range(2):
    model.fit(np.ones((64, 2)), np.ones((64, 1)), epochs=2, verbose=0, studio=True)
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the addresses are that a browser was to open; studios of the test end soon."""
    browser = tmp_path / "browser"
    browser.write_text(BROWSER.format(tmp_path / "asked"))
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s &")
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "store"))
    return tmp_path / "asked"


def addresses(asked: Path) -> list[str]:
    end = time.monotonic() + 20
    while not asked.exists() or not asked.read_text().strip():
        assert time.monotonic() < end
        time.sleep(0.05)
    return asked.read_text().split()


def end_those_of(store: Path) -> None:
    """End the studios that programs on this store have opened."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words, named = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if b"--until-idle" in words and f"CLARINET_HOME={store}\0".encode() in named + b"\0":
            os.kill(int(process.name), 2)


def test_fit_opens_it_once_and_it_outlives_the_program(asked: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    try:
        (address,) = addresses(asked)
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/runs\?token=[\w-]+#draw=1", address)
        assert done.stderr == f"The studio shows this training: {address}\n"
        assert [Store(tmp_path / "store").get(id).status for id in (1, 2)] == ["finished"] * 2
    finally:
        end_those_of(tmp_path / "store")


def test_train_with_watch(asked: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "\n".join(f"{n},{2 * n + n % 3}" for n in range(60)))
    given = ["train", str(table), "--target", "y", "--epochs", "1", "--out", str(tmp_path / "m.clarinet"), "--watch"]
    try:
        assert main(given) == 0
        assert addresses(asked)[0].endswith("#draw=1")
        assert Store(tmp_path / "store").get("watched").status == "finished"
    finally:
        end_those_of(tmp_path / "store")


def test_without_its_extra_nothing_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    modules: dict[str, Any] = sys.modules
    monkeypatch.setitem(modules, "uvicorn", None)
    model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    with pytest.raises(ImportError, match=r"fit\(studio=True\) needs the extra"):
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0, studio=True)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))
    with pytest.raises((TypeError, ValueError), match="studio"):
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0, studio="yes")  # type: ignore[arg-type]


def test_a_studio_without_pages_ends(tmp_path: Path) -> None:
    studio = Studio(Store(tmp_path), idle=0.5)
    begin = time.monotonic()
    studio.serve()
    studio.close()
    assert time.monotonic() - begin < 10
