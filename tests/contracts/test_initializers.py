"""Every initializer: Keras's distribution, the same numbers from the same key, precision."""

import json

import numpy as np
import pytest

from clarinet import initializers
from clarinet.initializers.scaling import fans
from clarinet.philox import Key
from tests.cases import INITIALIZERS

each = pytest.mark.parametrize("case", INITIALIZERS, ids=repr)
SHAPE = (300, 200)


@each
def test_distribution_is_that_of_keras(case):
    import keras

    keras.utils.set_random_seed(1)
    ours, theirs = case.make()(SHAPE, key=Key(1)), np.asarray(case.keras(keras)(SHAPE))
    spread = theirs.std()
    assert ours.shape == SHAPE and ours.dtype == np.float32
    np.testing.assert_allclose(ours.mean(), theirs.mean(), atol=0.02 * spread + 1e-7)
    np.testing.assert_allclose(ours.std(), spread, rtol=0.02, atol=1e-7)
    quantiles = np.linspace(0.02, 0.98, 25)
    np.testing.assert_allclose(np.quantile(ours, quantiles), np.quantile(theirs, quantiles), atol=0.06 * spread + 1e-7)
    unbounded = case.id in ("random-normal", "variance-scaling", "orthogonal")
    if not unbounded:
        np.testing.assert_allclose([ours.min(), ours.max()], [theirs.min(), theirs.max()], rtol=2e-3)


@each
def test_numbers_depend_on_the_key_alone(case):
    initializer = case.make()
    again = case.make()(SHAPE, key=Key(1, step=2, layer=3))
    np.testing.assert_array_equal(initializer(SHAPE, key=Key(1, step=2, layer=3)), again)
    if "seed" in initializer.get_config():
        assert (initializer(SHAPE, key=Key(1, layer=4)) != again).any()
        seeded = type(initializer)(**initializer.get_config() | {"seed": 5})
        np.testing.assert_array_equal(seeded(SHAPE, key=Key(1)), seeded(SHAPE, key=Key(2)))
        assert (initializer(SHAPE) != initializer(SHAPE)).any()  # without a key: new numbers on every call


@each
def test_precision_and_layout(case):
    a = case.make()((6, 6), dtype="float64", key=Key(0))
    assert a.dtype == np.float64 and a.flags.c_contiguous and a.flags.writeable
    np.testing.assert_allclose(case.make()((6, 6), key=Key(0)), a, rtol=1e-6)


@each
def test_configuration_round_trip(case):
    initializer = case.make()
    assert initializers.get(json.loads(json.dumps(initializer.encoded()))) == initializer


def test_fans():
    assert fans((3, 4)) == (3, 4)
    assert fans((5, 5, 3, 4)) == (75, 100)
    assert fans((7,)) == (7, 7)
    assert fans(()) == (1, 1)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (2, 2, 3)])
def test_orthogonal(shape):
    w = initializers.Orthogonal(gain=2.0, seed=0)(shape, "float64").reshape(-1, shape[-1])
    small = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-12)


def test_constant_takes_arrays():
    initializer = initializers.Constant(np.array([1.0, 2.0]))
    assert initializer((3, 2)).tolist() == [[1, 2]] * 3
    assert json.loads(json.dumps(initializer.get_config())) == {"value": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: initializers.get("glorot_uniforn"), ValueError, "did you mean 'glorot_uniform'"),
        (lambda: initializers.get(0.5), TypeError, "initializer: expected a name or an object of Initializer"),
        (lambda: initializers.VarianceScaling(0), ValueError, "scale is a positive number"),
        (lambda: initializers.VarianceScaling(mode="fan"), ValueError, "mode is one of fan_in, fan_out, fan_avg"),
        (lambda: initializers.VarianceScaling(distribution="x"), ValueError, "distribution is one of"),
        (lambda: initializers.HeNormal(seed="a"), TypeError, "HeNormal: seed is a whole number or None"),
        (lambda: initializers.Identity()((2, 2, 2)), ValueError, "two dimensions, received shape"),
        (lambda: initializers.Orthogonal()((2,)), ValueError, "two or more dimensions"),
    ],
)
def test_what_has_no_meaning_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
