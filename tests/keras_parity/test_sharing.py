"""Models that share layers and are trained in turn follow Keras: one encoder in two, and a frozen adversary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clarinet
from tests.keras_parity.following import ENGINES

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

RNG = np.random.default_rng(5)
X = RNG.normal(size=(40, 5)).astype(np.float32)
IDS = (X[:, 0] > X[:, 1]).astype(int) + (X[:, 2] > 0)
FIT = {"batch_size": 7, "shuffle": False, "verbose": 0}


def starting(model: Any) -> None:
    rng = np.random.default_rng(1)
    for layer in model.layers:  # statistics are positive
        layer.set_weights([0.1 + abs(rng.normal(size=w.shape)) / 3 * (-1) ** (w.ndim > 1) for w in layer.get_weights()])


def an_encoder_in_two_models(k: Any, **compiling: Any) -> list[Any]:
    encoder = k.Sequential(
        [k.Input((5,)), k.layers.Dense(6, "tanh"), k.layers.BatchNormalization(momentum=0.9), k.layers.Dense(3, "tanh")]
    )
    decoding = k.Sequential([k.Input((5,)), *encoder.layers, k.layers.Dense(5)])
    classifying = k.Sequential([k.Input((5,)), *encoder.layers, k.layers.Dense(3, "softmax")])
    decoding.compile(k.optimizers.Adam(0.01), "mse", **compiling)
    classifying.compile(k.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", **compiling)
    starting(decoding)
    starting(classifying)
    found: list[Any] = []
    for _ in range(2):
        for model, y in ((decoding, X), (classifying, IDS)):
            found.append(np.array(model.fit(X, y, epochs=2, **FIT).history["loss"]))
            found += [np.asarray(other.predict(X, verbose=0)) for other in (encoder, decoding, classifying)]
            found += map(np.asarray, encoder.get_weights())
    return found


def an_adversary(k: Any, **compiling: Any) -> list[Any]:
    generator = k.Sequential([k.Input((5,)), k.layers.Dense(6, "relu"), k.layers.Dense(5)])
    critic = k.Sequential([k.Input((5,)), k.layers.Dense(8, "tanh"), k.layers.Dense(1, "sigmoid")])
    both = k.Sequential([k.Input((5,)), *generator.layers, *critic.layers])
    critic.compile(k.optimizers.Adam(0.01), "binary_crossentropy", **compiling)
    starting(both)
    found: list[Any] = []
    for layer in critic.layers:
        layer.trainable = False
    both.compile(k.optimizers.Adam(0.01), "binary_crossentropy", **compiling)
    for _ in range(3):
        made = np.asarray(generator.predict(X, verbose=0))
        for layer in critic.layers:
            layer.trainable = True
        critic.fit(np.concatenate([X, made]), np.repeat([1.0, 0.0], 40), **FIT)
        for layer in critic.layers:
            layer.trainable = False
        both.fit(X, np.ones(40), **FIT)
        found += [*map(np.asarray, both.get_weights()), made]
    return found


def within_and_beside(k: Any, **compiling: Any) -> list[Any]:
    x, inner = k.Input((5,)), k.Input((5,))
    shared, normal = k.layers.Dense(5, "tanh", kernel_regularizer="l2"), k.layers.BatchNormalization()
    within = k.Model(inner, k.layers.Dense(3, "softmax")(normal(shared(inner))))
    model = k.Model(x, [within(x), shared(shared(x))])
    model.compile(k.optimizers.Adam(0.01), ["sparse_categorical_crossentropy", "mse"], **compiling)
    starting(model)
    found: list[Any] = [np.array(model.fit(X, [IDS, X], epochs=2, **FIT).history["loss"]), model.count_params()]
    return [*found, *map(np.asarray, model.get_weights()), *map(np.asarray, within.get_weights())]


PROGRAMS = {"encoder": an_encoder_in_two_models, "adversary": an_adversary, "within and beside": within_and_beside}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_models_that_share_follow_keras(program: Callable[..., list[Any]]) -> None:
    import keras

    expected = program(keras)
    for engine in ENGINES:
        for mine, its in zip(program(clarinet, engine=engine), expected, strict=True):
            np.testing.assert_allclose(mine, its, rtol=2e-4, atol=5e-5)
