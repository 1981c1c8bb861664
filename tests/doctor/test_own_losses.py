"""Losses of any sign, rates and functions of any kind are judged by what they do."""

import numpy as np
import pytest

from clarinet import Input, Sequential, activations, doctor, losses, optimizers, regularizers
from clarinet.doctor import probing
from clarinet.doctor.program import program_of
from clarinet.doctor.yardstick import yardstick
from clarinet.layers import (
    ELU,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    LayerNormalization,
    LeakyReLU,
    MaxPooling2D,
    PReLU,
    ReLU,
    Rescaling,
    Residual,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 6)).astype(np.float32)
COUNTS = RNG.poisson(np.exp(1.5 + 0.6 * X[:, 0] - 0.4 * X[:, 1])).astype(np.float32)
DIRECTIONS = np.stack([X[:, 0], X[:, 1], X[:, 0] * X[:, 1]], 1)
AMOUNTS = DIRECTIONS[:, :1]


class Shifted(losses.Loss):
    """A squared error a hundred lower."""

    def values(self, y_true, y_pred, xp=np):
        return xp.mean((y_true - y_pred) ** 2, axis=-1) - 100.0

    def gradient(self, y_true, y_pred, xp=np):
        return 2 * (y_pred - y_true) / y_pred.shape[-1]


class Likeness(losses.Loss):
    """Rewards what goes the same way; far below the loss of the labels themselves."""

    def values(self, y_true, y_pred, xp=np):
        return -xp.mean(y_true * y_pred - 0.01 * y_pred**2, axis=-1)

    def gradient(self, y_true, y_pred, xp=np):
        return -(y_true - 0.02 * y_pred) / y_pred.shape[-1]


class Paired(losses.Loss):
    """Takes a number more than the labels have, so that labels are no predictions."""

    def values(self, y_true, y_pred, xp=np):
        if y_pred.shape[-1] != 2:
            raise RuntimeError("two columns, please")
        return (y_true[..., 0] - y_pred[..., 0]) ** 2 * xp.exp(-y_pred[..., 1]) + y_pred[..., 1]

    def gradient(self, y_true, y_pred, xp=np):
        error, precision = y_pred[..., 0] - y_true[..., 0], xp.exp(-y_pred[..., 1])
        return xp.stack([2 * error * precision, 1 - error**2 * precision], axis=-1)


LOSSES = {
    "poisson": ("poisson", COUNTS, Dense(1, activation="exponential")),
    "cosine": ("cosine_similarity", DIRECTIONS, Dense(3)),
    "shifted": (Shifted(), AMOUNTS, Dense(1)),
    "likeness": (Likeness(), AMOUNTS, Dense(1)),
    "summed": (losses.MeanSquaredError(reduction="sum"), AMOUNTS, Dense(1)),
    "hinge": ("hinge", np.sign(AMOUNTS), Dense(1, activation="tanh")),
    "divergence": ("kl_divergence", np.eye(3, dtype=np.float32)[np.argmax(DIRECTIONS, 1)], Dense(3, "softmax")),
}


def network(loss, ending, rate=0.005, **hidden):
    model = Sequential([Input((6,)), Dense(16, activation="relu", **hidden), ending.changed()])
    model.compile(optimizers.Adam(rate), loss)
    return model


def kinds(report):
    return {finding.kind for finding in report.findings if finding.severity != "hint"}


@pytest.mark.parametrize("fit", [{}, {"validation_split": 0.2}], ids=["", "validated"])
@pytest.mark.parametrize("name", LOSSES)
def test_nothing_is_said_of_a_sound_training_whatever_its_loss(name, fit):
    loss, y, ending = LOSSES[name]
    report = doctor.examine(network(loss, ending), X, y, epochs=30, **fit)
    assert report.healthy, str(report)
    watching = doctor.Doctor(quiet=True)
    network(loss, ending).fit(X, y, epochs=30, verbose=0, callbacks=[watching], **fit)
    assert watching.report.healthy, str(watching.report)


@pytest.mark.parametrize("name", ["poisson", "cosine", "shifted"])
def test_a_training_that_gets_nowhere_is_named_whatever_its_loss(name):
    loss, y, ending = LOSSES[name]
    report = doctor.examine(network(loss, ending, rate=1e-6), X, y, epochs=30)
    assert "learning_rate_too_low" in kinds(report)
    watching = doctor.Doctor(quiet=True)
    model = network(loss, ending, trainable=False)
    model.layers[1].trainable = False
    model.fit(X, y, epochs=30, verbose=0, callbacks=[watching])
    assert not watching.report.healthy


@pytest.mark.parametrize("name", ["poisson", "shifted"])
def test_learning_by_heart_is_named_whatever_the_loss(name):
    loss, y, ending = LOSSES[name]
    luck = RNG.permutation(y)[:60]
    model = Sequential([Input((6,)), Dense(256, activation="relu"), ending.changed()])
    model.compile(optimizers.Adam(0.01), loss)
    report = doctor.examine(model, X[:60], luck, epochs=150, validation_split=0.3, budget="thorough")
    assert "overfit" in kinds(report)


@pytest.mark.parametrize("name", ["poisson", "cosine", "shifted"])
def test_a_light_penalty_is_no_fault_beside_a_negative_loss(name):
    loss, y, ending = LOSSES[name]
    light, heavy = (network(loss, ending, kernel_regularizer=regularizers.L2(size)) for size in (1e-4, 1000.0))
    assert "over_regularised" not in kinds(doctor.examine(light, X, y, epochs=30))
    assert "over_regularised" in kinds(doctor.examine(heavy, X, y, epochs=30, budget="quick"))


def test_a_loss_that_labels_are_no_predictions_for_is_judged_by_its_fall():
    assert doctor.examine(network(Paired(), Dense(2)), X, AMOUNTS, epochs=30, budget="thorough") is not None
    assert not yardstick(program_of(network(Paired(), Dense(2)), X, AMOUNTS, None, {})).known


@pytest.mark.parametrize(("name", "best"), [("cosine", -1.0), ("shifted", -100.0), ("summed", 0.0)])
def test_the_yardstick_reaches_from_a_constant_answer_to_no_error(name, best):
    loss, y, ending = LOSSES[name]
    measure = yardstick(program_of(network(loss, ending), X, y, None, {}))
    assert measure.best == pytest.approx(best, abs=1e-4)
    assert measure.progress(measure.constant) == pytest.approx(0)
    assert measure.progress(measure.best) == pytest.approx(1)


# Learning rates.


@pytest.mark.parametrize(
    "optimizer",
    [optimizers.Adam(1.0), optimizers.SGD(0.5, momentum=0.9), optimizers.SGD(5.0), optimizers.RMSprop(0.5)],
    ids=repr,
)
def test_no_fault_is_found_with_the_rate_that_the_doctor_puts_in(optimizer):
    model = Sequential([Input((6,)), Dense(16, activation="relu"), Dense(1)])
    model.compile(optimizer, "mse")
    few, many = (doctor.examine(model, X, AMOUNTS, epochs=epochs) for epochs in (4, 30))
    assert kinds(few) == {"learning_rate_too_high"}, str(few)
    assert kinds(many) <= {"learning_rate_too_high"}, str(many)  # a training may come far in spite of it


def test_a_rate_is_reported_as_it_was_given():
    model = Sequential([Input((6,)), Dense(16, activation="relu"), Dense(1)])
    model.compile(optimizers.SGD(0.5, momentum=0.9), "mse")
    [finding] = [f for f in doctor.examine(model, X, AMOUNTS, epochs=30).findings if f.severity != "hint"]
    assert finding.summary == "SGD with a learning rate of 0.5 and a momentum of 0.9 (together 5)"
    assert finding.evidence["learning_rate"] == 0.5
    assert finding.evidence["with_momentum"] == pytest.approx(5)


# Activations.


class Cubed(Layer):
    """A function of a user's own."""

    def forward(self, params, state, x, ctx):
        return x**3, x, {}

    def backward(self, params, cache, dy):
        return 3 * cache**2 * dy, {}


@pytest.mark.parametrize(
    ("between", "missing"),
    [
        ([PReLU()], False),
        ([PReLU(alpha_initializer="ones")], True),
        ([LeakyReLU()], False),
        ([ELU()], False),
        ([ReLU(max_value=6)], False),
        ([BatchNormalization(), PReLU()], False),
        ([LayerNormalization()], False),
        ([Cubed()], False),
        ([Residual([Activation("tanh")])], False),
        ([Residual([Dense(16)])], True),
        ([BatchNormalization(), Rescaling(0.5)], True),
        ([Activation("linear")], True),
        ([], True),
    ],
    ids=repr,
)
def test_a_layer_lacks_an_activation_where_nothing_bends(between, missing):
    model = Sequential([Input((6,)), Dense(16), *between, Dense(1)])
    model.compile(optimizers.Adam(0.005), "mse")
    report = doctor.examine(model, X, AMOUNTS, epochs=30, budget="quick")
    assert ("missing_hidden_activation" in kinds(report)) == missing


@pytest.mark.parametrize(("pooling", "missing"), [(MaxPooling2D(2), False), (AveragePooling2D(2), True)], ids=repr)
def test_maxima_bend_and_means_do_not(pooling, missing):
    x, y = X[:, :, None] * X[:, None, :], AMOUNTS
    model = Sequential([Input((6, 6, 1)), Conv2D(4, 3), pooling, Flatten(), Dense(1)])
    model.compile(optimizers.Adam(0.005), "mse")
    report = doctor.examine(model, x[..., None], y, epochs=10, budget="quick")
    assert ("missing_hidden_activation" in kinds(report)) == missing


@pytest.mark.parametrize(
    ("function", "low", "high"),
    [
        ("relu", 0, np.inf),
        ("sigmoid", 0, 1),
        ("softmax", 0, 1),
        ("tanh", -1, 1),
        ("exponential", 0, np.inf),
        ("log_softmax", -np.inf, 0),
        ("linear", -np.inf, np.inf),
        ("leaky_relu", -np.inf, np.inf),
        (activations.Relu(0.1), -np.inf, np.inf),
        (activations.Relu(0.0, 6.0), 0, 6),
        (activations.Elu(2.0), -2, np.inf),
        ("gelu", -0.17, np.inf),
    ],
)
def test_the_span_of_a_function(function, low, high):
    assert probing.span(activations.get(function)) == pytest.approx((low, high), abs=2e-3)


@pytest.mark.parametrize("function", [activations.Relu(0.1), "leaky_relu", activations.Elu(20.0)], ids=repr)
def test_nothing_is_said_of_an_activation_that_reaches_the_targets(function):
    model = Sequential([Input((6,)), Dense(16, activation="relu"), Dense(1, activation=function)])
    model.compile(optimizers.Adam(0.01), "mse")
    assert "wrong_output_activation" not in kinds(doctor.examine(model, X, AMOUNTS, epochs=30))


@pytest.mark.parametrize("function", ["selu", "softsign", "gelu", activations.Relu(0.0, 1.0)], ids=repr)
def test_an_activation_that_cannot_reach_the_targets_is_named(function):
    model = Sequential([Input((6,)), Dense(16, activation="relu"), Dense(1, activation=function)])
    model.compile(optimizers.Adam(0.01), "mse")
    assert "wrong_output_activation" in kinds(doctor.examine(model, X, 10 * AMOUNTS, epochs=30))
