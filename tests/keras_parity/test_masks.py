"""Masks follow Keras: from where they are made, through layers, models and own calls, to losses and metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.engines import Data
from tests.cases import one_in_three
from tests.graphs.differences import assert_gradients

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

RNG = np.random.default_rng(7)
ROWS, STEPS = 18, 5
WORDS = RNG.integers(1, 9, size=(ROWS, STEPS))
for row, length in enumerate(RNG.integers(1, STEPS + 1, size=ROWS)):
    WORDS[row, length:] = 0
NUMBERS = RNG.normal(size=(ROWS, STEPS, 3)).astype(np.float32) * (WORDS[..., None] > 0)
Y = RNG.normal(size=(ROWS, 1)).astype(np.float32)
TAGS = RNG.integers(0, 3, size=(ROWS, STEPS))
CURVES = RNG.normal(size=(ROWS, STEPS, 2)).astype(np.float32)
WEIGHTS = RNG.uniform(0.5, 2, size=ROWS).astype(np.float32)
FIT = {"batch_size": 7, "epochs": 2, "shuffle": False, "verbose": 0}

Ends = tuple[Any, Any]


def words(k: Any) -> tuple[Any, Any]:
    """An input of ids, and their vectors with a mask."""
    x = k.Input((STEPS,), dtype="int32")
    return x, k.layers.Embedding(9, 4, mask_zero=True)(x)


def pooled(k: Any) -> Ends:
    x, h = words(k)
    return x, k.layers.Dense(1)(k.layers.GlobalAveragePooling1D()(k.layers.Dropout(0.0)(h)))


def lstm(k: Any) -> Ends:
    x, h = words(k)
    return x, k.layers.Dense(1)(k.layers.LSTM(3)(h))


def gru_then_rnn(k: Any) -> Ends:
    x, h = words(k)
    h = k.layers.GRU(3, return_sequences=True)(h)
    return x, k.layers.Dense(1)(k.layers.SimpleRNN(3, go_backwards=True)(h))


def both_ways(k: Any) -> Ends:
    x, h = words(k)
    h = k.layers.Bidirectional(k.layers.GRU(3, return_sequences=True), merge_mode="sum")(h)
    return x, k.layers.Dense(1)(k.layers.Bidirectional(k.layers.LSTM(2))(h))


def over_cells(k: Any) -> Ends:
    x, h = words(k)
    h = k.layers.TimeDistributed(k.layers.Dense(3, "tanh"))(h)
    return x, k.layers.Dense(1)(k.layers.RNN([k.layers.GRUCell(3), k.layers.LSTMCell(2)])(h))


def masking(k: Any) -> Ends:
    x = k.Input((STEPS, 3))
    h = k.layers.Dense(4, "tanh")(k.layers.Masking()(x))
    return x, k.layers.Dense(1)(k.layers.LSTM(3)(h))


def a_sequence_out(k: Any) -> Ends:
    x, h = words(k)
    return x, k.layers.Dense(2)(k.layers.GRU(3, return_sequences=True)(h))


def normalised(k: Any) -> Ends:
    x, h = words(k)
    h = k.layers.BatchNormalization(momentum=0.8)(h)
    return x, k.layers.GlobalAveragePooling1D()(k.layers.Dense(1)(k.layers.LayerNormalization()(h)))


def merged(k: Any) -> Ends:
    x, a = words(k)
    b = k.layers.Embedding(9, 4)(x)
    joined = [k.layers.Add()([a, k.layers.Dense(4)(a)]), k.layers.Concatenate()([a, b]), k.layers.Maximum()([a, b])]
    later = k.layers.Concatenate(axis=1)([k.layers.Minimum()([b, a, b]), a])
    pooled = [k.layers.GlobalAveragePooling1D()(h) for h in (*joined, later)]
    return x, k.layers.Dense(1)(k.layers.Concatenate()(pooled))


def nested(k: Any) -> Ends:
    """A mask goes into a model, and comes out of another one."""
    inner = k.Input((STEPS, 4))
    within = k.Model(inner, k.layers.Dense(4)(k.layers.LSTM(3, return_sequences=True)(inner)))
    vectors = k.Sequential([k.Input((STEPS,), dtype="int32"), k.layers.Embedding(9, 4, mask_zero=True)])
    x = k.Input((STEPS,), dtype="int32")
    return x, k.layers.Dense(1)(k.layers.SimpleRNN(3)(within(vectors(x))))


def said(k: Any) -> Ends:
    """A mask that the user says, in the place of the one that comes along."""
    x, h = words(k)
    mask = k.ops.not_equal(x, 3)
    return x, k.layers.Dense(1)(k.layers.Concatenate()([k.layers.LSTM(3)(h, mask=mask), k.layers.LSTM(3)(h)]))


def own(k: Any) -> Ends:
    class Half(k.layers.Layer):  # type: ignore[name-defined,misc]
        def call(self, inputs: Any) -> Any:
            return inputs[:, :3] * 2

        def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
            return None if mask is None else mask[:, :3]

    class Around(k.layers.Layer):  # type: ignore[name-defined,misc]
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.supports_masking = True
            self.inner = k.layers.Dense(4)

        def build(self, shape: Any) -> None:
            self.inner.build(shape)

        def call(self, inputs: Any, mask: Any = None) -> Any:
            return self.inner(inputs) * k.ops.cast(mask, "float32")[:, :, None]

    class Last(k.layers.Layer):  # type: ignore[name-defined,misc]
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.rnn = k.layers.GRU(3)

        def build(self, shape: Any) -> None:
            self.rnn.build(shape)

        def call(self, inputs: Any) -> Any:
            return self.rnn(inputs)

    x, h = words(k)
    return x, k.layers.Dense(1)(Last()(Half()(Around()(h))))


def softmax(k: Any) -> Ends:
    x = k.Input((STEPS,))
    return x, k.layers.Dense(1)(k.layers.Softmax()(k.layers.Dense(STEPS)(x), mask=k.ops.greater(x, 0)) * x)


def chain(k: Any) -> Any:
    return k.Sequential(
        [
            k.Input((STEPS,), dtype="int32"),
            k.layers.Embedding(9, 4, mask_zero=True),
            k.layers.LSTM(3),
            k.layers.Dense(1),
        ]
    )


Graph = Callable[[Any], Any]
#: By name: the graph, its labels, loss and weights.
GRAPHS: dict[str, tuple[Graph, Any, Any, Any, Any]] = {
    "pooled": (pooled, WORDS, Y, "mse", None),
    "lstm": (lstm, WORDS, Y, "mse", WEIGHTS),
    "gru then rnn": (gru_then_rnn, WORDS, Y, "mse", None),
    "both ways": (both_ways, WORDS, Y, "mse", None),
    "over cells": (over_cells, WORDS, Y, "mse", None),
    "masking": (masking, NUMBERS, Y, "mse", None),
    "a sequence out": (a_sequence_out, WORDS, CURVES, "mse", None),
    "normalised": (normalised, WORDS, Y, "mse", None),
    "merged": (merged, WORDS, Y, "mse", None),
    "nested": (nested, WORDS, Y, "mse", None),
    "said": (said, WORDS, Y, "mse", None),
    "own": (own, WORDS, Y, "mse", None),
    "softmax": (softmax, WORDS.astype(np.float32), Y, "mse", None),
    "chain": (chain, WORDS, Y, "mse", None),
}


def results(name: str, k: Any, **compiling: Any) -> list[Any]:
    make, x, y, loss, weight = GRAPHS[name]
    made = make(k)
    model = k.Model(*made) if isinstance(made, tuple) else made
    rng = np.random.default_rng(3)
    model.set_weights([np.abs(rng.normal(size=w.shape)) / 2 * (-1) ** w.ndim for w in model.get_weights()])
    model.compile(k.optimizers.SGD(0.05), loss, metrics=["mae", "mse"], weighted_metrics=["mae"], **compiling)
    history = model.fit(x, y, sample_weight=weight, **FIT).history
    judged = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)  # in training JAX loses the mask
    found = [np.array(history["loss"]), *(judged[key] for key in sorted(judged))]
    return [*found, *map(np.asarray, model.get_weights()), np.asarray(model.predict(x, verbose=0))]


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_gradients_pass_central_differences(name: str) -> None:
    make, x, y, loss, weight = GRAPHS[name]
    made = make(clarinet)
    model = clarinet.Model(*made) if isinstance(made, tuple) else made
    model.compile("sgd", loss, dtype="float64")
    assert_gradients(model, Data(x.astype(float), y.astype(float), weight))


@pytest.mark.parametrize("name", one_in_three(GRAPHS))
@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_masks_follow_keras(name: str) -> None:
    """On both engines."""
    import keras

    expected = results(name, keras)
    for engine in ("reference", "auto"):
        for mine, its in zip(results(name, clarinet, engine=engine), expected, strict=True):
            np.testing.assert_allclose(mine, its, rtol=2e-4, atol=2e-5, err_msg=engine)
