"""One run, several writers: threads and children of the process that began it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from clarinet import callbacks, runs
from clarinet.runs import Store, Tracker


class Meet(callbacks.Callback):
    """Waits in its first epoch until the other training has tried to begin."""

    def __init__(self):
        self.here, self.go_on = threading.Event(), threading.Event()

    def on_epoch_begin(self, epoch, logs=None):
        self.here.set()
        assert self.go_on.wait(30)


@pytest.mark.parametrize("way", ["an open run", "one that is resumed", "a callback"])
def test_two_trainings_are_not_kept_in_one_run_at_once(way, store, train):
    if way == "one that is resumed":
        train(run="both", epochs=1)
    run = store.start("both") if way == "an open run" else None
    meet = Meet()

    def begin(*more):
        if way == "a callback":
            train(callbacks=[*more, Tracker(run or store.get("both"))])
        elif run is None:
            train(run="both", checkpoint="epoch", resume=True, epochs=3, callbacks=[*more])
        else:
            train(run=run, callbacks=[*more], epochs=3)

    if way == "a callback":
        run = store.start("both")
    first = threading.Thread(target=begin, args=(meet,))
    first.start()
    assert meet.here.wait(30)
    try:
        with pytest.raises(ValueError, match=r"another fit is recorded in it|is being written by this program already"):
            begin(Meet())
    finally:
        meet.go_on.set()
        first.join()
    if run is not None:
        assert run.status == "running"  # it was open before
        train(run=run, epochs=1)  # one after the other is fine
        run.finish()
    assert store.get("both").status == "finished"


def test_trainings_with_one_name_at_once_get_runs_of_their_own(store, train):
    threads = [threading.Thread(target=train, kwargs={"run": "a"}) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {entry.name for entry in runs.list()} == {"a", "a-2", "a-3"}
    assert {entry.status for entry in runs.list()} == {"finished"}


def test_many_threads_log_and_nothing_is_lost(store):
    run = store.start("a")

    def log(number):
        for step in range(500):
            run.log({f"x{number}": float(step)}, step=step)
            if step % 100 == 0:
                run.writer.flush()

    threads = [threading.Thread(target=log, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.finish()
    assert all(run.curve(f"x{number}")[1].tolist() == list(range(500)) for number in range(4))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_does_not_end_the_run_of_its_parent(tmp_path):
    program = """
import os, sys
from clarinet import runs
store = runs.Store(sys.argv[1])
with store.start("parent") as run:
    run.log({"x": 1.0})
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == 0
        assert run.status == "running", run.status
        run.log({"x": 2.0})
    else:
        try:
            run.log({"x": 3.0})
        except ValueError as error:
            assert "begin one of its own" in str(error), error
        else:
            raise SystemExit("a child may not log")
if child:
    print(run.status, run.curve("x")[1].tolist())
"""
    command = [sys.executable, "-W", "ignore", "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "finished [1.0, 2.0]\n", done.stderr


def test_a_run_that_nobody_holds_any_more_can_be_taken_up(store):
    store.start("a")
    again = Store(store.folder).get("a")
    again.reopen()
    again.log({"x": 1.0})
    again.finish()
    assert (again.status, again.summary) == ("finished", {"x": 1.0})
