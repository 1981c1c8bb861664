"""A layer's weights as objects, as in Keras."""

from __future__ import annotations

import gc
import pickle
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import Sequential, layers
from clarinet.layers import BatchNormalization, Dense, Input, Residual
from clarinet.regularizers import L2

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)


def network(k: Any) -> Any:
    return k.Sequential(
        [
            k.Input((6, 4)),
            k.layers.Conv1D(5, 2),
            k.layers.BatchNormalization(),
            k.layers.LayerNormalization(),
            k.layers.PReLU(),
            k.layers.GRU(3, return_sequences=True),
            k.layers.Flatten(),
            k.layers.Dense(2),
        ]
    )


LISTS = (
    "weights",
    "trainable_weights",
    "non_trainable_weights",
    "variables",
    "trainable_variables",
    "non_trainable_variables",
)


@pytest.mark.parametrize("frozen", [(), (1,), (0, 4)], ids=str)
def test_lists_are_those_of_keras(frozen: tuple[int, ...]) -> None:
    import keras

    ours, theirs = network(clarinet), network(keras)
    for index in frozen:
        ours.layers[index].trainable = theirs.layers[index].trainable = False
    for mine, its in zip([ours, *ours.layers], [theirs, *theirs.layers], strict=True):
        for name in LISTS:
            a, b = (
                getattr(mine, name),
                [v for v in getattr(its, name) if "seed" not in v.path],
            )  # a GRU's random numbers
            assert [(v.name, v.shape, v.trainable) for v in a] == [(v.name, v.shape, v.trainable) for v in b], name
    for mine, its in zip(ours.layers, theirs.layers, strict=True):
        for v in its.weights:
            own = getattr(mine, v.name, None)  # what Keras keeps in a GRU's cell is the GRU's own here
            assert own is not None and own.shape == tuple(v.shape) and own.dtype == v.dtype


def test_a_variable_is_one_object_with_the_models_numbers() -> None:
    model = Sequential([Input((4,)), Dense(3, kernel_regularizer="l2"), BatchNormalization(), Residual([Dense(3)])])
    model.compile("sgd", "mse")
    kernel = model.layers[0].kernel
    assert kernel is model.layers[0].weights[0] is model.weights[0] is model.trainable_variables[0]
    assert (kernel.name, kernel.path, kernel.shape, kernel.ndim, kernel.size) == (
        "kernel",
        "dense/kernel",
        (4, 3),
        2,
        12,
    )
    assert kernel.dtype == "float32" and kernel.trainable and isinstance(kernel.regularizer, L2)
    assert model.layers[0].bias.regularizer is None and not model.layers[1].moving_mean.trainable
    assert model.weights[-1].path == "residual/dense/bias" and model.weights[-1].trainable
    model.layers[2].trainable = False
    assert not model.weights[-1].trainable and model.weights[-1] in [*model.non_trainable_weights[-1:]]
    copy, live = np.asarray(kernel), kernel.value
    assert np.array_equal(copy, model.get_weights()[0])
    model.fit(X, np.zeros((12, 3)), verbose=0)
    assert np.array_equal(kernel, model.get_weights()[0]) and np.array_equal(live, kernel) and np.any(copy != live)
    with pytest.raises(ValueError, match="read-only"):
        live[0, 0] = 1.0
    model.add(Dense(1))
    assert kernel is model.layers[0].kernel is model.weights[0]
    gc.collect()
    assert pickle.loads(pickle.dumps(kernel)).numpy().tolist() == kernel.numpy().tolist()


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_what_is_assigned_is_what_runs(engine: str) -> None:
    model = Sequential([Input((4,)), Dense(1)])
    model.compile("sgd", "mse", engine=engine)
    model.predict(X)
    kernel, bias = model.layers[0].weights
    kernel.assign(np.ones((4, 1)))
    bias.assign([2.0])
    np.testing.assert_allclose(model.predict(X), X.sum(axis=1, keepdims=True) + 2, rtol=1e-5)
    kernel.assign_add(np.ones((4, 1)))
    bias.assign_sub([1.0])
    np.testing.assert_allclose(model.predict(X), 2 * X.sum(axis=1, keepdims=True) + 1, rtol=1e-5)
    for wrong in ([1.0], np.ones((1, 4)), 3.0):
        with pytest.raises(ValueError, match=r"dense/kernel: assign expected an array of shape \(4, 1\), received"):
            kernel.assign(wrong)


def test_arithmetic_gives_arrays() -> None:
    layer = Dense(3)
    layer(X)
    kernel, bias = layer.weights
    w, b = layer.get_weights()
    assert np.array_equal(X @ kernel + bias, X @ w + b) and np.array_equal(2 - kernel, 2 - w)
    assert isinstance(kernel * 2, np.ndarray) and np.array_equal(np.abs(kernel), np.abs(w))
    assert np.array_equal(kernel == w, w == w) and {kernel: 1}[kernel] == 1
    assert np.array_equal(kernel[1:], w[1:]) and np.array(kernel, np.float64).dtype == np.float64
    with pytest.raises(TypeError, match="not changed in place; use assign"):
        kernel += 1
    with pytest.raises(ValueError, match="is a copy"):
        np.array(kernel, copy=False)
    scalar = layers.Normalization()
    scalar.adapt(X)
    assert float(scalar.weights[2]) == 0.0
    assert repr(bias).startswith("<Variable path=dense/bias, shape=(3,), dtype=float32, value=[")


def test_without_weights_there_are_none() -> None:
    layer = Dense(3)
    assert layer.weights == layer.trainable_weights == layer.non_trainable_weights == [] and not layer.built
    assert Sequential([layer]).weights == []
    for name in ("kernel", "colour"):
        with pytest.raises(AttributeError, match=f"'Dense' object has no attribute '{name}'"):
            getattr(layer, name)
    layer(X)
    assert layer.built and layer.kernel.shape == (4, 3)


def test_looking_at_variables_draws_nothing() -> None:
    losses = []
    for look in (
        lambda model: None,
        lambda model: [v.path for v in model.weights],
        lambda model: model.layers[0].kernel,
    ):
        model = Sequential([Input((4,)), Dense(2)])
        model.compile("sgd", "mse")
        look(model)
        assert not model.weights[0].drawn
        losses.append(model.fit(X, np.zeros((12, 2)), seed=3, verbose=0).history["loss"])
    assert losses[0] == losses[1] == losses[2]
