"""Searches by other processes: the same results, and nothing lost or counted twice when some of them are killed."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from clarinet import runs
from clarinet.search import load, search, tasks, training
from clarinet.search.clerk import Clerk
from tests.search.programs import SPACE, Slow, X, Y, build

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path):
    return runs.Store(tmp_path / "store")


def told(found):
    return [(each.number, each.values, each.value, each.state) for each in found]


def test_one_worker_does_what_this_process_does(store):
    settings = {"trials": 7, "epochs": 3, "verbose": 0, "store": store}
    one = search(build, SPACE, X, Y, workers=1, **settings)
    assert told(one) == told(search(build, SPACE, X, Y, workers=0, **settings))
    threads = {runs.Store(store.folder).get(each.run).document("environment")["clarinet"] for each in one}
    assert len(threads) == 1


def children(pid):
    """Worker processes of a search."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread or process that has ended meanwhile
            own = (task / "children").read_text().split()
            found += [int(child) for child in own if b"popen_loky" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return found


def test_a_worker_that_is_killed_loses_one_trial_which_is_done_again(store):
    killed = []

    def kill():
        while len(killed) < 2:
            time.sleep(0.7)
            for pid in children(os.getpid())[:1]:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    assassin = threading.Thread(target=kill)
    assassin.start()
    found = search(
        build, SPACE, X, Y, trials=8, workers=2, epochs=12, callbacks=[Slow()], pruner=None, verbose=0, store=store
    )
    assassin.join()
    assert [(each.number, each.state) for each in found] == [(number, "complete") for number in range(8)]
    assert len(store.query("SELECT id FROM runs")) == 8
    assert len(set(killed)) == 2


@pytest.mark.slow
def test_a_trial_that_kills_its_workers_fails(store):
    def build_deadly(units):
        if units > 9:
            os._exit(9)
        return build(0.01, units)

    first = [{"units": 2}, {"units": 10}]
    found = search(
        build_deadly, {"units": (1, 10)}, X, Y, trials=2, first=first, workers=1, epochs=1, verbose=0, store=store
    )
    assert [each.state for each in found] == ["complete", "failed"]
    assert found.trials[1].error == "the worker died 3 times in this trial (TerminatedWorkerError)"


def begin(store, trials=10):
    words = [sys.executable, "-m", "tests.search.programs", str(store.folder), str(trials), "2"]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def end(process):
    process.kill()
    process.communicate()


def over(store):
    """What the store has of the trials that are over."""
    try:
        return {each.number: each for each in load("killed", store) if each.state != "unfinished"}
    except ValueError:
        return {}


def refused_meanwhile(store):
    """A search that is going on is not begun twice."""
    with pytest.raises(ValueError, match="still going on in another process"):
        search(build, SPACE, X, Y, trials=1, name="killed", resume=True, workers=0, verbose=0, store=store)


def torture(store, kills, rng):
    """Kill a search so often, each time at a moment drawn by chance, and let it end."""
    before = {}
    for _ in range(kills):
        process = begin(store, 100_000)
        process.stdout.readline()  # the first trial of this time is over
        time.sleep(rng.random())
        workers = children(process.pid)
        if rng.random() < 0.5:
            os.kill(rng.choice(workers), signal.SIGKILL)
            time.sleep(rng.random())
            workers = children(process.pid)
        else:
            refused_meanwhile(store)
        end(process)
        after = over(store)
        assert {number: after[number] for number in before} == before
        before = after
        for _ in range(40):  # workers notice that their search is gone
            if not any(os.path.exists(f"/proc/{pid}") for pid in workers):
                break
            time.sleep(0.05)
        else:
            pytest.fail("workers outlived their search by two seconds")
    trials = max(before) + 4
    process = begin(store, trials)
    process.communicate(timeout=300)
    assert process.returncode == 0
    after = over(store)
    assert {number: after[number] for number in before} == before
    assert sorted(after) == [*range(trials)]
    entries = runs.Runs(store).entries()
    assert len(entries) == trials and {entry.status for entry in entries} == {"finished"}


def test_a_search_that_is_killed_goes_on(store):
    torture(store, 1, random.Random(0))


@pytest.mark.slow
def test_thirty_kills(store):
    torture(store, 30, random.Random(1))


def test_any_executor(store):
    with ThreadPoolExecutor(2) as pool:
        found = search(build, SPACE, X, Y, executor=pool, workers=2, trials=6, epochs=2, verbose=0, store=store)
    assert len(found) == 6 and {each.state for each in found} <= {"complete", "pruned"}


def test_workers_that_do_not_see_the_files_get_the_task(store, monkeypatch):
    class Elsewhere(ThreadPoolExecutor):
        """Threads that read nothing from this machine's disk, as those of another machine."""

        def submit(self, function, reference, order):
            far = tasks.Reference(reference.key, "/nowhere", reference.content)
            return super().submit(function, far, order)

    with Elsewhere(2) as pool:
        found = search(
            build, SPACE, X, Y, executor=pool, workers=2, trials=4, epochs=2, verbose=0, store=store, pruner=None
        )
    assert [each.state for each in found] == ["complete"] * 4


def test_what_is_written_beside_the_search_keeps_its_order_and_its_errors():
    clerk, done = Clerk(), []
    for number in range(40):  # more than may be left
        clerk.do(done.append, number)
    clerk.do(lambda: 1 // 0)
    clerk.do(done.append, 40)
    with pytest.raises(ZeroDivisionError):
        clerk.finish()
    assert done == [*range(41)]


def test_other_versions_are_refused(store, monkeypatch):
    monkeypatch.setattr(training, "versions", lambda: {"clarinet": "0.0.0"})
    with pytest.raises(ValueError, match=r"a worker has clarinet 0\.0\.0, and the search clarinet"):
        search(build, SPACE, X, Y, workers=0, trials=1, verbose=0, store=store)


def test_an_executor_that_ends_ends_the_search(store):
    class Ending(ThreadPoolExecutor):
        def submit(self, function, reference, order):
            if order.number == 3:
                self.shutdown()
            return super().submit(function, reference, order)

    with pytest.raises(RuntimeError, match="resume=True"):
        search(build, SPACE, X, Y, executor=Ending(1), trials=6, epochs=1, verbose=0, store=store)
    assert [each.state for each in load("search", store)] == ["complete"] * 3 + ["unfinished"]


def test_what_cannot_be_sent_is_refused(store):
    lock = threading.Lock()

    def build_locked(units):
        with lock:
            return build(0.01, units)

    with pytest.raises(TypeError, match="cannot be sent to a worker process"):
        search(build_locked, {"units": (1, 4)}, X, Y, verbose=0, store=store)
    assert len(search(build_locked, {"units": (1, 4)}, X, Y, workers=0, trials=1, verbose=0, store=store)) == 1
