"""The learning rate finder: its curve, its suggestion, and that it changes nothing."""

import numpy as np
import pytest

import clarinet

RNG = np.random.default_rng(0)
X = RNG.normal(size=(256, 5)).astype(np.float32)
Y = X @ RNG.normal(size=(5, 1)).astype(np.float32)


def network(optimizer="sgd", **compiling):
    clarinet.utils.set_random_seed(1)
    model = clarinet.Sequential([clarinet.Input((5,)), clarinet.layers.Dense(1)])
    model.compile(optimizer, "mse", **compiling)
    return model


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_suggests_a_rate_that_learns(engine):
    """A linear model of such inputs learns best at a rate of about 0.4, and its loss explodes at 1."""
    found = clarinet.find_learning_rate(network(engine=engine), X, Y)
    assert 0.005 < found.suggestion < 0.2
    assert found.learning_rates[0] == 1e-6 and found.learning_rates[-1] < 10  # ended early
    assert len(found.learning_rates) == len(found.losses) == len(found.smoothed)
    assert np.isfinite(found.losses).all()
    np.testing.assert_allclose(np.diff(np.log(found.learning_rates)), np.log(1e7) / 99)
    model = network(clarinet.optimizers.SGD(found.suggestion), engine=engine)
    assert model.fit(X, Y, epochs=20, verbose=0).history["loss"][-1] < 1e-3


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_model_stays_as_it_was(optimizer):
    model, clone = network(optimizer), network(optimizer)
    for each in (model, clone):
        each.fit(X, Y, epochs=1, verbose=0)
    history, rate = model.history, model.optimizer.learning_rate
    clarinet.find_learning_rate(model, X, Y, steps=40)
    assert model.history is history and model.optimizer.learning_rate == rate
    for a, b in zip(model.get_weights(), clone.get_weights()):
        np.testing.assert_array_equal(a, b)
    assert model.fit(X, Y, epochs=2, verbose=0).history == clone.fit(X, Y, epochs=2, verbose=0).history


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("optimizer", "least"), [("sgd", 1e-3), ("adam", 3e-5)])
def test_a_trained_model_is_not_told_to_stand_still(optimizer, least, seed):
    """Its loss falls no more, and where it happens to be lowest says nothing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(500, 5)).astype(np.float32)
    y = x @ rng.normal(size=(5, 1)) + 0.3 * rng.normal(size=(500, 1))
    model = network(optimizer)
    model.fit(x, y, epochs=30, verbose=0, seed=seed)
    model.fit(x, y, epochs=100 if optimizer == "adam" else 1, verbose=0, seed=seed)
    found = clarinet.find_learning_rate(model, x, y)
    assert least < found.suggestion < 0.2


def test_a_loss_that_is_never_a_number():
    model = network()
    model.set_weights([np.full((5, 1), np.inf), np.zeros(1)])
    assert clarinet.find_learning_rate(model, X, Y).suggestion > 0


def test_a_range_that_is_too_low_is_tried_to_its_end():
    found = clarinet.find_learning_rate(network(), X, Y, lowest=1e-6, highest=1e-3, steps=50, batch_size=64)
    assert len(found.losses) == 50
    assert found.learning_rates[-1] == pytest.approx(1e-3)
    assert repr(found).startswith("LearningRateCurve(suggestion=")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"lowest": 1, "highest": 0.1}, ValueError, "expected 0 < lowest < highest, received 1 and 0.1"),
        ({"steps": 3}, ValueError, "find_learning_rate: steps: .*at least 10"),
        ({"highest": "x"}, TypeError, "find_learning_rate: highest"),
    ],
)
def test_what_has_no_meaning_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        clarinet.find_learning_rate(network(), X, Y, **settings)
    with pytest.raises(ValueError, match="find_learning_rate: the model is not compiled"):
        clarinet.find_learning_rate(clarinet.Sequential([clarinet.layers.Dense(1)]), X, Y)
