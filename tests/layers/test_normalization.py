"""Normalization learns its statistics as Keras does, keeps them in files and copies, and refuses what does not fit."""

import numpy as np
import pytest

import clarinet
from clarinet import layers

RNG = np.random.default_rng(0)
# Keras 3.15 itself warns under NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

DATA = RNG.normal(5, 3, (70, 2, 3)).astype(np.float32)


def model_of(layer, shape=(2, 3)):
    return clarinet.Sequential([clarinet.Input(shape), layer])


@pytest.mark.parametrize("settings", [{}, {"axis": None}, {"axis": 1}, {"axis": (1, 2)}, {"invert": True}], ids=repr)
def test_learns_what_keras_learns(settings):
    import keras

    ours, theirs = layers.Normalization(**settings), keras.layers.Normalization(**settings)
    ours.adapt(DATA)
    theirs.adapt(DATA)
    model = model_of(ours)
    np.testing.assert_allclose(model.predict(DATA), np.asarray(theirs(DATA)), rtol=2e-5, atol=2e-6)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5)


def test_rows_lists_batches_and_built_layers_give_the_same():
    whole = layers.Normalization()
    whole.adapt(DATA)
    batches, again = layers.Normalization(), layers.Normalization()
    batches.adapt((DATA[i : i + 16], None) for i in range(0, len(DATA), 16))
    placed = model_of(again)
    again.adapt(DATA.tolist())
    expected = model_of(whole).predict(DATA)
    np.testing.assert_allclose(model_of(batches).predict(DATA), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(placed.predict(DATA), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(expected.mean(axis=(0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(expected.std(axis=(0, 1)), 1, atol=1e-5)


def test_constant_columns_do_not_divide_by_zero():
    layer = layers.Normalization()
    layer.adapt([[1.0, 2.0], [1.0, 4.0]])
    assert model_of(layer, (2,)).predict([[1.0, 3.0]]).tolist() == [[0.0, 0.0]]


def test_single_column_as_tutorials_have_it():
    layer = layers.Normalization(input_shape=[1], axis=None)
    layer.adapt(np.array([1.0, 3.0]))
    model = clarinet.Sequential([layer, layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(np.array([1.0, 3.0]), np.array([0.0, 1.0]), verbose=0)
    assert [float(w) for w in layer.get_weights()[:2]] == [2.0, 1.0]  # training leaves them


def test_files_and_copies_keep_what_was_learned(tmp_path):
    layer = layers.Normalization()
    layer.adapt(DATA)
    model = model_of(layer)
    model.save(tmp_path / "m.clarinet")
    expected = model.predict(DATA)
    np.testing.assert_array_equal(clarinet.models.load_model(tmp_path / "m.clarinet").predict(DATA), expected)
    np.testing.assert_array_equal(clarinet.Sequential(model.layers).predict(DATA), expected)


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: layers.Normalization(mean=0), ValueError, "pass both mean and variance"),
        (lambda: layers.Normalization(mean=0, variance=-1), ValueError, "variance is at least 0"),
        (lambda: layers.Normalization(mean="a", variance=1), TypeError, "mean: expected a number or a list"),
        (lambda: layers.Normalization(axis=0), ValueError, "axis is one or several axes of a sample"),
        (lambda: layers.Normalization(axis=3).output_shape((2, 3)), ValueError, "axis=3 does not fit samples with 2"),
        (lambda: layers.Normalization(mean=[1, 2], variance=1).output_shape((3,)), ValueError, "mean of shape"),
        (lambda: layers.Normalization(mean=1, variance=1).adapt(DATA), ValueError, "nothing is left to adapt"),
        (lambda: layers.Normalization().adapt(np.empty((0, 3))), ValueError, "no rows"),
        (lambda: layers.Normalization().adapt([[np.nan]]), ValueError, "NaN or infinite"),
        (lambda: layers.Normalization().adapt([["a"]]), TypeError, "array of numbers"),
    ],
)
def test_what_has_no_meaning_is_refused(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_other_samples_than_those_adapted_to_are_refused():
    layer = layers.Normalization()
    layer.adapt(DATA)
    with pytest.raises(ValueError, match=r"adapt saw data with statistics of shape \(3,\), .* need \(4,\)"):
        model_of(layer, (4,))


def test_fit_warns_of_a_layer_that_has_seen_nothing():
    layer = layers.Normalization()
    model = clarinet.Sequential([layer, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.warns(clarinet.checks.ClarinetWarning, match=r"has seen no data.*call its adapt\(x\) before fit"):
        model.fit(DATA, np.zeros(len(DATA)), verbose=0)
    layer.adapt(DATA)
    model.fit(DATA, np.zeros(len(DATA)), verbose=0)  # warnings are errors here
