"""Gradients of whole networks against central differences."""

from __future__ import annotations

import numpy as np
import pytest

import clarinet
from clarinet.engines import Data, ReferenceEngine

STEP = 1e-6


def assert_gradients(model: clarinet.Model, data: Data) -> None:
    """One entry of every weight of a compiled model in float64."""
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
