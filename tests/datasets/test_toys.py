"""The 2-D toy sets and the study-hours table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarinet.datasets import study_hours, toys
from tests.properties import examples

SETS = [toys.blobs, toys.circles, toys.moons, toys.spirals, toys.xor]


@examples(25)
@given(n=st.integers(3, 200), seed=st.integers(0, 2**64 - 1), noise=st.floats(0, 2), make=st.sampled_from(SETS))
def test_shapes_types_balance_and_repeatability(n, seed, noise, make):
    x, y = make(n, noise, seed=seed)
    assert x.shape == (n, 2) and x.dtype == np.float32 and np.isfinite(x).all()
    assert y.shape == (n,) and y.dtype == np.int64
    counts = np.bincount(y)
    assert counts.max() - counts.min() <= 1
    again, labels = make(n, noise, seed=seed)
    np.testing.assert_array_equal(again, x)
    np.testing.assert_array_equal(labels, y)


@pytest.mark.parametrize("make", SETS)
def test_seeds_differ_and_rows_are_mixed(make):
    x, y = make(400)
    assert not np.array_equal(x, make(400, seed=1)[0])
    # validation_split takes the last part: both classes must be in it in about equal shares.
    counts = np.bincount(y[-100:])
    assert counts.min() > 0.5 * 100 / len(counts)


def radius(x):
    return np.hypot(x[:, 0], x[:, 1])


def test_noiseless_geometry():
    x, y = toys.circles(200, 0.0, factor=0.3)
    np.testing.assert_allclose(radius(x), np.where(y == 0, 1, 0.3), atol=1e-6)
    x, y = toys.moons(200, 0.0)
    np.testing.assert_allclose(radius(x - np.where(y[:, None] == 0, [0, 0], [1, 0.5])), 1, atol=1e-6)
    x, y = toys.xor(200, 0.0)
    np.testing.assert_array_equal((x[:, 0] > 0) != (x[:, 1] > 0), y == 1)
    assert np.abs(x).max() <= 1
    x, y = toys.blobs(200, 0.0, classes=4)
    assert len(np.unique(x.round(5), axis=0)) == 4
    x, y = toys.spirals(200, 0.0, classes=3, turns=1.5)
    turned = np.arctan2(x[:, 1], x[:, 0]) - 2 * np.pi * (1.5 * radius(x) + y / 3)
    np.testing.assert_allclose(np.cos(turned), 1, atol=1e-4)


def test_noise_has_the_size_asked_for():
    x, _ = toys.circles(20000, 0.05)
    y = toys.circles(20000, 0.05)[1]
    assert abs(np.std(radius(x)[y == 0]) - 0.05) < 0.002


@pytest.mark.parametrize(
    ("make", "arguments", "error", "message"),
    [
        (toys.circles, {"n": 1}, ValueError, "n=1: expected at least 2"),
        (toys.blobs, {"n": 2}, ValueError, "n=2: expected at least 3"),
        (toys.xor, {"n": 10.0}, TypeError, "n=10.0: expected a whole number, got float"),
        (toys.xor, {"n": True}, TypeError, "n=True: expected a whole number, got bool"),
        (toys.moons, {"noise": -0.1}, ValueError, "noise=-0.1: expected 0 or more, and finite"),
        (toys.moons, {"noise": float("nan")}, ValueError, "noise=nan"),
        (toys.moons, {"noise": "much"}, TypeError, "noise='much': expected a number, got str"),
        (toys.circles, {"factor": 1.5}, ValueError, "factor=1.5: expected 0 to 1"),
        (toys.spirals, {"classes": 1}, ValueError, "classes=1: expected at least 2"),
        (toys.spirals, {"turns": float("inf")}, ValueError, "turns=inf"),
        (toys.blobs, {"seed": -1}, ValueError, "seed=-1: expected at least 0"),
        (toys.blobs, {"seed": None}, TypeError, "seed=None: expected a whole number"),
    ],
)
def test_bad_arguments(make, arguments, error, message):
    with pytest.raises(error, match=message):
        make(**arguments)


def test_numpy_numbers_are_numbers():
    assert toys.xor(np.int32(10), np.float32(0.1), seed=np.int64(3))[0].shape == (10, 2)


def test_study_hours():
    x, y = study_hours.load_data()
    assert x.dtype == y.dtype == np.float32
    assert x.tolist() == [[3, 5], [5, 1], [10, 2]] and y.tolist() == [[75], [82], [93]]
