"""In which structure a model's answers come: as in Keras, for single tensors, lists, tuples and dictionaries of one."""

from __future__ import annotations

from itertools import product
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import clarinet

KINDS = ("single", "list", "tuple", "dict", "list in list")
X = np.ones((4, 3), np.float32)


def _within(kind: str, leaf: object) -> Any:
    """A tensor or rows in a structure of one."""
    return {"single": leaf, "list": [leaf], "tuple": (leaf,), "dict": {"k": leaf}, "list in list": [[leaf]]}[kind]


def _form(value: object) -> object:
    """What a structure is, with shapes for its leaves."""
    if isinstance(value, dict):
        return {key: _form(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_form(inner) for inner in value)
    return "leaf"


def _found(library: ModuleType, inputs: str, outputs: str, given: str) -> list[object]:
    """The structures of all answers of a model that is made and called so."""
    layers = library.layers
    x = library.Input((3,), name="k")
    model = library.Model(_within(inputs, x), _within(outputs, layers.Dense(2)(x)))
    rows = _within(given, X)
    answers = (model(rows), model.predict(rows, verbose=0), model.predict_on_batch(rows))
    symbolic = model(_within(given, library.Input((3,), name="k")))
    return [*map(_form, answers), _form(symbolic), _form(model.input), _form(model.output),
            tuple(model.input_shape), tuple(model.output_shape)]  # fmt: skip


@pytest.mark.parametrize("outputs", KINDS)
def test_numbers_come_without_a_list_of_one_and_tensors_within_it(outputs: str) -> None:
    form = _within(outputs, "leaf")
    numbers = form[0] if isinstance(form, (list, tuple)) else form
    expected = [numbers, numbers, numbers, form, "leaf", form, (None, 3), (None, 2)]
    assert _found(clarinet, "single", outputs, "single") == expected


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
def test_structures_of_one_are_those_of_keras() -> None:
    keras = pytest.importorskip("keras")
    for kinds in product(KINDS, KINDS, KINDS):
        try:
            expected = _found(keras, *kinds)
        except ValueError:  # Keras refuses a dictionary for a list in a list
            continue
        assert _found(clarinet, *kinds) == expected, kinds


def test_a_call_of_the_user_s_own_and_tuples_keep_their_structure() -> None:
    class Lists(clarinet.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = clarinet.layers.Dense(2)

        def call(self, x: Any) -> Any:
            return [self.dense(x)]

    assert _form(Lists().predict(X, verbose=0)) == ["leaf"]
    x = clarinet.Input((3,))
    model = clarinet.Model(x, (clarinet.layers.Dense(2)(x), clarinet.layers.Dense(1)(x)))
    assert _form(model.predict(X, verbose=0)) == _form(model.output) == ("leaf", "leaf")
    assert model.compute_output_shape((None, 3)) == ((None, 2), (None, 1))
    assert model.output_shape == [(None, 2), (None, 1)]


def test_lists_of_results_have_the_losses_as_compile_was_given_them() -> None:
    x = clarinet.Input((3,))
    model = clarinet.Model(x, {name: clarinet.layers.Dense(1, name=name)(x) for name in ("b", "a")})
    model.compile("sgd", {"b": "mae", "a": "mse"}, metrics={"b": ["mse"]})
    rows = X, {"a": X[:, :1], "b": X[:, :1]}
    found = model.evaluate(*rows, verbose=0, return_dict=True)
    order = ("loss", "b_loss", "a_loss", "b_mse")
    assert model.evaluate(*rows, verbose=0) == [found[name] for name in order]
    assert len(set(found.values())) == 4


def test_functions_are_named_in_logs_as_in_keras() -> None:
    def MyMetric(y: Any, p: Any) -> Any:
        return abs(y - p)

    model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[MyMetric, lambda y, p: p, lambda y, p: y])
    history = model.fit(X, X[:, :1], verbose=0).history
    assert list(history) == ["loss", "my_metric", "lambda", "lambda_1"]


def test_a_build_of_the_user_s_own_makes_the_weights() -> None:
    class Built(clarinet.Model):
        def build(self, shape: Any) -> None:
            self.first = clarinet.layers.Dense(4)
            self.first.build(shape)
            self.last = clarinet.layers.Dense(1)

        def call(self, x: Any) -> Any:
            return self.last(self.first(x))

    model = Built()
    model.build((None, 3))
    assert model.built
    assert [w.shape for w in model.get_weights()] == [(3, 4), (4,), (4, 1), (1,)]
    assert model.count_params() == 21


def test_structures_within_structures() -> None:
    u, v, w = (clarinet.Input((3,), name=name) for name in "uvw")
    total = clarinet.layers.Add()([u, clarinet.layers.Dense(3)(v), w])
    heads = {"a": total, "b": [clarinet.layers.Dense(1)(total), clarinet.layers.Dense(2)(total)]}
    model = clarinet.Model({"u": u, "v": (v, w)}, heads)
    rows = {"u": X, "v": (2 * X, 3 * X)}
    found = model.predict(rows, verbose=0)
    assert _form(found) == _form(model(rows)) == {"a": "leaf", "b": ["leaf", "leaf"]}
    np.testing.assert_array_equal(found["a"], model.predict([X, 2 * X, 3 * X], verbose=0)["a"])
    model.compile("sgd", "mse")
    model.fit(rows, {"a": X, "b": [X[:, :1], X[:, :2]]}, epochs=1, verbose=0)
