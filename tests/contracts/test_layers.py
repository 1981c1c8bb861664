"""Every layer: derivatives, purity, shapes, precision, array API, configuration."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from clarinet import Sequential, layers
from clarinet.layers.composite import Composite
from clarinet.layers.context import Context
from clarinet.layers.parts import flatten_parts
from clarinet.philox import Key
from tests.cases import LAYERS, inputs
from tests.contracts.derivatives import assert_close, numeric_gradient


class OfParts(Composite):
    """Any layer as the parts that engines run, but for the penalty on its output: no part of its own passes."""

    def __init__(self, whole, inputs):
        super().__init__()
        for name, value in {"whole": whole, "inputs": inputs, "merges": whole.merges}.items():
            object.__setattr__(self, name, value)

    def parts(self):
        parts = flatten_parts(self.whole, self.inputs)
        return tuple(p for p in parts if p is parts[0] or not isinstance(p.layer, layers.ActivityRegularization))


each = pytest.mark.parametrize("case", LAYERS, ids=repr)
modes = pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])


def setting(case, dtype=np.float64, rows=5):
    """A layer, its weights and state at random values, inputs, and a gradient for its output."""
    layer, rng = case.make(), np.random.default_rng(2)
    params = {w.name: rng.normal(size=w.shape).astype(dtype) for w in layer.weight_specs(case.shape)}
    state = {w.name: rng.uniform(0.5, 2.0, w.shape).astype(dtype) for w in layer.state_specs(case.shape)}
    x = inputs(case, rows, dtype)
    dy = rng.normal(size=(rows, *layer.output_shape(case.shape))).astype(dtype)
    return layer, params, state, x, dy


def each_of(x):
    """The arrays of a layer's input or of its gradient: one, or several."""
    return x if isinstance(x, tuple) else (x,)


def of_each(function, x):
    """A function of every array of a layer's input."""
    return tuple(map(function, x)) if isinstance(x, tuple) else function(x)


def exchanged(x, number, array):
    """A layer's input with another array in one place."""
    return (*x[:number], array, *x[number + 1 :]) if isinstance(x, tuple) else array


def context(training, xp=np):
    return Context(training, Key(9, step=4, layer=1), xp)


@pytest.mark.every_row
@each
@modes
def test_derivatives(case, training):
    layer, params, state, x, dy = setting(case)

    def loss(x, **changed):
        y, _, _ = layer.forward(params | changed, state, x, context(training))
        return float(np.sum(dy * y)) + layer.penalty(y)

    _, cache, _ = layer.forward(params, state, x, context(training))
    dx, grads = layer.backward(params, cache, dy)
    assert len(each_of(dx)) == len(each_of(x))
    for number, (found, array) in enumerate(zip(each_of(dx), each_of(x))):
        assert found.shape == array.shape
        assert_close(found, numeric_gradient(lambda a, number=number: loss(exchanged(x, number, a)), array))
    assert set(grads) == set(params)
    for name, w in params.items():
        assert_close(grads[name], numeric_gradient(lambda w, name=name: loss(x, **{name: w}), w))


@each
def test_gradients_of_weights_alone_are_those_of_backward(case):
    layer, params, state, x, dy = setting(case)
    _, cache, _ = layer.forward(params, state, x, context(True))
    whole, alone = layer.backward(params, cache, dy)[1], layer.weight_gradients(params, cache, dy)
    assert whole.keys() == alone.keys()
    assert all(np.array_equal(whole[name], alone[name]) for name in whole)


def test_a_first_layer_with_a_backward_of_its_own_runs_it():
    class Doubled(layers.Dense):
        def backward(self, params, cache, dy):
            dx, grads = super().backward(params, cache, dy)
            return dx, {name: 2 * g for name, g in grads.items()}

    def moved(kind):
        model = Sequential([layers.Input((3,)), kind(2)])
        model.compile("sgd", "mse", engine="reference")
        model.set_weights([np.zeros((3, 2)), np.zeros(2)])
        model.fit(np.ones((4, 3)), np.ones((4, 2)), batch_size=4, epochs=1, verbose=0)
        return model.get_weights()

    once, twice = moved(layers.Dense), moved(Doubled)
    assert all(np.any(a) and np.allclose(2 * a, b) for a, b in zip(once, twice, strict=True))


@each
@modes
def test_nothing_is_changed_in_place(case, training):
    layer, params, state, x, dy = setting(case)
    for array in (*params.values(), *state.values(), *each_of(x), dy):
        array.flags.writeable = False  # writing raises
    before = dict(vars(layer))
    y, cache, new_state = layer.forward(params, state, x, context(training))
    layer.backward(params, cache, dy)
    assert vars(layer) == before
    assert y.shape == dy.shape
    assert set(new_state) <= set(state)


@each
def test_threads_share_a_layer(case):
    layer, params, state, x, dy = setting(case, rows=40)
    scaled = (lambda a, scale: np.round(a * scale)) if case.inputs == "ids" else np.multiply
    batches = [(of_each(lambda a, s=scale: scaled(a, s), x), dy) for scale in np.linspace(0.1, 1, 24)]

    def run(batch):
        y, cache, _ = layer.forward(params, state, batch[0], context(True))
        return y, layer.backward(params, cache, batch[1])

    alone = [run(batch) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(run, batches))
    for (y, (dx, grads)), (y2, (dx2, grads2)) in zip(alone, together):
        for mine, theirs in ((y, y2), *zip(each_of(dx), each_of(dx2))):
            np.testing.assert_array_equal(mine, theirs)
        for name in grads:
            np.testing.assert_array_equal(grads[name], grads2[name])


@each
@modes
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(case, training, dtype):
    layer, params, state, x, dy = setting(case, dtype)
    y, cache, new_state = layer.forward(params, state, x, context(training))
    dx, grads = layer.backward(params, cache, dy)
    assert {a.dtype for a in (y, *each_of(dx), *grads.values(), *new_state.values())} == {np.dtype(dtype)}


@each
@modes
def test_array_api_only(case, training):
    xp = pytest.importorskip("array_api_strict")
    layer, params, state, x, dy = setting(case)
    strict = [{k: xp.asarray(v) for k, v in d.items()} for d in (params, state)]
    y, cache, _ = layer.forward(*strict, of_each(xp.asarray, x), context(training, xp))
    dx, grads = layer.backward(strict[0], cache, xp.asarray(dy))
    y2, cache2, _ = layer.forward(params, state, x, context(training))
    dx2, grads2 = layer.backward(params, cache2, dy)
    np.testing.assert_allclose(np.asarray(y), y2, rtol=1e-12)
    for mine, theirs in zip(each_of(dx), each_of(dx2), strict=True):
        np.testing.assert_allclose(np.asarray(mine), theirs, rtol=1e-12, atol=1e-15)
    for name in grads2:
        np.testing.assert_allclose(np.asarray(grads[name]), grads2[name], rtol=1e-12)


@each
def test_parts_compute_the_same(case):
    layer, params, state, x, dy = setting(case)
    y, cache, _ = layer.forward(params, state, x, context(True))
    dx, grads = layer.backward(params, cache, dy)
    whole = OfParts(layer, len(each_of(x)))
    y2, cache2, _ = whole.forward(params, state, x, context(True))
    dx2, grads2 = whole.backward(params, cache2, dy)
    pairs = ((y2, y), *zip(each_of(dx2), each_of(dx)), *((grads2[name], grads[name]) for name in grads))
    for mine, theirs in pairs:
        np.testing.assert_array_equal(mine, theirs)
    assert [w.name for w in whole.weight_specs(case.shape)] == list(params)
    assert [w.name for w in whole.state_specs(case.shape)] == list(state)


@each
def test_configuration_round_trip(case):
    layer = case.make()
    copied = layers.get(json.loads(json.dumps(layer.encoded())))
    assert type(copied) is type(layer)
    assert copied.get_config() == layer.get_config()
    assert eval(repr(copied.get_config())) == layer.get_config()  # noqa: S307
    with pytest.raises(ValueError, match="has no argument 'unitss'"):
        type(layer).from_config(layer.get_config() | {"unitss": 1})


@each
def test_configuration_is_fixed(case):
    layer = case.make()
    layer.name, layer.trainable = "other", False
    with pytest.raises(AttributeError, match=r"input_shape is fixed once the layer is made"):
        layer.input_shape = (3,)


def test_dropout_drops_its_share_and_keeps_the_mean():
    layer, x = layers.Dropout(0.3), np.ones((400, 100))
    y, _, _ = layer.forward({}, {}, x, context(True))
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.01)
    assert y.mean() == pytest.approx(1, abs=0.02)
    np.testing.assert_allclose(y[y != 0], 1 / 0.7)


def test_dropout_masks_depend_on_step_and_layer_alone():
    x = np.ones((8, 8))

    def mask(spec, **changes):
        return spec.forward({}, {}, x, Context(True, Key(9, **changes)))[0] != 0

    drop = layers.Dropout(0.5)
    assert (mask(drop, step=1) == mask(drop, step=1)).all()
    assert (mask(drop, step=1) != mask(drop, step=2)).any()
    assert (mask(drop, step=1, layer=1) != mask(drop, step=1, layer=2)).any()
    own = layers.Dropout(0.5, seed=3)
    assert (mask(own, step=1) == own.forward({}, {}, x, Context(True, Key(77, step=1)))[0].astype(bool)).all()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Dense(0), ValueError, "Dense: units: expected a positive whole number, received 0"),
        (lambda: layers.Dense(2.5), TypeError, r"Dense: units: .* received 2.5 of type float"),
        (lambda: layers.Dense(True), TypeError, "received True of type bool"),
        (lambda: layers.Dense(3, activation="rellu"), ValueError, "did you mean 'relu'"),
        (lambda: layers.Dense(3, kernel_initializer="glorot"), ValueError, "did you mean 'glorot_"),
        (lambda: layers.Dense(3, kernel_regularizer="l3"), ValueError, "unknown regularizer 'l3'"),
        (lambda: layers.Dense(3).output_shape(()), ValueError, "received scalars"),
        (lambda: layers.Dropout(1.0), ValueError, "Dropout: rate: .*below 1; received 1.0"),
        (lambda: layers.Dropout("a"), TypeError, "Dropout: rate"),
        (lambda: layers.Dropout(0.5, seed=1.5), TypeError, "Dropout: seed"),
        (lambda: layers.Rescaling(np.nan), ValueError, "Rescaling: scale"),
        (lambda: layers.Reshape((2, 0)), ValueError, "Reshape: target_shape"),
        (lambda: layers.Reshape((-1, -1)), ValueError, "at most one -1"),
        (lambda: layers.Reshape("ab"), TypeError, "Reshape: target_shape"),
        (lambda: layers.Reshape((4, 4)).output_shape((15,)), ValueError, "holds 15 numbers, which do not fit"),
        (lambda: layers.Reshape((-1, 4)).output_shape((15,)), ValueError, "holds 15 numbers, which do not fit"),
        (
            lambda: layers.BatchNormalization(axis=[1, 2]),
            ValueError,
            r"one axis of a sample.* received \[1, 2\]",
        ),
        (
            lambda: layers.BatchNormalization(axis=2).output_shape((3,)),
            ValueError,
            "axis=2 does not fit samples with 1",
        ),
        (lambda: layers.BatchNormalization(momentum=2), ValueError, "BatchNormalization: momentum"),
        (lambda: layers.BatchNormalization(epsilon="x"), TypeError, "BatchNormalization: epsilon"),
        (lambda: layers.Input((0,)), ValueError, "Input: shape"),
        (lambda: layers.Input("abc"), TypeError, "Input: shape"),
        (lambda: layers.ReLU(max_value=-1), ValueError, "relu: max_value"),
        (lambda: layers.get("Dence"), ValueError, "unknown layer 'Dence': did you mean 'dense'"),
    ],
)
def test_settings_without_meaning_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
