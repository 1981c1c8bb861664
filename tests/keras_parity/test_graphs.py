"""More graphs train in Clarinet as in Keras on JAX, step by step, on both engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.ops.structures import leaves
from tests.keras_parity import nested_graphs  # noqa: F401 - its graphs enrol
from tests.keras_parity.graphs import GRAPHS
from tests.programs.common import record, start
from tests.programs.running import only

#: Those that are compared at every run; the others take Keras a second each.
QUICK = ("attention_pooling", "sequentials_in_sequentials", "three_of_one")
#: What has no native form: convolutions of each step of a sequence.
ON_REFERENCE = ("video",)
TOLERANCE = 3e-5


def ran(k: Any, name: str) -> dict[str, Any]:
    """What a graph gives in a library: losses and metrics of every step, history, weights, predictions."""
    k.utils.set_random_seed(0)
    model, x, y, fitting = GRAPHS[name](k)
    start(model)
    steps, watcher = record(k)
    history = model.fit(x, y, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher], **fitting)
    return {
        "steps": steps,
        "history": history.history,
        "weights": [np.asarray(w) for w in model.get_weights()],
        "predictions": [np.asarray(p) for p in leaves(model.predict(x, verbose=0))],
        "engine": getattr(model, "engine", ""),
    }


def assert_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert len(ours["steps"]) == len(theirs["steps"]) == 2 * -(-len(theirs["steps"]) // 2)
    for mine, its in zip(ours["steps"], theirs["steps"], strict=True):
        assert set(mine) == set(its)
        for name, value in its.items():
            np.testing.assert_allclose(mine[name], value, rtol=TOLERANCE, atol=TOLERANCE, err_msg=name)
    assert set(ours["history"]) == set(theirs["history"])
    for name, values in theirs["history"].items():
        np.testing.assert_allclose(ours["history"][name], values, rtol=TOLERANCE, atol=TOLERANCE, err_msg=name)
    for part in ("weights", "predictions"):
        assert len(ours[part]) == len(theirs[part])
        for mine, its in zip(ours[part], theirs[part], strict=True):
            np.testing.assert_allclose(mine, its, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in GRAPHS]
)
def test_a_graph_trains_as_in_keras(name: str) -> None:
    import keras

    keras.utils.clear_session()
    theirs = ran(keras, name)
    for engine in ("auto", "reference"):
        with only(engine):
            ours = ran(clarinet, name)
        assert ours["engine"] == ("native" if engine == "auto" and name not in ON_REFERENCE else "reference")
        assert_same(ours, theirs)


def test_there_are_so_many() -> None:
    assert len(GRAPHS) == 30
