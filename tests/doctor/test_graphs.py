"""The doctor on graphs: the data, the loss and the last layers are looked at, and what was not is named."""

import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.doctor import examine, treat

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


class Doubled(layers.Layer):
    """A layer with a call, and a layer in it."""

    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(4, "relu")

    def call(self, x):
        return self.inner(x) * 2.0


def inner_graph():
    inputs = layers.Input((6,))
    return clarinet.Model(inputs, layers.Dense(4, activation="tanh")(inputs))


#: What may stand in a Sequential before its last layer.
WITHIN = {
    "without a shape": lambda: clarinet.Sequential([layers.Dense(4, "relu")]),
    "two deep": lambda: clarinet.Sequential([clarinet.Sequential([layers.Dense(5, "relu")]), layers.Dense(4)]),
    "graph": inner_graph,
    "with a call": Doubled,
}


def row(name, activation="sigmoid", optimizer="adam", shape=True):
    beginning = [clarinet.Input((6,))] if shape else []
    model = clarinet.Sequential([*beginning, WITHIN[name](), layers.Dense(1, activation=activation)])
    model.compile(optimizer, "binary_crossentropy")
    return model


@pytest.mark.parametrize("name", WITHIN)
def test_models_in_a_sequential_are_one_thing_that_is_not_looked_into(name):
    model = row(name, "softmax")
    before = model.get_weights()
    report = examine(model, X, Y, epochs=30, budget="quick")
    assert ("softmax_on_single_unit", "layer:1") in found(report)
    assert report.findings[-1].kind == "not_examined"
    assert examine(row(name), X, Y, epochs=40, budget="quick").healthy
    assert all(map(np.array_equal, before, model.get_weights()))
    with pytest.warns(match="softmax over a single unit"):
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("name", WITHIN)
def test_the_doctor_watches_trainings_of_them(name):
    model = row(name, optimizer=clarinet.optimizers.SGD(50.0))
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[clarinet.doctor.Doctor(quiet=True)])
    assert model.doctor_report.findings


def test_a_model_at_the_end_without_a_shape():
    model = clarinet.Sequential([layers.Dense(4, "relu"), clarinet.Sequential([layers.Dense(1, "sigmoid")])])
    model.compile("adam", "binary_crossentropy")
    assert examine(model, X, Y, epochs=40, budget="quick").healthy
    model.fit(X, Y, verbose=0)
    assert model.layers[1].layers[0].kernel.shape == (4, 1)


def test_a_model_that_another_one_has_begins_a_third():
    base = clarinet.Sequential([layers.Dense(4)])
    clarinet.Sequential([clarinet.Input((6,)), base, layers.Dense(1)])
    again = clarinet.Sequential([base, layers.Dense(2)])
    assert again.sample_shape == (6,)
    copy = base.detached()
    assert copy.layers[0].kernel.shape == (6, 4)
    assert clarinet.Sequential([clarinet.Sequential([base])]).detached().get_weights()[0].shape == (6, 4)


def slow_graph(activation):
    inputs = layers.Input((6,), name="table")
    a = layers.Dense(8, activation="relu", name="a")(inputs)
    h = layers.Concatenate(name="both")([a, inputs])
    model = clarinet.Model(inputs, layers.Dense(1, activation=activation)(h))
    model.compile(clarinet.optimizers.SGD(1e-6), "binary_crossentropy")
    return model


@pytest.mark.parametrize("make", [lambda: slow_graph("softmax"), lambda: row("graph", "softmax", "sgd")])
def test_a_treatment_of_a_graph_is_proved_by_training_and_gives_one(make):
    model = make()
    before = model.get_weights()
    treatment = treat(model, X, Y, epochs=8)
    assert treatment.proved
    assert all(map(np.array_equal, before, model.get_weights()))
    last = len(model.layers) - 1
    assert ("softmax_on_single_unit", f"layer:{last}") in {(f.kind, f.where) for f in treatment.applied}
    cured = treatment.model
    assert type(cured) is type(model)
    assert len(cured.layers) == len(model.layers)
    assert ((cured.predict(X, verbose=0)[:, 0] > 0.5) == Y).mean() > 0.85
    again = cured.evaluate(X, Y, verbose=0)
    cured.fit(X, Y, epochs=2, verbose=0)
    assert cured.evaluate(X, Y, verbose=0) < again


def test_trials_of_a_graph_begin_anew_each_time():
    """No training of a copy changes what the next one begins with."""
    from clarinet.doctor.program import program_of

    program = program_of(graph(optimizer=clarinet.optimizers.SGD(0.5)), X, Y, None, {"epochs": 2})
    first = program.train(seed=1).get_weights()
    assert not np.array_equal(program.model(seed=2).get_weights()[0], program.model(seed=1).get_weights()[0])
    assert all(map(np.array_equal, first, program.train(seed=1).get_weights()))
