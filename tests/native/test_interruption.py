"""A signal in the middle of a step that takes long: the step is given up, and nothing of it remains."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from clarinet import layers
from clarinet.engines import Data, NativeEngine, Steps
from clarinet.optimizers import OptimizerState
from tests.native.running import Work

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals that a program sends itself are Unix's"),
    pytest.mark.usefixtures("without_collection"),
]

RNG = np.random.default_rng(2)
ROWS = 4000
X, Y = RNG.normal(size=(ROWS, 14, 14, 1)).astype(np.float32), RNG.integers(0, 10, ROWS)
DATA = Data(X, Y)


class Stop(Exception):
    """What the signal's handler raises."""


def is_stopped(call, delay, raises=True):
    """Whether Ctrl-C after so many seconds ends a call."""
    calls, done = [], False

    def handler(*_):
        calls.append(None)
        if raises:
            raise Stop

    before = signal.signal(signal.SIGINT, handler)
    threading.Timer(delay, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        call()
        done = True
        while not calls:
            time.sleep(0.01)
    except Stop:
        pass
    finally:
        signal.signal(signal.SIGINT, before)
    return not done


class Trained:
    """A model after four steps, which its engine goes on from."""

    def __init__(self, threads=2):
        def stack():
            return [
                layers.Conv2D(32, 3, activation="relu"),
                layers.BatchNormalization(),
                layers.Flatten(),
                layers.Dropout(0.3),
                layers.Dense(512, "relu"),
                layers.Dense(10, "softmax"),
            ]

        self.model = Work(stack, "sparse_categorical_crossentropy", DATA, "adam", ["accuracy"]).model()
        self.state = OptimizerState.new(self.model.optimizer, self.model.store.layout, np.float32)
        self.engine = NativeEngine(self.model.make_plan(()), self.model.store, self.state, threads=threads)
        self.train(64, 16)

    def train(self, stop=ROWS, batch=ROWS, every=0):
        rates = np.full(-(-stop // batch), 1e-3)
        return self.engine.train(DATA, Steps(None, 0, stop, batch, rates, None, every))

    def seen(self):
        store, slots = self.model.store, self.state.slots
        numbers = {"params": store.params, "state": store.state, **slots}
        return {k: v.tobytes() for k, v in numbers.items()}, self.state.step, self.engine.running()


@pytest.mark.parametrize(("steps", "every"), [(1, 0), (2, 1)], ids=["one", "two with statistics"])
def test_a_long_step_is_done_or_not_begun(steps, every):
    """Whenever the signal comes: weights, slots, statistics, metrics and the count are those after whole steps."""
    batch = ROWS // steps
    expected = [Trained()]
    for _ in range(steps):
        following = Trained()
        for step in range(len(expected)):
            rows = slice(step * batch, (step + 1) * batch)
            following.engine.train(DATA.rows(rows), Steps(None, 0, batch, batch, np.full(1, 1e-3), None))
        expected.append(following)
    allowed = [trained.seen() for trained in expected]
    given_up = 0
    for delay in (0.2, 0.45, 0.7):
        tried = Trained()
        stopped = is_stopped(lambda t=tried: t.train(ROWS, batch, every), delay)
        assert tried.seen() in allowed
        given_up += stopped and tried.seen() != allowed[-1]
    assert given_up > 0


def test_a_handler_that_lets_the_program_go_on_changes_nothing():
    expected, tried = Trained(), Trained()
    expected.train(batch=ROWS // 2)
    assert not is_stopped(lambda: tried.train(batch=ROWS // 2), 0.3, raises=False)
    assert tried.seen() == expected.seen()


def test_evaluation_and_prediction_are_given_up_too():
    tried = Trained(threads=1)
    before = tried.seen()
    many = Data(np.concatenate([X] * 3), np.concatenate([Y] * 3))
    assert is_stopped(lambda: tried.engine.evaluate(many, len(many)), 0.2)
    assert tried.seen() == before
    assert is_stopped(lambda: tried.engine.predict(many.x, len(many)), 0.2)
    assert np.isfinite(tried.engine.predict(X[:9], 9)).all()


def test_halves_of_a_step_are_given_up_and_can_be_run_again():
    """Forward leaves no statistics, and a pass outlives a backward that was given up."""
    tried = Trained(threads=1)
    before, d_outputs = tried.seen(), RNG.normal(size=(ROWS, 10)).astype(np.float32)
    assert is_stopped(lambda: tried.engine.forward(X, training=True), 0.16)
    assert tried.seen() == before
    _, handle = tried.engine.forward(X)
    assert is_stopped(lambda: tried.engine.backward(handle, d_outputs), 0.16)
    again = tried.engine.backward(handle, d_outputs)
    _, handle = tried.engine.forward(X)
    assert again.tobytes() == tried.engine.backward(handle, d_outputs).tobytes()
