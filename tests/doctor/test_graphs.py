"""The doctor on graphs: the data, the loss and the last layers are looked at, and what was not is named."""

import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.doctor import examine

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 6))
Y = (X[:, 0] + X[:, 1] > 0) * 1.0


def graph(activation="sigmoid", optimizer="adam"):
    inputs = layers.Input((6,))
    a = layers.Dense(8, activation="relu", name="a")(inputs)
    h = layers.Add(name="sum")([a, layers.Dense(8, activation="relu", name="b")(a)])
    h = layers.Dense(16, activation="relu")(h)
    model = clarinet.Model(inputs, layers.Dense(1, activation=activation)(h))
    model.compile(optimizer, "binary_crossentropy")
    return model


def found(report):
    return {(finding.kind, finding.where) for finding in report.findings if finding.severity != "hint"}


def test_it_is_silent_on_a_sound_graph_and_changes_nothing():
    model = graph()
    before, names = model.get_weights(), [layer.name for layer in model.layers]
    report = examine(model, X, Y, epochs=30)
    assert report.healthy
    (hint,) = report.findings
    assert (hint.kind, hint.evidence["layers"]) == ("not_examined", "a, b, sum")
    assert all(map(np.array_equal, before, model.get_weights()))
    assert names == [layer.name for layer in model.layers]


def test_faults_of_head_data_and_rate_are_found():
    report = examine(graph("softmax"), X, Y, epochs=30, budget="quick")
    assert found(report) == {("softmax_on_single_unit", "layer:5")}
    assert "layer 5" in report.findings[0].summary
    assert ("unscaled_inputs", "data.x") in found(examine(graph(), X * 1000, Y, epochs=30, budget="quick"))
    fast = clarinet.optimizers.SGD(30.0)
    assert ("learning_rate_too_high", "optimizer") in found(examine(graph(optimizer=fast), X, Y, epochs=30))


def test_layers_in_a_row_are_looked_at_whoever_put_them_there():
    inputs = layers.Input((6,))
    outputs = layers.Dense(1, activation="softmax")(layers.Dense(4, activation="relu")(inputs))
    model = clarinet.Model(inputs, outputs)
    model.compile("adam", "binary_crossentropy")
    report = examine(model, X, Y, epochs=30, budget="quick")
    assert ("softmax_on_single_unit", "layer:2") in found(report)
    assert "not_examined" not in {finding.kind for finding in report.findings}


def test_several_inputs_are_refused():
    a, b = layers.Input((6,)), layers.Input((6,))
    model = clarinet.Model([a, b], layers.Dense(1)(layers.Add()([a, b])))
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="2 inputs and 1 outputs"):
        examine(model, X, Y)
