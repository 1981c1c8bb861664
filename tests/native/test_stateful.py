"""Recurrent layers that keep their states: native against reference, and the same bits on any number of threads."""

import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.engines import Data, NativeEngine, ReferenceEngine, Steps
from clarinet.optimizers import OptimizerState
from tests.native.running import ISAS

RNG = np.random.default_rng(5)
ROWS, BATCH = 20, 5
X = RNG.normal(size=(ROWS, 4, 3)).astype(np.float32) * (RNG.random((ROWS, 4, 1)) < 0.8)
Y = RNG.normal(size=(ROWS, 4, 1)).astype(np.float32)


def made():
    model = clarinet.Sequential(
        [
            layers.Input(batch_shape=(BATCH, 4, 3)),
            layers.Masking(),
            layers.LSTM(3, return_sequences=True, stateful=True),
            layers.Bidirectional(layers.GRU(2, return_sequences=True, stateful=True, reset_after=False)),
            layers.SimpleRNN(3, return_sequences=True, stateful=True, recurrent_dropout=0.3),
            layers.Dense(1),
        ]
    )
    model.seed = 11
    model.compile("adam", "mse", engine="reference")
    return model


def begun(isa=None, threads=1):
    """A model and an engine for it."""
    model = made()
    plan = model.make_plan(((4, 1),))
    state = OptimizerState.new(model.optimizer, model.store.layout, np.float32)
    if isa is None:
        return model, ReferenceEngine(plan, model.store, state)
    assert NativeEngine.supports(plan) is None
    return model, NativeEngine(plan, model.store, state, isa=isa, threads=threads)


def run(isa=None, threads=1):
    """Losses, weights, states after each use, predictions."""
    model, engine = begun(isa, threads)
    data, found = Data(X.astype(np.float32), Y), list[np.ndarray]()
    steps = Steps(None, 0, ROWS, BATCH, np.full(4, 0.01), None, 0)
    found += [engine.train(data, steps).losses for _ in range(2)]
    found += [each.copy() for each in model.store.snapshot()]
    for _ in range(2):
        engine.evaluate(data, BATCH)
        found += [np.array(list(dict(engine.results()).values())), model.store.snapshot()[1].copy()]
        found += [engine.predict(data.x, BATCH), model.store.snapshot()[1].copy()]
    engine.close()
    return found


@pytest.mark.parametrize("isa", ISAS)
def test_states_are_carried_on_as_on_the_reference_engine(isa):
    expected, alone = run(), run(isa)
    assert not np.array_equal(expected[-1], expected[-3])  # predicting moves states too
    for mine, theirs in zip(alone, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-4, atol=2e-5)
    for threads in (2, 3):
        for mine, theirs in zip(run(isa, threads), alone, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def in_halves(isa=None):
    """The gradient of a pass whose states have moved on since, then that of the next."""
    model, engine = begun(isa)
    x, found = X[:BATCH].astype(np.float32), []
    for _ in range(2):
        y, handle = engine.forward(x, training=True)
        found += [y, model.store.snapshot()[1].copy(), *engine.backward(handle, Y[:BATCH], wrt_inputs=True)]
    engine.close()
    return found


def test_gradients_begin_with_the_states_that_the_pass_began_with():
    for mine, theirs in zip(in_halves(ISAS[0]), in_halves(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-4, atol=2e-5)


def test_other_batches_are_refused_before_the_first_step():
    model = made()
    model.compile("adam", "mse", engine="native")
    before = [w.copy() for w in model.get_weights()]
    for use in (lambda: model.fit(X[:13], Y[:13], batch_size=BATCH, verbose=0), lambda: model.predict(X, verbose=0)):
        with pytest.raises(ValueError, match="use batch_size=5, and a multiple"):
            use()
    for mine, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_what_a_call_assigns_stays_after_every_use(engine):
    """A count of batches, of a layer of one's own."""

    class Counting(layers.Layer):
        def build(self, input_shape):
            self.batches = self.add_weight((), "zeros", trainable=False)

        def call(self, x):
            self.batches.assign(self.batches + 1.0)
            return x

    layer = Counting()
    model = clarinet.Sequential([layers.Input((3,)), layers.Dense(1), layer])
    model.compile("sgd", "mse", engine=engine)
    x, y = np.ones((8, 3), np.float32), np.ones((8, 1), np.float32)
    model.fit(x, y, batch_size=2, verbose=0)
    model.evaluate(x, y, batch_size=2, verbose=0)
    model.predict(x, batch_size=4, verbose=0)
    assert float(layer.batches.numpy()) == 4 + 4 + 2
