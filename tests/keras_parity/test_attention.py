"""Attention follows Keras step by step: heads, shared heads, masks that come along and that are given, own layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.engines import Data
from tests.cases import one_in_three
from tests.graphs.differences import assert_gradients

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*does not support masking"),
]

RNG = np.random.default_rng(7)
ROWS, STEPS = 14, 5
WORDS = RNG.integers(1, 9, size=(ROWS, STEPS))
for row, length in enumerate(RNG.integers(1, STEPS + 1, size=ROWS)):
    WORDS[row, length:] = 0
NUMBERS = RNG.normal(size=(ROWS, STEPS, 6)).astype(np.float32)
OTHERS = RNG.normal(size=(ROWS, 3, 4)).astype(np.float32)
PLANES = RNG.normal(size=(ROWS, 2, 3, 4)).astype(np.float32)
SEEN = (RNG.random((ROWS, STEPS, STEPS)) < 0.7) | np.eye(STEPS, dtype=bool)
Y = RNG.normal(size=(ROWS, 1)).astype(np.float32)

Ends = tuple[Any, Any]


def end(k: Any, *tensors: Any) -> Any:
    """A number for each row."""
    flat = [k.layers.Flatten()(tensor) for tensor in tensors]
    return k.layers.Dense(1)(flat[0] if len(flat) == 1 else k.layers.Concatenate()(flat))


def words(k: Any) -> Ends:
    x = k.Input((STEPS,), dtype="int32")
    return x, k.layers.Embedding(9, 4, mask_zero=True)(x)


def heads(k: Any) -> Ends:
    x = k.Input((STEPS, 6))
    return x, end(k, k.layers.MultiHeadAttention(2, 3)(x, x))


def across(k: Any) -> Ends:
    """Another sequence, whose values are wider, by name; a gate."""
    x, z = k.Input((STEPS, 6)), k.Input((3, 4))
    layer = k.layers.MultiHeadAttention(2, 3, value_dim=5, output_shape=7, use_gate=True)
    y, _ = layer(query=x, key=k.layers.Dense(2)(z), value=z, return_attention_scores=True)  # Keras on JAX needs them
    return [x, z], end(k, y)


def causal(k: Any) -> Ends:
    x = k.Input((STEPS, 6))
    h = k.layers.MultiHeadAttention(2, 3, use_bias=False)(x, x, use_causal_mask=True)
    window = k.layers.MultiHeadAttention(1, 3, sliding_window=2)(x, x, use_causal_mask=True)
    return x, end(k, h, window)


def planes(k: Any) -> Ends:
    """Attention along two axes, and along one of two."""
    x = k.Input((2, 3, 4))
    both = k.layers.MultiHeadAttention(2, 3)(x, x)
    return x, end(k, both, k.layers.MultiHeadAttention(1, 2, attention_axes=2)(x, x))


def shared(k: Any) -> Ends:
    x = k.Input((STEPS, 6))
    y, scores = k.layers.GroupQueryAttention(3, 4, 2)(x, x, return_attention_scores=True)
    return x, end(k, k.layers.GroupQueryAttention(2, 4, 1)(x, y, use_causal_mask=True), scores)


def masked(k: Any) -> Ends:
    """Masks that come along pass through, to the pooling behind."""
    x, h = words(k)
    h = k.layers.Add()([h, k.layers.MultiHeadAttention(2, 3)(h, h)])
    h = k.layers.MultiHeadAttention(2, 2)(h, h, use_causal_mask=True)
    return x, k.layers.Dense(1)(k.layers.GlobalAveragePooling1D()(h))


def told(k: Any) -> Ends:
    x, seen = k.Input((STEPS, 6)), k.Input((STEPS, STEPS), dtype="bool")
    h = k.layers.MultiHeadAttention(2, 3)(x, x, attention_mask=seen)
    h, scores = k.layers.MultiHeadAttention(2, 3)(h, x, attention_mask=seen, return_attention_scores=True)
    return [x, seen], end(k, h, scores)


def dots(k: Any) -> Ends:
    x, z = k.Input((STEPS, 4)), k.Input((3, 4))
    plain = k.layers.Attention(use_scale=True)([x, z])
    y, scores = k.layers.Attention(score_mode="concat", use_scale=True)(
        [x, z, k.layers.Dense(4)(z)], return_attention_scores=True
    )
    return [x, z], end(k, plain, y, scores, k.layers.Attention()([x, x], use_causal_mask=True))


def sums(k: Any) -> Ends:
    """With masks that come along."""
    x, h = words(k)
    y = k.layers.AdditiveAttention()([k.layers.Dense(4)(h), h])
    z = k.layers.Attention(use_scale=True)([h, y], use_causal_mask=True)
    return x, k.layers.Dense(1)(k.layers.GlobalAveragePooling1D()(k.layers.Add()([y, z])))


def einsums(k: Any) -> Ends:
    x = k.Input((STEPS, 6))
    h = k.layers.EinsumDense("abc,cde->abde", (STEPS, 2, 3), bias_axes="de", activation="relu")(x)
    h = k.layers.EinsumDense("abcd,dec->aeb", (4, STEPS), bias_axes="e")(h)
    return x, end(k, k.layers.EinsumDense("...x,xy->...y", 2, bias_axes="y")(h))


def transformer(k: Any) -> Ends:
    """As Keras's example of text classification has it."""

    class TransformerBlock(k.layers.Layer):  # type: ignore[name-defined,misc]
        def __init__(self, embed_dim: int, num_heads: int, ff_dim: int, rate: float = 0.0) -> None:
            super().__init__()
            self.att = k.layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim)
            self.ffn = k.Sequential([k.layers.Dense(ff_dim, activation="relu"), k.layers.Dense(embed_dim)])
            self.layernorm1 = k.layers.LayerNormalization(epsilon=1e-6)
            self.layernorm2 = k.layers.LayerNormalization(epsilon=1e-6)
            self.dropout1 = k.layers.Dropout(rate)
            self.dropout2 = k.layers.Dropout(rate)

        def call(self, inputs: Any) -> Any:
            attn_output = self.att(inputs, inputs)
            attn_output = self.dropout1(attn_output)
            out1 = self.layernorm1(inputs + attn_output)
            ffn_output = self.ffn(out1)
            ffn_output = self.dropout2(ffn_output)
            return self.layernorm2(out1 + ffn_output)

    class TokenAndPositionEmbedding(k.layers.Layer):  # type: ignore[name-defined,misc]
        def __init__(self, maxlen: int, vocab_size: int, embed_dim: int) -> None:
            super().__init__()
            self.token_emb = k.layers.Embedding(input_dim=vocab_size, output_dim=embed_dim)
            self.pos_emb = k.layers.Embedding(input_dim=maxlen, output_dim=embed_dim)

        def call(self, x: Any) -> Any:
            maxlen = k.ops.shape(x)[-1]
            positions = k.ops.arange(start=0, stop=maxlen, step=1)
            positions = self.pos_emb(positions)
            x = self.token_emb(x)
            return x + positions

    x = k.Input((STEPS,))
    h = TransformerBlock(4, 2, 8)(TokenAndPositionEmbedding(STEPS, 9, 4)(x))
    return x, k.layers.Dense(1)(k.layers.GlobalAveragePooling1D()(h))


Graph = Callable[[Any], Ends]
#: By name: the graph and its inputs.
GRAPHS: dict[str, tuple[Graph, Any]] = {
    "heads": (heads, NUMBERS),
    "across": (across, [NUMBERS, OTHERS]),
    "causal": (causal, NUMBERS),
    "planes": (planes, PLANES),
    "shared": (shared, NUMBERS),
    "masked": (masked, WORDS),
    "told": (told, [NUMBERS, SEEN]),
    "dots": (dots, [NUMBERS[..., :4], OTHERS]),
    "sums": (sums, WORDS),
    "einsums": (einsums, NUMBERS),
    "transformer": (transformer, WORDS.astype(np.float32)),
}


def results(name: str, k: Any, epochs: int = 3, **compiling: Any) -> list[Any]:
    make, x = GRAPHS[name]
    model = k.Model(*make(k))
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(size=w.shape) / 2 for w in model.get_weights()])
    model.compile(k.optimizers.SGD(0.01), "mse", **compiling)
    history = model.fit(x, Y, batch_size=5, epochs=epochs, shuffle=False, verbose=0).history
    found = [np.array(history["loss"]), np.array(model.evaluate(x, Y, verbose=0))]
    return [*found, *map(np.asarray, model.get_weights()), np.asarray(model.predict(x, verbose=0))]


@pytest.mark.parametrize("name", [name for name in GRAPHS if name != "transformer"])  # whose Sequential is float32
def test_gradients_pass_central_differences(name: str) -> None:
    make, x = GRAPHS[name]
    model = clarinet.Model(*make(clarinet))
    model.compile("sgd", "mse", dtype="float64")
    xs = tuple(each.astype(float) for each in x) if isinstance(x, list) else x.astype(float)
    assert_gradients(model, Data(xs, Y.astype(float)))


@pytest.mark.parametrize("epochs", [3, pytest.param(17, marks=pytest.mark.slow)], ids=["9 steps", "51 steps"])
@pytest.mark.parametrize("name", one_in_three(GRAPHS))
def test_attention_follows_keras(name: str, epochs: int) -> None:
    import keras

    expected = results(name, keras, epochs)
    for engine in ("reference", "auto"):
        for mine, its in zip(results(name, clarinet, epochs, engine=engine), expected, strict=True):
            np.testing.assert_allclose(mine, its, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", ["across", "masked", "told", "dots", "sums"])
def test_files_keep_attention(name: str, tmp_path: Any) -> None:
    """Layers come back by class and configuration, called as they were; masks come along again."""
    make, x = GRAPHS[name]
    model = clarinet.Model(*make(clarinet))
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.clarinet")
    loaded = clarinet.models.load_model(tmp_path / "m.clarinet")
    assert [type(layer) for layer in loaded.layers] == [type(layer) for layer in model.layers]
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
