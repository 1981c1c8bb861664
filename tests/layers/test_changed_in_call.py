"""Weights that ``call`` changes and reads again; weights of the library's class above a layer of one's own."""

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops

X = np.arange(24, dtype=np.float32).reshape(8, 3) / 10


class Counting(layers.Layer):
    """Adds a number, a tensor; reads what it has just assigned."""

    def build(self, input_shape):
        self.calls, self.total, self.level = (
            self.add_weight(shape=(), initializer="zeros", trainable=False) for _ in range(3)
        )

    def call(self, x):
        self.calls.assign_add(1.0)
        self.total.assign_add(ops.mean(x))
        self.level.assign_sub(ops.mean(x))
        self.level.assign(self.level * 0.5 + self.calls)
        return x + self.level


def by_hand(batches):
    calls = total = level = 0.0
    for batch in batches:
        calls, total = calls + 1, total + batch.mean()
        level = (level - batch.mean()) * 0.5 + calls
    return [calls, total, level]


@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_every_step_changes_them(engine):
    layer = Counting()
    model = clarinet.Sequential([clarinet.Input((3,)), layer, layers.Dense(1)])
    model.compile(clarinet.optimizers.SGD(1e-3), "mse", engine=engine)
    model.fit(X, X[:, :1], batch_size=2, epochs=3, shuffle=False, verbose=0)
    expected = by_hand([X[at : at + 2] for at in (0, 2, 4, 6)] * 3)
    np.testing.assert_allclose(layer.get_weights(), expected, rtol=1e-5)


def test_as_it_stands_and_in_a_network_are_the_same():
    eager, inside = Counting(), Counting()
    y = eager(X)
    model = clarinet.Sequential([clarinet.Input((3,)), inside])
    np.testing.assert_allclose(model(X), y, rtol=1e-6)
    np.testing.assert_allclose(inside.get_weights(), eager.get_weights(), rtol=1e-6)
    np.testing.assert_allclose(y, X + by_hand([X])[2], rtol=1e-6)


class InTrainingAlone(layers.Layer):
    def build(self, input_shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x, training=False):
        if training:
            self.calls.assign_add(1.0)
        return x * (1 + self.calls)


def test_what_is_assigned_in_training_is_not_read_in_use():
    layer = InTrainingAlone()
    model = clarinet.Sequential([clarinet.Input((3,)), layer])
    np.testing.assert_array_equal(model(X), X)
    np.testing.assert_array_equal(model(X, training=True), 2 * X)
    np.testing.assert_array_equal(model(X), 2 * X)


class Cosine(layers.Dense):
    """Uses the kernel that the class above it makes."""

    def __init__(self, units, scale, **settings):
        super().__init__(units, use_bias=False, **settings)
        self.scale = scale

    def call(self, x):
        return self.scale * ops.matmul(x, ops.normalize(self.kernel, axis=0))


def test_weights_of_the_class_above():
    layer = Cosine(2, 3.0, kernel_regularizer="l2")
    model = clarinet.Sequential([clarinet.Input((3,)), layer])
    model.compile(clarinet.optimizers.SGD(0.1), "mse")
    before = model.get_weights()[0]
    assert before.shape == (3, 2)
    np.testing.assert_allclose(model(X), 3 * X @ (before / np.linalg.norm(before, axis=0)), rtol=1e-5)
    model.fit(X, X[:, :2], verbose=0)
    assert not np.allclose(model.get_weights()[0], before)
    assert len(model.losses) == 1


def test_one_size_alone_is_that_of_the_last_axis():
    for shape in ((2,), (None, 2), (7, 2)):
        layer = layers.Dense(3)
        layer.build(shape)
        assert layer.kernel.shape == (2, 3)
