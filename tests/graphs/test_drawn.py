"""Of random graphs, gradients pass central differences, and both engines say the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from clarinet.engines import Data, NativeEngine, ReferenceEngine
from tests.graphs.drawn import Drawn, graphs

STEP = 1e-6
slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _data(drawn: Drawn) -> Data:
    x, y = drawn.rows()
    return Data(tuple(x) if isinstance(x, list) else x, tuple(y) if isinstance(y, list) else y)


def _check_gradients(drawn: Drawn) -> None:
    model, data = drawn.build(), _data(drawn)
    engine = ReferenceEngine(model.make_plan(data.label_shapes), model.store, None)
    found = engine.gradients(data).by_weight
    rng = np.random.default_rng(0)
    for users in engine.plan.users:
        op, segment = users[0]
        gradient, view = found[op.index][segment.name], model.store.view(segment)
        at = tuple(int(rng.integers(size)) for size in view.shape)
        kept = view[at]
        losses = []
        for shift in (STEP, -STEP):
            view[at] = kept + shift
            losses.append(engine.gradients(data).loss)
        view[at] = kept
        assert gradient[at] == pytest.approx((losses[0] - losses[1]) / (2 * STEP), rel=1e-5, abs=1e-7)


@slow
@given(graphs())
def test_gradients_pass_central_differences(drawn: Drawn) -> None:
    _check_gradients(drawn)


@slow
@given(graphs())
def test_both_engines_say_the_same(drawn: Drawn) -> None:
    x, y = drawn.rows()
    native = drawn.build("float32")
    if NativeEngine.supports(native.make_plan()) is not None:
        return
    reference = drawn.build("float32", engine="reference")
    for model in (native, reference):
        model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for ours, theirs in zip(native.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)
