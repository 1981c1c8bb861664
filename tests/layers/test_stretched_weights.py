"""Weights that are stretched to other weights learn the same on both engines; cells say how their states begin."""

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops

X = np.random.default_rng(3).normal(size=(8, 3)).astype("float32")


@pytest.mark.parametrize(
    ("shape", "combine"),
    [
        ((2,), lambda v, g: v * g),
        ((2,), lambda v, g: g + v),
        ((3, 1), lambda v, g: v / g),
        ((), lambda v, g: v - 2 * g),
        ((1, 2), lambda v, g: v[:, :1] * g),
        ((2,), lambda v, g: ops.where(v > 0, v, g)),
    ],
)
def test_weights_that_are_stretched_to_others_learn_natively(shape, combine):
    class Product(layers.Layer):
        def build(self, input_shape):
            self.v = self.add_weight((input_shape[-1], 2), "glorot_uniform", name="v")
            self.g = self.add_weight(shape, "ones", name="g")

        def call(self, x):
            return x @ combine(self.v, self.g)

    found = []
    for engine in ("native", "reference"):
        clarinet.utils.set_random_seed(1)
        model = clarinet.Sequential([layers.Input((3,)), Product()])
        model.compile(clarinet.optimizers.SGD(0.1), "mse", engine=engine)
        model.fit(X, np.ones((8, 2)), verbose=0)
        found.append(model.get_weights())
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-6)
        assert (expected != 1).all()


def test_a_cell_says_what_its_states_begin_with():
    class Sum(layers.Layer):
        state_size = 3

        def call(self, x, states):
            return x + states[0], [x + states[0]]

        def get_initial_state(self, batch_size=None):
            return [ops.ones((batch_size, 3)) * 0.5]

    x = np.stack([X, X], axis=1)
    inputs = layers.Input((2, 3))
    np.testing.assert_allclose(clarinet.Model(inputs, layers.RNN(Sum())(inputs)).predict(x), 2 * X + 0.5, rtol=1e-6)
