"""Every activation: derivative, array API, precision, equal to Keras's."""

import json

import numpy as np
import pytest

from clarinet import activations
from tests.cases import ACTIVATIONS
from tests.contracts.derivatives import assert_close, numeric_gradient

each = pytest.mark.parametrize("case", ACTIVATIONS, ids=repr)


def points(dtype=np.float64):
    return np.random.default_rng(0).normal(scale=1.5, size=(5, 4)).astype(dtype)


@each
def test_derivative(case):
    f, z = case.make(), points()
    dy = np.random.default_rng(1).normal(size=z.shape)
    numeric = numeric_gradient(lambda z: float(np.sum(dy * f.forward(z))), z)
    assert_close(f.backward(dy, z, f.forward(z)), numeric)


@each
def test_equals_keras(case):
    import jax
    import keras

    theirs, z, f = case.keras(keras), points(np.float32), case.make()
    a, pull = jax.vjp(theirs, z)
    np.testing.assert_allclose(f.forward(z), a, rtol=2e-6, atol=2e-7)
    dy = points(np.float32)[::-1]
    np.testing.assert_allclose(f.backward(dy, z, f.forward(z)), pull(dy)[0], rtol=1e-5, atol=1e-6)


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(case, dtype):
    f, z = case.make(), points(dtype)
    assert f.forward(z).dtype == f.backward(z, z, f.forward(z)).dtype == dtype


@each
def test_large_numbers_do_not_overflow(case):
    f = case.make()
    largest = 80.0 if case.id == "exponential" else 1e4
    z = np.array([[-1e4, largest, 0.0, -80.0]], np.float32)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        a = f.forward(z)
        dz = f.backward(np.ones_like(z), z, a)
    assert np.isfinite(a).all() and np.isfinite(dz).all()


@each
def test_array_api_only(case):
    xp = pytest.importorskip("array_api_strict")
    f, z = case.make(), xp.asarray(points())
    a = f.forward(z, xp)
    dz = f.backward(z, z, a, xp)
    np.testing.assert_allclose(np.asarray(a), f.forward(points()), rtol=1e-12)
    np.testing.assert_allclose(np.asarray(dz), f.backward(points(), points(), f.forward(points())), rtol=1e-12)


@each
def test_configuration_round_trip(case):
    f = case.make()
    assert activations.get(json.loads(json.dumps(f.encoded()))) == f
    assert activations.get({"class_name": type(f).__name__, "config": f.get_config()}) == f


def test_called_on_lists_and_integers():
    assert activations.relu([-1, 2]).tolist() == [0, 2]
    assert activations.leaky_relu(np.array([-2.0]), negative_slope=0.5).tolist() == [-1.0]


@pytest.mark.parametrize("name", ["reluu", "Sigmoyd", ""])
def test_unknown_name_is_refused(name):
    with pytest.raises(ValueError, match="unknown activation"):
        activations.get(name)


def test_nearest_name_is_given():
    with pytest.raises(ValueError, match="did you mean 'softmax'"):
        activations.get("soft_mix")


def test_python_function_derives_itself_or_brings_its_derivative():
    def cube(z):
        return z**3

    z = points()
    for own in (activations.get(cube), activations.get(activations.Custom(cube, lambda z: 3 * z**2))):
        assert own.name == "cube"
        assert_close(own.backward(z, z, own.forward(z)), numeric_gradient(lambda x: float(np.sum(z * x**3)), z))


def test_python_function_runs_on_the_reference_engine_and_the_reason_says_so():
    import clarinet

    own = activations.Custom(np.sin, np.cos)
    model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1, activation=own)])
    model.compile("sgd", "mse")
    assert model.engine == "reference"
    assert model.engine_reason == "the activation 'sin' of layer 0 has no native form"
    with pytest.raises(TypeError, match="pass a Python function again"):
        model.get_config()


def test_softmax_takes_an_axis_of_the_sample():
    z = np.random.default_rng(0).normal(size=(2, 3, 4))
    np.testing.assert_allclose(activations.Softmax(axis=1)(z).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(activations.LogSoftmax(axis=1)(z)), activations.Softmax(axis=1)(z))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: activations.Softmax(axis=0), ValueError, "softmax: axis: axis 0 is the batch"),
        (lambda: activations.LogSoftmax(axis="x"), TypeError, "log_softmax: axis: expected a whole number"),
        (lambda: activations.Celu(0), ValueError, "celu: alpha: expected a number other than 0"),
        (lambda: activations.Custom(np.sin, 3), TypeError, "Custom: derivative: expected a function of an array"),
        (lambda: activations.Custom(np.sin), TypeError, "derivative"),
    ],
)
def test_settings_without_meaning_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("settings", [{"threshold": -1}, {"max_value": -1}, {"negative_slope": "a"}])
def test_bad_settings_are_refused(settings):
    with pytest.raises((TypeError, ValueError), match=f"relu: {next(iter(settings))}: expected a finite number"):
        activations.Relu(**settings)
