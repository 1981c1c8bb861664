"""The engine on JAX: the reference's numbers in every kind of training; its own bits, however steps are grouped."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clarinet import Input, Model, Sequential, Variable, compiling, layers, metrics, ops, optimizers
from clarinet.engines import Data, JaxEngine, ReferenceEngine
from tests.native.running import Work, assert_close, assert_same_bits

pytest.importorskip("jax")
RNG = np.random.default_rng(4)
X, IDS = RNG.normal(size=(50, 5)).astype(np.float32), RNG.integers(0, 3, 50)
NUMBERS = RNG.normal(size=(50, 1)).astype(np.float32)
PROGRAM = Path(__file__).parent / "divided.py"


def everything(**settings):
    """A network with penalties, batch statistics, dropout, noise and rows' weights; its last batch is smaller."""
    stack = lambda: [  # noqa: E731
        layers.Dense(9, "relu", kernel_regularizer="l2"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
        layers.GaussianNoise(0.1),
        layers.Dense(4, "softmax"),
    ]
    data = Data(X[:23], IDS[:23], RNG.uniform(0, 2, 23).astype(np.float32))
    judged = {"metrics": ["accuracy"], "weighted_metrics": ["accuracy"]}
    return Work(stack, "sparse_categorical_crossentropy", data, optimizer="adam", **judged, **settings)


def test_bits_do_not_depend_on_how_steps_are_grouped():
    work = everything()
    ours = work.run(kind=JaxEngine)
    assert_close(ours, work.run())
    assert_same_bits(replace(work, chunk=2).run(kind=JaxEngine), ours)


@pytest.mark.slow
def test_layer_statistics_are_the_reference_s_and_change_nothing():
    work = everything(stats_every=2)
    ours, expected = work.run(kind=JaxEngine), work.run()
    assert_same_bits(ours, replace(work, stats_every=0).run(kind=JaxEngine))
    for mine, theirs in zip(ours.layers, expected.layers, strict=True):
        a, b = ([getattr(s, f) for f in s.__slots__] for s in (mine, theirs))
        np.testing.assert_allclose(np.array(a, float), np.array(b, float), rtol=1e-4, atol=1e-5)


class Largest(metrics.Metric):
    """In Python: it looks at numbers."""

    def __init__(self):
        super().__init__(name="largest")
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.found = max(self.found, float(np.abs(np.asarray(y_pred)).max()))

    def result(self):
        return self.found

    def reset_state(self):
        self.found = 0.0


class Adding(layers.Layer):
    """Adds to the loss."""

    def build(self, shape):
        self.kernel = self.add_weight((shape[-1], 4))

    def call(self, x):
        self.add_loss(ops.mean(ops.square(x)) * 0.1)
        return ops.matmul(x, self.kernel)


def plain(engine, **settings):
    model = Sequential([Input((5,)), layers.Dense(6, "tanh"), layers.Dropout(0.2), layers.Dense(1)])
    model.compile("adam", "mse", engine=engine, **settings)
    return model


def judged_in_python(engine):
    return plain(engine, metrics=["mae", Largest()])


def in_64_bits(engine):
    return plain(engine, dtype="float64")


def of_any_length(engine):
    """With a mask."""
    ids = Input((None,))
    hidden = layers.LSTM(5)(layers.Embedding(9, 4, mask_zero=True)(ids))
    model = Model(ids, layers.Dense(1, "sigmoid")(hidden))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], engine=engine)
    return model


def of_several(engine):
    a, b = Input((5,), name="a"), Input((3,), name="b")
    hidden = layers.Concatenate()([layers.Dense(4, "relu")(a), b])
    model = Model([a, b], [layers.Dense(2, name="o")(hidden), layers.Dense(1, "sigmoid", name="q")(hidden)])
    own = {"o": "mse", "q": "binary_crossentropy"}
    model.compile("rmsprop", own, metrics={"o": ["mae"], "q": ["accuracy"]}, loss_weights=[0.5, 1.0], engine=engine)
    return model


def stateful(engine):
    model = Sequential([Input((4, 3), batch_size=8), layers.LSTM(5, stateful=True), layers.Dense(1)])
    model.compile("sgd", "mse", engine=engine)
    return model


def that_adds(engine):
    model = Sequential([Input((5,)), layers.Dense(5, "tanh"), Adding(), layers.Dense(1)])
    model.compile("sgd", "mse", engine=engine)
    return model


ROWS = RNG.integers(0, 9, (40, 7)), RNG.integers(0, 2, 40).astype(np.float32)
TWO = [X, X[:, :3]], [X[:, :2], (IDS > 1).astype(np.float32)]
SEQUENCES = RNG.normal(size=(24, 4, 3)).astype(np.float32), NUMBERS[:24]
WEIGHTED = {"sample_weight": RNG.uniform(0, 2, 50), "validation_split": 0.3}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "data", "fitting"),
    [
        (judged_in_python, (X, NUMBERS), WEIGHTED),
        (in_64_bits, (X.astype(np.float64), NUMBERS), {}),
        (of_any_length, ROWS, {}),
        (of_several, TWO, {"validation_data": TWO}),
        (stateful, SEQUENCES, {"shuffle": False}),
        (that_adds, (X, NUMBERS), {}),
    ],
)
def test_programs(make, data, fitting):
    """History, weights, predictions and an evaluation."""

    def outcome(engine):
        model = make(engine)
        history = model.fit(*data, verbose=0, seed=5, epochs=2, batch_size=8, **fitting).history
        found = model.evaluate(*data, verbose=0, batch_size=8)
        predicted = model.predict(data[0], batch_size=8)
        assert model.engine == engine
        return [*history.values(), *model.get_weights(), *np.atleast_1d(found), *predicted]

    for ours, expected in zip(outcome("jax"), outcome("reference"), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_halves():
    """A step in halves is the reference's; whatever runs between makes a handle stale."""
    found = []
    for kind in (JaxEngine, ReferenceEngine):
        model = plain("reference")
        model.seed = 3
        engine = kind(model.make_plan(((1,),)), model.store, model.slots().state)
        numbers = []
        for _ in range(3):
            y, handle = engine.forward(X[:7], training=True)
            flat, dx = engine.backward(handle, np.ones_like(y), wrt_inputs=True)
            engine.apply(flat, 0.01)
            numbers += [y, flat, dx]
        with pytest.raises(ValueError, match="call forward again"):
            engine.backward(handle, np.ones_like(y))
        found.append([*numbers, *model.get_weights()])
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


class InNumPy(layers.Layer):
    """A layer that nothing but NumPy runs."""

    def forward(self, params, state, x, ctx):
        return np.tanh(x), x, {}

    def backward(self, params, cache, dy):
        return dy * (1 - np.tanh(cache) ** 2), {}

    def output_shape(self, input_shape):
        return input_shape


@pytest.mark.parametrize(
    ("layer", "optimizer", "says"),
    [
        (InNumPy(), "sgd", "the layer 'in_num_py' .* looks at numbers in Python"),
        (layers.Dense(2), optimizers.LBFGS(), "LBFGS minimises in Python"),
    ],
)
def test_what_cannot_be_compiled_is_refused_before_work_starts(layer, optimizer, says):
    model = Sequential([Input((5,)), layer, layers.Dense(1)])
    model.compile(optimizer, "mse", engine="jax")
    with pytest.raises(ValueError, match=f"engine='jax' cannot run this model: {says}"):
        model.fit(X, NUMBERS, verbose=0)
    model.compile(optimizer, "mse")
    assert model.engine != "jax"


def test_variables_that_no_layer_has_are_refused_as_they_would_keep_their_numbers():
    factor = Variable(1.0)

    class Scaled(Model):
        def __init__(self):
            super().__init__()
            self.last = layers.Dense(1)

        def call(self, x):
            return self.last(x) * factor

    model = Scaled()
    model.compile("sgd", "mse", engine="jax")
    with pytest.raises(ValueError, match="engine='jax' cannot run this model: it reads a variable that no layer"):
        model.fit(X, NUMBERS, verbose=0)


def test_without_jax_compile_says_what_to_install(monkeypatch):
    monkeypatch.setattr(compiling, "find_spec", lambda name: None if name == "jax" else importlib.util.find_spec(name))
    with pytest.raises(ImportError, match=r"engine='jax' needs the package jax: pip install \"clarinet\[jax\]\""):
        plain("jax")
    plain("auto")


def run(*arguments, devices=1):
    """What the program in divided.py prints."""
    environment = os.environ | {"XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
    command = [sys.executable, str(PROGRAM), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)


def read(process):
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return json.loads(out.splitlines()[-1])


@pytest.mark.slow
def test_two_devices_and_two_processes_learn_what_one_does():
    """Rows are divided among devices, of one process or of several; batch statistics are of whole batches."""
    alone = read(run())
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    several = [run(number, port) for number in range(2)]
    for found in (read(run(devices=2)), *map(read, several)):
        assert found["devices"] == 2
        np.testing.assert_allclose(found["losses"], alone["losses"], rtol=1e-5)
        np.testing.assert_allclose(found["weights"], alone["weights"], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found["predictions"], alone["predictions"], rtol=1e-4, atol=1e-5)
