"""Sizes, rows and texts as real programs use them."""

import numpy as np

import clarinet
from clarinet import layers, ops


class Scores(layers.Layer):
    def call(self, inputs):
        stacked = ops.softmax(ops.stack([ops.sum(x, axis=-1, keepdims=True) for x in inputs]), axis=0)
        return [stacked[i] for i in range(stacked.shape[0])]


def test_parts_of_a_stack_have_the_rows_again():
    ins = [clarinet.Input((3,)) for _ in range(2)]
    alpha = Scores()(ins)
    out = layers.concatenate([layers.multiply([alpha[i], ins[i]]) for i in range(2)])
    model = clarinet.Model(ins, out)
    x = [np.random.default_rng(i).normal(size=(5, 3)).astype(np.float32) for i in range(2)]
    weights = np.exp([a.sum(1, keepdims=True) for a in x])
    weights = weights / weights.sum(0)
    np.testing.assert_allclose(model.predict(x, verbose=0), np.hstack([w * a for w, a in zip(weights, x)]), rtol=1e-5)


class Filled(layers.Layer):
    def call(self, x):
        rows = ops.cast(ops.shape(x)[0], "int64")
        steps = ops.cast(ops.shape(x)[1], "int64")
        return ops.cast(steps * ops.ones((rows, 1), dtype="int64"), "float32") + x[:, 0]


def test_a_size_in_another_dtype_is_a_size():
    inputs = clarinet.Input((None, 1))
    model = clarinet.Model(inputs, Filled()(inputs))
    for rows, steps in ((2, 4), (3, 7)):
        np.testing.assert_array_equal(
            model.predict(np.ones((rows, steps, 1)), verbose=0), np.full((rows, 1), steps + 1)
        )


def test_a_sequential_of_texts_and_a_model_predicts_before_it_knows_its_shape():
    texts = np.array([["a b"], ["b c c"]], dtype=object)
    vectorize = layers.TextVectorization(max_tokens=10, output_sequence_length=4)
    vectorize.adapt(texts)
    inner = clarinet.Sequential([layers.Embedding(10, 3), layers.GlobalAveragePooling1D(), layers.Dense(2)])
    model = clarinet.Sequential([vectorize, inner])
    found = model.predict(texts, verbose=0)
    np.testing.assert_allclose(found, inner.predict(vectorize(texts), verbose=0), rtol=1e-6)


class Ctc(layers.Layer):
    def call(self, labels, chances):
        rows, count = ops.shape(labels)[0], ops.shape(labels)[1]
        lengths = ops.cast(ops.shape(chances)[1], "int64") * ops.ones((rows, 1), dtype="int64")
        self.add_loss(
            clarinet.keras.backend.ctc_batch_cost(labels, chances, lengths, count * ops.ones((rows, 1), dtype="int64"))
        )
        return chances


def test_ctc_of_labels_whose_number_is_not_known():
    labels, images = layers.Input((None,), name="labels"), layers.Input((6, 4), name="image")
    chances = layers.Dense(5, "softmax", name="chances")(images)
    model = clarinet.Model([images, labels], Ctc()(labels, chances))
    model.compile("sgd")
    data = np.random.default_rng(0)
    x = [data.normal(size=(3, 6, 4)).astype(np.float32), data.integers(0, 4, (3, 2)).astype(np.float32)]
    found = model.evaluate(x, verbose=0)
    given = clarinet.Model(model.get_layer("image").input, chances).predict(x[0], verbose=0)
    wanted = clarinet.keras.backend.ctc_batch_cost(x[1], given, np.full((3, 1), 6), np.full((3, 1), 2))
    np.testing.assert_allclose(found, np.sum(wanted), rtol=1e-5)
    before = model.get_weights()
    model.fit(x, epochs=1, verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights()))
