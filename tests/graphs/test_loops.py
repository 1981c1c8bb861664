"""Loops as one operator of a network: gradients, both engines, states that are kept, files."""

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops

RNG = np.random.default_rng(3)
X = RNG.normal(size=(8, 5, 3)).astype(np.float32)
Y = X.sum((1, 2))[:, None]


class Cell(layers.Layer):
    """Two states, weights of its own, a layer and dropout within."""

    def __init__(self, units, rate=0.0, **settings):
        super().__init__(**settings)
        self.units, self.rate = units, rate
        self.state_size = [units, units]
        self.dense, self.drop = layers.Dense(units, kernel_regularizer="l2"), layers.Dropout(rate)

    def build(self, shape):
        self.recurrent = self.add_weight((self.units, self.units), name="recurrent")

    def call(self, x, states, training=None):
        h, c = states
        new = ops.tanh(self.drop(self.dense(x), training=training) + ops.matmul(h, self.recurrent) + 0.5 * c)
        return new * 0.7, [new, c * 0.9 + 0.1 * new]


def made(steps=5, rows=None, rate=0.0, engine="auto", **settings):
    clarinet.utils.set_random_seed(2)
    inputs = layers.Input(batch_shape=(rows, steps, 3))
    h = layers.RNN(Cell(4, rate), return_sequences=True, go_backwards=True)(inputs)
    outputs = layers.Dense(1)(layers.RNN(Cell(3), **settings)(h))
    model = clarinet.Model(inputs, outputs)
    model.compile(clarinet.optimizers.SGD(0.1), "mse", engine=engine)
    return model


def test_gradients_are_central_differences():
    model = made(rate=0.3)
    clarinet.check_gradients(model, X[:3], Y[:3], most=12, raise_on_failure=True)


def test_engines_agree_and_repeat_to_the_bit():
    losses, weights = {}, {}
    for run, engine in enumerate(("reference", "native", "native")):
        model = made(rate=0.3, engine=engine)
        model.fit(X, Y, batch_size=3, epochs=2, verbose=0, seed=1)
        assert model.engine == engine
        losses[run], weights[run] = model.history.history["loss"], model.get_weights()
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)  # dropout draws the same numbers in every round
    for a, b, c in zip(*weights.values(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
        assert np.array_equal(b, c)


def test_any_number_of_steps():
    model, fixed = made(None), made()
    assert model.engine == "native"
    np.testing.assert_allclose(model.predict(X), fixed.predict(X), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model(X), fixed.predict(X), rtol=1e-5, atol=1e-6)
    long = np.resize(X, (2, 1100, 3))
    assert np.isfinite(model.predict(long)).all()  # too many rounds for the native engine
    assert "1100 rounds" in made(1100).engine_reason


def test_states_are_kept_reset_and_saved(tmp_path):
    model = made(rows=4, stateful=True)
    layer = model.layers[2]
    first, second = model.predict(X[:4]), model.predict(X[4:])
    assert "native form" in model.engine_reason
    assert not np.allclose(model.predict(X[4:]), second)
    layer.reset_state()
    assert np.array_equal(model.predict(X[:4]), first)
    model.save(tmp_path / "model.clarinet")
    loaded = clarinet.models.load_model(tmp_path / "model.clarinet")
    assert np.array_equal(loaded.predict(X[4:]), second)  # the states are saved too
    assert len(loaded.layers[2].kept_states) == 2
    with pytest.raises(ValueError, match="batch of 3 rows"):
        model.predict(X[:3])
    with pytest.raises(ValueError, match="Input\\(batch_shape="):
        made(stateful=True)


def test_files_keep_cells_and_loops(tmp_path):
    class Sums(layers.Layer):
        def call(self, x):
            last, _ = ops.scan(lambda s, e: (s + e, None), ops.zeros_like(x[:, 0]), ops.transpose(x, (1, 0, 2)))
            return last

    inputs = layers.Input((5, 3))
    cells = layers.RNN([Cell(3), layers.GRUCell(2)])(inputs)
    model = clarinet.Model(inputs, layers.Concatenate()([Sums()(inputs), cells]))
    model.save(tmp_path / "model.clarinet")
    loaded = clarinet.models.load_model(tmp_path / "model.clarinet")
    assert np.array_equal(loaded.predict(X), model.predict(X))
    sums = np.cumsum(X, 1)
    np.testing.assert_allclose(model.predict(X)[:, :3], sums[:, -1], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(model(X), model.predict(X), rtol=1e-5, atol=1e-5)


class Loops(layers.Layer):
    """Loops whose number of rounds is known, over values that are not, in a ``call``."""

    def build(self, shape):
        self.w = self.add_weight((shape[-1],), "ones")

    def call(self, x):
        y = ops.fori_loop(0, 3, lambda i, v: v * self.w + ops.cast(i, "float32") * x, x)
        small = ops.while_loop(lambda v: ops.max(ops.abs(v)) > 1.0, lambda v: (v * 0.5,), (y,), maximum_iterations=20)
        return small[0]


def test_other_loops_in_calls():
    layer, inputs = Loops(), layers.Input((3,))
    model = clarinet.Model(inputs, layer(inputs))
    x = X[:, 0]
    want = x + 3 * x
    while np.abs(want).max() > 1:
        want = want * 0.5
    np.testing.assert_allclose(model.predict(x), want, rtol=1e-6)
    np.testing.assert_allclose(layer(x), want, rtol=1e-6)
    model.compile("sgd", "mse", engine="reference")
    clarinet.check_gradients(model, x[:3], want[:3] + 1, raise_on_failure=True)


def test_what_loops_refuse():
    class Growing(layers.Layer):
        def call(self, x):
            return ops.scan(lambda s, e: (ops.concatenate([s, s], -1), s), x[:, 0], ops.transpose(x, (1, 0, 2)))[0]

    with pytest.raises(ValueError, match="a state of shape"):
        Growing()(layers.Input((5, 3)))

    class Writing(layers.Layer):
        def build(self, shape):
            self.n = self.add_weight((), "zeros", trainable=False)

        def call(self, x):
            def step(s, e):
                self.n.assign(ops.sum(e))
                return s + e, None

            return ops.scan(step, ops.zeros_like(x[:, 0]), ops.transpose(x, (1, 0, 2)))[0]

    with pytest.raises(TypeError, match="a round calls assign"):
        Writing()(layers.Input((5, 3)))


class Along(layers.Layer):
    """Goes along the first axis of a batch whose steps come first."""

    def call(self, x):
        def body(state, entry):
            new = ops.tanh(0.5 * state + entry)
            return new, new * 2.0

        last, every = ops.scan(body, ops.zeros_like(x[:, 0]), ops.transpose(x, (1, 0, 2)))
        return ops.concatenate([ops.transpose(every, (1, 0, 2)), last[:, None]], axis=1)


def test_a_scan_of_steps_that_come_first_is_native():
    x = layers.Input((5, 3))
    outputs = layers.Dense(1)(layers.Flatten()(Along()(layers.Dense(4)(x))))
    found = {}
    for engine in ("native", "reference"):
        clarinet.utils.set_random_seed(2)
        model = clarinet.models.clone_model(clarinet.Model(x, outputs))
        model.compile(clarinet.optimizers.SGD(0.05), "mse", engine=engine)
        model.set_weights([np.full(w.shape, 0.1, np.float32) for w in model.get_weights()])
        model.fit(X, Y, batch_size=3, epochs=2, verbose=0, seed=1)
        found[engine] = model.get_weights()
    for a, b in zip(*found.values(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    state, rows = np.zeros((8, 4), np.float32), X @ found["reference"][0] + found["reference"][1]
    collected = []
    for t in range(5):
        state = np.tanh(0.5 * state + rows[:, t])
        collected.append(state * 2)
    flat = np.stack([*collected, state], 1).reshape(8, -1)
    wanted = flat @ found["reference"][2] + found["reference"][3]
    np.testing.assert_allclose(model.predict(X, verbose=0), wanted, rtol=1e-4, atol=1e-5)


def test_a_scan_may_collect_numbers_of_the_whole_batch():
    x = layers.Input((5, 3))
    steps = ops.transpose(x, (1, 0, 2))
    last, sums = ops.scan(lambda state, row: (state + row, ops.sum(row)), ops.zeros_like(x[:, 0]), steps)
    assert tuple(sums.shape) == (5,)
    model = clarinet.Model(x, last)
    np.testing.assert_allclose(model.predict(X, verbose=0), X.sum(1), rtol=1e-5, atol=1e-5)
