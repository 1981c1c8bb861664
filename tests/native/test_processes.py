"""Environment variables, forked workers, several fits at once."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import clarinet
from clarinet import _native, layers
from clarinet.engines import Data, NativeEngine, Steps
from clarinet.optimizers import OptimizerState
from tests.native.running import ISAS, Work, assert_same_bits

RNG = np.random.default_rng(8)
X, Y = RNG.normal(size=(200, 50)).astype(np.float32), RNG.integers(0, 3, 200)


def work():
    return Work(
        lambda: [layers.Dense(64, "relu"), layers.BatchNormalization(), layers.Dense(3, "softmax")],
        "sparse_categorical_crossentropy",
        Data(X, Y),
        optimizer="adam",
        batch=16,
    )


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


SHOW = "from clarinet import _native; print(_native.isa(), _native.threads())"


@pytest.mark.parametrize("isa", ISAS)
def test_isa_from_the_environment(isa):
    assert python(SHOW, CLARINET_ISA=isa).stdout.split()[0] == isa


def test_unknown_isa():
    done = python(SHOW, CLARINET_ISA="mmx")
    assert done.returncode == 1
    assert "ValueError: CLARINET_ISA=mmx: no such instruction set; this processor has" in done.stderr
    assert "generic" in done.stderr


@pytest.mark.parametrize("threads", ["1", "7"])
def test_threads_from_the_environment(threads):
    assert python(SHOW, CLARINET_NUM_THREADS=threads).stdout.split()[1] == threads


@pytest.mark.parametrize("threads", ["0", "-1", "two", "1.5", "100000", "2 "])
def test_nonsense_for_threads(threads):
    done = python(SHOW, CLARINET_NUM_THREADS=threads)
    assert done.returncode == 1
    assert f"CLARINET_NUM_THREADS={threads}: expected a whole number from 1 to 256" in done.stderr


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="affinity is Linux's")
def test_affinity_limits_threads():
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); " + SHOW
    assert python(code).stdout.split()[1] == "1"


def in_a_child(job):
    """The exit status of a forked child that does a job."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if job() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_workers():
    """In a process of its own, because other libraries that tests load warn of every fork."""
    root = Path(__file__).parents[2]
    code = "from tests.native.test_processes import fork_and_compare; fork_and_compare()"
    done = python(code, PYTHONPATH=str(root))
    assert done.returncode == 0, done.stderr


def fork_and_compare():
    """An engine whose threads were started by the parent works in the child, and goes on working in the parent."""
    expected = work().run(ISAS[0], 2)
    model = work().model()
    engine = NativeEngine(model.make_plan(()), model.store, None, threads=2)
    before = engine.predict(X, 32)
    same = lambda: np.array_equal(engine.predict(X, 32), before)  # noqa: E731
    assert in_a_child(same) == 0
    assert in_a_child(lambda: assert_same_bits(work().run(ISAS[0], 2), expected) is None) == 0
    assert in_a_child(lambda: in_a_child(same) == 0) == 0
    assert same()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("busy", ["train", "evaluate", "predict"])
def test_forks_while_another_thread_is_at_work(busy):
    root = Path(__file__).parents[2]
    code = f"from tests.native.test_processes import fork_while_busy; fork_while_busy({busy!r})"
    done = python(code, PYTHONPATH=str(root))
    assert done.returncode == 0, done.stderr


def fork_while_busy(kind):
    """The child's engine works, or says why it cannot: somebody was in the middle of a step, and so of the weights."""
    x, ids = np.repeat(X, 40, axis=0), np.repeat(Y, 40)
    data, engines = Data(x, ids), []

    def use():
        while True:  # engines that see larger and larger batches, so that they often lay out memory
            model = work().model()
            state = OptimizerState.new(model.optimizer, model.store.layout, np.float32)
            engine = NativeEngine(model.make_plan(()), model.store, state, threads=2)
            engines[:] = [engine]
            for rows in (10, 200, 1000, 8000):
                if kind == "train":
                    engine.train(data, Steps(None, 0, rows, rows, np.full(1, 1e-3), None))
                elif kind == "evaluate":
                    engine.evaluate(data.rows(slice(rows)), rows)
                else:
                    engine.predict(x[:rows], rows)

    def answers():
        signal.alarm(30)
        try:
            engine = engines[0]
            finite = np.isfinite(engine.predict(x[:1], 1)).all()
            engine.evaluate(data.rows(slice(100)), 10)
        except RuntimeError as error:
            finite = kind == "train" and "forked while another thread trained the model" in str(error)
        engines.clear()
        engine = None
        gc.collect()
        return finite

    threading.Thread(target=use, daemon=True).start()
    while not engines:
        time.sleep(0.01)
    for _ in range(20):
        time.sleep(0.01)
        assert in_a_child(answers) == 0
    os._exit(0)


def test_concurrent_fits():
    """Two models, eight threads each, at the same time from two Python threads: as if each were alone."""
    expected = work().run(ISAS[0], 1)
    found = []

    def fit():
        found.extend(work().run(ISAS[0], 8) for _ in range(5))

    callers = [threading.Thread(target=fit) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(found) == 10
    for outcome in found:
        assert_same_bits(outcome, expected)


def test_one_model_predicts_for_many_callers():
    clarinet.utils.set_random_seed(1)
    model = clarinet.Sequential([clarinet.Input((50,)), layers.Dense(300, "relu"), layers.Dense(3)])
    expected = model.predict(X)
    wrong = []

    def ask():
        for _ in range(50):
            wrong.extend(np.flatnonzero(model.predict(X) != expected))

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert model.engine == "native" and not wrong


def test_denormals_are_left_to_the_caller():
    tiny = np.float32(1e-40)
    work().run(ISAS[0], 2)
    assert tiny * np.float32(1) == tiny != 0


def test_ends_with_a_fit_under_way():
    """The interpreter may end while a thread of Python is in a long native call."""
    code = """
import threading, time
import numpy as np, clarinet
model = clarinet.Sequential([clarinet.Input((64,)), clarinet.layers.Dense(64), clarinet.layers.Dense(1)])
model.compile("adam", "mse")
x = np.random.default_rng(0).normal(size=(20000, 64)).astype("float32")
fit = lambda: model.fit(x, x[:, :1], epochs=100, verbose=0)
threading.Thread(target=fit, daemon=True).start()
time.sleep(0.3)
"""
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_isas_are_listed_best_first():
    assert _native.isas()[-1] == "generic"
    assert _native.isa() in _native.isas()
