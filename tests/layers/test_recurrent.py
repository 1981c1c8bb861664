"""Recurrent layers: the states that they take, give and keep, and what they drop."""

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops
from clarinet.layers.context import Context
from clarinet.philox import Key
from tests.contracts.derivatives import assert_close, numeric_gradient

KINDS = ["SimpleRNN", "LSTM", "GRU"]
each = pytest.mark.parametrize("kind", KINDS)
STATES = {"SimpleRNN": 1, "LSTM": 2, "GRU": 1}


def sequences(rows=4, steps=5, inputs=3, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, steps, inputs)).astype(np.float32)


def made(kind, **settings):
    return getattr(layers, kind)(2, **settings)


@each
@pytest.mark.parametrize("settings", [{}, {"return_sequences": True}, {"go_backwards": True, "dropout": 0.4}])
@pytest.mark.parametrize("recurrent_dropout", [0.0, 0.5])
def test_derivatives_with_states(kind, settings, recurrent_dropout):
    layer = made(kind, return_state=True, recurrent_dropout=recurrent_dropout, **settings)
    rng, count = np.random.default_rng(1), 1 + STATES[kind]
    form = layer.taking(count)
    shapes = ((4, 3), *((2,),) * STATES[kind])
    params = {w.name: rng.normal(size=w.shape) for w in form.weight_specs(shapes)}
    xs = tuple(rng.normal(size=(3, *shape)) for shape in shapes)
    dys = tuple(rng.normal(size=(3, *shape)) for shape in form.output_shapes(shapes))
    ctx = Context(True, Key(9, step=4, layer=1))

    def loss(xs, **changed):
        ys = form.forward(params | changed, {}, xs, ctx)[0]
        return sum(float(np.sum(dy * y)) for dy, y in zip(dys, ys, strict=True))

    _, cache, _ = form.forward(params, {}, xs, ctx)
    dxs, grads = form.backward(params, cache, dys)
    for number, (found, x) in enumerate(zip(dxs, xs, strict=True)):
        assert_close(found, numeric_gradient(lambda a, i=number: loss((*xs[:i], a, *xs[i + 1 :])), x))
    for name, w in params.items():
        assert_close(grads[name], numeric_gradient(lambda w, name=name: loss(xs, **{name: w}), w))


@each
def test_states_come_out_and_go_in(kind):
    whole, half = sequences(), made(kind, return_sequences=True, return_state=True)
    all_outputs, *last = half(whole)
    _, *middle = half(whole[:, :3])
    outputs, *end = half(whole[:, 3:], initial_state=middle)
    np.testing.assert_allclose(outputs, all_outputs[:, 3:], rtol=1e-5, atol=1e-6)
    for mine, theirs in zip(end, last, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


@each
def test_in_a_network_as_on_numbers(kind):
    whole, layer = sequences(), made(kind, return_state=True)
    begin = [np.full((4, 2), 0.3, np.float32)] * STATES[kind]
    x, given = layers.Input((5, 3)), [layers.Input((2,)) for _ in begin]
    model = clarinet.Model([x, *given], list(layer(x, initial_state=given)))
    eager = layer(whole, initial_state=begin if len(begin) > 1 else begin[0])
    for mine, theirs in zip(model.predict([whole, *begin], verbose=0), eager, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def test_a_tape_sees_all_outputs():
    layer, x = layers.LSTM(2, return_state=True), ops.convert_to_tensor(sequences())
    with clarinet.GradientTape() as tape:
        tape.watch(x)
        _, h, c = layer(x)
        loss = ops.sum(h) + ops.sum(c * c)
    found = tape.gradient(loss, x)
    wanted = numeric_gradient(
        lambda a: float(np.sum(layer(a.astype(np.float32))[1]) + np.sum(np.square(layer(a.astype(np.float32))[2]))),
        sequences().astype(np.float64),
        5e-2,
    )
    np.testing.assert_allclose(found, wanted, atol=2e-3)


@each
def test_stateful_goes_on_and_is_reset(kind, tmp_path):
    whole, plain, kept = sequences(), made(kind), made(kind, stateful=True)
    model = clarinet.Sequential([layers.Input(batch_shape=(4, 2, 3)), kept])
    first = plain(whole[:, :2])
    kept.set_weights([*plain.get_weights(), *(v.numpy() for v in kept.non_trainable_weights)])
    np.testing.assert_allclose(model.predict(whole[:, :2], verbose=0), first, rtol=1e-5)
    model.save(tmp_path / "model.clarinet")
    for each_model in (model, clarinet.models.load_model(tmp_path / "model.clarinet")):
        found = each_model.predict(whole[:, 2:4], verbose=0)
        np.testing.assert_allclose(found, plain(whole[:, :4]), rtol=1e-5, atol=1e-7)
    kept.reset_states()
    np.testing.assert_allclose(model.predict(whole[:, :2], verbose=0), first, rtol=1e-5)


def test_stateful_says_what_it_needs():
    with pytest.raises(ValueError, match=r"Input\(batch_shape="):
        clarinet.Sequential([layers.Input((5, 3)), layers.GRU(2, stateful=True)])
    model = clarinet.Sequential([layers.Input(batch_shape=(4, 5, 3)), layers.GRU(2, stateful=True)])
    with pytest.raises(ValueError, match=r"batch of 3 rows.*use batch_size=4"):
        model.predict(sequences(7), batch_size=4, verbose=0)


@each
def test_bad_states_are_refused(kind):
    x = layers.Input((5, 3))
    with pytest.raises(ValueError, match=f"expected {STATES[kind]} tensors"):
        made(kind)(x, initial_state=[layers.Input((2,))] * 3)
    with pytest.raises(ValueError, match=r"samples of shape \(3,\); expected \(2,\)"):
        made(kind)(x, initial_state=[layers.Input((3,))] * STATES[kind])


def test_a_sequential_hands_on_one_tensor():
    with pytest.raises(ValueError, match="gives 3 tensors"):
        clarinet.Sequential([layers.Input((5, 3)), layers.LSTM(2, return_state=True)])


def test_time_major_is_refused():
    with pytest.raises(TypeError, match="Permute"):
        layers.LSTM(2, time_major=True)


@each
def test_dropout_is_the_same_at_all_steps(kind):
    layer = made(kind, dropout=0.5, return_sequences=True)
    x = np.ones((200, 4, 1), np.float32)
    dropped = np.asarray(layer(x, training=True))
    still = np.all(dropped == np.asarray(layer(0 * x)), axis=(1, 2))
    assert 60 < still.sum() < 140
    np.testing.assert_array_equal(layer(x), layer(x))
