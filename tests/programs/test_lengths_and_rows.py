"""Programs whose samples have several lengths, or whose tensors have one row for all."""

from __future__ import annotations

import numpy as np
import pytest

import clarinet as tf
from clarinet.layers import GRU, Add, Dense, Embedding, Flatten, Input


class Tagger(tf.Model):
    def __init__(self):
        super().__init__()
        self.embedding, self.gru, self.dense = Embedding(9, 4), GRU(3), Dense(2)

    def call(self, x):
        return self.dense(self.gru(self.embedding(x)))


def test_a_model_with_a_call_takes_samples_of_other_lengths():
    model = Tagger()
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3), int), np.ones((4, 2)), verbose=0)
    longer = np.arange(10).reshape(2, 5) % 9
    np.testing.assert_allclose(model.predict(longer), np.asarray(model(longer)), rtol=1e-6)
    assert len(model.fit(np.ones((4, 6), int), np.ones((4, 2)), verbose=0).history["loss"]) == 1


def test_a_stack_that_its_data_built_takes_samples_of_other_lengths():
    model = tf.keras.Sequential([Dense(4), Dense(2)])
    first = np.asarray(model(np.ones((2, 1, 3), "float32")))
    np.testing.assert_allclose(np.asarray(model(np.ones((2, 6, 3), "float32")))[:, :1], first)
    with pytest.raises(ValueError, match="was built for"):
        model(np.ones((2, 6, 4), "float32"))
    flat = tf.keras.Sequential([Flatten(), Dense(2)])
    flat(np.ones((2, 3, 1), "float32"))
    with pytest.raises(ValueError, match="was built for"):
        flat(np.ones((2, 5, 1), "float32"))


def test_a_tensor_of_one_row_goes_with_every_row():
    class Placed(tf.layers.Layer):
        def __init__(self):
            super().__init__()
            self.add, self.places = Add(), Embedding(5, 4)

        def call(self, x):
            return self.add([x, self.places(tf.range(tf.shape(x)[1])[tf.newaxis, :])])

    inputs = Input((None, 4))
    layer = Placed()
    model = tf.Model(inputs, layer(inputs))
    y = model.predict(np.zeros((3, 5, 4), "float32"))
    np.testing.assert_allclose(y, np.broadcast_to(layer.places.embeddings.numpy(), (3, 5, 4)))


def test_ragged_and_sparse_tensors_become_dense():
    words = tf.strings.split(["a,b", "c"], ",")
    assert words.to_tensor().numpy().tolist() == [[b"a", b"b"], [b"c", b""]]
    assert tf.strings.to_number(tf.strings.split(["1,2", "3"], ",")).to_tensor().tolist() == [[1, 2], [3, 0]]
    assert tf.ragged.constant([[1], [2, 3]]).to_tensor(shape=(None, 3)).tolist() == [[1, 0, 0], [2, 3, 0]]
    sparse = tf.SparseTensor(indices=[[2], [0]], values=[-1.0, 4.0], dense_shape=[3])
    assert tf.sparse.to_dense(sparse).tolist() == [4, 0, -1]
    assert tf.sparse.reorder(sparse).values.tolist() == [4, -1]
    assert tf.strings.reduce_join(tf.constant([["a"], ["b"]])).numpy() == b"ab"
    assert int(tf.constant([[1]])) == 1


def test_schedules_of_a_users_own_may_set_their_attributes_twice():
    class Warm(tf.keras.optimizers.schedules.LearningRateSchedule):
        def __init__(self, size):
            super().__init__()
            self.size = size
            self.size = tf.cast(self.size, tf.float32)

        def __call__(self, step):
            return tf.math.rsqrt(self.size) * 1.0

    assert float(Warm(4)(1)) == 0.5
