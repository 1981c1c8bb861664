"""A layer that is within a model and beside it, or in two models of one graph, has one set of weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.engines import Data
from clarinet.layers import Add, BatchNormalization, Dense, Input
from tests.graphs.differences import assert_gradients

RNG = np.random.default_rng(8)
X = RNG.normal(size=(20, 4)).astype(np.float32)
Y = [np.tanh(X[:, :3]), X[:, :4] ** 2]


def beside() -> clarinet.Model:
    """A layer that a nested model has, used before and after it."""
    x, inner = Input((4,)), Input((4,))
    shared, normal = Dense(4, "tanh", kernel_regularizer="l2"), BatchNormalization()
    within = clarinet.Model(inner, Dense(3)(normal(shared(inner))))
    return clarinet.Model(x, [within(shared(x)), normal(shared(shared(x)))])


def in_two_models() -> clarinet.Model:
    """An encoder, itself a model, in two others that one graph uses."""
    x, a, b = Input((4,)), Input((4,)), Input((4,))
    encoder = clarinet.Sequential([Input((4,)), Dense(4, "tanh"), BatchNormalization()])
    first = clarinet.Model(a, Dense(3)(encoder(a)))
    second = clarinet.Model(b, Add()([encoder(b), b]))
    return clarinet.Model(x, [first(x), second(x)])


GRAPHS = pytest.mark.parametrize("make", [beside, in_two_models])


def compiled(make: Callable[[], clarinet.Model], engine: str = "auto", **settings: Any) -> clarinet.Model:
    clarinet.utils.set_random_seed(2)
    model = make()
    model.compile(clarinet.optimizers.Adam(0.05), ["mse", "mse"], engine=engine, **settings)
    return model


@GRAPHS
def test_a_weight_is_there_once(make: Callable[[], clarinet.Model]) -> None:
    model = compiled(make)
    assert len(model.weights) == len({id(v) for v in model.weights}) == len(model.get_weights())
    sizes = [int(np.prod(v.shape)) for v in model.weights]
    assert model.count_params() == sum(sizes) == sum(s.size for s in model.store.layout.segments) + 8
    doubled = [2 * w for w in model.get_weights()]
    model.set_weights(doubled)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), doubled, strict=True))
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert f"Total params: {sum(sizes):,}" in "\n".join(lines)


@GRAPHS
def test_gradients_add_up_once(make: Callable[[], clarinet.Model]) -> None:
    model = compiled(make, dtype="float64")
    assert_gradients(model, Data(X.astype(float), tuple(y.astype(float) for y in Y)))


@GRAPHS
def test_engines_agree(make: Callable[[], clarinet.Model]) -> None:
    native, reference = compiled(make), compiled(make, "reference")
    assert native.engine == "native"
    for model in (native, reference):
        model.fit(X, Y, batch_size=6, epochs=2, shuffle=False, verbose=0)
    for ours, theirs in zip(native.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


@GRAPHS
def test_copies_and_files_share_as_before(make: Callable[[], clarinet.Model], tmp_path: Path) -> None:
    model = compiled(make)
    model.fit(X, Y, batch_size=6, verbose=0)
    path = tmp_path / "shared.clarinet"
    model.save(path)
    found = [clarinet.Model.load(path), copy.deepcopy(model), copy.copy(model)]
    kept, fresh = model.get_weights(), clarinet.models.clone_model(model)
    for other in (*found, fresh):
        assert [v.shape for v in other.weights] == [v.shape for v in model.weights]
        assert not {id(v) for v in other.weights} & {id(v) for v in model.weights}
    for other in found:
        other.fit(X, Y, batch_size=6, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), kept, strict=True))
    model.fit(X, Y, batch_size=6, verbose=0)
    for other in found:
        assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True))


def test_a_file_that_refers_to_no_layer_is_refused() -> None:
    config = in_two_models().get_config()
    inner = next(layer for layer in config["layers"] if layer.get("class_name") == "Model")
    wrong = {"shared": 77}
    inner["config"]["layers"][-1] = wrong
    with pytest.raises(ValueError, match="described as the layer number 77, which is not there"):
        clarinet.Model.from_config(config)


def test_a_function_of_tensors_and_a_clone_on_other_inputs() -> None:
    x = clarinet.Input((3,))
    hidden = clarinet.layers.Dense(4, name="hidden")(x)
    model = clarinet.Model(x, clarinet.layers.Add()([hidden, clarinet.layers.Dense(4, name="other")(hidden)]))
    rows = np.ones((2, 3), np.float32)
    first, both = clarinet.Function([x], [hidden]), clarinet.Function(x, {"h": hidden, "y": model.output})
    (found,) = first([rows])
    kernel, bias = model.get_layer("hidden").get_weights()
    np.testing.assert_allclose(found, rows @ kernel + bias, rtol=1e-6)
    np.testing.assert_array_equal(both(rows)["y"], model(rows))
    assert (first.inputs, both.outputs) == ([x], [hidden, model.output])
    assert [tensor.shape for tensor in first([clarinet.Input((3,))])] == [(None, 4)]

    other = clarinet.Input((3,))
    clone = clarinet.models.clone_model(model, input_tensors=other)
    assert clone.input is other
    assert [layer.name for layer in clone.layers[1:3]] == ["hidden", "other"]
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone(rows), model(rows))
