"""Which engine runs a model; a new one is a class and a row."""

import numpy as np
import pytest

from clarinet import Input, Sequential, engines, layers
from clarinet.engines import choosing


class Toy(engines.ReferenceEngine):
    """Runs what has no dropout."""

    name = "toy"
    why = "there is no dropout"

    @staticmethod
    def supports(plan):
        return "dropout is beyond a toy" if any(op.kind == "Dropout" for op in plan.ops) else None


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setattr(choosing, "ENGINES", (Toy, *engines.ENGINES))


def model(*stack, **settings):
    made = Sequential([Input((3,)), *stack, layers.Dense(2)])
    made.compile("sgd", "mse", **settings)
    return made


@pytest.mark.usefixtures("toy")
def test_a_new_engine_is_a_class_and_a_row():
    assert engines.choices() == ("auto", "toy", "native", "reference", "jax")
    own = model(engine="toy")
    x, y = np.ones((4, 3), np.float32), np.ones((4, 2), np.float32)
    losses = own.fit(x, y, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert (own.engine, own.engine_reason) == ("toy", "there is no dropout")


@pytest.mark.usefixtures("toy")
def test_the_first_that_can_runs_a_model():
    assert model().engine == "toy"
    other = model(layers.Dropout(0.5))
    assert (other.engine, other.engine_reason) == ("native", "dropout is beyond a toy")
    third = model(layers.Dropout(0.5), dtype="float64")
    reasons = "dropout is beyond a toy; float64 runs on the reference engine"
    assert (third.engine, third.engine_reason) == ("reference", reasons)


@pytest.mark.usefixtures("toy")
def test_who_asks_for_an_engine_that_cannot_is_told_why():
    with pytest.raises(ValueError, match=r"engine='toy' cannot run this model: dropout is beyond a toy; use engine="):
        model(layers.Dropout(0.5), engine="toy").predict(np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"unknown engine 'top'.*toy"):
        model(engine="top")


def test_a_device_is_for_engines_that_take_one():
    says = "device='array_api_strict' is the reference engine's; leave out engine='native'"
    with pytest.raises(ValueError, match=says):
        model(engine="native", device="array_api_strict")


def test_engines_that_were_asked_for_say_so():
    own = model(engine="reference")
    assert (own.engine, own.engine_reason) == ("reference", "asked for with engine='reference'")
    own = model(engine="native")
    assert (own.engine, own.engine_reason) == ("native", "every operation has a native form")
