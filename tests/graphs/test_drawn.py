"""Of random graphs, gradients pass central differences, both engines say the same, and threads change no bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from clarinet.engines import Data, NativeEngine, Steps
from clarinet.optimizers import OptimizerState
from tests.graphs.differences import assert_gradients
from tests.graphs.drawn import Drawn, graphs
from tests.graphs.drawn_rows import DrawnRows, networks

whole = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
some, few = settings(whole, max_examples=30), settings(whole, max_examples=12)
many = settings(whole, max_examples=500)


def _data(drawn: Drawn | DrawnRows) -> Data:
    x, y = drawn.rows()
    return Data(tuple(x) if isinstance(x, list) else x, tuple(y) if isinstance(y, list) else y)


def _check_gradients(drawn: Drawn | DrawnRows) -> None:
    assert_gradients(drawn.build(), _data(drawn))


def _check_engines(drawn: Drawn | DrawnRows) -> None:
    x, y = drawn.rows()
    native = drawn.build("float32")
    assert NativeEngine.supports(native.make_plan()) is None
    reference = drawn.build("float32", engine="reference")
    for model in (native, reference):
        model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for ours, theirs in zip(native.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)


def _check_threads(drawn: Drawn | DrawnRows) -> None:
    found = []
    for threads in (1, 2, 3):
        model, data = drawn.build("float32"), _data(drawn)
        plan = model.make_plan()
        assert NativeEngine.supports(plan) is None
        state = OptimizerState.new(plan.optimizer, model.store.layout, np.float32)
        engine = NativeEngine(plan, model.store, state, threads=threads)
        chunk = engine.train(data.each(np.float32), Steps(None, 0, len(data), 3, np.full(3, 0.05), None))
        found.append((chunk.losses.tobytes(), *(w.tobytes() for w in model.get_weights())))
    assert found[0] == found[1] == found[2]


def _check_rows(drawn: DrawnRows) -> None:
    """All of them where there is a native form; attention with masks and the like run on the reference engine."""
    _check_gradients(drawn)
    if NativeEngine.supports(drawn.build("float32").make_plan()) is None:
        _check_engines(drawn)
        _check_threads(drawn)


UNMASKED = pytest.mark.filterwarnings("ignore:layer .* does not support masking")  # as some of the layers do not
CHECKS = pytest.mark.parametrize("check", [_check_gradients, _check_engines, _check_threads])


@CHECKS
def test_random_graphs(check: Callable[[Drawn | DrawnRows], None]) -> None:
    some(given(graphs())(check))()


@pytest.mark.slow
@CHECKS
def test_five_hundred_random_graphs(check: Callable[[Drawn | DrawnRows], None]) -> None:
    many(given(graphs())(check))()


@UNMASKED
def test_random_networks_of_sequences_and_pictures() -> None:
    few(given(networks())(_check_rows))()


@pytest.mark.slow
@UNMASKED
def test_five_hundred_random_networks_of_sequences_and_pictures() -> None:
    many(given(networks())(_check_rows))()
