"""Random networks of sequences and pictures: layers in a row and side by side, with masks, ending in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

import clarinet
from clarinet import layers, ops

STEPS, WIDTH, SIDE = 4, 3, 6  # of sequences, of what is at each step, of pictures
SEQUENCES = (
    "dense", "lstm", "gru", "rnn", "bidirectional", "conv", "attention", "norm", "add", "gate", "reverse",
    "time", "dropped", "pooled", "cumulative",
)  # fmt: skip
PICTURES = ("conv", "depthwise", "separable", "norm", "pool", "add", "squeeze", "shift", "up", "tanh", "transpose")


@dataclass(frozen=True)
class DrawnRows:
    """A network in numbers, which shrink: what comes in, steps (a kind and two places), and the end."""

    kind: str
    steps: tuple[tuple[str, int, int], ...]
    end: int

    def build(self, dtype: str = "float64", engine: str = "auto") -> clarinet.Model:
        """The model, compiled."""
        clarinet.utils.set_random_seed(3)
        if self.kind == "pictures":
            inputs = layers.Input((SIDE, SIDE, WIDTH))
            tensors, step = [inputs], _of_pictures
        else:
            inputs = layers.Input((STEPS,)) if self.kind == "ids" else layers.Input((STEPS, WIDTH))
            first: Any = layers.Embedding(7, WIDTH, mask_zero=True) if self.kind == "ids" else layers.Masking(0.0)
            tensors, step = [first(inputs)], _of_sequences
        for kind, one, two in self.steps:
            a, b = (tensors[place % len(tensors)] for place in (one, two))
            tensors.append(step(kind, a, b))
        model = clarinet.Model(inputs, layers.Dense(1)(self._end(tensors[-1])))
        model.compile(clarinet.optimizers.SGD(0.05), "mse", dtype=dtype, engine=engine)
        return model

    def _end(self, x: Any) -> Any:
        if self.kind == "pictures":
            return (layers.GlobalAveragePooling2D, layers.Flatten)[self.end % 2]()(x)
        ends: tuple[Any, ...] = (layers.GlobalAveragePooling1D(), layers.LSTM(2), layers.GRU(2), layers.Flatten())
        return ends[self.end % 4](x)

    def rows(self, n: int = 5) -> tuple[Any, Any]:
        """Inputs and labels; of sequences the last steps of every other row are masked."""
        rng = np.random.default_rng(5)
        y = rng.normal(size=(n, 1))
        if self.kind == "pictures":
            return rng.normal(size=(n, SIDE, SIDE, WIDTH)), y
        x = rng.integers(1, 7, (n, STEPS)) if self.kind == "ids" else rng.normal(size=(n, STEPS, WIDTH))
        x[::2, STEPS - 2 :] = 0
        return x, y


def _of_sequences(kind: str, a: Any, b: Any) -> Any:
    match kind:
        case "dense":
            return layers.Dense(WIDTH, "softsign")(a)
        case "lstm" | "gru" | "rnn":
            own = {"lstm": layers.LSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN}[kind]
            return own(WIDTH, return_sequences=True)(a)
        case "bidirectional":
            return layers.Bidirectional(layers.GRU(WIDTH, return_sequences=True), merge_mode="sum")(a)
        case "conv":
            return layers.Conv1D(WIDTH, 3, padding="causal", activation="tanh")(a)
        case "attention":
            return layers.MultiHeadAttention(2, 2)(a, b)
        case "norm":
            return layers.LayerNormalization()(layers.Dense(WIDTH)(a))
        case "add":
            return layers.Add()([a, b])
        case "gate":
            return a * ops.sigmoid(b)
        case "reverse":
            return ops.flip(a, axis=1) + b
        case "time":
            return layers.TimeDistributed(layers.Dense(WIDTH, "tanh"))(a)
        case "dropped":
            return layers.ZeroPadding1D((1, 0))(layers.Cropping1D((0, 1))(a))
        case "pooled":
            return layers.UpSampling1D(2)(layers.AveragePooling1D(2)(a))
        case "cumulative":
            return 0.5 * ops.cumsum(a, axis=1)
    raise AssertionError(kind)


def _of_pictures(kind: str, a: Any, b: Any) -> Any:
    match kind:
        case "conv":
            return layers.Conv2D(WIDTH, 3, padding="same", activation="softsign")(a)
        case "depthwise":
            return layers.DepthwiseConv2D(3, padding="same")(a)
        case "separable":
            return layers.SeparableConv2D(WIDTH, 3, padding="same", dilation_rate=2)(a)
        case "norm":
            return layers.GroupNormalization(1)(layers.Conv2D(WIDTH, 1)(a))
        case "pool":
            return layers.UpSampling2D(2)(layers.AveragePooling2D(2)(a))
        case "add":
            return layers.Add()([a, b])
        case "squeeze":
            return layers.Multiply()(
                [a, layers.Dense(WIDTH, "sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(b))]
            )
        case "shift":
            return layers.ZeroPadding2D(((1, 0), (0, 1)))(layers.Cropping2D(((0, 1), (1, 0)))(a))
        case "up":
            return layers.Conv2DTranspose(WIDTH, 2, strides=2)(layers.AveragePooling2D(2)(a))
        case "tanh":
            return ops.tanh(a) - ops.mean(b, axis=(1, 2), keepdims=True)
        case "transpose":
            return layers.Permute((2, 1, 3))(a)
    raise AssertionError(kind)


def networks() -> st.SearchStrategy[DrawnRows]:
    """Any of them."""
    place = st.integers(0, 20)

    def of(kind: str, kinds: tuple[str, ...]) -> st.SearchStrategy[DrawnRows]:
        steps = st.lists(st.tuples(st.sampled_from(kinds), place, place), min_size=1, max_size=4).map(tuple)
        return st.builds(DrawnRows, st.just(kind), steps, st.integers(0, 3))

    return st.one_of(of("ids", SEQUENCES), of("sequences", SEQUENCES), of("pictures", PICTURES))
