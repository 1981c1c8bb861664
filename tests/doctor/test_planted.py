"""Eight planted mistakes that other frameworks mostly let pass, and the perceptron tutorial's; each at its place."""

import numpy as np
import pytest

from clarinet import Input, Sequential, doctor, losses, optimizers
from clarinet.datasets import mnist
from clarinet.layers import Dense, Flatten, Rescaling

RNG = np.random.default_rng(0)
X = RNG.normal(size=(512, 10)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.float32)
FIT = {"epochs": 5, "batch_size": 64}


def model(output, loss="binary_crossentropy"):
    network = Sequential([Input((10,)), Dense(16, activation="relu"), output])
    network.compile(optimizers.Adam(1e-2), loss, metrics=["accuracy"])
    return network


def with_nan():
    x = X.copy()
    x[3, 2] = np.nan
    return x


def sigmoid():
    return model(Dense(1, activation="sigmoid"))


PLANTED = {
    "labels-one-too-large": (sigmoid, X, Y + 1, ("label_encoding_mismatch", "data.y"), "1 and 2"),
    "nan": (sigmoid, with_nan(), Y, ("nan_in_data", "data.x"), "row 3, column 2"),
    "softmax-from-logits": (
        lambda: model(Dense(2, activation="softmax"), losses.SparseCategoricalCrossentropy(from_logits=True)),
        X, Y.astype(int), ("double_softmax", "loss"), "layer 1",
    ),
    "logits": (lambda: model(Dense(1)), X, Y, ("missing_output_activation", "layer:1"), "raw scores"),
    "inputs-times-10000": (sigmoid, X * 1e4, Y, ("unscaled_inputs", "data.x"), "the inputs run"),
    "labels-all-the-same": (sigmoid, X, Y * 0, ("constant_targets", "data.y"), "every label is 0"),
    "softmax-on-one-unit": (
        lambda: model(Dense(1, activation="softmax")), X, Y, ("softmax_on_single_unit", "layer:1"), "prediction is 1"
    ),
    "relu-output": (
        lambda: model(Dense(1, activation="relu")), X, Y, ("wrong_output_activation", "layer:1"), "sigmoid"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PLANTED)
def test_planted_mistakes_come_first(case):
    make, x, y, expected, said = PLANTED[case]
    found = doctor.examine(make(), x, y, **FIT).findings
    assert (found[0].kind, found[0].where) == expected
    assert said in found[0].summary
    assert all((f.kind, f.where) == expected for f in found if f.severity == "error")


def test_the_mended_program_is_healthy():
    assert doctor.examine(model(Dense(1, activation="sigmoid")), X, Y, **FIT | {"epochs": 10}).healthy


def test_the_perceptron_tutorial():
    """Its own diagnosis (raw outputs: add a sigmoid), and the one it missed (scale the pixels)."""
    (x, y), _ = mnist.load_data()
    network = Sequential([Input((28, 28)), Flatten(), Dense(1)])
    network.compile("adam", "mse", metrics=["accuracy"])
    kinds = [
        f.kind for f in doctor.examine(network, x[:5000], y[:5000] == 5, epochs=10).findings if f.severity != "hint"
    ]
    assert {"missing_output_activation", "unscaled_inputs"} <= set(kinds)
    network = Sequential([Input((28, 28)), Rescaling(1 / 255), Flatten(), Dense(1, activation="sigmoid")])
    network.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    assert doctor.examine(network, x[:5000], y[:5000] == 5, epochs=10).healthy


def test_the_model_is_not_changed():
    network = model(Dense(1))
    weights, layers = network.get_weights(), list(network.layers)
    doctor.examine(network, X, Y, **FIT)
    assert network.layers == layers
    assert network.optimizer.learning_rate == 1e-2
    for before, after in zip(weights, network.get_weights()):
        np.testing.assert_array_equal(before, after)
