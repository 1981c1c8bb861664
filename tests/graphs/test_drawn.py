"""Of random graphs, gradients pass central differences, and both engines say the same."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings

from clarinet.engines import Data, NativeEngine
from tests.graphs.differences import assert_gradients
from tests.graphs.drawn import Drawn, graphs

slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _data(drawn: Drawn) -> Data:
    x, y = drawn.rows()
    return Data(tuple(x) if isinstance(x, list) else x, tuple(y) if isinstance(y, list) else y)


@slow
@given(graphs())
def test_gradients_pass_central_differences(drawn: Drawn) -> None:
    assert_gradients(drawn.build(), _data(drawn))


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
