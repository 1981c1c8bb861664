"""Names of the version before work, and say in a warning what they are called now."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.callbacks import Callback
from clarinet.layers import Dense

X, Y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)


def network() -> Any:
    model = clarinet.Sequential([clarinet.Input((2,)), Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_methods() -> None:
    model = network()
    with pytest.warns(DeprecationWarning, match=r"^Sequential\.runner is now called engine_for; the old name works"):
        assert model.runner() is model.engine_for()
    with pytest.warns(DeprecationWarning, match=r"^Dense\.unplaced is now called detached"):
        assert not model.layers[0].unplaced().built
    with pytest.warns(DeprecationWarning, match=r"^Dense\.twin is now called clone") as warned:
        np.testing.assert_array_equal(model.layers[0].twin().get_weights()[0], model.layers[0].get_weights()[0])
    assert [str(one.filename) for one in warned] == [__file__], "at the line that has the old name"


def test_parameters_of_callbacks() -> None:
    class Observer(Callback):
        wants_fingerprint = True

        def on_train_begin(self, logs: Any = None) -> None:
            with pytest.warns(DeprecationWarning, match="the key 'given' is now called 'raw_data'"):
                assert self.params["given"] is self.params["raw_data"]
            with pytest.warns(DeprecationWarning, match="the key 'seen' is now called 'fingerprints'"):
                assert self.params.get("seen") is self.params.get("fingerprints")
            assert self.params.get("nothing", 3) == 3
            with pytest.raises(KeyError, match="nothing"):
                self.params["nothing"]

    network().fit(X, Y, verbose=0, callbacks=[Observer()])


@pytest.mark.parametrize("name", ["handled_warnings", "tells"])
def test_warnings_that_callbacks_handle(name: str) -> None:
    own = type("Own", (Callback,), {name: frozenset({"learning_rate_negative"})})
    model = network()
    model.optimizer.learning_rate = -0.1
    with pytest.warns() as warned:
        model.fit(X, Y, verbose=0, callbacks=[own()])
        model.fit(X, Y, verbose=0)
    assert sum("a negative rate climbs the loss" in str(one.message) for one in warned) == 1, "without the callback"
    old = [str(one.message) for one in warned if one.category is DeprecationWarning]
    assert all("Own.tells is now called handled_warnings" in text for text in old)
    assert bool(old) == (name == "tells")
