"""Activations and losses of the library called on tensors: as operations, with gradients."""

import numpy as np
import pytest

import clarinet
from clarinet import activations, layers, losses, ops


def test_an_activation_of_a_tensor_has_a_gradient():
    x = ops.convert_to_tensor([-1.0, 2.0])
    with ops.GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(activations.get("relu")(x) * 3.0)
    assert tape.gradient(y, x).tolist() == [0.0, 3.0]
    assert activations.get("leaky_relu")(layers.Input((3,)), negative_slope=0.5).shape == (None, 3)


def test_constants_in_the_shape_of_a_tensor_have_none():
    x = ops.convert_to_tensor([[0.3], [-2.0]])
    loss = losses.BinaryCrossentropy(from_logits=True)
    with ops.GradientTape() as tape:
        tape.watch(x)
        y = loss(ops.ones_like(x), x)
    np.testing.assert_allclose(tape.gradient(y, x), (1 / (1 + np.exp(-x.numpy())) - 1) / 2, rtol=1e-6)


def test_a_loss_within_a_loss(tmp_path):
    def masked(y_true, y_pred):
        mask = ops.cast(y_true >= 0, "float32")
        each = losses.sparse_categorical_crossentropy(ops.maximum(y_true, 0), y_pred, from_logits=True)
        return ops.sum(each * mask) / ops.sum(mask)

    model = clarinet.Sequential([layers.Input((4, 2)), layers.Dense(3)])
    model.compile("sgd", masked)
    x = np.random.default_rng(0).normal(size=(6, 4, 2))
    y = np.tile([0, 2, 1, -1], (6, 1))
    z = model.predict(x)[:, :3]
    want = -np.log(np.exp(z) / np.exp(z).sum(-1, keepdims=True))[:, range(3), [0, 2, 1]].mean()
    assert model.evaluate(x, y, verbose=0) == pytest.approx(want, rel=1e-5)
    with pytest.warns(clarinet.problems.ClarinetWarning, match="cannot be saved"):
        model.save(tmp_path / "model.clarinet")
    model.compile("sgd", lambda y, z: losses.sparse_categorical_crossentropy(ops.maximum(y, 0), z, from_logits=True))
    clarinet.check_gradients(model, x[:4], y[:4], raise_on_failure=True)


def test_jacobians():
    x = ops.convert_to_tensor(np.random.default_rng(1).normal(size=(3, 2)).astype(np.float32))
    w = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]], np.float32)
    with ops.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = ops.tanh(ops.matmul(x, w))
    whole, rows = tape.jacobian(y, x), tape.batch_jacobian(y, x)
    want = (1 - y.numpy() ** 2)[..., None] * w.T
    np.testing.assert_allclose(rows, want, rtol=1e-6)
    assert whole.shape == (3, 3, 3, 2)
    np.testing.assert_allclose(whole.numpy()[range(3), :, range(3)], want, rtol=1e-6)
    assert np.count_nonzero(whole.numpy()[0, :, 1:]) == 0
    with pytest.raises(ValueError, match="as many rows"):
        tape.batch_jacobian(ops.sum(y), x)
