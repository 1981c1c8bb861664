"""A model called on an array: what is random is drawn anew, and augmentation augments, as in Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers

ROWS = np.linspace(-1, 1, 6 * 32, dtype=np.float32).reshape(6, 32)
PICTURES = np.arange(8 * 6 * 6, dtype=np.float32).reshape(8, 6, 6, 1)

RANDOM = {
    "dropout": layers.Dropout(0.5),
    "dropout with its own seed": layers.Dropout(0.5, seed=3),
    "alpha dropout": layers.AlphaDropout(0.5),
    "gaussian noise": layers.GaussianNoise(1.0),
}
AUGMENTING = {
    "flip": layers.RandomFlip("horizontal"),
    "rotation": layers.RandomRotation(0.2),
    "translation": layers.RandomTranslation(0.3, 0.3),
    "zoom": layers.RandomZoom(0.5),
}


def model(x: Any, layer: layers.Layer) -> clarinet.Sequential:
    clarinet.utils.set_random_seed(4)
    return clarinet.Sequential([clarinet.Input(x.shape[1:]), layer.detached()])


@pytest.mark.parametrize("layer", RANDOM.values(), ids=RANDOM)
def test_every_call_with_training_draws_anew(layer: layers.Layer) -> None:
    first, second = model(ROWS, layer), model(ROWS, layer)
    drawn = [first(ROWS, training=True) for _ in range(4)]
    assert all((a != b).any() for i, a in enumerate(drawn) for b in drawn[:i])
    assert all((a == second(ROWS, training=True)).all() for a in drawn), "the same seed and call give the same numbers"
    assert (first(ROWS) == ROWS).all()
    assert (first(ROWS, training=False) == ROWS).all()


def test_dropout_at_prediction_time_spreads_as_its_rate_says() -> None:
    net = model(np.ones((1, 4000), np.float32), layers.Dropout(0.5))
    means = [net(np.ones((1, 4000), np.float32), training=True).mean() for _ in range(40)]
    assert np.std(means) == pytest.approx(1 / np.sqrt(4000), rel=0.5)


@pytest.mark.parametrize("layer", AUGMENTING.values(), ids=AUGMENTING)
def test_augmentation_augments_when_it_is_called(layer: layers.Layer) -> None:
    net = model(PICTURES, layer)
    assert (net(PICTURES) != PICTURES).any()
    assert (net(PICTURES) != net(PICTURES)).any()
    assert (net(PICTURES, training=False) == PICTURES).all()
    assert (net.predict(PICTURES) == PICTURES).all()


def test_layers_beside_augmentation_stay_in_inference() -> None:
    net = clarinet.Sequential([clarinet.Input((6, 6, 1)), layers.RandomFlip(), layers.Dropout(0.5)])
    called = net(PICTURES)
    assert (np.sort(called.ravel()) == np.sort(PICTURES.ravel())).all(), "dropout left all pixels as they are"


def test_calls_leave_training_as_it_is() -> None:
    def trained(calls: int) -> Any:
        clarinet.utils.set_random_seed(2)
        net = clarinet.Sequential([clarinet.Input((32,)), layers.Dropout(0.5), layers.Dense(1)])
        net.compile("adam", "mse")
        for _ in range(calls):
            net(ROWS, training=True)
        net.fit(ROWS, ROWS[:, :1], epochs=3, verbose=0)
        return net.get_weights()

    assert all((a == b).all() for a, b in zip(trained(0), trained(5)))


@pytest.mark.parametrize("axis", [-1, None, 1, (1, 2), (1, 3)])
def test_statistics_are_shown_as_keras_shows_them(axis: Any) -> None:
    keras = pytest.importorskip("keras")
    x = np.random.default_rng(0).normal(3, 2, size=(20, 4, 3, 2)).astype(np.float32)
    ours, theirs = layers.Normalization(axis=axis), keras.layers.Normalization(axis=axis)
    assert ours.mean is None
    ours.adapt(x)
    theirs.adapt(x)
    for built in (False, True):
        if built:
            clarinet.Sequential([clarinet.Input(x.shape[1:]), ours])
        for name in ("mean", "variance"):
            mine, its = getattr(ours, name), np.asarray(getattr(theirs, name))
            assert mine.shape == its.shape
            assert np.allclose(mine, its, rtol=1e-5)
    assert ours.get_config()["mean"] is None, "what was learned is no argument"
    assert layers.Normalization.from_config(ours.get_config()).given == {}


@pytest.mark.parametrize("axis", [-1, (1, 2)])
def test_statistics_that_were_given_are_shown_as_keras_shows_them(axis: Any) -> None:
    keras = pytest.importorskip("keras")
    statistics = {"mean": [1.0, 2.0], "variance": [4.0, 9.0]}
    ours, theirs = (made(axis=axis, **statistics) for made in (layers.Normalization, keras.layers.Normalization))
    assert np.ravel(ours.mean).tolist() == [1.0, 2.0]
    x = np.zeros((5, 3, 2), np.float32)
    theirs(x)
    net = clarinet.Sequential([clarinet.Input((3, 2)), ours])
    for name in ("mean", "variance"):
        mine, its = getattr(ours, name), np.asarray(getattr(theirs, name))
        assert mine.shape == its.shape
        np.testing.assert_array_equal(mine, its)
    np.testing.assert_allclose(net.predict(x), np.asarray(theirs(x)))
    assert layers.Normalization.from_config(ours.get_config()).given.keys() == {"mean", "variance"}


def test_a_call_that_fails_leaves_the_statistics_as_they_were() -> None:
    class Broken(layers.Layer):
        def forward(self, params: Any, state: Any, x: Any, ctx: Any) -> Any:
            raise RuntimeError("broken")

        def backward(self, params: Any, cache: Any, dy: Any) -> Any:
            raise RuntimeError("broken")

    net = clarinet.Sequential([clarinet.Input((32,)), layers.BatchNormalization(), Broken()])
    before = net.layers[0].get_weights()
    with pytest.raises(RuntimeError, match="broken"):
        net(ROWS, training=True)
    assert all((a == b).all() for a, b in zip(net.layers[0].get_weights(), before))
