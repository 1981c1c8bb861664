"""Ways in which programs for Keras write things, each as small as it goes; other tests say what they compute."""

from __future__ import annotations

import numpy as np
import pytest

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


def test_summary_goes_into_a_model_with_operations():
    x = keras.Input((3,))
    inner = keras.Model(x, layers.Dense(2, name="end")(x + layers.Dense(3, name="begin")(x)), name="inner")
    y = keras.Input((3,))
    lines: list[str] = []
    keras.Model(y, inner(y)).summary(print_fn=lines.append, expand_nested=True)
    named = [line.split("│")[1].strip() for line in lines if line.startswith("│")]
    assert [name.split(" ")[0] for name in named[1:]][-3:] == ["inner", "begin", "end"]
    counts = [line.split("│")[3].strip() for line in lines if line.startswith("│")]
    assert counts[-3:] == ["20", "12", "8"]


@pytest.mark.parametrize("named", [True, False])
def test_losses_of_outputs_that_are_not_known_yet(named):
    class Both(keras.Model):
        def __init__(self):
            super().__init__()
            self.price, self.kind = layers.Dense(1, name="price"), layers.Dense(3, activation="softmax", name="kind")

        def call(self, x):
            return {"kind": self.kind(x), "price": self.price(x)} if named else [self.price(x), self.kind(x)]

    model = Both()
    losses = {"price": "mse", "kind": "sparse_categorical_crossentropy"}
    model.compile("sgd", losses if named else [*losses.values()], loss_weights=[2.0, 1.0] if not named else None)
    x = np.ones((4, 2), np.float32)
    model(x[:1])
    y = {"price": np.ones((4, 1)), "kind": np.zeros(4, int)}
    logs = model.fit(x, y if named else [*y.values()], verbose=0).history
    losses = {name: values[0] for name, values in logs.items()}
    parts = [value for name, value in losses.items() if name != "loss"]
    assert len(parts) == 2
    shares = (1.0, 1.0) if named else (2.0, 1.0)
    assert losses["loss"] == pytest.approx(sum(np.multiply(parts, shares)), rel=1e-5)


def test_names_of_modules_do_not_stand_in_for_operations():
    assert tf.stack([[1.0], [2.0]]).numpy().tolist() == [[1.0], [2.0]]


class Kept(layers.Layer):
    """A layer whose author makes its weights with ``tf.Variable``."""

    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.ones((2, 1)), trainable=True)
        self.offset = tf.Variable([0.5], trainable=False, name="shift")

    def call(self, x):
        return x @ self.w + self.offset


def test_a_variable_of_ones_own_is_a_weight_of_the_layer():
    layer = Kept()
    assert layer(np.ones((3, 2), np.float32)).numpy().tolist() == [[2.5]] * 3
    assert [w.name for w in layer.weights] == ["w", "shift"]
    assert [w.name for w in layer.trainable_weights] == ["w"]
    model = keras.Sequential([layers.Input((2,)), layer])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.zeros((4, 1)), verbose=0)
    assert layer.w.numpy().max() < 1
    assert layer.offset.numpy().tolist() == [0.5]


class Stepped(keras.Model):
    """A model with a step as programs for TensorFlow 2 have it."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        self.compiled_metrics.update_state(y, y_pred)
        return {"loss": loss, **{m.name: m.result() for m in self.metrics if m.name != "loss"}}


def test_a_step_uses_the_compiled_loss_and_metrics():
    x = keras.Input((2,))
    model = Stepped(x, layers.Dense(1, kernel_initializer="ones")(x))
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    assert not model.run_eagerly
    history = model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0).history
    assert history["loss"] == [1.0]
    assert next(v for name, v in history.items() if name != "loss") == [1.0]


def test_arguments_that_change_nothing_and_names_of_earlier():
    matrix = np.arange(6.0).reshape(3, 2)
    ids = layers.Embedding(3, 2, weights=[matrix], trainable=False)
    assert ids(np.array([[2, 0]])).numpy().tolist() == [[[4.0, 5.0], [0.0, 1.0]]]
    dense = layers.Dense(1, "relu", dtype="float32")
    assert dense.dtype == "float32"
    assert dense.activation.__name__ == "relu"
    assert keras.Input((2,), sparse=False).shape == (None, 2)
    metric = keras.metrics.Mean()
    metric(2.0)
    metric.reset_states()
    assert metric.result() == 0


def test_the_only_input_and_output_may_come_in_lists():
    x = keras.Input((2,))
    model = keras.Model([x], [layers.Dense(1)(x)])
    model.compile("sgd", "mse")
    assert len(model.fit([np.ones((4, 2))], [np.ones(4)], verbose=0).history["loss"]) == 1


def test_functions_of_tensorflow_are_operations_under_their_names():
    image, filters = np.ones((1, 4, 4, 1), np.float32), np.ones((2, 2, 1, 3), np.float32)
    assert tf.nn.conv2d(image, filters, strides=[1, 2, 2, 1], padding="SAME").numpy().max() == 4
    assert tf.nn.max_pool2d(image, 2, 2, "VALID").shape == (1, 2, 2, 1)
    assert keras.backend.conv2d(image, filters, padding="same").shape == (1, 4, 4, 3)
    assert keras.backend.pool2d(image, (2, 2), (2, 2), pool_mode="avg").shape == (1, 2, 2, 1)
    assert keras.backend.spatial_2d_padding(image).shape == (1, 6, 6, 1)
    assert keras.backend.resize_images(image, 2, 3, "channels_last").shape == (1, 8, 12, 1)
    up = tf.nn.conv2d_transpose(image, np.ones((2, 2, 3, 1), np.float32), (1, 8, 8, 3), 2)
    assert up.shape == (1, 8, 8, 3)
    with np.testing.assert_raises_regex(ValueError, "output_shape says"):
        tf.nn.conv2d_transpose(image, np.ones((2, 2, 3, 1), np.float32), (1, 9, 9, 3), 2)
    scaled = tf.nn.batch_normalization(image, 1.0, 1.0, 2.0, None, 0.0)
    assert scaled.numpy().max() == 2
    assert set(np.unique(tf.nn.dropout(np.ones(50), rate=0.5))) == {0.0, 2.0}
    assert tf.one_hot(np.array([1.0, 0.0]), 2).numpy().tolist() == [[0, 1], [1, 0]]


def test_random_functions_of_earlier_keras_and_tensorflow():
    assert keras.backend.random_normal((2, 3), seed=1).shape == (2, 3)
    assert keras.backend.random_uniform(shape=(4,)).numpy().min() >= 0
    assert set(np.unique(keras.backend.random_bernoulli((60,), p=0.5))) == {0.0, 1.0}
    whole = tf.random.uniform([50], minval=2, maxval=5, dtype=tf.int32)
    assert str(whole.dtype) == "int32"
    assert set(whole.numpy()) == {2, 3, 4}
