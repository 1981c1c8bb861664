"""Layers that draw random numbers: the same law as in Keras, and numbers that depend on seed, step and layer alone."""

import numpy as np
import pytest

from clarinet import layers
from clarinet.layers.context import Context
from clarinet.philox import Key

KINDS = [
    ("Dropout", {"rate": 0.3}, (100,)),
    ("SpatialDropout1D", {"rate": 0.3}, (5, 100)),
    ("SpatialDropout2D", {"rate": 0.3}, (2, 3, 100)),
    ("GaussianNoise", {"stddev": 0.5}, (100,)),
    ("AlphaDropout", {"rate": 0.3}, (100,)),
]
each = pytest.mark.parametrize(("name", "settings", "shape"), KINDS)


def noisy(spec, x, **key):
    return spec.forward({}, {}, x, Context(True, Key(9, **key)))[0]


@each
def test_law_is_that_of_keras(name, settings, shape):
    import keras

    keras.utils.set_random_seed(3)
    x = np.random.default_rng(0).normal(size=(900, *shape)).astype(np.float32)
    ours = noisy(getattr(layers, name)(**settings), x)
    theirs = np.asarray(getattr(keras.layers, name)(**settings)(x, training=True))
    for a, b in ((ours, theirs), (ours * x, theirs * x), (ours[:, ..., :50] * ours[:, ..., 50:], 0 * theirs)):
        np.testing.assert_allclose(a.mean(), b.mean(), atol=0.02)
    np.testing.assert_allclose(ours.std(), theirs.std(), rtol=0.02)
    quantiles = np.linspace(0.05, 0.95, 19)
    np.testing.assert_allclose(np.quantile(ours, quantiles), np.quantile(theirs, quantiles), atol=0.08)


@each
def test_numbers_depend_on_seed_step_and_layer_alone(name, settings, shape):
    layer, x = getattr(layers, name)(**settings), np.ones((8, *shape))
    first = noisy(layer, x, step=1, layer=1)
    np.testing.assert_array_equal(noisy(layer, x, step=1, layer=1), first)
    assert (noisy(layer, x, step=2, layer=1) != first).any()
    assert (noisy(layer, x, step=1, layer=2) != first).any()
    own = getattr(layers, name)(**settings, seed=5)
    np.testing.assert_array_equal(noisy(own, x, step=1), own.forward({}, {}, x, Context(True, Key(77, step=1)))[0])


@pytest.mark.parametrize("name", ["SpatialDropout1D", "SpatialDropout2D"])
def test_whole_channels_are_dropped(name):
    x = np.ones((50, *((4,) if name.endswith("1D") else (4, 3)), 20))
    y = noisy(getattr(layers, name)(0.3), x).reshape(50, -1, 20)
    assert (y == y[:, :1]).all()
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.05)


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(1).normal(size=(400, 400))
    y = noisy(layers.AlphaDropout(0.2), x)
    assert y.mean() == pytest.approx(0, abs=0.01) and y.std() == pytest.approx(1, abs=0.01)
