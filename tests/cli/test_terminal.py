"""What the terminal says of slips and of the system's failures: sentences, never a traceback; and how it ends."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.cli import errors, main
from clarinet.layers import Dense, Input

Run = Callable[..., Any]
COMMANDS = ("train", "evaluate", "predict", "plot", "draw", "info", "doctor", "treat", "glass", "studio", "runs")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "kept"))


@pytest.fixture
def table() -> str:
    """A small table, a model of it, a run, a folder, a file that may not be read, and one that is no model."""
    rows = np.random.default_rng(0).normal(size=(40, 2))
    Path("t.csv").write_text("x,y\n" + "".join(f"{a:.3f},{b:.3f}\n" for a, b in rows))
    assert main(["train", "t.csv", "--target", "y", "--epochs", "1", "--hidden", "0", "--run", "r", "--json"]) == 0
    Path("folder").mkdir()
    Path("damaged.clarinet").write_bytes(Path("t.clarinet").read_bytes()[:500])
    Path("empty.csv").write_text("")
    Path("bytes.csv").write_bytes(bytes(range(256)))
    Path("loop").symlink_to("loop")
    return "t.clarinet"


# Slips.


def test_no_command_shows_the_help(run: Run) -> None:
    answer = run()
    assert answer.code == 2
    assert all(command in answer.err for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["trian"], "did you mean 'train'?"),
        (["evalute", "m", "mnist"], "did you mean 'evaluate'?"),
        (["plot", "wieghts", "m"], "did you mean 'weights'?"),
        (["train", "mnist", "--preset", "cnm"], "did you mean 'cnn'?"),
        (["train", "mnist", "--epcohs", "3"], "--epcohs 3: did you mean '--epochs'?"),
        (["runs", "shwo", "a"], "did you mean 'show'?"),
        (["runs", "ls", "--colums=a"], "did you mean '--columns'?"),
        (["xyz"], "choose one of doctor, draw, evaluate"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest(run: Run, arguments: list[str], says: str) -> None:
    answer = run(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err


def test_what_is_said_of_runs_can_be_typed(run: Run) -> None:
    Path("t.csv").write_text("x,y\n" + "".join(f"{i}.5,{i % 7}.5\n" for i in range(30)))
    for arguments in (["runs"], ["runs", "show", "a"]):
        answer = run(*arguments)
        assert "give a training a name: --run first" in answer.out + answer.err
    train = ("train", "t.csv", "--target", "y", "--epochs", 1, "--run", "first")
    assert run(*train, "--hidden", 0).code == 0
    answer = run(*train, "--hidden", 4, "--resume")
    assert answer.code == 1
    assert "give another name to start again: --run NAME" in answer.err
    assert len(answer.err) < 1500


# The system's failures.


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["evaluate", "folder", "t.csv"], "folder"),
        (["evaluate", "t.csv/model", "t.csv"], "t.csv/model"),
        (["evaluate", "loop", "t.csv"], "loop"),
        (["predict", "t.clarinet", "t.csv/a.csv"], "t.csv/a.csv: a part of this path is a file, not a folder"),
        (["predict", "t.clarinet", "loop"], "loop: its links lead round in a circle"),
        (["evaluate", "n" * 300, "t.csv"], "the name is too long"),
        (["evaluate", "t.clarinet", "n" * 300], "the name is too long"),
        (["predict", "t.clarinet", "folder"], "folder: there is no table in this folder"),
        (["predict", "t.clarinet", "none.csv"], "none.csv: there is no such file or folder"),
        (["doctor", "none.py"], "none.py"),
        (["plot", "weights", "t.clarinet", "--out", "none/a.png"], "none"),
        (["plot", "weights", "t.clarinet", "--out", "t.csv/a.png"], "t.csv/a.png"),
        (["glass", "t.clarinet", "t.csv", "--film", "none/a.svg"], "none"),
        (["runs", "export", "--out", "none/a.csv"], "none"),
        (["runs", "pack", "r", "--out", "none/a.zip"], "none"),
        (["runs", "unpack", "folder"], "folder"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None,
)
def test_the_systems_own_texts_are_put_in_words(run: Run, table: str, arguments: list[str], says: str) -> None:
    answer = run(*arguments)
    assert answer.code == 1
    assert says in answer.err
    assert "Errno" not in answer.err


@pytest.mark.parametrize(
    "error",
    [
        OSError(number, os.strerror(number), *names)
        for number in sorted(errno.errorcode)
        for names in ((), ("a.csv",), ("a.csv", None, "b.csv"))
    ],
    ids=repr,
)
def test_every_number_of_the_system_has_a_sentence(error: OSError) -> None:
    said = errors.sentence(error)
    assert "Errno" not in said
    assert said.startswith("a.csv" if error.filename else said[0])
    assert said


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "there is not enough memory for this; fewer rows"),
        (
            MemoryError("Unable to allocate 9. TiB"),
            "there is not enough memory for this (Unable to allocate 9. TiB); fewer",
        ),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "there is no room left on the disk"),
        (PermissionError(errno.EACCES, "Permission denied", "a"), "a: there is no permission for it"),
        (ValueError("x: what was wrong"), "x: what was wrong"),
        (ValueError(), "ValueError"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("as_json", [False, True])
def test_failures_on_the_way_are_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str, as_json: bool
) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr("clarinet.cli.info.run", fail)
    answer = run("info", *(["--json"] * as_json))
    assert answer.code == 1
    assert answer.err.startswith(f"clarinet: {says}")
    assert not as_json or says in answer.json["error"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("arguments", [["info"], ["--help"], ["info", "--json"]])
def test_a_full_disk_behind_what_is_printed(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "clarinet.cli", *arguments]
        done = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr


def test_what_an_encoding_lacks_is_printed_as_an_escape(table: str) -> None:
    command = [sys.executable, "-m", "clarinet.cli", "train", "t.csv", "--target", "y", "--epochs", "1"]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, check=False, capture_output=True, env=ascii_only, timeout=60)
    assert done.returncode == 0
    assert b"\\u2192" in done.stdout


# Readers that have seen enough.


def slow(arguments: list[str]) -> Any:
    """One of the commands that leave by the same way as others."""
    return pytest.param(arguments, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "t.clarinet", "t.csv"],
        slow(["predict", "t.clarinet", "t.csv", "--json"]),
        ["predict", "t.clarinet", "none.csv", "t.csv"],
        slow(["evaluate", "t.clarinet", "t.csv"]),
        ["train", "t.csv", "--target", "y", "--epochs", "2"],
        slow(["glass", "t.clarinet", "t.csv"]),
        slow(["doctor", "t.clarinet", "t.csv", "--epochs", "1"]),
        ["plot", "weights", "t.clarinet"],
        ["runs"],
        slow(["runs", "show", "r"]),
        slow(["info", "t.clarinet"]),
        ["train", "--help"],
    ],
    ids=" ".join,
)
def test_a_reader_that_has_gone(table: str, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        command = [sys.executable, "-m", "clarinet.cli", *arguments]
        done = subprocess.run(command, check=False, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=120)
    finally:
        os.close(writing)
    assert done.returncode == 141
    assert "ipe" not in done.stderr and "Traceback" not in done.stderr
    assert done.stderr == "" or "none.csv" in done.stderr


def test_nobody_reads_the_errors_either(table: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        command = [sys.executable, "-m", "clarinet.cli", "evaluate", "none", "t.csv"]
        assert subprocess.run(command, check=False, stdout=writing, stderr=writing, timeout=60).returncode == 141
    finally:
        os.close(writing)


# Whatever is typed.

WORDS = [
    *COMMANDS, "t.csv", "t.clarinet", "damaged.clarinet", "folder", "empty.csv", "bytes.csv", "loop",
    "none.csv", "none", "r", "mnst", "", "-", "--", ".", "/", "\udcff", "\u202e", "x" * 300, "0", "-1", "1e9",
    "nan", "1,2", "a=b", "é", "'", "%s", "{}", "ls", "show", "diff", "export", "rm", "restore", "gc", "pack",
    "unpack", "reproduce", "weights", "history", "confusion", "boundary", "learning_rate", "samples", "network",
    "activations", "gradient_flow", "predictions", "calibration",
]  # fmt: skip
FLAGS = [
    "--target=y", "--target=x", "--target=none", "--decimal=,", "--delimiter=;", "--delimiter=tab",
    "--encoding=utf-16", "--encoding=none", "--missing=1", "--categorical=x", "--drop=x", "--drop=y",
    "--task=classification", "--header=no", "--header=yes", "--max-categories=1", "--image-size=2,2",
    "--skip-damaged", "--json", "--epochs=1", "--hidden=0", "--hidden=2", "--lr=1e30", "--validation=0.9",
    "--seed=0", "--batch-size=7", "--out=none/a", "--out=folder", "--run=r", "--run=", "--resume",
    "--checkpoint=3", "--preset=cnn", "--layer=9", "--layer=none", "--unit=5", "--example=3", "--example=99",
    "--n=3", "--film=a.svg", "--film=a.txt", "--html=folder", "--where=loss<1", "--where=x", "--sort=none",
    "--limit=-1", "--columns=none", "--name=", "--by=step", "--metric=none", "--smooth=2", "--days=nan",
    "--help", "--nonsense",
]  # fmt: skip


def sensible(words: list[str]) -> bool:
    """Not what would wait for somebody, or do nothing but load the large data sets."""
    return words[:1] not in (["draw"], ["studio"])


@pytest.mark.parametrize("seed", range(8))
def test_no_command_line_ends_in_a_traceback(run: Run, table: str, seed: int) -> None:
    rng = random.Random(seed)
    shapes = [
        ["train", "DATA"], ["evaluate", "FILE", "DATA"], ["predict", "FILE", "DATA"], ["plot", "ANY", "FILE", "DATA"],
        ["glass", "FILE", "DATA"], ["info", "FILE"], ["runs", "ANY", "ANY"], ["doctor", "FILE", "DATA"], ["ANY", "ANY"],
    ]  # fmt: skip
    pools = {
        "DATA": WORDS[10:21] + ["t.csv"] * 8, "FILE": WORDS[10:21] + ["t.clarinet"] * 8, "ANY": WORDS,
    }  # fmt: skip
    for _ in range(60):
        line = [rng.choice(pools[word]) if word in pools else word for word in rng.choice(shapes)]
        line += rng.sample(FLAGS, rng.choice([0, 0, 1, 2, 4]))
        if sensible(line):
            answer = run(*line)
            assert answer.code in (0, 1, 2), line
            assert "Traceback" not in answer.err + answer.out and "Errno" not in answer.err, line
            assert answer.code == 0 or answer.err or line[0] in ("doctor", "runs"), line


def test_hostile_models_end_in_a_sentence(run: Run, table: str) -> None:
    whole = Path(table).read_bytes()
    rng = random.Random(1)
    for _ in range(40):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 20)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        Path("m").write_bytes(damaged[: rng.randint(1, len(damaged))] if rng.random() < 0.3 else damaged)
        for command in (["evaluate", "m", "t.csv"], ["predict", "m", "t.csv"], ["info", "m"]):
            assert run(*command).code in (0, 1)


def test_a_model_that_needs_more_memory_than_there_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    model = clarinet.Sequential([Input((1,)), Dense(1)])
    model.compile("sgd", "mse")
    model.save("m")
    Path("t.csv").write_text("x,y\n1,2\n2,3\n")

    def fail(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 1. PiB")

    monkeypatch.setattr(clarinet.Sequential, "evaluate", fail)
    answer = run("evaluate", "m", "t.csv", "--target", "y")
    assert answer.code == 1
    assert "there is not enough memory" in answer.err
