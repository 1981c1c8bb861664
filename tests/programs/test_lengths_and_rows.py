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


def test_complex_numbers_in_a_call_have_gradients():
    class Mixed(tf.layers.Layer):
        def call(self, x):
            return tf.math.real(tf.signal.fft2d(tf.cast(x, tf.complex64)))

    inputs = Input((3, 2))
    model = tf.Model(inputs, Dense(1)(Mixed()(Dense(2)(inputs))))
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(4, 3, 2)).astype("float32")
    assert np.isfinite(model.fit(x, x[..., :1], verbose=0).history["loss"]).all()
    y = Mixed()(x)
    np.testing.assert_allclose(y, np.fft.fft2(x).real, atol=1e-5)
    with tf.GradientTape() as tape:
        w = tf.constant(x)
        tape.watch(w)
        total = tf.reduce_sum(tf.math.real(tf.signal.fft2d(tf.cast(w, tf.complex64)))[:, 0, 0])
    np.testing.assert_allclose(tape.gradient(total, w), np.ones_like(x), atol=1e-5)


def test_ranks_and_modules_and_initial_states(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert tf.rank(tf.zeros((2, 3))).numpy() == 2 and tf.size([1, 2, 3]).numpy() == 3
    assert tf.zeros(2).device.endswith("CPU:0")
    assert GRU(4).get_initial_state(tf.zeros((2, 5, 3)))[0].shape == (2, 4)

    class Line(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(5.0)

    line = Line()
    path = tf.train.Checkpoint(model=line).save("line")
    line.w.assign(1.0)
    tf.train.Checkpoint(model=line).restore(path)
    assert float(line.w) == 5.0


@pytest.mark.parametrize("name", ["io.parse_sequence_example", "train.Coordinator", "data.experimental.unbatch"])
def test_what_is_not_there_says_what_to_use(name):
    *path, last = name.split(".")
    found = tf
    for part in path:
        found = getattr(found, part)
    with pytest.raises(AttributeError, match=r": (use|read)"):
        getattr(found, last)


def test_labels_of_rows_that_differ_in_length_are_counted():
    terms = tf.ragged.constant([["a"], ["a", "b", "z"], []])
    lookup = tf.keras.layers.StringLookup(vocabulary=["a", "b"], output_mode="multi_hot")
    assert lookup(terms).numpy().tolist() == [[0, 1, 0], [1, 1, 1], [0, 0, 0]]
    lookup.adapt(terms)
    assert lookup.get_vocabulary() == ["[UNK]", "a", "z", "b"]


def test_a_variable_says_where_it_is():
    assert tf.Variable(1.0).device == tf.constant(1.0).device
