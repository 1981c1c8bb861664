"""Programs whose calls move the rows of the batch, and use whole numbers, texts and variables beside tensors."""

from __future__ import annotations

import numpy as np
import pytest

import clarinet as tf
from clarinet import ops
from clarinet.layers import Dense, Embedding, Input, Layer, StringLookup

LOSS = "sparse_categorical_crossentropy"


def _gathered(table, x):
    return ops.take(table, x, axis=0)


def _halves(table, x):
    return ops.matmul(ops.one_hot(x // 2, 5), table)


class Table(Layer):
    """Rows of a table that it learns, by whole numbers; the table is not computed of the rows of the batch."""

    def __init__(self, function):
        super().__init__()
        self.dense, self.table, self.function = Dense(3, activation="softmax"), np.eye(5, dtype="float32"), function

    def call(self, x):
        return self.function(self.dense(self.table), x)


@pytest.mark.parametrize("function", [_gathered, _halves])
def test_data_of_whole_numbers_are_places_and_are_divided_as_such(function):
    x, y = np.array([0, 3, 4, 1]), np.array([0, 1, 2, 0])
    inputs = Input((), dtype="int32")
    layer = Table(function)
    model = tf.Model(inputs, layer(inputs))
    model.compile("sgd", LOSS)
    losses = model.fit(x, y, epochs=3, verbose=0).history["loss"]
    assert losses[2] < losses[0]
    rows = np.asarray(ops.softmax(layer.table @ layer.dense.kernel + layer.dense.bias))
    expected = rows[x] if function is _gathered else rows[x // 2]
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-5)


class Edges(Layer):
    """Takes numbers that are no data beside tensors, in one list."""

    def call(self, inputs):
        nodes, edges = inputs
        return ops.segment_sum(ops.take(nodes, edges[:, 1], axis=1)[0], edges[:, 0], num_segments=3)


def test_a_layer_takes_whole_numbers_beside_tensors():
    inputs = Input((3, 2))
    edges = ops.convert_to_tensor([[0, 1], [2, 1], [2, 0]])
    model = tf.Model(inputs, Edges()([inputs, edges]))
    x = np.arange(6, dtype="float32").reshape(1, 3, 2)
    np.testing.assert_array_equal(np.asarray(model(x)), [[2, 3], [0, 0], [2, 4]])


class Windows(Layer):
    """Attention within windows, whose rows are joined with those of the batch; a variable that ``build`` makes."""

    def build(self, shape):
        self.places = tf.Variable(np.array([[0, 1], [1, 0]]), trainable=False)
        self.bias = self.add_weight(shape=(2, 1), initializer="zeros")
        self.dense = Dense(12)

    def call(self, x):
        rows = tf.shape(x)[0]
        qkv = tf.transpose(tf.reshape(self.dense(tf.reshape(x, (-1, 2, 4))), (-1, 2, 3, 1, 4)), (2, 0, 3, 1, 4))
        q, k, v = qkv[0], qkv[1], qkv[2]
        bias = tf.transpose(tf.gather(self.bias, self.places), (2, 0, 1))
        y = tf.matmul(tf.nn.softmax(tf.matmul(q, k, transpose_b=True) + bias), v)
        y = tf.reshape(tf.transpose(y, (0, 2, 1, 3)), (-1, 8, 4)) + x
        return y * tf.floor(1.5 + 0 * tf.random.uniform((tf.shape(y)[0], 1, 1))) + tf.zeros((rows, 1, 1))


def test_rows_that_were_joined_and_moved_are_those_of_the_batch_again():
    inputs = Input((8, 4))
    model = tf.Model(inputs, tf.reduce_mean(Windows()(inputs), axis=1))
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(6, 8, 4)).astype("float32")
    assert np.isfinite(model.fit(x, x[:, 0], batch_size=4, epochs=2, verbose=0).history["loss"]).all()
    np.testing.assert_allclose(np.concatenate([model.predict(x[:2]), model.predict(x[2:])]), model.predict(x), 1e-5)


def test_segments_of_rows_of_unknown_sizes():
    inputs = Input((3, 2))
    moved = tf.transpose(inputs, (1, 0, 2))
    found = tf.math.unsorted_segment_mean(moved, [0, 1, 1], num_segments=2)
    model = tf.Model(inputs, tf.transpose(found, (1, 0, 2)))
    x = np.arange(12, dtype="float32").reshape(2, 3, 2)
    np.testing.assert_allclose(model.predict(x), np.stack([x[:, 0], x[:, 1:].mean(1)], 1))


def test_a_variable_of_no_layer_is_read_at_each_step():
    factor = tf.Variable(0.0)

    class Scaled(Layer):
        def call(self, x):
            return x * factor

    class Set(tf.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            factor.assign(float(epoch))

    inputs = Input((1,))
    model = tf.Model(inputs, Scaled()(inputs))
    model.compile("sgd", "mae")
    assert model.fit([[1.0]], [[0.0]], epochs=3, verbose=0, callbacks=[Set()]).history["loss"] == [0, 1, 2]


def test_a_loss_of_operations_has_a_gradient_at_its_targets():
    class Cubed(tf.losses.Loss):
        def call(self, y_true, y_pred):
            return ops.mean(y_true**3 * y_pred, axis=-1)

    x = tf.Variable([[1.0, 2.0]])
    with tf.GradientTape() as tape:
        loss = Cubed()(x, tf.constant([[1.0, 1.0]]))
    np.testing.assert_allclose(np.asarray(tape.gradient(loss, x)), [[1.5, 6.0]])


def test_texts_know_their_dtype_and_their_rows_are_counted():
    text = tf.constant(["a", "b"])
    assert text.dtype == "string" and text.dtype == tf.string and text[0].numpy() == b"a"
    assert Input((1,), dtype="string").dtype == tf.string

    class Counted(Layer):
        def __init__(self):
            super().__init__()
            self.lookup, self.embedding = StringLookup(vocabulary=["a", "b"]), Embedding(3, 2)

        def call(self, x):
            return tf.zeros((tf.shape(x)[0], 2)) + self.embedding(self.lookup(x))

    inputs = Input((), dtype=tf.string)
    model = tf.Model(inputs, Counted()(inputs))
    model.compile("sgd", "mse")
    model.fit(np.array(["a", "b", "c"]), np.zeros((3, 2)), verbose=0)
    assert model.predict(np.array(["a"])).shape == (1, 2)


def test_sequences_of_several_lengths_go_into_a_model_with_a_call():
    class Tagger(tf.Model):
        def __init__(self):
            super().__init__()
            self.embedding, self.dense = Embedding(9, 4), Dense(3, activation="softmax")

        def call(self, x):
            return self.dense(self.embedding(x))

    rows = [[1, 2], [3], [4, 5, 6, 7], [8, 1, 2]]
    data = tf.data.Dataset.from_generator(lambda: ((np.array(r), np.array(r) % 3) for r in rows)).padded_batch(2)
    model = Tagger()
    model.compile("sgd", LOSS)
    assert len(model.fit(data, epochs=2, verbose=0).history["loss"]) == 2
    assert model.predict(np.ones((1, 5), int)).shape == (1, 5, 3)


def test_the_activation_of_a_layer_may_be_changed():
    model = tf.keras.Sequential([Input((3,)), Dense(4, activation="softmax")])
    x = np.ones((2, 3), "float32")
    shares = model.predict(x)
    model.layers[-1].activation = None
    logits = model.predict(x)
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(1, keepdims=True), shares, rtol=1e-5)
    with pytest.raises(AttributeError, match="make a new layer with units=5"):
        model.layers[-1].units = 5
