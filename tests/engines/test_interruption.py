"""Ctrl-C at every line of a step of an engine in Python: the step is done, or it is as if it had not begun."""

import sys
from pathlib import Path

import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.engines import Data, JaxEngine, ReferenceEngine, Steps
from clarinet.optimizers import OptimizerState
from tests.native.running import Work

RNG = np.random.default_rng(4)
DATA = Data(RNG.normal(size=(24, 5)).astype(np.float32), np.eye(3, dtype=np.float32)[RNG.integers(0, 3, 24)])
SOURCES = str(Path(clarinet.__file__).parent)


def work(optimizer):
    def stack():
        return [
            layers.Dense(4, "relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(3, "softmax"),
        ]

    return Work(
        stack, "categorical_crossentropy", DATA, optimizer, lambda: ["accuracy", "auc", clarinet.metrics.R2Score()]
    )


class Interrupted:
    """Raises KeyboardInterrupt where line number ``n`` of the library's own code would run."""

    def __init__(self, n):
        self.left = n

    def __enter__(self):
        sys.settrace(self)
        return self

    def __exit__(self, *_):
        sys.settrace(None)

    def __call__(self, frame, event, _):
        if not frame.f_code.co_filename.startswith(SOURCES):
            return None
        self.left -= event == "line"
        if self.left == 0:
            sys.settrace(None)
            self.left = -1
            raise KeyboardInterrupt
        return self


class Trained:
    """After a step."""

    def __init__(self, optimizer, kind):
        self.model = work(optimizer).model()
        self.state = OptimizerState.new(self.model.optimizer, self.model.store.layout, np.float32)
        self.engine = kind(self.model.make_plan([(3,)]), self.model.store, self.state)
        self.step(0)

    def step(self, number):
        rows = DATA.rows(slice(8 * number, 8 * number + 8))
        self.engine.train(rows, Steps(None, 0, 8, 8, np.full(1, 0.01), None, 1))

    def seen(self):
        store = self.model.store
        arrays = {"params": store.params, "state": store.state, **self.state.slots}
        return {k: v.tobytes() for k, v in arrays.items()}, self.state.step, repr(self.engine.running())


@pytest.mark.parametrize(
    ("optimizer", "kind", "every"),
    [
        ("adam", ReferenceEngine, 7),
        ("lbfgs", ReferenceEngine, 401),
        pytest.param("adam", JaxEngine, 41, marks=pytest.mark.slow),
    ],
)
def test_a_step_is_done_or_not_begun(optimizer, kind, every):
    done = Trained(optimizer, kind)
    before = done.seen()
    done.step(1)
    after, n, seen = done.seen(), 1, []
    while True:
        tried = Trained(optimizer, kind)
        try:
            with Interrupted(n):
                tried.step(1)
            break
        except KeyboardInterrupt:
            seen.append(tried.seen())
        n += every
    assert len(seen) > 10
    assert all(found in (before, after) for found in seen)
    assert before in seen and (after in seen or optimizer != "adam")
