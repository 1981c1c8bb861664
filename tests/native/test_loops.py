"""Loops of one's own, natively: losses of batches, and gradients that are applied where they lie."""

import copy

import numpy as np
import pytest

from clarinet import GradientTape, Input, Sequential, layers, losses, ops, optimizers

RNG = np.random.default_rng(8)


def _by_hand(y_true, y_pred):
    return ops.sum(ops.abs(y_true - y_pred) ** 3, axis=-1)


LOSSES = [
    (lambda: losses.SparseCategoricalCrossentropy(from_logits=True), RNG.integers(0, 4, 7)),
    (lambda: losses.SparseCategoricalCrossentropy(from_logits=True), RNG.integers(0, 4, (7, 1))),
    (losses.BinaryCrossentropy, RNG.integers(0, 2, (7, 4)).astype(np.float32)),
    (lambda: losses.Huber(reduction="sum"), RNG.normal(size=(7, 4))),
    (lambda: losses.Function(_by_hand), RNG.normal(size=(7, 4)).astype(np.float32)),
]


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(("make", "y_true"), LOSSES)
def test_a_loss_on_a_tape_is_that_of_the_reference(make, y_true, weighted):
    loss = make()
    y_pred = ops.convert_to_tensor(RNG.uniform(0.1, 0.9, (7, 4)).astype(np.float32))
    weight = RNG.uniform(0, 2, 7).astype(np.float32) if weighted else None
    with GradientTape() as tape:
        tape.watch(y_pred)
        found = loss(y_true, y_pred, weight) * 3.0
    values = np.asarray(loss.values(y_true, y_pred.numpy()))
    shares = loss.shares(np.ones_like(values) if weight is None else weight)
    np.testing.assert_allclose(found, 3 * np.sum(values * shares), rtol=1e-5)
    slope = loss.pull(y_true, y_pred.numpy(), shares)
    np.testing.assert_allclose(tape.gradient(found, y_pred), 3 * slope, rtol=1e-5, atol=1e-6)
    assert loss.traces or copy.deepcopy(loss) == make()  # nothing of it has changed


def test_labels_of_another_shape_are_refused_in_the_same_words():
    loss, y_pred = losses.MeanSquaredError(), ops.zeros((3, 2))
    with pytest.raises(ValueError, match="y_true has shape"):
        loss(np.zeros((3, 5), np.float32), y_pred)


@pytest.mark.parametrize("copied", [False, True], ids=["as they lie", "copied"])
def test_gradients_are_applied_from_where_they_lie(copied):
    x, y = RNG.normal(size=(12, 5)).astype(np.float32), RNG.normal(size=(12, 3)).astype(np.float32)
    results = []
    for native in (False, True):
        model = Sequential([Input((5,)), layers.Dense(7, "tanh"), layers.Dense(3)])
        model.seed = 3
        optimizer, loss = optimizers.Adam(0.1), losses.MeanSquaredError()
        for _ in range(3):
            with GradientTape() as tape:
                value = loss(y, model(x, training=True))
            grads = tape.gradient(value, model.trainable_variables)
            if not native or copied:
                grads = [np.array(g) for g in grads]
            optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
        results.append(np.concatenate([w.ravel() for w in model.get_weights()]))
    assert results[0].tobytes() == results[1].tobytes()
