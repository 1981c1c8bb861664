"""Which code a run was made with: read from git's files, without any program being started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clarinet import runs
from clarinet.runs.code import commit

SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
def git(tmp_path):
    """Runs git in a folder with one commit, on the branch trunk."""
    if shutil.which("git") is None:
        pytest.skip("no git here")

    def run(*words, folder=tmp_path / "repository"):
        command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    (tmp_path / "repository" / "deep").mkdir(parents=True)
    run("init", "-q", "-b", "trunk")
    run("commit", "-q", "--allow-empty", "-m", "a")
    return run


@pytest.fixture
def place(tmp_path, git):
    return tmp_path / "repository"


def test_the_commit_and_its_branch(git, place):
    wanted = {"commit": git("rev-parse", "HEAD"), "branch": "trunk"}
    assert commit(place) == commit(place / "deep") == wanted
    git("pack-refs", "--all")
    assert not (place / ".git" / "refs" / "heads" / "trunk").exists()
    assert commit(place) == wanted
    git("checkout", "-q", "-b", "feature/one")
    git("commit", "-q", "--allow-empty", "-m", "b")
    assert commit(place) == {"commit": git("rev-parse", "HEAD"), "branch": "feature/one"}
    git("checkout", "-q", "--detach")
    assert commit(place) == {"commit": git("rev-parse", "HEAD"), "branch": None}


def test_worktrees_and_submodules(git, place, tmp_path):
    git("worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    git("commit", "-q", "--allow-empty", "-m", "c", folder=tmp_path / "tree")
    assert commit(tmp_path / "tree") == {"commit": git("rev-parse", "other"), "branch": "other"}
    (tmp_path / "whole").mkdir()
    git("init", "-q", folder=tmp_path / "whole")
    allow = ("-c", "protocol.file.allow=always")
    git(*allow, "submodule", "--quiet", "add", str(place), "part", folder=tmp_path / "whole")
    assert commit(tmp_path / "whole" / "part")["commit"] == git("rev-parse", "trunk")


def test_no_repository_and_no_commit(git, tmp_path):
    assert commit(tmp_path) is None
    (tmp_path / "new").mkdir()
    git("init", "-q", folder=tmp_path / "new")
    assert commit(tmp_path / "new") is None


COMMIT = "0123456789" * 4
FOLDERS = {
    "no commit": {"HEAD": "hello"},
    "a ref outside": {"HEAD": "ref: refs/heads/../../../secret"},
    "a ref that is no ref": {"HEAD": "ref: /etc/passwd"},
    "a ref in a circle": {"HEAD": "ref: refs/heads/a", "refs/heads/a": "ref: refs/heads/a"},
    "a large HEAD": {"HEAD": COMMIT + " " * 5000},
    "a HEAD of bytes": {"HEAD": b"\xff\xfe\x00"},
    "an empty folder": {},
    "control characters": {"HEAD": "ref: refs/heads/\x1b[2J"},
}


@pytest.mark.parametrize("parts", FOLDERS.values(), ids=FOLDERS)
def test_a_strange_folder_is_no_repository(parts, tmp_path):
    (tmp_path / "secret").write_text(COMMIT)
    for name, content in parts.items():
        path = tmp_path / "place" / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "place").mkdir(exist_ok=True)
    assert commit(tmp_path / "place") is None


def test_links_and_pipes_are_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "HEAD").write_text(COMMIT)
    for number, make in enumerate(
        (
            lambda path: path.symlink_to(elsewhere),
            lambda path: path.write_text(f"gitdir: {elsewhere}"),
            lambda path: (path.mkdir(), (path / "HEAD").symlink_to(elsewhere / "HEAD")),
            lambda path: (path.mkdir(), os.mkfifo(path / "HEAD")),
            os.mkfifo,
            lambda path: path.write_text("gitdir: " + "x" * 10_000),
            lambda path: path.write_text("gitdir: \0"),
        )
    ):
        (tmp_path / str(number)).mkdir()
        make(tmp_path / str(number) / ".git")
        assert commit(tmp_path / str(number)) is None, number


PROGRAM = """
import numpy as np, clarinet, helper
clarinet.utils.set_random_seed(1)
model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
model.compile("sgd", "mse")
x = np.linspace(0, 1, 8, dtype="float32")[:, None]
model.fit(x, helper.labels(x), verbose=0, run="line")
"""
HELPER = "def labels(x): return {} * x\n"


def test_training_starts_no_program_and_hashes_its_own_sources(git, place, tmp_path):
    """What the configuration of a folder names would be run by git: a monitor of files, filters, hooks."""
    (place / "train.py").write_text(PROGRAM)
    (place / "helper.py").write_text(HELPER.format(2))
    (place / "monitor").write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
    (place / "monitor").chmod(0o755)
    git("add", ".")
    git("commit", "-q", "-m", "b")
    git("config", "core.fsmonitor", str(place / "monitor"))
    git("config", "filter.all.clean", str(place / "monitor"))
    (place / ".gitattributes").write_text("* filter=all\n")
    programs = []
    hook = "import sys; sys.addaudithook(lambda e, a: print(e) if e in {'subprocess.Popen', 'os.system', "
    hook += "'os.exec', 'os.posix_spawn', 'os.spawn'} else None)\n"
    environment = os.environ | {"CLARINET_HOME": str(tmp_path / "home"), "PYTHONPATH": str(SOURCE)}
    for factor in (2, 3):
        (place / "helper.py").write_text(HELPER.format(factor))
        (place / "train.py").write_text(hook + PROGRAM)
        os.utime(place / "helper.py", (factor, factor))  # so that no compiled file of it counts
        done = subprocess.run(
            [sys.executable, "-W", "error", "train.py"], cwd=place, env=environment, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, b""), done.stderr
        programs.append(runs.Store(tmp_path / "home").last())
    assert not (tmp_path / "was-run").exists()
    first, again = programs
    assert first.document("git") == {"commit": git("rev-parse", "HEAD"), "branch": "trunk"}
    assert set(first.document("program")["sources"]) == {"train.py", "helper.py"}
    verdict = str(runs.reproducing.compare(first, again))
    assert "the program's files: helper.py changed" in verdict


def test_what_earlier_versions_kept_of_git_is_shown(store, run_of_two):
    first, again = run_of_two
    first.record("git", {"commit": COMMIT, "branch": "trunk", "dirty": True})
    again.record("git", {"commit": COMMIT, "branch": "trunk"})
    assert f"commit {COMMIT}, with changes" in str(runs.reproducing.compare(first, again))
    assert "dirty" in first.to_html().read_text()


@pytest.fixture
def run_of_two(store):
    both = [store.start(name) for name in ("first", "again")]
    for value, run in enumerate(both):
        run.writer.epoch(0, {"loss": float(value)})
        run.finish()
    return both
