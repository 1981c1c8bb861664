"""Losses that no row of the contract fits: of whole batches or sequences, and those that leave rows out."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import activations, losses, ops
from tests.contracts.derivatives import assert_close, numeric_gradient

# Keras 3.15 itself warns under NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

RNG = np.random.default_rng(4)
PICTURES = RNG.integers(0, 2, (3, 4, 5, 2)).astype(np.float32)
CHANCES = RNG.uniform(0.05, 0.95, PICTURES.shape).astype(np.float32)
EMBEDDINGS = RNG.normal(size=(8, 3)).astype(np.float32)
EMBEDDINGS /= np.linalg.norm(EMBEDDINGS, axis=-1, keepdims=True)
CLASSES = np.array([0, 1, 0, 2, 1, 2, 0, 1])
WORDS = np.array([[1, 2, 0], [2, 2, 3], [0, 0, 0]])
LOGITS = RNG.normal(size=(3, 7, 4)).astype(np.float32)
IDS = np.array([0, 9, 2, 9, 3, 1, 9, 0])
SHARES = RNG.dirichlet(np.ones(4), 8).astype(np.float32)
WEIGHTS = RNG.uniform(0.5, 2, 8).astype(np.float32)

CASES: dict[str, tuple[str, dict[str, Any], Any, Any, Any]] = {
    "dice": ("Dice", {}, PICTURES, CHANCES, None),
    "dice-of-pictures": ("Dice", {"axis": (1, 2, 3)}, PICTURES, CHANCES, WEIGHTS[:3]),
    "tversky": ("Tversky", {"alpha": 0.2, "beta": 0.9}, PICTURES, CHANCES, None),
    "tversky-of-pictures": ("Tversky", {"axis": (1, 2, 3), "reduction": "sum"}, PICTURES, CHANCES, None),
    "ctc": ("CTC", {}, WORDS, LOGITS, WEIGHTS[:3]),
    "circle": ("Circle", {"gamma": 3.0, "margin": 0.3}, CLASSES, EMBEDDINGS, None),
    "circle-with-itself": ("Circle", {"gamma": 5.0, "remove_diagonal": False}, CLASSES, EMBEDDINGS, None),
    "ignored": ("SparseCategoricalCrossentropy", {"ignore_class": 9}, IDS, SHARES, None),
    "ignored-weighted": ("SparseCategoricalCrossentropy", {"ignore_class": 2}, IDS % 4, SHARES, WEIGHTS),
    "ignored-logits": (
        "SparseCategoricalCrossentropy",
        {"ignore_class": 9, "from_logits": True, "reduction": "mean_with_sample_weight"},
        IDS[:, None],
        SHARES,
        WEIGHTS,
    ),
}
each = pytest.mark.parametrize("name", CASES)


def judged(loss: losses.Loss, t: Any, p: Any, weight: Any) -> tuple[float, Any]:
    """The loss of a batch and its gradient, as a step has them."""
    values = loss.values(t, p)
    shares = loss.shares(loss.weighed(t, values, weight))
    return float(np.sum(values * shares)), loss.pull(t, p, shares)


@each
def test_loss_and_gradient_are_those_of_keras(name: str) -> None:
    import jax
    import keras

    kind, settings, t, p, weight = CASES[name]
    ours, theirs = getattr(losses, kind)(**settings), getattr(keras.losses, kind)(**settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks JAX for 64 bits
        expected, slope = jax.value_and_grad(lambda p: theirs(t, p, sample_weight=weight))(p)
    found, gradient = judged(ours, t, p, weight)
    assert found == pytest.approx(float(expected), rel=2e-5)
    assert ours(t, p, sample_weight=weight) == pytest.approx(found, rel=1e-6)
    np.testing.assert_allclose(gradient, slope, rtol=2e-4, atol=2e-6)


@each
def test_gradient_is_that_of_differences(name: str) -> None:
    kind, settings, t, p, weight = CASES[name]
    loss, p = getattr(losses, kind)(**settings), p.astype(np.float64)
    numeric = numeric_gradient(lambda p: judged(loss, t, p, weight)[0], p)
    assert_close(judged(loss, t, p, weight)[1], numeric)
    assert losses.get(json.loads(json.dumps(loss.encoded()))).get_config() == loss.get_config()


@pytest.mark.parametrize("name", ["dice", "tversky", "circle", "ctc"])
def test_functions_equal_their_classes(name: str) -> None:
    kind, _, t, p, _ = CASES[name]
    np.testing.assert_allclose(getattr(losses, name)(t, p), getattr(losses, kind)().values(t, p), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.Dice(axis=(1, 1.5)), "Dice: axis: expected a whole number"),
        (lambda: losses.Tversky(alpha=-1), "Tversky: alpha: .*at least 0"),
        (lambda: losses.Circle(margin=2), "Circle: margin: .*at most 1"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=0), "q is above 0, received 0"),
        (lambda: losses.SparseCategoricalCrossentropy(ignore_class=1.5), "ignore_class: expected a whole number"),
    ],
)
def test_settings_without_meaning_are_refused(make: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def segmented(k: Any, **compiling: Any) -> tuple[list[float], list[Any]]:
    """A small network that learns a mask with Dice, and ids of which some do not count, here or in Keras."""
    x = k.Input((3,))
    h = k.layers.Dense(5, "tanh")(x)
    mask, kind = k.layers.Dense(4, "sigmoid", name="mask")(h), k.layers.Dense(4, "softmax", name="kind")(h)
    model = k.Model(x, [mask, kind])
    ignoring = k.losses.SparseCategoricalCrossentropy(ignore_class=9)
    model.compile(k.optimizers.SGD(0.5), [k.losses.Dice(axis=-1), ignoring], **compiling)
    rng = np.random.default_rng(6)
    model.set_weights([rng.normal(size=w.shape).astype(np.float32) for w in model.get_weights()])
    rows = RNG_ROWS
    history = model.fit(
        rows, [(rows[:, [0, 1, 2, 0]] > 0).astype(np.float32), IDS], batch_size=3, epochs=4, shuffle=False, verbose=0
    )
    return history.history["loss"], model.get_weights()


RNG_ROWS = np.random.default_rng(7).normal(size=(8, 3)).astype(np.float32)


def test_training_with_rows_left_out_follows_keras() -> None:
    import keras

    expected, their_weights = segmented(keras)
    found, weights = segmented(clarinet)
    np.testing.assert_allclose(found, expected, rtol=2e-5)
    for a, b in zip(weights, their_weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-6)


OPERATIONS = {
    "hard_shrink": {}, "hard_tanh": {}, "log_sigmoid": {}, "soft_shrink": {}, "sparse_plus": {}, "sparse_sigmoid": {},
    "sparsemax": {}, "squareplus": {}, "tanh_shrink": {}, "glu": {},
    "threshold": {"threshold": 0.2, "default_value": 1.0},
}  # fmt: skip


def test_activations_that_are_operations() -> None:
    import keras

    z = RNG.normal(size=(6, 4)).astype(np.float32)
    for name, settings in OPERATIONS.items():
        kind = keras.activations if name != "sparsemax" else activations  # Keras's does not add up to 1
        expected = getattr(kind, name)(z, **settings)
        np.testing.assert_allclose(getattr(activations, name)(z, **settings), expected, rtol=1e-5, atol=1e-6)
        if name in ("glu", "threshold"):
            continue
        function = activations.get(name)
        assert function.encoded() == name and activations.get(getattr(ops, name)) == function
        np.testing.assert_allclose(function.forward(z), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_such_activations_in_layers(engine: str) -> None:
    names = [name for name in OPERATIONS if name not in ("glu", "threshold", "sparsemax")]

    def fitted(k: Any, **compiling: Any) -> tuple[list[float], Any]:
        layers = [*(k.layers.Dense(4, activation=name) for name in names), k.layers.Dense(1)]
        model = k.Sequential([k.Input((3,)), *layers])
        model.compile(k.optimizers.SGD(0.05), "mse", **compiling)
        rng = np.random.default_rng(8)
        model.set_weights([rng.normal(size=w.shape).astype(np.float32) for w in model.get_weights()])
        found = model.fit(RNG_ROWS, RNG_ROWS.sum(-1), epochs=3, batch_size=4, shuffle=False, verbose=0).history["loss"]
        return found, model

    import keras

    expected, _ = fitted(keras)
    found, model = fitted(clarinet, engine="auto" if engine == "native" else engine)
    assert model.engine == engine, model.engine_reason
    np.testing.assert_allclose(found, expected, rtol=2e-5)
