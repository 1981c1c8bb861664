"""Networks of sequences follow Keras step by step: states in and out, cells, both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import ops as our_ops

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

RNG = np.random.default_rng(5)
X = RNG.normal(size=(12, 5, 3)).astype(np.float32)
Y = RNG.normal(size=(12, 4, 2)).astype(np.float32)
ENGINES = ("reference", "auto")


def encoder_and_decoder(k: Any, kind: str) -> Any:
    """A decoder that begins with the encoder's states."""
    first, second = k.Input((5, 3)), k.Input((4, 2))
    _, *states = getattr(k.layers, kind)(3, return_state=True)(first)
    y, *last = getattr(k.layers, kind)(3, return_sequences=True, return_state=True)(second, initial_state=states)
    y = k.layers.TimeDistributed(k.layers.Dense(2))(y)
    return k.Model([first, second], [y, k.layers.Concatenate()(last) if len(last) > 1 else last[0]])


def both_ways(k: Any, kind: str) -> Any:
    """States go from one bidirectional layer to the next."""
    first, second = k.Input((5, 3)), k.Input((4, 2))
    layer = getattr(k.layers, kind)
    y, *states = k.layers.Bidirectional(layer(2, return_sequences=True, return_state=True), merge_mode="ave")(first)
    z = k.layers.Bidirectional(layer(2, return_sequences=True))(second, initial_state=states)
    return k.Model([first, second], [k.layers.Concatenate()([z, z])[:, :, :2], layer(3)(y)])


def over_cells(k: Any, kind: str) -> Any:
    """Stacked cells of the library, and a single one that gives its states."""
    first, second = k.Input((5, 3)), k.Input((4, 2))
    cell = getattr(k.layers, f"{kind}Cell")
    y, *_ = k.layers.RNN([cell(2), k.layers.GRUCell(3)], return_sequences=True, return_state=True)(first)
    z = k.layers.RNN(cell(2), return_sequences=True, go_backwards=True)(second)
    return k.Model([first, second], [z, k.layers.SimpleRNN(3)(y)])


def followed(k: Any, make: Callable[..., Any], kind: str, start: Any, **compiling: Any) -> tuple[Any, Any]:
    """The weights that training begins with; losses, weights and predictions."""
    model = make(k, kind)
    model.compile(k.optimizers.Adam(0.02), "mse", **compiling)
    start = start or [w + 0.1 * RNG.normal(size=w.shape) for w in map(np.asarray, model.get_weights())]
    model.set_weights(start)
    sizes = [tuple(t.shape[1:]) for t in model.outputs]
    targets = [np.resize(Y, (12, *size)) for size in sizes]
    history = model.fit([X, Y], targets, batch_size=5, epochs=4, shuffle=False, verbose=0).history["loss"]
    return start, [np.array(history), *map(np.asarray, model.get_weights()), *model.predict([X, Y], verbose=0)]


@pytest.mark.parametrize(
    "make, kind",
    [
        (encoder_and_decoder, "LSTM"),
        (both_ways, "GRU"),
        (over_cells, "SimpleRNN"),
        *(
            pytest.param(make, kind, marks=pytest.mark.slow)
            for make in (encoder_and_decoder, both_ways, over_cells)
            for kind in ("SimpleRNN", "LSTM", "GRU")
        ),
    ],
)
def test_networks_follow(make, kind):
    import keras

    start, expected = followed(keras, make, kind, None)
    for engine in ENGINES:
        _, found = followed(clarinet, make, kind, start, engine=engine)
        for mine, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=2e-4, atol=2e-5)


def minimal_cell(k: Any, ops: Any) -> Any:
    """A cell of one's own, as Keras's documentation has it."""

    class MinimalCell(k.layers.Layer):  # type: ignore[misc]
        def __init__(self, units: int, **settings: Any) -> None:
            super().__init__(**settings)
            self.units = units
            self.state_size = units

        def build(self, input_shape: Any) -> None:
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
            self.recurrent_kernel = self.add_weight(shape=(self.units, self.units), name="recurrent_kernel")

        def call(self, inputs: Any, states: Any) -> Any:
            h = ops.tanh(ops.matmul(inputs, self.kernel) + ops.matmul(states[0], self.recurrent_kernel))
            return h, [h]

    return MinimalCell


@pytest.mark.parametrize("masked", [False, True])
def test_cells_of_ones_own_follow(masked):
    import keras

    x = X * (np.arange(5) < np.arange(1, 13)[:, None] % 5 + 1)[..., None] if masked else X

    def run(k, ops, start):
        cell = minimal_cell(k, ops)
        first = [k.layers.Masking()] if masked else []
        last = cell(2) if masked else [cell(4), cell(2)]  # Keras fails on masks of cells of several sizes
        two = [k.layers.RNN(cell(3), return_sequences=True, go_backwards=True), k.layers.RNN(last)]
        model = k.Sequential([k.Input((5, 3)), *first, *(two[not masked :]), k.layers.Dense(1)])
        model.compile("sgd", "mse")
        start = start or [np.asarray(w) for w in model.get_weights()]
        model.set_weights(start)
        history = model.fit(x, x[:, 0, :1], batch_size=5, epochs=4, shuffle=False, verbose=0).history["loss"]
        return start, [history, *map(np.asarray, model.get_weights())]

    start, expected = run(keras, keras.ops, None)
    _, found = run(clarinet, our_ops, start)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
