"""Gradients of whole computations: against JAX's, with branches and loops, of variables and structures."""

from collections import namedtuple

import numpy as np
import pytest

from clarinet import Variable, ops
from clarinet.ops import GradientTape
from clarinet.ops.dispatch import as_tensor

RNG = np.random.default_rng(0)


def draw(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def perceptron(o, x, w1, b1, w2):
    hidden = o.tanh(o.matmul(x, w1) + b1)
    return o.mean(o.square(o.matmul(hidden, w2) - 1.0))


def attention(o, q, k, v):
    scores = o.einsum("bqd,bkd->bqk", q, k) / 2.0
    return o.sum(o.matmul(o.softmax(scores), v) ** 2)


def normalised(o, x, gamma):
    centred = x - o.mean(x, axis=0)
    y = centred / o.sqrt(o.var(x, axis=0) + 1e-3) * gamma
    return o.sum(o.where(y > 0, y, 0.1 * y) * o.sigmoid(y))


def looped(o, x, w):
    state = o.zeros_like(x)
    for step in range(4):
        state = o.tanh(o.matmul(state, w) + x * (step + 1))
    return o.sum(state)


def branching(o, x, w):
    y = o.matmul(x, w)
    while float(o.sum(o.abs(y))) > 1.0:  # a different number of rounds for other numbers
        y = y * 0.5 if float(o.sum(o.abs(y))) > 4 else o.sin(y) * 0.7
    return o.sum(y * y)


def picked(o, table, scores):
    rows = o.take(table, np.array([2, 0, 2, 1]), axis=0)
    best, _ = o.top_k(scores, 2)
    return o.sum(rows[:, :2] * o.reshape(best, (4, 2))) + o.sum(o.cumsum(rows, axis=1)[:, -1])


PROGRAMS = [
    (perceptron, (draw(7, 4), draw(4, 5), draw(5), draw(5, 1))),
    (attention, (draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 6))),
    (normalised, (draw(8, 3), draw(3))),
    (looped, (draw(5, 3), draw(3, 3))),
    (branching, (draw(4, 3), draw(3, 2))),
    (picked, (draw(3, 4), draw(4, 5))),
]


@pytest.mark.parametrize(("program", "inputs"), PROGRAMS, ids=lambda p: getattr(p, "__name__", ""))
def test_programs_have_jax_s_gradients(program, inputs):
    import jax
    import keras

    arrays = [jax.numpy.asarray(x) for x in inputs]
    expected = jax.vjp(lambda *xs: program(keras.ops, *xs), *arrays) if program is not branching else None
    tensors = [as_tensor(x) for x in inputs]
    with GradientTape() as tape:
        tape.watch(tensors)
        loss = program(ops, *tensors)
    found = tape.gradient(loss, tensors)
    if expected is None:  # JAX cannot branch on what it traces: its rounds are written out
        expected = unrolled(keras.ops, inputs, arrays)
    value, pull = expected
    np.testing.assert_allclose(loss, np.asarray(value), rtol=1e-5)
    for ours, theirs in zip(found, pull(jax.numpy.ones(()))):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-4, atol=1e-5)


def unrolled(o, inputs, arrays):
    """``branching`` with the branches that these numbers take."""
    import jax

    y, taken = inputs[0] @ inputs[1], []
    while np.abs(y).sum() > 1:
        taken.append(bool(np.abs(y).sum() > 4))
        y = y * 0.5 if taken[-1] else np.sin(y) * 0.7
    assert len(taken) > 1
    assert len(set(taken)) == 2

    def straight(x, w):
        y = o.matmul(x, w)
        for halved in taken:
            y = y * 0.5 if halved else o.sin(y) * 0.7
        return o.sum(y * y)

    return jax.vjp(straight, *arrays)


def test_variables_are_watched_when_they_are_used():
    w, b, frozen = Variable(draw(3, 2)), Variable(draw(2)), Variable(draw(2), trainable=False)
    x = draw(4, 3)
    with GradientTape() as tape:
        y = ops.matmul(x, w) + b + frozen
        loss = ops.sum(y * y)
    assert tape.watched_variables() == (w, b)
    dw, db, nothing = tape.gradient(loss, [w, b, frozen])
    dy = 2 * (x @ w.value + b.value + frozen.value)
    np.testing.assert_allclose(dw, x.T @ dy, rtol=1e-5)
    np.testing.assert_allclose(db, dy.sum(0), rtol=1e-5)
    assert nothing is None


def test_a_frozen_variable_can_be_watched_and_a_trainable_one_left_alone():
    a, b = Variable([1.0], trainable=False), Variable([2.0])
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(a)
        y = ops.multiply(a, b)
    assert tape.gradient(y, {"a": a, "b": b})["a"].tolist() == [2.0]
    with GradientTape(watch_accessed_variables=False) as tape:
        y = ops.multiply(a, b)
    assert tape.gradient(y, [a, b]) == [None, None]


def test_whole_numbers_have_no_gradient():
    steps = ops.convert_to_tensor(np.array([3], np.int32))
    w = Variable([2.0])
    with GradientTape() as tape:
        y = ops.multiply(w, steps)
        place = ops.argmax(y * 2.0)
    assert tape.gradient([y, place], [w, steps])[1] is None


def test_sources_in_structures_and_in_between():
    Pair = namedtuple("Pair", "left right")
    x = ops.convert_to_tensor([1.0, 2.0])
    w = Variable([3.0, 4.0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        hidden = x * w
        loss = ops.sum(hidden**2)
    found = tape.gradient(loss, {"pair": Pair(x, [hidden]), "w": (w,)})
    assert list(found) == ["pair", "w"]
    assert isinstance(found["pair"], Pair)
    assert found["pair"].left.tolist() == (2 * hidden * w.value).tolist()
    assert found["pair"].right[0].tolist() == (2 * hidden).tolist()
    assert found["w"][0].tolist() == (2 * hidden * x).tolist()
    assert tape.gradient(loss, loss).tolist() == 1.0


def test_several_targets_are_added_and_weighted():
    x = ops.convert_to_tensor([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        a, b = x * 2.0, {"k": x * x}
    assert tape.gradient([a, b], x).tolist() == [4.0, 6.0]
    assert tape.gradient([a, b], x, [np.array([1.0, 0.0]), {"k": [0.0, 1.0]}]).tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match=r"an output gradient of shape \(3,\) for a target of shape \(2,\)"):
        tape.gradient(a, x, np.ones(3))
    with pytest.raises(ValueError, match="output_gradients in the structure of the target: expected 2 in a list"):
        tape.gradient([a, a], x, [np.ones(2)])


def test_what_is_not_connected():
    x, other = ops.convert_to_tensor([1.0]), ops.convert_to_tensor([[1.0, 2.0]])
    with GradientTape(persistent=True) as tape:
        tape.watch([x, other])
        y = x * 2.0
        stopped = ops.stop_gradient(x) * 2.0
        unseen = ops.convert_to_tensor([5.0])
    assert tape.gradient(y, [x, other, unseen])[1:] == [None, None]
    assert tape.gradient(y, other, unconnected_gradients="zero").tolist() == [[0.0, 0.0]]
    assert tape.gradient(stopped, x) is None
    assert tape.gradient(unseen, x) is None
    with pytest.raises(ValueError, match="'none' or 'zero'"):
        tape.gradient(y, x, unconnected_gradients="zeros")


def test_arrays_are_watched_by_identity():
    x = np.array([1.0, 2.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(ops.exp(x)) + ops.sum(ops.convert_to_tensor(x)) + np.float32(2.0) * ops.sum(ops.exp(x.copy()))
    assert tape.gradient(y, x).tolist() == (np.exp(x) + 1).tolist()


def test_a_list_of_tensors_is_one_tensor_on_the_tape():
    x = ops.convert_to_tensor(3.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum([x, 2 * x, x * x])
    assert float(tape.gradient(y, x)) == 1 + 2 + 6


def test_operators_methods_and_indexing_are_seen():
    x = ops.convert_to_tensor(draw(4, 3))
    with GradientTape() as tape:
        tape.watch(x)
        y = 2 - x / 3 + x**2 - (-x) * abs(x)
        y += 1.0
        y = (
            (y @ x.T)[1:, ::2].reshape(-1).sum()
            + x.mean(axis=0).max()
            + sum(row[0] for row in x)
            + x.astype("float64").sum()
        )
    numeric = []
    for index in np.ndindex(4, 3):
        ends = []
        for step in (1e-3, -1e-3):
            moved = x.numpy().astype(np.float64)
            moved[index] += step
            z = 2 - moved / 3 + moved**2 + moved * np.abs(moved) + 1
            z = (z @ moved.T)[1:, ::2].sum() + moved.mean(axis=0).max() + moved[:, 0].sum() + moved.sum()
            ends.append(z)
        numeric.append((ends[0] - ends[1]) / 2e-3)
    np.testing.assert_allclose(tape.gradient(y, x).numpy().ravel(), numeric, rtol=1e-3, atol=1e-3)
