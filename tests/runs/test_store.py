"""The store: runs, their numbers and documents, names, versions, and what is refused."""

from __future__ import annotations

import gc
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from clarinet.runs import Runs, Store, StoreError
from clarinet.runs.location import file_system


def values(store, run, name, view="step_metrics"):
    return dict(store.query(f"SELECT step, value FROM {view} WHERE run = ? AND name = ?", (run.id, name)))


def test_a_run_from_start_to_finish(store):
    with store.start("digits", config={"rate": 0.1}, tags=["a", "b"], group="g", notes="hello") as run:
        run.log({"loss": 2})
        run.log({"loss": np.float32(0.5), "accuracy": 0.75})
        assert run.status == "running"
    again = store.get("digits")
    assert again.status == "finished"
    assert again.summary == {"loss": 0.5, "accuracy": 0.75}
    assert (again.config, again.tags, again.group, again.notes) == ({"rate": 0.1}, ["a", "b"], "g", "hello")
    assert again.folder.is_dir()
    assert again.ended >= again.started


def test_names(store):
    names = [store.start(name).name for name in ("digits", "digits", None, True, "digits", "run-4", None)]
    assert names == ["digits", "digits-2", "run-1", "run-2", "digits-3", "run-4", "run-3"]
    with pytest.raises(ValueError, match=r"no run 'digit'.*did you mean 'digits'"):
        store.get("digit")
    for bad in ("a/b", "", " ", ".hidden", "-x", "a\nb", "x" * 101):
        with pytest.raises(ValueError, match="cannot be a run's name"):
            store.start(bad)
    with pytest.raises(TypeError, match="expected a name"):
        store.start(3.5)


SPECIAL = np.array([1, -2.5, np.nan, np.inf, -np.inf, 1e-40, 3.14159, -0.0, 3.4e38], np.float32)


def test_the_view_unpacks_float32_exactly(store):
    with store.start() as run:
        run.writer.steps(1, {"loss": SPECIAL})
        run.writer.steps(1 + len(SPECIAL), {"loss": np.arange(3000) / 7})
    wanted = np.concatenate([SPECIAL, (np.arange(3000) / 7).astype(np.float32)])
    found = values(store, run, "loss")
    assert sorted(found) == list(range(1, len(wanted) + 1))
    got = np.array([np.nan if found[i] is None else found[i] for i in sorted(found)])
    np.testing.assert_array_equal(got, wanted)
    blocks = store.query('SELECT block, first, length("values") FROM blocks ORDER BY block')
    assert blocks == [(0, 1, 4 * 1023), (1, 1024, 4096), (2, 2048, 4 * (len(wanted) - 2047))]


def test_steps_that_are_run_again_replace_their_numbers(store):
    run = store.start()
    run.writer.steps(1, {"loss": np.arange(1, 2001)})
    for epoch in range(4):
        run.writer.epoch(epoch, {"loss": float(epoch)})
    run.log({"own": 1.0}, step=5)
    run.finish()
    run = store.get(run.id)
    run.reopen()
    run.rewind(1500, 2)
    assert max(values(store, run, "loss")) == 1500
    assert store.query("SELECT last_step, last, max FROM series WHERE kind = 'step'") == [(1500, 1500.0, 1500.0)]
    assert values(store, run, "loss", "metrics") == {0: 0.0, 1: 1.0}
    run.writer.steps(1501, {"loss": -np.arange(1501, 2201)})
    run.writer.epoch(2, {"loss": 20.0})
    run.log({"own": 2.0}, step=5)
    run.finish()
    found = values(store, run, "loss")
    assert [found[i] for i in (1500, 1501, 2200)] == [1500, -1501, -2200]
    assert len(found) == 2200
    assert values(store, run, "own", "metrics") == {5: 2.0}
    assert run.summary["loss"] == 20.0


def test_a_killed_process_is_told_from_a_running_one(store):
    run = store.start()
    assert store.get(run.name).status == "running"
    with store.transaction() as connection:
        connection.execute("UPDATE runs SET process = '999999999 1 boot'")
    assert store.get(run.name).status == "killed"


def test_an_exception_is_recorded(store):
    with pytest.raises(ZeroDivisionError), store.start("a") as run:
        1 / 0  # noqa: B018
    assert (run.status, run.error) == ("failed", "ZeroDivisionError: division by zero")
    with pytest.raises(KeyboardInterrupt), store.start("b") as run:
        raise KeyboardInterrupt
    assert run.status == "interrupted"


def test_logging_refuses_what_is_no_number(store):
    with store.start("a") as run:
        for bad in ("text", [1, 2], None, np.ones(3)):
            with pytest.raises(TypeError, match=r"'x' is .*expected a number"):
                run.log({"x": bad})
    with pytest.raises(ValueError, match="run 'a' has ended"):
        run.log({"x": 1.0})
    with pytest.raises(TypeError, match=r"config: .*not JSON serializable; expected numbers"):
        store.start(config={"x": object()})


def test_a_newer_store_is_refused(store):
    store.start().finish()
    store.close()
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"written by a newer Clarinet.*pip install -U"):
        Store(store.folder).last()


def test_a_damaged_store_says_so(store):
    store.start().finish()
    store.close()
    store.path.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="damaged: move it away"):
        Store(store.folder).start()


def test_network_file_systems(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/a / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n/dev/b /home/my\\040disk xfs rw 0 0\n")
    kinds = [file_system(p, mounts) for p in ("/etc", "/home/ada", "/homes", "/home/my disk/x")]
    assert kinds == ["ext4", "nfs4", "ext4", "xfs"]
    assert file_system("/", tmp_path / "none") is None


def test_network_file_systems_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("clarinet.runs.location.file_system", lambda folder: "nfs4")
    with pytest.raises(StoreError, match=r"network file system \(nfs4\).*CLARINET_HOME"):
        Store(tmp_path)


def test_two_runs_are_written_at_once(store):
    a, b = store.start("a"), Store(store.folder).start("b")
    for i in range(2000):
        a.log({"x": float(i)})
        b.log({"x": -float(i)})
    a.finish()
    b.finish()
    assert [len(values(store, run, "x", "metrics")) for run in (a, b)] == [2000, 2000]


def test_a_store_that_was_removed_is_begun_anew(store):
    store.start("a").finish()
    shutil.rmtree(store.folder)
    assert store.last() is None
    assert store.start("b").id == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_uses_a_connection_of_its_own():
    program = """
import os, sys, tempfile
from clarinet import runs
store = runs.Store(tempfile.mkdtemp())
run = store.start("parent")
run.log({"x": 1.0})
child = os.fork()
if child == 0:
    with store.start("child") as own:
        own.log({"x": 2.0})
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
run.finish()
print(store.get("parent").summary, store.get("child").summary, store.get("child").status)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "{'x': 1.0} {'x': 2.0} finished\n"


def test_the_queries_of_the_documentation_work(store, train):
    train(run="digits", epochs=3)
    text = (Path(__file__).parents[2] / "docs" / "runs.md").read_text("utf-8")
    (queries,) = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    best, losses, rates = (store.query(query) for query in queries.split(";") if query.strip())
    assert best == [("digits", max(store.get("digits").history["val_accuracy"]))]
    assert losses == []
    assert rates == [("digits", 0.001)]
    tables = {row[0] for row in store.query("SELECT name FROM sqlite_master WHERE type = 'table'")}
    described = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert tables - {"powers", "sqlite_sequence"} <= described
    for name, columns in re.findall(r"^\| `(\w+)` \|.*?\|(.*)\|$", text, re.MULTILINE):
        if name in tables:
            there = {row[1] for row in store.query(f"PRAGMA table_info({name})")}
            assert there <= set(re.findall(r"`(\w+)`", columns)), name


def test_a_plain_shell_reads_the_store(store, train):
    shell = shutil.which("sqlite3")
    if shell is None:
        pytest.skip("no sqlite3 here")
    train(run="digits")
    query = "SELECT step, value FROM step_metrics WHERE run_name = 'digits' AND name = 'loss' ORDER BY step"
    done = subprocess.run([shell, str(store.path), query], capture_output=True, text=True, check=True)
    found = [float(line.split("|")[1]) for line in done.stdout.splitlines()]
    np.testing.assert_allclose(found, store.get("digits").curve("loss", "step")[1])


def test_a_clock_that_goes_back_mixes_nothing_up(store, monkeypatch):
    names = []
    for hour in (5, 4, 3):
        monkeypatch.setattr(time, "time", lambda hour=hour: hour * 3600.0)
        with store.start() as run:
            monkeypatch.setattr(time, "time", lambda hour=hour: hour * 3600.0 - 1000)
            run.log({"x": 1.0})
        assert 0 <= run.seconds < 60
        names.append(run.name)
    assert [entry.name for entry in Runs(store).entries()] == names[::-1]
    assert store.last().name == names[-1]


def test_logging_takes_microseconds(store):
    """The least of five tries: what else the machine does, and what other tests have left in memory, does not count."""
    seconds = []
    for _ in range(5):
        run = store.start()
        gc.collect()
        gc.freeze()
        try:
            began = time.process_time()
            for i in range(20_000):
                run.log({"loss": 0.5 * i, "accuracy": 0.5, "rate": 1e-3})
            run.finish()
            seconds.append((time.process_time() - began) / 20_000)
        finally:
            gc.unfreeze()
    assert min(seconds) < 40e-6  # with all that the thread did to keep them


def test_a_run_costs_little(store, train):
    """Beyond the training itself, in processor time; waiting for the disk comes on top."""
    train(run="first")
    costs = []
    for _ in range(8):
        costs.append([])
        for name in (None, "a"):
            began = time.process_time()
            train(epochs=1, run=name)
            costs[-1].append(time.process_time() - began)
    plain, kept = np.min(costs, axis=0)
    assert kept - plain < 0.05


def test_two_processes_write_to_one_store(store):
    program = """
import sys
from clarinet.runs import Store
run = Store(sys.argv[1]).start("digits")
for i in range(3000):
    run.log({"x": float(i)})
    if i % 500 == 0:
        run.writer.flush()
run.finish()
print(run.name)
"""
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(store.folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    names = {writer.communicate(timeout=60)[0].strip() for writer in writers}
    assert names == {"digits", "digits-2"}
    for name in names:
        assert store.get(name).curve("x")[1].tolist() == list(range(3000))


def test_two_processes_begin_a_store_at_once(tmp_path):
    """SQLite does not wait while another process makes the database; so the store must."""
    program = """
import sys, time
from clarinet.runs import Store
print("ready", flush=True)
start = float(sys.stdin.readline())
for i in range(20):
    while time.time() < start + 0.05 * i:
        pass
    Store(f"{sys.argv[1]}/{i}").start("digits").finish()
"""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * 2
    start = f"{time.time() + 0.05}\n"
    for writer in writers:
        writer.stdin.write(start)
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0]
    for i in range(20):
        assert {entry.name for entry in Runs(Store(tmp_path / str(i))).entries()} == {"digits", "digits-2"}


def test_time_is_kept_while_it_passes(store):
    run = store.start()
    time.sleep(0.2)
    run.log({"x": 1.0})
    run.writer.flush()
    with store.transaction() as connection:  # as after kill -9
        connection.execute("UPDATE runs SET process = '999999999 1 boot'")
    killed = store.get(run.name)
    assert killed.status == "killed"
    assert killed.seconds > 0.15
    killed.reopen()
    time.sleep(0.1)
    killed.finish()
    assert 0.3 < killed.seconds < 5
    run.writer.close()
