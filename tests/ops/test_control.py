"""Branches and loops as functions: equal to Keras's, and followed by a tape."""

import numpy as np
import pytest

import clarinet
from clarinet import ops
from tests.contracts.recording import symbol

X = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)


def pair(o):
    """Calls that Keras understands as well."""
    x = o.convert_to_tensor(X)
    return [
        o.cond(True, lambda: x * 2, lambda: x), o.cond(o.sum(x) > 1e9, lambda: x * 2, lambda: x),
        o.switch(1, [lambda a: a, lambda a: a * 2], x), o.switch(7, [lambda a: a, lambda a: a * 3], x),
        *o.while_loop(lambda i, y: i < 5, lambda i, y: (i + 1, y * 1.5), (0, x)),
        o.while_loop(lambda y: o.sum(y) < 1e3, lambda y: o.abs(y) * 2, x),
        *o.while_loop(lambda i, y: True, lambda i, y: (i + 1, y + 1), (0, x), maximum_iterations=3),
        o.fori_loop(1, 4, lambda i, y: y + i, x),
        *o.scan(lambda s, row: (s + row, s * row), o.zeros(3), x),
        *o.scan(lambda s, row: (s + row, s * row), o.zeros(3), x, reverse=True),
        *o.scan(lambda s, _: (s * 2, s), o.ones(2), length=3),
        o.associative_scan(lambda a, b: a + b, x), o.associative_scan(lambda a, b: a * b, x, axis=1, reverse=True),
        o.map(o.sum, x), o.map(lambda row: row * 2, x), o.vectorized_map(lambda row: row * row, x),
    ]  # fmt: skip


def test_control_is_keras_s():
    import keras

    for ours, theirs in zip(pair(ops), pair(keras.ops), strict=True):
        np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-5)


def test_structures_go_through():
    def step(state, row):
        return {"n": state["n"] + 1, "total": state["total"] + row["a"]}, (row["a"] * 2, [row["b"]])

    state, (doubled, [same]) = ops.scan(step, {"n": 0, "total": 0.0}, {"a": X, "b": X[:, 0]})
    assert state["n"] == 4
    np.testing.assert_allclose(state["total"], X.sum(0), rtol=1e-5)
    np.testing.assert_allclose(doubled, X * 2)
    np.testing.assert_allclose(same, X[:, 0])
    assert ops.map(lambda rows: rows["a"] + rows["b"], {"a": X, "b": X}).shape == (4, 3)


def test_the_other_branch_is_not_called():
    assert ops.cond(np.array([True]), lambda: 1, lambda: 1 / 0) == 1


def test_a_tape_goes_through_loops():
    import jax

    x = ops.convert_to_tensor(X)
    with ops.GradientTape() as tape:
        tape.watch(x)
        state, ys = ops.scan(lambda s, row: (ops.tanh(s + row), s * row), ops.zeros(3), x)
        y = ops.sum(state) + ops.sum(ys)

    def theirs(x):
        state, ys = jax.lax.scan(lambda s, row: (jax.numpy.tanh(s + row), s * row), jax.numpy.zeros(3), x)
        return state.sum() + ys.sum()

    np.testing.assert_allclose(tape.gradient(y, x), np.asarray(jax.grad(theirs)(X)), rtol=1e-5, atol=1e-6)


S = symbol((None, 3), "float32", True)
T = clarinet.layers.Input((3,))


class Branches(clarinet.layers.Layer):
    """Chooses by what the numbers of a step are."""

    def call(self, x):
        chosen = ops.cond(ops.mean(x) > 0, lambda: {"y": x * 2, "b": ops.max(x)}, lambda: {"y": -x, "b": 1.0})
        place = ops.cast(ops.mean(x) * 4, "int32")
        return chosen["y"] * chosen["b"] + ops.switch(place, [lambda a: a, ops.square, ops.sin], x)


@pytest.mark.parametrize("engine", ["reference", "native"])
@pytest.mark.parametrize("shift", [-1.0, 0.01, 0.3, 2.0])
def test_a_layer_takes_a_branch_for_each_batch(engine, shift):
    x = np.float32(X - X.mean() + shift)
    model = clarinet.Sequential([clarinet.layers.Input((3,)), Branches()])
    model.compile("sgd", "mse", engine=engine)
    place = min(max(int(x.mean() * 4), 0), 2)
    first = x * 2 * x.max() if x.mean() > 0 else -x
    np.testing.assert_allclose(model.predict(x), first + [x, x * x, np.sin(x)][place], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ops.cond([True, False], None, None), ValueError, "cond: expected one truth value"),
        (lambda: ops.cond(T, lambda: 1, lambda: 2), ValueError, "cond: expected one number.*ops.where"),
        (lambda: ops.cond(ops.mean(T) > 0, lambda: [1, 2], lambda: 1), ValueError, r"cond: the branches give \[1, 2\]"),
        (lambda: ops.switch(T, [lambda: 1]), ValueError, "switch: expected one number"),
        (lambda: ops.fori_loop(0, S, None, 1), TypeError, "ops.fori_loop needs numbers"),
        (lambda: ops.while_loop(lambda x: S, None, 1), TypeError, "ops.while_loop needs numbers"),
        (lambda: ops.scan(lambda s, x: (s, x), 0), ValueError, "scan: expected one length, from xs or length"),
        (lambda: ops.scan(lambda s, x: (s, x), 0, X, length=9), ValueError, r"received \[4, 9\]"),
    ],
)
def test_what_cannot_be_followed_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_vectorize():
    squares = ops.vectorize(lambda a, b: a * b + 1)
    assert squares([[1.0, 2.0]], [[3.0], [4.0]]).tolist() == [[4.0, 7.0], [5.0, 9.0]]
    scaled = ops.vectorize(lambda row, factor: row * factor, excluded={1}, signature="(n)->(n)")
    assert scaled([[1.0, 2.0], [3.0, 4.0]], 2.0).tolist() == [[2.0, 4.0], [6.0, 8.0]]
    x = ops.convert_to_tensor([1.0, 2.0])
    with ops.GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(squares(x, x))
    assert tape.gradient(y, x).tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="not a signature of 2 arguments"):
        ops.vectorize(lambda a, b: a, signature="(n)->()")([1.0], [1.0])
