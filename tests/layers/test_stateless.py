"""Calls that leave everything as it is: Keras's outputs, state and losses; a tape's gradients; under ``jax.jit``."""

import copy

import numpy as np
import pytest

import clarinet
from clarinet import Input, Model, Sequential, layers, ops
from clarinet.ops.structures import leaves

X = np.random.default_rng(4).normal(size=(8, 4)).astype(np.float32)


def stack(k):
    return [
        k.layers.Dense(5, "tanh", kernel_regularizer=k.regularizers.L2(0.1)),
        k.layers.BatchNormalization(),
        k.layers.Dense(2, name="frozen", trainable=False, activity_regularizer=k.regularizers.L2(0.1)),
    ]


def network():
    model = Sequential([Input((4,)), *stack(clarinet)])
    model.set_weights([np.random.default_rng(i).normal(size=w.shape) ** 2 for i, w in enumerate(model.get_weights())])
    return model


def values_of(model):
    return [v.numpy() * 2 for v in model.trainable_variables], [v.numpy() for v in model.non_trainable_variables]


@pytest.mark.parametrize("training", [False, True])
def test_it_gives_what_keras_gives(training):
    import keras

    ours, theirs = network(), keras.Sequential([keras.Input((4,)), *stack(keras)])
    theirs.set_weights(ours.get_weights())
    before = ours.get_weights()
    y, state, losses = ours.stateless_call(*values_of(ours), X, training=training, return_losses=True)
    trained, others = [2 * np.asarray(v.value) for v in theirs.trainable_variables], theirs.non_trainable_variables
    others = [np.asarray(v.value) for v in others]
    expected = theirs.stateless_call(trained, others, X, training=training, return_losses=True)
    np.testing.assert_allclose(y, expected[0], rtol=1e-4, atol=1e-5)
    for mine, its in zip(state, expected[1], strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(sorted(map(float, losses)), sorted(map(float, expected[2])), rtol=1e-4)
    assert all((a == b).all() for a, b in zip(before, ours.get_weights(), strict=True))


def test_a_tape_goes_back_to_the_values():
    model, (trained, others) = network(), values_of(network())
    given = [ops.convert_to_tensor(value) for value in trained]
    with clarinet.GradientTape() as tape:
        tape.watch(given)
        once, _, losses = model.stateless_call(given, others, X, training=True, return_losses=True)
        again, _ = model.stateless_call([3 * w for w in given], others, X)  # other values on the same tape
        loss = ops.mean(once) + sum(losses) + ops.mean(ops.square(again))
    found = tape.gradient(loss, given)
    doubled, tripled = copy.deepcopy(model), copy.deepcopy(model)
    for own, factor in ((doubled, 1), (tripled, 3)):
        for variable, value in zip(own.trainable_variables, trained, strict=True):
            variable.assign(factor * value)
    with clarinet.GradientTape() as tape:
        loss = ops.mean(doubled(X, training=True)) + sum(doubled.losses) + ops.mean(ops.square(tripled(X)))
    both = [*doubled.trainable_variables, *tripled.trainable_variables]
    expected = tape.gradient(loss, both)
    for i, gradient in enumerate(found):
        np.testing.assert_allclose(gradient, expected[i] + 3 * expected[i + len(found)], rtol=1e-4, atol=1e-5)
    assert tape.watched_variables() == () or set(tape.watched_variables()) <= set(both)


def test_under_jax_it_is_a_pure_function():
    import jax

    model, (trained, others) = network(), values_of(network())

    def loss(trained, others, x):
        y, state, losses = model.stateless_call(trained, others, x, training=True, return_losses=True)
        return jax.numpy.mean(y) + sum(losses), state

    (value, state), gradients = jax.jit(jax.value_and_grad(loss, has_aux=True))(
        *jax.tree.map(jax.numpy.asarray, (trained, others, X))
    )
    given = [ops.convert_to_tensor(w) for w in trained]
    with clarinet.GradientTape() as tape:
        tape.watch(given)
        y, kept, losses = model.stateless_call(given, others, X, training=True, return_losses=True)
        ours = ops.mean(y) + sum(losses)
    assert float(value) == pytest.approx(float(ours), rel=1e-4)
    for mine, its in zip([*tape.gradient(ours, given), *kept], [*gradients, *state], strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-3, atol=1e-4)


class Counting(layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 2))
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.inner = layers.Dense(2)

    def call(self, inputs):
        self.calls.assign(self.calls + 1)
        self.add_loss(ops.sum(self.kernel))
        return self.inner(inputs @ self.kernel)


class Named(Model):
    def __init__(self):
        super().__init__()
        self.a, self.b = layers.Dense(3), Counting()

    def call(self, inputs):
        return {"a": self.a(inputs), "b": self.b(inputs)}


@pytest.mark.parametrize("make", [Counting, Named])
def test_layers_and_models_of_ones_own(make):
    own = make()
    expected = own(X)
    calls = float(own.non_trainable_variables[0])
    y, state, losses = own.stateless_call(own.trainable_variables, own.non_trainable_variables, X, return_losses=True)
    for mine, its in zip(leaves(y), leaves(expected), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-5)
    assert float(state[0]) == calls + 1
    assert float(own.non_trainable_variables[0]) == calls
    assert len(losses) == 1


def test_random_layers_draw_new_numbers_every_time():
    layer = layers.Dropout(0.5)
    layer(X)
    one, two = (layer.stateless_call([], [], X, training=True)[0] for _ in range(2))
    assert (np.asarray(one) != np.asarray(two)).any()


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="stateless_call: 'dense' is not built"):
        Sequential([layers.Dense(2)]).layers[0].stateless_call([], [], X)
    model = network()
    trained, others = values_of(model)
    with pytest.raises(ValueError, match="has 4 trainable_variables, received 3 values"):
        model.stateless_call(trained[:3], others, X)
    with pytest.raises(ValueError, match=r"dense/kernel has shape \(4, 5\), received \(5, 4\)"):
        model.stateless_call([trained[0].T, *trained[1:]], others, X)
