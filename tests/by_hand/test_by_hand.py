"""Networks small enough to be worked by hand: the arithmetic stands in the comments, and both engines get its numbers.

Most numbers are sums of powers of two, so float32 holds them exactly and the comparison is exact too.
"""

from math import log, sqrt

import numpy as np
import pytest

from clarinet import Input, Sequential, layers, optimizers

both_engines = pytest.mark.parametrize("engine", ["native", "reference"])


def network(*stack, engine, optimizer, loss, weights, inputs, **compiling):
    model = Sequential([Input((inputs,)), *stack])
    model.compile(optimizer, loss, engine=engine, **compiling)
    model.set_weights([np.array(w, np.float32) for w in weights])
    return model


def lists(model):
    return [w.tolist() for w in model.get_weights()]


def step(model, x, y, **weights):
    """One step on one batch of all rows; the loss."""
    model.fit(np.array(x, np.float32), np.array(y), batch_size=len(x), epochs=1, shuffle=False, verbose=0, **weights)
    return model.history.history["loss"][0]


@both_engines
def test_two_layers_with_one_unit_off(engine):
    #   x = (1, 2)     W = (0.5   -1    1)    b = (0, 0.25, -4)    v = (2, -4, 8)    c = 0.5    target 1
    #                      (0.25  0.5   1)
    model = network(
        layers.Dense(3, activation="relu"),
        layers.Dense(1),
        engine=engine,
        optimizer=optimizers.SGD(0.125),
        loss="mse",
        inputs=2,
        weights=[[[0.5, -1, 1], [0.25, 0.5, 1]], [0, 0.25, -4], [[2], [-4], [8]], [0.5]],
    )
    # z = x W + b = (0.5 + 0.5, -1 + 1 + 0.25, 1 + 2 - 4) = (1, 0.25, -1)       a = relu(z) = (1, 0.25, 0)
    # p = a v + c = 2 - 1 + 0 + 0.5 = 1.5                                       loss = (1.5 - 1)^2 = 0.25
    assert model.predict(np.array([[1, 2]], np.float32), verbose=0).tolist() == [[1.5]]
    assert step(model, [[1, 2]], [[1]]) == 0.25
    # dp = 2 (1.5 - 1) = 1       dv = a dp = (1, 0.25, 0)       dc = 1
    # da = v dp = (2, -4, 8)     dz = (2, -4, 0): the third unit is off
    # dW = x^T dz = (2 -4 0)     db = (2, -4, 0)
    #               (4 -8 0)
    # Each weight goes down by 0.125 of its gradient.
    assert lists(model) == [
        [[0.25, -0.5, 1], [-0.25, 1.5, 1]],
        [-0.25, 0.75, -4],
        [[1.875], [-4.03125], [8]],
        [0.375],
    ]


@both_engines
def test_a_batch_of_two_weighted_rows_and_a_penalty(engine):
    #   p = 2 x + 1 for x = 1 and 3: p = 3 and 7; targets 4 and 5; weights 1 and 0.5
    model = network(
        layers.Dense(1, kernel_regularizer="l2"),  # 0.01 w^2
        engine=engine,
        optimizer=optimizers.SGD(0.5),
        loss="mse",
        inputs=1,
        weights=[[[2]], [1]],
        metrics=["mae"],
        weighted_metrics=["mse"],
    )
    # loss = (1 (3 - 4)^2 + 0.5 (7 - 5)^2) / 2 rows + 0.01 2^2 = (1 + 2) / 2 + 0.04 = 1.54
    assert step(model, [[1], [3]], [[4], [5]], sample_weight=np.array([1, 0.5])) == pytest.approx(1.54, rel=1e-6)
    # metrics: without weights mean(|-1|, |2|) = 1.5; weighted (1 * 1 + 0.5 * 4) / (1 + 0.5) = 2
    history = model.history.history
    assert (history["mae"], history["mse"]) == ([1.5], [pytest.approx(2)])
    # dp = 2 w (p - t) / 2 = (-1, 1)     dw = 1 * -1 + 3 * 1 + 2 * 0.01 * 2 = 2.04     db = 0
    # w = 2 - 0.5 * 2.04 = 0.98          b = 1
    (w,), (b,) = (a.ravel().tolist() for a in model.get_weights())
    assert (w, b) == (pytest.approx(0.98, rel=1e-6), 1)


@both_engines
def test_softmax_and_crossentropy_cancel(engine):
    #   x = 1, W = (log 2, 0, 0): z = (log 2, 0, 0), p = softmax(z) = (2, 1, 1) / 4; the class is 1
    model = network(
        layers.Dense(3, activation="softmax", use_bias=False),
        engine=engine,
        optimizer=optimizers.SGD(1.0),
        loss="sparse_categorical_crossentropy",
        inputs=1,
        weights=[[[log(2), 0, 0]]],
        metrics=["accuracy"],
    )
    np.testing.assert_allclose(model.predict(np.ones((1, 1), np.float32), verbose=0), [[0.5, 0.25, 0.25]], rtol=1e-6)
    # loss = -log 0.25 = 2 log 2; the largest chance is that of class 0, so no hit
    assert step(model, [[1]], [1]) == pytest.approx(2 * log(2), rel=1e-6)
    assert model.history.history["accuracy"] == [0]
    # dz = p - (0, 1, 0) = (0.5, -0.75, 0.25)     W = (log 2 - 0.5, 0.75, -0.25)
    np.testing.assert_allclose(model.get_weights()[0], [[log(2) - 0.5, 0.75, -0.25]], rtol=1e-6)


@both_engines
def test_sigmoid_and_binary_crossentropy_cancel(engine):
    #   x = 2, w = 0, b = 0: p = sigmoid(0) = 0.5; the answer is yes (1)
    model = network(
        layers.Dense(1, activation="sigmoid"),
        engine=engine,
        optimizer=optimizers.SGD(0.25),
        loss="binary_crossentropy",
        inputs=1,
        weights=[[[0]], [0]],
    )
    # loss = -log 0.5 = log 2     dz = p - 1 = -0.5     dw = 2 * -0.5 = -1     db = -0.5
    assert step(model, [[2]], [[1]]) == pytest.approx(log(2), rel=1e-6)
    assert lists(model) == [[[0.25]], [0.125]]


@both_engines
def test_momentum_over_two_steps(engine):
    #   p = w x with x = 1, target 0, so the loss is w^2 and dw = 2 w; mu = 0.5, learning rate 0.25
    model = network(
        layers.Dense(1, use_bias=False),
        engine=engine,
        optimizer=optimizers.SGD(0.25, momentum=0.5),
        loss="mse",
        inputs=1,
        weights=[[[1]]],
    )
    # m = 0.5 * 0    - 0.25 * 2 * 1   = -0.5       w = 1 - 0.5    = 0.5       loss 1
    # m = 0.5 * -0.5 - 0.25 * 2 * 0.5 = -0.5       w = 0.5 - 0.5  = 0         loss 0.25
    # m = 0.5 * -0.5 - 0.25 * 2 * 0   = -0.25      w = 0 - 0.25   = -0.25     loss 0
    seen = [(step(model, [[1]], [[0]]), model.get_weights()[0].item()) for _ in range(3)]
    assert seen == [(1, 0.5), (0.25, 0), (0, -0.25)]


@both_engines
def test_adam_over_two_steps(engine):
    #   p = w x with x = 1, target 0: dw = 2 w; beta_1 = beta_2 = 0.5, epsilon 0.5, learning rate 0.25
    model = network(
        layers.Dense(1, use_bias=False),
        engine=engine,
        optimizer=optimizers.Adam(0.25, beta_1=0.5, beta_2=0.5, epsilon=0.5),
        loss="mse",
        inputs=1,
        weights=[[[1]]],
    )
    # t = 1: g = 2, m = 0 + 0.5 (2 - 0) = 1, v = 0 + 0.5 (4 - 0) = 2
    #        alpha = 0.25 sqrt(1 - 0.5) / (1 - 0.5), w = 1 - alpha * 1 / (sqrt 2 + 0.5)
    w = 1 - 0.25 * sqrt(0.5) / 0.5 * 1 / (sqrt(2) + 0.5)
    step(model, [[1]], [[0]])
    assert model.get_weights()[0].item() == pytest.approx(w, rel=1e-6)
    # t = 2: g = 2 w, m = 1 + 0.5 (g - 1), v = 2 + 0.5 (g^2 - 2)
    #        alpha = 0.25 sqrt(1 - 0.25) / (1 - 0.25)
    g = 2 * w
    m, v = 1 + 0.5 * (g - 1), 2 + 0.5 * (g * g - 2)
    w -= 0.25 * sqrt(0.75) / 0.75 * m / (sqrt(v) + 0.5)
    step(model, [[1]], [[0]])
    assert model.get_weights()[0].item() == pytest.approx(w, rel=1e-6)


@both_engines
def test_batch_normalisation(engine):
    #   x = (1, 3): mean 2, variance 1; epsilon 0; gamma = 2, beta = 1, target (0, 1); momentum 0.5
    model = network(
        layers.BatchNormalization(momentum=0.5, epsilon=0.0),
        engine=engine,
        optimizer=optimizers.SGD(0.25),
        loss="mse",
        inputs=1,
        weights=[[2], [1], [0], [1]],
    )
    # u = (x - 2) / 1 = (-1, 1)     y = 2 u + 1 = (-1, 3)     loss = ((-1)^2 + 2^2) / 2 = 2.5
    assert step(model, [[1], [3]], [[0], [1]]) == 2.5
    # dy = 2 (y - t) / 2 = (-1, 2)     dgamma = dy u = 1 + 2 = 3     dbeta = 1
    # gamma = 2 - 0.75 = 1.25     beta = 1 - 0.25 = 0.75
    # moving mean = 0.5 * 0 + 0.5 * 2 = 1     moving variance = 0.5 * 1 + 0.5 * 1 = 1
    assert lists(model) == [[1.25], [0.75], [1], [1]]
    # In inference the moving ones: u = (x - 1) / 1 = (0, 2), y = 1.25 u + 0.75
    assert model.predict(np.array([[1], [3]], np.float32), verbose=0).tolist() == [[0.75], [3.25]]


@both_engines
def test_batch_normalisation_passes_the_gradient_on(engine):
    #   x = (1, 3) through w = 1 into gamma = 1, beta = 0, epsilon 0: u = (-1, 1) whatever w is, so dw = 0
    model = network(
        layers.Dense(1, use_bias=False),
        layers.BatchNormalization(epsilon=0.0),
        engine=engine,
        optimizer=optimizers.SGD(1.0),
        loss="mse",
        inputs=1,
        weights=[[[1]], [1], [0], [0], [1]],
    )
    # dy = (u - t) = (-1 - 0, 1 - 0) = (-1, 1), dbeta = 0, dgamma = 2, r = 2 rows
    # dx = dy - dbeta / r - u dgamma / r = (-1, 1) - 0 - (-1, 1) = (0, 0)
    assert step(model, [[1], [3]], [[0], [0]]) == 1
    assert model.get_weights()[0].item() == 1
