"""Ways of writing things that stopped programs from books and tutorials."""

from __future__ import annotations

import numpy as np
import pytest

import clarinet as tf
from clarinet import keras
from clarinet.keras import layers

ROWS = np.ones((2, 3, 4), np.float32)


class Causal(layers.Layer):
    """The mask of a decoder, as the translation tutorials put it together."""

    def __init__(self, dtype: str) -> None:
        super().__init__()
        self.kind = dtype

    def call(self, x):
        shape = tf.shape(x)
        rows, steps = shape[0], shape[1]
        mask = tf.cast(tf.range(steps)[:, tf.newaxis] >= tf.range(steps), self.kind)
        times = tf.concat([tf.expand_dims(rows, -1), tf.constant([1, 1], dtype=tf.int32)], axis=0)
        return tf.cast(tf.tile(tf.reshape(mask, (1, steps, steps)), times), "float32")


@pytest.mark.parametrize("steps", [3, None])
@pytest.mark.parametrize("dtype", ["int32", "bool"])
def test_a_shape_that_is_put_together_by_operations(steps, dtype):
    inputs = keras.Input((steps, 4))
    expected = np.broadcast_to(np.tril(np.ones((3, 3))), (2, 3, 3))
    np.testing.assert_array_equal(keras.Model(inputs, Causal(dtype)(inputs)).predict(ROWS), expected)
    np.testing.assert_array_equal(Causal(dtype)(ROWS), expected)


class Stacked(layers.Layer):
    def call(self, x):
        shape = tf.shape(x)
        return tf.reshape(x, tf.stack([shape[0], shape[1] * shape[2]]))


def test_a_stack_of_sizes_is_a_shape():
    inputs = keras.Input((None, 4))
    assert keras.Model(inputs, Stacked()(inputs)).predict(ROWS).shape == (2, 12)


def test_build_makes_the_weights_of_a_layer():
    conv = layers.Conv2D(3, 2)
    conv.build((None, 8, 8, 1))
    kernel = conv.kernel.numpy()
    assert kernel.shape == (2, 2, 1, 3)
    conv.build((None, 8, 8, 1))
    conv(np.ones((1, 8, 8, 1), np.float32))
    np.testing.assert_array_equal(conv.get_weights()[0], kernel)
    dot = layers.Add()
    dot.build([(None, 3), (None, 3)])
    assert dot.weights == []
    with pytest.raises(ValueError, match="samples"):
        layers.Conv2D(3, 2).build((None, 8))


def test_a_layer_that_keeps_its_state_between_calls():
    layer = layers.LSTM(4, stateful=True)
    first = layer(ROWS)
    assert np.abs(layer(ROWS) - first).max() > 0
    assert layers.LSTM(4)(ROWS, initial_state=layer.states).shape == (2, 4)
    layer.reset_states()
    np.testing.assert_array_equal(layer(ROWS), first)
    model = keras.Sequential([keras.Input(batch_shape=(2, 3, 4)), layers.GRU(2, stateful=True)])
    first = model.predict(ROWS)
    model.reset_states()
    np.testing.assert_array_equal(model.predict(ROWS), first)
    assert [state.shape for state in model.layers[0].states] == [(2, 2)]


class Stepped(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compiled_loss(y, self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {metric.name: metric.result() for metric in self.metrics}


def test_the_compiled_loss_is_among_the_metrics():
    inputs = keras.Input((3,))
    model = Stepped(inputs, layers.Dense(1, kernel_initializer="ones")(inputs))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    assert model.fit(np.ones((4, 3)), np.ones((4, 1)), batch_size=2, verbose=0).history["loss"] == [4.0]


def test_names_of_tensorflow_that_programs_import():
    assert keras.losses.MeanSquaredError(reduction=tf.keras.losses.Reduction.NONE)([[1.0]], [[3.0]]).tolist() == [4.0]
    assert tf.dtypes.float32 == tf.float32
    assert tf.strings.unicode_split("añ").numpy().tolist() == [b"a", "ñ".encode()]
    assert tf.strings.unicode_split(["ab", "cd"], "UTF-8").shape == (2, 2)
    with pytest.raises(ValueError, match=r"texts of \[1, 2\] characters"):
        tf.strings.unicode_split(["a", "bc"])


class Prepared(keras.Model):
    """A model that has a layer for texts, which its ``call`` does not use."""

    def __init__(self):
        super().__init__()
        self.words = layers.TextVectorization(vocabulary=["a", "b"])
        self.dense = layers.Dense(1)

    def call(self, x):
        return self.dense(x)


def test_a_layer_for_data_that_the_call_does_not_use():
    model = Prepared()
    model.compile("sgd", "mse")
    assert len(model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0).history["loss"]) == 1
    assert model.words(["b a"]).tolist() == [[3, 2]]


class Line(tf.Module):
    def __init__(self):
        super().__init__()
        self.slopes = [tf.Variable(2.0), tf.Variable(1.0, trainable=False)]
        self.inner = {"dense": layers.Dense(1), "again": self.slopes[0]}

    def __call__(self, x):
        return self.inner["dense"](x) * self.slopes[0] + self.slopes[1]


def test_a_module_gathers_variables():
    line = Line()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(line(np.ones((2, 3), np.float32)))
    assert line.name == "line"
    assert (len(line.variables), len(line.trainable_variables)) == (4, 3)
    assert all(gradient is not None for gradient in tape.gradient(loss, line.trainable_variables))


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "none", "sum"])
def test_a_distribution_that_is_the_target_has_a_gradient(reduction):
    rows = np.random.default_rng(2).normal(size=(3, 4)).astype(np.float32)
    logits = tf.Variable(rows)
    other = keras.activations.softmax(tf.constant(rows[::-1]))

    def value(z):
        return tf.reduce_sum(keras.losses.KLDivergence(reduction=reduction)(keras.activations.softmax(z), other))

    with tf.GradientTape() as tape:
        loss = value(logits)
    with tf.GradientTape() as written:
        p = keras.activations.softmax(logits)
        rows_of = tf.reduce_sum(p * tf.math.log(p / other), axis=-1)
        expected = tf.reduce_mean(rows_of) if reduction == "sum_over_batch_size" else tf.reduce_sum(rows_of)
    np.testing.assert_allclose(tape.gradient(loss, logits), written.gradient(expected, logits), rtol=1e-4, atol=1e-6)


def test_pictures_of_tensorflow():
    picture = np.arange(12.0).reshape(1, 2, 3, 2)
    assert tf.image.total_variation(picture).tolist() == [3 * 2 * 6 + 2 * 2 * 2 * 2]
    values, places = tf.math.top_k(input=tf.constant([1.0, 3.0, 2.0]), k=2)
    assert (values.tolist(), places.tolist()) == ([3, 2], [1, 2])


def test_one_number_is_the_target_of_all():
    activities = tf.constant([0.1, 0.4])
    expected = np.sum(0.2 * np.log(0.2 / np.array([0.1, 0.4])))
    for given in (activities, activities.numpy()):
        np.testing.assert_allclose(keras.losses.kl_divergence(0.2, given), expected, rtol=1e-5)


def test_a_loss_of_the_whole_batch_beside_a_mask():
    def whole(y_true, y_pred):
        return tf.reduce_mean(tf.square(y_true - y_pred))

    found = []
    for engine in ("auto", "reference"):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((3,)), layers.Embedding(5, 2, mask_zero=True), layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1), whole, metrics=[whole], engine=engine)
        found.append(model.fit(np.array([[1, 2, 0], [3, 0, 0]]), np.ones((2, 3, 1)), verbose=0).history)
        assert found[-1]["whole"] == pytest.approx(found[-1]["loss"], rel=1e-5)
    assert found[0]["loss"] == pytest.approx(found[1]["loss"], rel=1e-5)


def test_a_transformer_in_a_file_of_keras(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    import keras as theirs

    x = keras.Input((5, 3))
    y = layers.MultiHeadAttention(2, 2)(x, value=x, use_causal_mask=True)
    y = layers.Attention()([layers.MultiHeadAttention(1, 2)(y, x, x), y])
    model = keras.Model(x, layers.Add()([y, x]))
    model.save(tmp_path / "m.keras")
    rows = np.random.default_rng(4).normal(size=(2, 5, 3)).astype(np.float32)
    expected = model.predict(rows)
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "m.keras").predict(rows), expected)
    np.testing.assert_allclose(theirs.models.load_model(tmp_path / "m.keras")(rows), expected, atol=1e-5)


def test_labels_of_the_only_output_that_has_a_loss():
    x = keras.Input((3,))
    hidden = layers.Dense(2)(x)
    model = keras.Model(x, [layers.Dense(1)(hidden), hidden])
    model.compile("sgd", loss=["mse", None])
    rows, labels = np.ones((4, 3)), np.ones((4, 1))
    assert len(model.fit(rows, labels, verbose=0).history["loss"]) == 1
    pairs = tf.data.Dataset.from_tensor_slices((rows, labels)).batch(2)
    assert len(model.fit(pairs, verbose=0).history["loss"]) == 1
