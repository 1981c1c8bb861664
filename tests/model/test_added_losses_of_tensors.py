"""``model.add_loss(tensor)`` outside of a ``call``, as programs for Keras 2 write their autoencoders."""

import copy
import pickle

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops

X = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)


def parts():
    inputs = clarinet.Input((4,))
    hidden = layers.Dense(3, name="hidden")(inputs)
    return inputs, hidden, layers.Dense(4, name="out")(hidden)


class Within(layers.Layer):
    def call(self, x):
        self.add_loss(ops.mean(ops.square(x)))
        return x


def trained(model):
    for number, weight in enumerate(model.weights):
        weight.assign(np.random.default_rng(number).normal(size=weight.shape))
    return model.fit(X, X, epochs=2, shuffle=False, verbose=0).history["loss"] + [w.numpy() for w in model.weights]


def test_it_trains_as_a_layer_that_adds_it():
    inputs, hidden, out = parts()
    model = clarinet.Model(inputs, out)
    model.add_loss(ops.mean(ops.square(hidden)))
    model.compile("sgd", "mse")
    inputs = clarinet.Input((4,))
    other = clarinet.Model(inputs, layers.Dense(4)(Within()(layers.Dense(3)(inputs))))
    other.compile("sgd", "mse")
    for found, wanted in zip(trained(model), trained(other), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_two_losses_and_none_of_compile():
    inputs, hidden, out = parts()
    model = clarinet.Model(inputs, out)
    model.add_loss(ops.mean(ops.square(hidden)))
    model.add_loss(ops.mean(ops.square(inputs - out)))
    model.compile("sgd")
    y = model.predict(X, verbose=0)
    h = clarinet.Model(inputs, hidden).predict(X, verbose=0)
    assert model.evaluate(X, verbose=0) == pytest.approx(np.mean(h**2) + np.mean((X - y) ** 2), rel=1e-5)


def test_a_tensor_of_another_network_is_refused():
    inputs, _, out = parts()
    model = clarinet.Model(inputs, out)
    with pytest.raises(ValueError, match="input"):
        model.add_loss(ops.mean(clarinet.Input((2,))))


def test_copies_add_to_their_own_loss():
    inputs = clarinet.Input((3,))
    hidden = layers.Dense(2)(inputs)
    model = clarinet.Model(inputs, hidden)
    model.add_loss(ops.sum(hidden))
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        other(np.ones((2, 3), np.float32))
        assert len(other.losses) == 1
    assert model.losses == []
