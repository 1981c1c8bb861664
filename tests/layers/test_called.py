"""Layers called on arrays, without a model around them: as in Keras, but that nothing is updated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers

RNG = np.random.default_rng(0)
ROWS, STEPS = RNG.normal(size=(5, 4)).astype(np.float32), RNG.normal(size=(5, 6, 3)).astype(np.float32)
PICTURES = RNG.normal(size=(5, 8, 8, 2)).astype(np.float32)
SAME: list[tuple[str, dict[str, Any], Any]] = [
    ("Dense", {"units": 3, "activation": "tanh"}, ROWS),
    ("Dense", {"units": 3}, [[1, 2, 3, 4]]),
    ("Rescaling", {"scale": 2.0, "offset": 1.0}, [1.0, 2.0]),
    ("Flatten", {}, PICTURES),
    ("Conv2D", {"filters": 3, "kernel_size": 2}, PICTURES),
    ("MaxPooling2D", {}, PICTURES),
    ("Embedding", {"input_dim": 7, "output_dim": 2}, [[1, 2, 6]]),
    ("LSTM", {"units": 3}, STEPS),
    ("LayerNormalization", {}, ROWS),
    ("BatchNormalization", {}, ROWS),
    ("Dropout", {"rate": 0.5}, ROWS),
    ("SpatialDropout1D", {"rate": 0.5}, STEPS),
    ("GaussianNoise", {"stddev": 0.5}, ROWS),
]


@pytest.mark.parametrize(("name", "settings", "x"), SAME, ids=[name for name, *_ in SAME])
def test_gives_what_keras_gives(name: str, settings: dict[str, Any], x: Any) -> None:
    keras = pytest.importorskip("keras")
    ours, theirs = getattr(layers, name)(**settings), getattr(keras.layers, name)(**settings)
    theirs(np.asarray(x))
    y = ours(x)
    model = clarinet.Sequential([clarinet.Input(np.shape(x)[1:]), ours]) if np.ndim(x) > 1 else None
    assert [w.shape for w in ours.get_weights()] == [tuple(w.shape) for w in theirs.weights]
    theirs.set_weights(ours.get_weights())
    expected = np.asarray(theirs(np.asarray(x)))
    assert y.dtype == expected.dtype
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ours(x), y, rtol=0, atol=0, err_msg="the weights have come along into the model")
    assert model is None or np.allclose(model.predict(np.asarray(x)), y, rtol=1e-5, atol=1e-6)


RANDOM: list[tuple[Callable[[], layers.Layer], Any, bool]] = [
    (lambda: layers.Dropout(0.5), ROWS, False),
    (lambda: layers.Dropout(0.5, seed=3), ROWS, False),
    (lambda: layers.AlphaDropout(0.5), ROWS, False),
    (lambda: layers.GaussianNoise(0.5), ROWS, False),
    (lambda: layers.SpatialDropout2D(0.5), PICTURES, False),
    (lambda: layers.Residual([layers.Dropout(0.5)]), ROWS, False),
    (layers.RandomFlip, PICTURES, True),
    (lambda: layers.RandomRotation(0.2), PICTURES, True),
    (lambda: layers.RandomTranslation(0.3, 0.3), PICTURES, True),
    (lambda: layers.RandomZoom(0.5), PICTURES, True),
]


@pytest.mark.parametrize(("make", "x", "augments"), RANDOM)
def test_random_layers_draw_anew_at_every_call_and_as_the_seed_says(make: Any, x: Any, augments: bool) -> None:
    def drawn() -> list[Any]:
        clarinet.utils.set_random_seed(1)
        layer = make()
        return [layer(x, training=True) for _ in range(3)]

    first, second = drawn(), drawn()
    assert all((a == b).all() for a, b in zip(first, second))
    assert all((a != b).any() for i, a in enumerate(first) for b in first[:i])
    layer = make()
    assert bool((layer(x) != layer(x, training=False)).any()) == augments, "what is done where nothing is said"


def test_what_a_layer_draws_for_itself_leaves_training_as_it_is() -> None:
    def trained(calls: int) -> Any:
        clarinet.utils.set_random_seed(2)
        net = clarinet.Sequential([clarinet.Input((4,)), layers.Dropout(0.5), layers.Dense(1)])
        net.compile("adam", "mse")
        for _ in range(calls):
            net.layers[0](ROWS, training=True)
        net.fit(ROWS, ROWS[:, :1], epochs=3, verbose=0)
        return net.get_weights()

    assert all((a == b).all() for a, b in zip(trained(0), trained(4)))


def test_a_layer_of_a_model_computes_with_the_weights_of_the_model() -> None:
    inner = layers.Dense(4, "relu")
    net = clarinet.Sequential([clarinet.Input((4,)), layers.Residual([inner, layers.Dense(4)]), layers.Dense(2)])
    x = ROWS
    for layer in net.layers:
        x = layer(x)
    np.testing.assert_allclose(x, net.predict(ROWS), rtol=1e-6)
    kernel, bias = inner.get_weights()
    np.testing.assert_allclose(inner(ROWS), np.maximum(ROWS @ kernel + bias, 0), rtol=1e-5, atol=1e-6)


def test_statistics_are_moved_as_in_keras() -> None:
    net = clarinet.Sequential([clarinet.Input((4,)), layers.BatchNormalization()])
    before = net.get_weights()
    y = net.layers[0](ROWS + 5, training=True)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-5)
    moved = 0.99 * before[2] + 0.01 * (ROWS + 5).mean(axis=0)
    np.testing.assert_allclose(net.get_weights()[2], moved, rtol=1e-5)


def test_a_layer_that_was_only_called_has_no_statistics() -> None:
    layer = layers.Normalization()
    np.testing.assert_array_equal(layer(ROWS), ROWS)
    assert not layer.adapted and layer.mean is None
    layer.adapt(ROWS)
    np.testing.assert_allclose(layer(ROWS).mean(axis=0), 0, atol=1e-5)


def called() -> layers.Layer:
    layer = layers.Dense(3)
    layer(ROWS)
    return layer


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: layers.Dense(3)([clarinet.Input((4,))] * 2), ValueError, "Dense takes one tensor, received 2"),
        (lambda: layers.Dense(3)([clarinet.Input((4,)), 3]), TypeError, "expected tensors of a network, received 3"),
        (lambda: layers.Dense(3)(layers.Dense(2)), TypeError, "expected a batch of numbers"),
        (lambda: layers.Dense(3)([[1], [1, 2]]), TypeError, "expected a batch of numbers"),
        (lambda: layers.Dense(3)(4.0), TypeError, "expected a batch of numbers"),
        (lambda: layers.Conv2D(3, 3)(ROWS), ValueError, r"expected samples of shape"),
        (lambda: layers.Dropout(0.1)(ROWS, training=3), TypeError, "Dropout: training: expected True or False"),
        (
            lambda: called()(ROWS[:, :2]),
            ValueError,
            r"need a weight 'kernel' of shape \(2, 3\); the layer's is \(4, 3\)",
        ),
        (lambda: layers.Dense(3, name=4), TypeError, "name is a text"),
    ],
)
def test_what_cannot_be_computed_is_said_in_one_line(make: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
