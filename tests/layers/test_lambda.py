"""Functions as layers: what they are told beside the tensor."""

import copy

import numpy as np

import clarinet
from clarinet import layers, ops

X = np.ones((2, 3), np.float32)


def doubled(x, training=None):
    return x * 2 if training else x


def test_a_function_is_told_whether_it_is_in_training():
    layer = layers.Lambda(doubled)
    assert layer(X, training=True).tolist() == (2 * X).tolist() and layer(X).tolist() == X.tolist()
    model = clarinet.Sequential([layers.Input((3,)), layers.Lambda(doubled)])
    assert model(X, training=True).tolist() == (2 * X).tolist()
    assert model.predict(X).tolist() == copy.deepcopy(model).predict(X).tolist() == X.tolist()
    model.compile("sgd", "mse")
    assert model.fit(X, X, verbose=0).history["loss"] == [1.0]


def test_a_function_is_told_the_mask():
    ids = layers.Input((3,))
    embedded = layers.Embedding(4, 2, mask_zero=True, embeddings_initializer="ones")(ids)
    keep = layers.Lambda(lambda x, mask=None: x * ops.cast(ops.expand_dims(mask, -1), "float32"))
    model = clarinet.Model(ids, keep(embedded))
    for each in (model, copy.deepcopy(model)):
        assert each.predict(np.array([[1, 0, 2]]))[0, :, 0].tolist() == [1, 0, 1]
