"""Bidirectional, TimeDistributed, RepeatVector, against the layers that they are made of."""

import numpy as np
import pytest

import clarinet
from clarinet import layers


def sequences(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_bidirectional_is_its_two_layers():
    x, both = sequences(4, 5, 3), layers.Bidirectional(layers.LSTM(2, return_sequences=True), merge_mode=None)
    forward, backward = both(x)
    one, other = both.children
    np.testing.assert_array_equal(forward, one(x))
    np.testing.assert_array_equal(backward, np.asarray(other(x))[:, ::-1])
    assert (one.name, other.name) == ("forward_lstm", "backward_lstm")
    assert other.go_backwards


def test_bidirectional_states_go_out_and_in():
    x, both = sequences(4, 5, 3), layers.Bidirectional(layers.LSTM(2, return_state=True))
    y, *states = both(x)
    assert [s.shape for s in states] == [(4, 2)] * 4
    inputs, given = layers.Input((5, 3)), [layers.Input((2,)) for _ in range(4)]
    model = clarinet.Model([inputs, *given], list(both(inputs, initial_state=given)))
    begin = [np.asarray(s) for s in states]
    for mine, theirs in zip(model.predict([x, *begin], verbose=0), both(x, initial_state=begin), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
    assert y.shape == (4, 4)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((layers.Dense(3),), "expected a recurrent layer"),
        ((layers.RNN(layers.GRUCell(3)),), "received RNN; of a cell make two RNN layers"),
        ((layers.GRU(3), "max"), "merge_mode"),
        ((layers.GRU(3), "sum", layers.GRU(3)), "go_backwards"),
        ((layers.GRU(3), "sum", layers.GRU(3, go_backwards=True, return_sequences=True)), "return_sequences"),
    ],
)
def test_bidirectional_refuses(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        layers.Bidirectional(*arguments)


@pytest.mark.parametrize(
    "inner", [layers.Conv2D(2, 2), layers.LSTM(2), layers.Dense(3, "softmax"), layers.Flatten()], ids=repr
)
def test_time_distributed_is_the_layer_at_each_step(inner):
    x = sequences(2, 3, 4, 4, 1) if not isinstance(inner, layers.LSTM) else sequences(2, 3, 4, 2)
    layer = layers.TimeDistributed(inner)
    y = np.asarray(layer(x))
    for step in range(3):
        np.testing.assert_allclose(y[:, step], inner(x[:, step]), rtol=1e-5, atol=1e-6)


def test_time_distributed_softmax_is_absorbed():
    model = clarinet.Sequential([layers.Input((3, 4)), layers.TimeDistributed(layers.Dense(5, "softmax"))])
    model.compile("sgd", "categorical_crossentropy")
    assert "in the loss" in str(model.make_plan())


def test_an_autoencoder_of_sequences_is_saved(tmp_path):
    model = clarinet.Sequential(
        [
            layers.Input((5, 3)),
            layers.Bidirectional(layers.GRU(4)),
            layers.RepeatVector(5),
            layers.LSTM(4, return_sequences=True),
            layers.TimeDistributed(layers.Dense(3)),
        ]
    )
    model.compile("adam", "mse")
    x = sequences(8, 5, 3)
    model.fit(x, x, epochs=2, verbose=0)
    model.save(tmp_path / "model.clarinet")
    np.testing.assert_array_equal(
        clarinet.models.load_model(tmp_path / "model.clarinet").predict(x, verbose=0), model.predict(x, verbose=0)
    )
