"""Layers that take several tensors: against Keras on arrays and in networks, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.layers import Input
from tests.cases.case import inputs
from tests.cases.merging import MERGING

# Keras 3.15 itself warns under NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

ROWS = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


@pytest.mark.parametrize("case", MERGING, ids=repr)
def test_gives_what_keras_gives(case: Any) -> None:
    """Outputs and the gradients at all inputs, by automatic differentiation there."""
    jax = pytest.importorskip("jax")
    keras = pytest.importorskip("keras")
    xs, ours, theirs = inputs(case, 6), case.make(), case.keras(keras)
    y = ours(list(xs))
    expected, back = jax.vjp(lambda *xs: theirs(list(xs)), *map(jax.numpy.asarray, xs))
    assert y.shape == expected.shape
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    dy = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    _, cache, _ = ours.forward({}, {}, xs, layers.base.Context())
    dxs, _ = ours.backward({}, cache, dy)
    for mine, own in zip(dxs, back(jax.numpy.asarray(dy)), strict=True):
        np.testing.assert_allclose(mine, own, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", MERGING, ids=repr)
def test_shapes_of_tensors_are_those_of_keras(case: Any) -> None:
    keras = pytest.importorskip("keras")
    shape = case.make()([Input(shape) for shape in case.shape]).shape
    assert shape == case.keras(keras)([keras.Input(shape) for shape in case.shape]).shape
    assert shape == (None, *case.make().output_shape(case.shape))


EQUAL = np.array([[1.0, 1.0, 2.0]])


@pytest.mark.parametrize("name", ["Maximum", "Minimum"])
def test_equal_numbers_share_the_gradient_as_in_keras(name: str) -> None:
    jax = pytest.importorskip("jax")
    keras = pytest.importorskip("keras")
    xs = (EQUAL, EQUAL[:, ::-1], np.ones((1, 1)))
    _, cache, _ = getattr(layers, name)().forward({}, {}, xs, layers.base.Context())
    dxs, _ = getattr(layers, name)().backward({}, cache, np.ones((1, 3)))
    theirs = getattr(keras.layers, name)()
    _, back = jax.vjp(lambda *xs: theirs(list(xs)), *map(jax.numpy.asarray, xs))
    for mine, own in zip(dxs, back(jax.numpy.ones((1, 3))), strict=True):
        np.testing.assert_array_equal(mine, own)


def test_lengths_of_nothing() -> None:
    """Where Keras's gradient is no number: the function is a straight line there, as steep as 1 / 1e-7."""
    layer, xs = layers.Dot(1, normalize=True), (np.zeros((1, 2)), np.array([[3.0, 4.0]]))
    y, cache, _ = layer.forward({}, {}, xs, layers.base.Context())
    dxs, _ = layer.backward({}, cache, np.ones((1, 1)))
    assert y.tolist() == [[0.0]]
    np.testing.assert_allclose(dxs[0], [[0.6e7, 0.8e7]])
    np.testing.assert_array_equal(dxs[1], [[0.0, 0.0]])


FUNCTIONS: dict[str, dict[str, Any]] = {
    **{name: {} for name in ("add", "average", "maximum", "minimum", "multiply", "subtract")},
    "concatenate": {"axis": 1},
    "dot": {"axes": -1, "normalize": True},
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_call_the_layers(name: str) -> None:
    function, layer = getattr(layers, name), getattr(layers, name.title())(**FUNCTIONS[name])
    np.testing.assert_array_equal(function([ROWS, 2 * ROWS], **FUNCTIONS[name]), layer([ROWS, 2 * ROWS]))
    tensor = function([Input((4,)), Input((4,))], name="joint", **FUNCTIONS[name])
    assert (tensor.name, tensor.shape) == ("joint", layer([Input((4,)), Input((4,))]).shape)


def test_defaults_of_functions_are_those_of_keras() -> None:
    keras = pytest.importorskip("keras")
    for name, settings in (("concatenate", {}), ("dot", {"normalize": True})):
        ours, theirs = (getattr(k.layers, name)([ROWS, ROWS], **settings) for k in (clarinet, keras))
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_what_is_computed_has_the_dtype_of_layers() -> None:
    assert layers.Add()([ROWS.astype(np.float64), [[1]] * 5]).dtype == np.float32


A, B, STEPS = Input((4,)), Input((3,)), Input((2, 4))
REFUSED = [
    (lambda: layers.Add()(A), TypeError, "Add takes a list of tensors or arrays"),
    (lambda: layers.Add()(ROWS), TypeError, "Add takes a list of tensors or arrays"),
    (lambda: layers.Add()([]), TypeError, r"Add takes a list of tensors or arrays, .* received \[\]"),
    (lambda: layers.Add()({"a": A}), TypeError, "Add takes a list of tensors or arrays"),
    (lambda: layers.Add()(["a", "b"]), TypeError, "Add: called on 'a'"),
    (lambda: layers.Add()([ROWS, A]), TypeError, "has no numbers yet"),
    (lambda: layers.Add()([A, ROWS]), ValueError, "of which some have no rows of the batch"),
    (lambda: layers.Add()([ROWS, ROWS[:1]]), ValueError, "Add: called on arrays of 5, 1 rows; expected as many"),
    (lambda: layers.Add()([A, B]), ValueError, r"Add: samples of shapes \(4,\), \(3,\) do not fit: from the last axis"),
    (lambda: layers.Subtract()([A]), ValueError, "Subtract takes two tensors, received 1"),
    (lambda: layers.subtract([A, A, A]), ValueError, "Subtract takes two tensors, received 3"),
    (lambda: layers.Concatenate(0), ValueError, "Concatenate: axis is a whole number, not 0, which is the batch's"),
    (lambda: layers.Concatenate(1.5), ValueError, "Concatenate: axis is a whole number"),
    (lambda: layers.Concatenate(3)([STEPS, STEPS]), ValueError, "Concatenate: samples with 2 axes have no axis 3"),
    (lambda: layers.Concatenate(-3)([STEPS, STEPS]), ValueError, "Concatenate: samples with 2 axes have no axis -3"),
    (lambda: layers.Concatenate(1)([STEPS, Input((2, 3))]), ValueError, "takes shapes that differ along axis 1 alone"),
    (lambda: layers.Concatenate()([STEPS, A]), ValueError, "takes shapes that differ along axis -1 alone"),
    (lambda: layers.Dot("last"), TypeError, "Dot: axes is a whole number or two such as"),
    (lambda: layers.Dot((1,)), ValueError, "Dot: axes is a whole number or two such as"),
    (lambda: layers.Dot((1, 2.0)), ValueError, "Dot: axes is a whole number or two such as"),
    (lambda: layers.Dot(1, normalize="yes"), TypeError, "Dot: normalize: expected True or False"),
    (lambda: layers.Dot(0)([A, A]), ValueError, r"axes=0 names no axis of samples of shape \(4,\); the batch's is 0"),
    (lambda: layers.Dot(-2)([A, A]), ValueError, "axes=-2 names no axis"),
    (lambda: layers.Dot(1)([A, B]), ValueError, "have 4 and 3 entries along axes=1; expected as many in both"),
    (lambda: layers.Dot(1)([A]), ValueError, "Dot takes two tensors, received 1"),
    (lambda: layers.Dot(1)(A), TypeError, "Dot takes a list of tensors or arrays"),
    (lambda: clarinet.Sequential([Input((4,)), layers.Add()]), ValueError, "add: Add takes a list of tensors, and"),
    (lambda: clarinet.Sequential([Input((4,)), layers.Dot(1)]), ValueError, "add: Dot takes a list of tensors, and"),
    (lambda: layers.Add().output_shape((4,)), ValueError, r"Add takes a list .* received one, of samples of shape"),
    (lambda: layers.Dot(1).output_shape(()), ValueError, r"Dot takes a list .* received one, of samples of shape"),
    (lambda: layers.Residual([layers.Add()]), ValueError, "Residual: layers: Add takes several tensors, and a chain"),
    (lambda: layers.Dense(3)([A, B]), ValueError, r"Dense takes one tensor, received 2; join them .* Concatenate\(\)"),
]


@pytest.mark.parametrize(("make", "error", "message"), REFUSED)
def test_refuses(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def network(k: Any) -> Any:
    """Every one of them between two inputs and an output."""
    left, right = k.Input((4,), name="left"), k.Input((3, 2), name="right")
    a = k.layers.Dense(6, activation="tanh")(left)
    b = k.layers.Dense(6)(right)
    gate = k.layers.Dense(1, activation="sigmoid")(left)
    c = k.layers.Multiply()([a, b, gate])
    d = k.layers.maximum([c, k.layers.subtract([b, a])])
    e = k.layers.Dot((2, 2), normalize=True)([d, b])
    f = k.layers.minimum([k.layers.Dense(3)(d), k.layers.average([e, k.layers.Dense(3)(left)])])
    y = k.layers.concatenate([k.layers.add([c, d]), f])
    return k.Model([left, right], k.layers.Dense(2)(k.layers.Flatten()(y)))


def test_training_follows_keras() -> None:
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(3)
    x = [rng.normal(size=(24, *shape)).astype(np.float32) for shape in ((4,), (3, 2))]
    y = rng.normal(size=(24, 2)).astype(np.float32)
    theirs, ours = network(keras), network(clarinet)
    ours.set_weights([np.asarray(w) for w in theirs.get_weights()])
    for k, model in ((keras, theirs), (clarinet, ours)):
        model.compile(k.optimizers.SGD(0.05), "mse")
        model.fit(x, y, batch_size=8, epochs=5, shuffle=False, verbose=0)
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-4, atol=1e-5)
    for mine, own in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, own, rtol=1e-4, atol=1e-5)


def test_a_network_of_them_is_saved(tmp_path: Any) -> None:
    model, rng = network(clarinet), np.random.default_rng(3)
    x = [rng.normal(size=(5, *shape)).astype(np.float32) for shape in ((4,), (3, 2))]
    model.save(tmp_path / "model.cln")
    clone = clarinet.models.load_model(tmp_path / "model.cln")
    np.testing.assert_array_equal(clone.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_network_with_one_input_runs_natively() -> None:
    inputs = Input((6,))
    a, b, gate = layers.Dense(8, "tanh")(inputs), layers.Dense(8)(inputs), layers.Dense(1, "sigmoid")(inputs)
    joint = layers.concatenate([layers.subtract([a, b]), layers.multiply([a, gate]), layers.dot([a, b])])
    model = clarinet.Model(inputs, layers.Dense(1)(joint))
    model.compile("sgd", "mse")
    assert model.engine == "native", model.engine_reason
    x = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    clone = clarinet.Model.from_config(model.get_config())
    clone.set_weights(model.get_weights())
    clone.compile("sgd", "mse", engine="reference")
    for each in (model, clone):
        each.fit(x, x[:, :1], epochs=2, verbose=0, seed=1)
    np.testing.assert_allclose(model.predict(x, verbose=0), clone.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
