"""The reference engine: gradients of whole networks, statistics of layers, functions of the user's own."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from clarinet import Input, Sequential, activations, layers, losses, metrics, optimizers, regularizers
from clarinet.engines import Data, Steps
from tests.contracts.derivatives import assert_close, numeric_gradient

RNG = np.random.default_rng(12)
X = RNG.normal(size=(7, 4, 3))
IDS = RNG.integers(0, 3, 7)
WEIGHTS = RNG.uniform(0.2, 2, 7)

SPARSE = "sparse_categorical_crossentropy"

NETWORKS = {
    "softmax-sparse": ([layers.Flatten(), layers.Dense(3, activation="softmax")], SPARSE, IDS),
    "softmax-smoothed": (
        [layers.Flatten(), layers.Dense(3, activation="softmax")],
        losses.CategoricalCrossentropy(label_smoothing=0.1),
        np.eye(3)[IDS],
    ),
    "sigmoid-binary": (
        [layers.Dense(2, activation="gelu"), layers.Flatten(), layers.Dense(1, activation="sigmoid")],
        "binary_crossentropy",
        IDS[:, None] > 0,
    ),
    "not-fused": (
        [layers.Flatten(), layers.Dense(3, activation="sigmoid")],
        "categorical_crossentropy",
        np.eye(3)[IDS],
    ),
    "penalties": (
        [
            layers.Flatten(),
            layers.Dense(4, activation="tanh", kernel_regularizer=regularizers.L1L2(0.02, 0.03)),
            layers.Dense(2, bias_regularizer="l2", bias_initializer="ones"),
        ],
        "mse",
        RNG.normal(size=(7, 2)),
    ),
    "normalised-and-dropped": (
        [
            layers.Dense(3, use_bias=False),
            layers.BatchNormalization(gamma_regularizer="l2"),
            layers.ReLU(negative_slope=0.1),
            layers.Dropout(0.3),
            layers.Reshape((-1,)),
            layers.Dense(2, activation="selu"),
            layers.BatchNormalization(),
            layers.Dense(1),
        ],
        "mae",
        RNG.normal(size=(7, 1)),
    ),
    "a-value-for-each-time": ([layers.Dense(3, activation="softmax")], SPARSE, IDS[:, None] * [1, 0, 1, 0]),
    "custom": (
        [layers.Flatten(), layers.Dense(2, activation=activations.Custom(np.sin, np.cos))],
        losses.Custom(lambda t, p: np.sum((p - t) ** 4, axis=-1), lambda t, p: 4 * (p - t) ** 3),
        RNG.normal(size=(7, 2)),
    ),
}


def compiled(stack, loss, optimizer, **compiling):
    model = Sequential([Input((4, 3)), *(layer.detached() for layer in stack)])
    model.seed = 5
    model.compile(optimizer, loss, engine="reference", **compiling)
    return model


def one_step(engine, data, rate, stats_every=0):
    order = None
    return engine.train(data, Steps(order, 0, len(data), len(data), np.array([rate]), None, stats_every))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("weight", [None, WEIGHTS], ids=["plain", "weighted"])
def test_gradient_of_a_whole_network(name, weight):
    """A step of gradient descent at rate 1 moves every weight by its gradient; at rate 0 it only tells the loss."""
    model = compiled(NETWORKS[name][0], NETWORKS[name][1], optimizers.SGD(1.0), dtype="float64")
    data = Data(X, np.asarray(NETWORKS[name][2]), weight)
    engine, params = model.engine_for(data.label_shapes), model.store.params
    start = params.copy()

    def loss(values):
        params[:] = values
        model.optimizer_state.step = 0  # the same dropout mask every time
        engine.reset_metrics()
        one_step(engine, data, 0.0)
        return engine.results()["loss"]

    numeric = numeric_gradient(loss, start)
    loss(start)
    model.optimizer_state.step = 0
    one_step(engine, data, 1.0)
    assert_close(start - params, numeric)
    assert np.abs(numeric).max() > 0.01


def test_statistics_of_layers():
    #   x = ((1, 2), (3, 4)); z = x W + b with W = ((1, -1), (0, 0)), b = (0, 0); relu; then sigmoid of 6 z' = 6 a v
    model = Sequential([Input((2,)), layers.Dense(2, activation="relu"), layers.Dense(1, activation="sigmoid")])
    model.compile(optimizers.SGD(0.5), "mse", engine="reference")
    model.set_weights([np.array([[1, -1], [0, 0]]), np.zeros(2), np.array([[6], [0]]), np.zeros(1)])
    engine = model.engine_for([(1,)])
    chunk = one_step(engine, Data(np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 1))), 0.5, stats_every=1)
    hidden, output = chunk.layers
    assert (hidden.step, hidden.layer, output.layer) == (1, 0, 1)
    # a = ((1, 0), (3, 0)): mean 1, std sqrt(1.5), half of them zero; no limits, so nothing can saturate
    assert (hidden.activation_mean, hidden.zeros) == (1, 0.5)
    assert hidden.activation_std == pytest.approx(np.sqrt(1.5))
    assert np.isnan(hidden.saturated)
    # p = sigmoid(6), sigmoid(18): both within 0.01 of 1
    p = 1 / (1 + np.exp(-np.array([6.0, 18.0])))
    assert output.saturated == 1
    assert output.activation_mean == pytest.approx(p.mean())
    assert output.weight_norm == pytest.approx(6)
    # dz = 2 p p (1 - p) / 2 rows; dv = a^T dz, dc = sum dz; the update is half of the gradient
    dz = p * p * (1 - p)
    gradient = np.array([dz @ [1, 3], 0, dz.sum()])
    assert output.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-4)
    assert output.update_ratio == pytest.approx(0.5 * np.linalg.norm(gradient) / 6, rel=1e-3)
    assert hidden.finite and output.finite
    assert not one_step(engine, Data(np.ones((2, 2)), np.zeros((2, 1))), 0.5).layers


def test_a_layer_without_weights_has_statistics_too():
    model = compiled(
        [layers.Flatten(), layers.Dense(3), layers.Activation("softmax")], "categorical_crossentropy", "sgd"
    )
    chunk = one_step(model.engine_for([(3,)]), Data(X, np.eye(3)[IDS]), 0.1, stats_every=1)
    assert [s.layer for s in chunk.layers] == [0, 1, 2]  # the last one is in the loss, and has its record all the same
    assert chunk.layers[2].activation_mean == pytest.approx(1 / 3)
    assert np.isnan(chunk.layers[0].gradient_norm) and np.isnan(chunk.layers[0].update_ratio)


@pytest.mark.parametrize("stats_every", [0, 1])
def test_a_run_that_diverges_says_so_in_its_losses_alone(stats_every):
    model = compiled([layers.Flatten(), layers.Dense(5), layers.Dense(2)], "mse", optimizers.SGD(1e30))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = model.fit(X, RNG.normal(size=(7, 2)), epochs=4, verbose=0, stats_every=stats_every)
    assert not np.isfinite(history.history["loss"][-1])


def test_a_metric_of_ones_own_is_followed_over_batches():
    def worst(t, p):
        return np.abs(t - p).max(axis=-1)

    model = compiled(
        [layers.Flatten(), layers.Dense(2)], "mse", "sgd", metrics=[worst, metrics.Custom("big", function=worst)]
    )
    y = RNG.normal(size=(7, 2))
    result = model.evaluate(X, y, batch_size=2, verbose=0, return_dict=True)
    assert result["worst"] == result["big"] == pytest.approx(worst(y, model.predict(X, verbose=0)).mean(), rel=1e-6)


def test_threads_share_a_model():
    model = compiled([layers.Flatten(), layers.Dense(30, activation="tanh"), layers.Dense(2)], "mse", "sgd")
    engine = model.engine_for()
    inputs = [RNG.normal(size=(50, 4, 3)).astype(np.float32) for _ in range(24)]
    alone = [engine.predict(x, 16) for x in inputs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda x: engine.predict(x, 16), inputs))
    for a, b in zip(alone, together):
        np.testing.assert_array_equal(a, b)


def test_chunk_borders_change_no_bit():
    def run(seconds):
        model = compiled(
            [layers.Flatten(), layers.Dropout(0.2), layers.Dense(3, activation="softmax")], losses.get("mse"), "adam"
        )
        engine, data = model.engine_for([(3,)]), Data(np.tile(X, (9, 1, 1)), np.tile(np.eye(3)[IDS], (9, 1)))
        order, first, seen = engine.permutation(0, len(data)), 0, []
        while first < len(data):
            rates = np.full(-(-(len(data) - first) // 8), 0.01)
            chunk = engine.train(data, Steps(order, first, len(data), 8, rates, seconds))
            first += 8 * len(chunk)
            seen.extend(chunk.losses)
        return len(chunk), seen, model.store.params.copy()

    (steps, whole, a), (_, cut, b) = run(None), run(0.0)
    assert steps == len(whole) == 8
    assert whole == cut
    np.testing.assert_array_equal(a, b)
