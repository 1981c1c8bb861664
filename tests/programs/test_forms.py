"""Ways in which programs for Keras write things, each as small as it goes; other tests say what they compute."""

from __future__ import annotations

import numpy as np

import clarinet as tf
from clarinet import keras
from clarinet.keras import layers


def test_newaxis_is_a_name_that_stands_for_none():
    from clarinet import newaxis

    assert newaxis is tf.newaxis is None
    assert tf.constant([1.0, 2.0])[..., tf.newaxis].shape == (2, 1)


def test_an_activation_is_an_operation_in_networks_and_on_tapes():
    x = keras.Input((3,))
    for name in (None, "relu", "softmax"):
        assert keras.activations.get(name)(x).shape == (None, 3)
    z = tf.Variable([1.0, -2.0])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(keras.activations.sigmoid(z))
    a = 1 / (1 + np.exp(-z.numpy()))
    np.testing.assert_allclose(tape.gradient(total, z), a * (1 - a), rtol=1e-6)
    assert keras.activations.relu(tf.constant([-1.0, 2.0])).numpy().tolist() == [0, 2]


class Scaled(layers.Layer):
    """A layer that keeps an activation as its authors do."""

    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones")

    def call(self, x):
        return self.activation(x @ self.kernel)


def test_a_layer_of_ones_own_applies_the_activation_it_got():
    model = keras.Sequential([layers.Input((2,)), Scaled(3, "relu"), Scaled(1)])
    model.compile("sgd", "mse")
    assert model.predict(np.array([[1.0, 2.0], [-3.0, 1.0]]), verbose=0).tolist() == [[9.0], [0.0]]
    assert len(model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0).history["loss"]) == 1


def test_summary_takes_what_programs_give_it():
    frozen = layers.Dense(2, trainable=False)
    model = keras.Sequential([layers.Input((3,)), layers.Dense(2), layers.Dropout(0.1), frozen], name="shown")
    lines: list[str] = []
    model.summary(80, print_fn=lines.append, expand_nested=True, show_trainable=True)
    marks = [line.split("│")[-2].strip() for line in lines if line.startswith("│")]
    assert marks == ["Trainable", "Y", "-", "N"]
    lines.clear()
    model.summary(line_length=60, print_fn=lines.append, layer_range=["drop", "dense_1"])
    assert sum(line.startswith("│") for line in lines) == 3
