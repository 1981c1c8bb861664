"""Every constraint: Keras's projection, configuration; and that every update ends with it, whoever makes it."""

import json

import numpy as np
import pytest

import clarinet
from clarinet import constraints, layers, ops
from tests.cases import CONSTRAINTS

each = pytest.mark.parametrize("case", CONSTRAINTS, ids=repr)
W = np.random.default_rng(9).normal(size=(4, 3)).astype(np.float32)
X = np.random.default_rng(8).normal(size=(12, 4)).astype(np.float32)


@each
def test_projection_is_that_of_keras(case):
    import keras

    found = case.make()(W)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.asarray(case.keras(keras)(W)), rtol=1e-6, atol=1e-7)
    assert case.make()(W.astype(np.float64)).dtype == np.float64


@each
def test_configuration_round_trip(case):
    constraint = case.make()
    assert constraints.get(json.loads(json.dumps(constraint.encoded()))) == constraint


@each
@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_every_update_ends_with_it(case, engine):
    """Steps of the engine, updates by hand, and the textbook's own numbers."""
    fitted, looped = (
        clarinet.Sequential([clarinet.Input((4,)), layers.Dense(3, kernel_constraint=case.make())]) for _ in range(2)
    )
    for model in (fitted, looped):
        model.set_weights([W, np.zeros(3, np.float32)])
        model.compile(clarinet.optimizers.SGD(0.3, momentum=0.5), "mse", engine=engine)
    fitted.fit(X, X[:, :3], batch_size=4, epochs=2, shuffle=False, verbose=0)
    w, b, moved = W.copy(), np.zeros(3, np.float32), [0.0, 0.0]
    for _ in range(2):
        for at in range(0, 12, 4):
            x, y = X[at : at + 4], X[at : at + 4, :3]
            delta = 2 * (x @ w + b - y) / y.size
            moved = [0.5 * m - 0.3 * g for m, g in zip(moved, (x.T @ delta, delta.sum(axis=0)))]
            w, b = case.make()(w + moved[0]), b + moved[1]
            with clarinet.GradientTape() as tape:
                loss = ops.mean(ops.square(looped(x, training=True) - y))
            looped.optimizer.apply(tape.gradient(loss, looped.trainable_variables), looped.trainable_variables)
    for model in (fitted, looped):
        np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model.get_weights()[1], b, rtol=1e-5, atol=1e-6)


ALL = {
    "Conv2D": (lambda **c: layers.Conv2D(2, 3, **c), (5, 5, 2), ["kernel", "bias"]),
    "DepthwiseConv2D": (lambda **c: layers.DepthwiseConv2D(3, **c), (5, 5, 2), ["depthwise", "bias"]),
    "SeparableConv2D": (lambda **c: layers.SeparableConv2D(2, 3, **c), (5, 5, 2), ["depthwise", "pointwise", "bias"]),
    "BatchNormalization": (layers.BatchNormalization, (3,), ["gamma", "beta"]),
    "LayerNormalization": (layers.LayerNormalization, (3,), ["gamma", "beta"]),
    "GroupNormalization": (lambda **c: layers.GroupNormalization(1, **c), (3,), ["gamma", "beta"]),
    "PReLU": (layers.PReLU, (3,), ["alpha"]),
}


@pytest.mark.parametrize("name", ALL)
def test_every_layer_takes_one_for_each_of_its_weights(name):
    make, shape, weights = ALL[name]
    given = {f"{w}_constraint": lambda w: ops.full(w.shape, 0.25) for w in weights}
    model = clarinet.Sequential([clarinet.Input(shape), make(**given)])
    model.add(layers.Flatten())
    model.compile("sgd", "mse")
    x = np.random.default_rng(1).normal(size=(6, *shape)).astype(np.float32)
    model.fit(x, np.zeros((6, *model.output_shape[1:]), np.float32) - 3, verbose=0)
    assert all((variable.numpy() == 0.25).all() for variable in model.trainable_variables)


def test_embeddings_and_weights_of_layers_of_ones_own():
    class Scale(layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(2,), initializer="ones", constraint=lambda w: ops.clip(w, 0.9, 1.1))

        def call(self, inputs):
            return inputs * self.scale

    embedding = layers.Embedding(5, 2, embeddings_constraint=constraints.UnitNorm(axis=1))
    model = clarinet.Sequential([clarinet.Input((3,)), embedding, layers.GlobalAveragePooling1D(), Scale()])
    model.compile(clarinet.optimizers.SGD(1.0), "mse")
    model.fit(np.arange(12).reshape(4, 3) % 5, np.ones((4, 2)), verbose=0)
    lengths = np.linalg.norm(embedding.get_weights()[0], axis=1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-5)
    scale = model.get_weights()[1]
    assert (scale >= 0.9).all() and (scale <= 1.1).all() and (scale != 1).all()


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"unknown constraint 'maxnrom'.*did you mean 'max_norm'"):
        layers.Dense(3, kernel_constraint="maxnrom")
    with pytest.raises(TypeError, match="MaxNorm: max_value: expected a finite number"):
        constraints.MaxNorm("2")
    with pytest.raises(TypeError, match=r"UnitNorm: axis is a whole number or a list of them, received 0.5"):
        constraints.UnitNorm(0.5)
    model = clarinet.Sequential([clarinet.Input((4,)), layers.Dense(3, kernel_constraint=lambda w: w[0])])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"gave shape \(3,\) for a weight of shape \(4, 3\)"):
        model.fit(X, X[:, :3], verbose=0)
    assert constraints.get(None) is None
