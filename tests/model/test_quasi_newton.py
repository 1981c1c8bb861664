"""BFGS and L-BFGS: closed forms, SciPy itself, and life inside fit."""

import sys

import numpy as np
import pytest

import clarinet
from clarinet import optimizers

pytest.importorskip("scipy")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 4))
Y = X @ RNG.normal(size=(4, 1)) + 0.3 + 0.1 * RNG.normal(size=(80, 1))
kinds = pytest.mark.parametrize("kind", ["lbfgs", "bfgs"])


def network(optimizer, layers, loss="mse", **compiling):
    clarinet.utils.set_random_seed(2)
    model = clarinet.Sequential([clarinet.Input((4,)), *layers])
    model.compile(optimizer, loss, **{"dtype": "float64"} | compiling)
    return model


@kinds
def test_a_linear_model_ends_at_least_squares(kind):
    model = network(kind, [clarinet.layers.Dense(1)], metrics=["mae"])
    history = model.fit(X, Y, epochs=1, verbose=0).history
    solution = np.linalg.lstsq(np.c_[X, np.ones(80)], Y, rcond=None)[0]
    np.testing.assert_allclose(np.concatenate([w.reshape(-1, 1) for w in model.get_weights()]), solution, atol=1e-6)
    error = np.c_[X, np.ones(80)] @ solution - Y
    assert history["loss"][0] == pytest.approx((error**2).mean(), rel=1e-9)  # the loss that was reached
    assert history["mae"][0] == pytest.approx(np.abs(error).mean(), rel=1e-6)
    assert model.engine == "reference"


def test_ridge_regression_with_weights_has_a_closed_form():
    layer = clarinet.layers.Dense(1, use_bias=False, kernel_regularizer=clarinet.regularizers.L2(0.1))
    model, w = network("lbfgs", [layer]), RNG.uniform(0.5, 2, 80)
    model.fit(X, Y, sample_weight=w, verbose=0)
    w = w.astype(np.float32).astype(float)[:, None]
    solution = np.linalg.solve(X.T @ (w * X) / 80 + 0.1 * np.eye(4), X.T @ (w * Y) / 80)
    np.testing.assert_allclose(model.get_weights()[0], solution, atol=1e-6)


@kinds
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_learns_what_is_not_linear(kind, dtype):
    x = np.array([[0, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0]])
    layers = [clarinet.layers.Dense(8, activation="tanh"), clarinet.layers.Dense(1, activation="sigmoid")]
    model = network(kind, layers, "binary_crossentropy", dtype=dtype, metrics=["accuracy"])
    model.fit(x, [0, 1, 1, 0], epochs=2, verbose=0)
    assert model.evaluate(x, [0, 1, 1, 0], return_dict=True)["loss"] < 1e-3


def test_frozen_layers_and_running_statistics():
    layers = [
        clarinet.layers.Dense(6, activation="tanh", trainable=False),
        clarinet.layers.BatchNormalization(momentum=0.5),
        clarinet.layers.Dense(1),
    ]
    model = network("lbfgs", layers)
    frozen = model.layers[0].get_weights()
    hidden = np.tanh(X @ frozen[0] + frozen[1])
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], frozen[0])
    np.testing.assert_allclose(model.layers[1].get_weights()[2], 0.5 * hidden.mean(axis=0))  # one update, not many
    model.fit(X, Y, epochs=2, verbose=0)
    assert model.optimizer_state.step == 3


@kinds
def test_a_model_with_nothing_to_train_stays_as_it_is(kind):
    model = network(kind, [clarinet.layers.Dense(1, trainable=False)])
    before = model.get_weights()
    loss = model.fit(X, Y, verbose=0).history["loss"]
    assert loss == pytest.approx([model.evaluate(X, Y)])
    assert all((a == b).all() for a, b in zip(before, model.get_weights()))


def test_batches_stop_and_save(tmp_path):
    model = network(optimizers.LBFGS(max_iterations=5, history=3), [clarinet.layers.Dense(1)])
    model.fit(X, Y, batch_size=40, epochs=2, verbose=0, validation_split=0.1)
    assert model.optimizer_state.step == 4
    model.save(tmp_path / "model.clarinet")
    clone = clarinet.models.load_model(tmp_path / "model.clarinet")
    assert clone.optimizer.get_config() == model.optimizer.get_config()
    assert clone.fit(X, Y, verbose=0).history == model.fit(X, Y, verbose=0).history


def test_without_scipy_the_extra_is_named(monkeypatch):
    model = network("lbfgs", [clarinet.layers.Dense(1)])
    before = model.get_weights()
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(
        ImportError, match=r"LBFGS needs SciPy, which is not installed; use pip install clarinet\[scipy\]"
    ):
        model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.LBFGS(learning_rate=0.1), ValueError, "learning_rate=0.1 has no meaning here: the line"),
        (lambda: optimizers.BFGS(weight_decay=0.1), ValueError, "BFGS: weight_decay has no meaning here"),
        (lambda: optimizers.BFGS(use_ema=True), ValueError, "BFGS: use_ema=True has no meaning here"),
        (lambda: optimizers.LBFGS(max_iterations=0), ValueError, "LBFGS: max_iterations: .*at least 1"),
        (lambda: optimizers.LBFGS(history=1.5), TypeError, "LBFGS: history: expected a whole number"),
        (lambda: optimizers.BFGS(tolerance=-1), ValueError, "BFGS: tolerance: .*at least 0"),
    ],
)
def test_settings_without_meaning_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
