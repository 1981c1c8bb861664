"""Random graphs: a few inputs, steps that each take tensors that are there, and one to three outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

import clarinet
from clarinet import layers, ops

KINDS = (
    "dense", "tanh", "shared", "nested", "norm", "add", "multiply", "concatenate", "average",
    "gate", "mean", "scale", "split", "residual",
)  # fmt: skip
WIDTH = 3  # of every tensor but those that are joined, so that steps fit


@dataclass(frozen=True)
class Drawn:
    """A graph in numbers, which shrink: inputs, steps (a kind and two places), outputs."""

    inputs: int
    steps: tuple[tuple[str, int, int], ...]
    outputs: tuple[int, ...]

    def build(self, dtype: str = "float64", engine: str = "auto") -> clarinet.Model:
        """The model, compiled."""
        clarinet.utils.set_random_seed(3)
        inputs = [clarinet.Input((WIDTH,), name=f"in_{i}") for i in range(self.inputs)]
        shared = layers.Dense(WIDTH, activation="softsign")
        nested = clarinet.Sequential([clarinet.Input((WIDTH,)), layers.Dense(4, "tanh"), layers.Dense(WIDTH)])
        tensors = list(inputs)
        for kind, first, second in self.steps:
            a, b = (tensors[place % len(tensors)] for place in (first, second))
            tensors.append(_step(kind, a, b, shared, nested))
        heads = [
            layers.Dense(1, name=f"out_{n}")(tensors[-1 - place % len(tensors)]) for n, place in enumerate(self.outputs)
        ]
        model = clarinet.Model(inputs if len(inputs) > 1 else inputs[0], heads if len(heads) > 1 else heads[0])
        loss = ["mse", "log_cosh", "mse"][: len(heads)]
        weights = [1.0, 0.5, 2.0][: len(heads)]
        model.compile(
            clarinet.optimizers.SGD(0.05), loss if len(heads) > 1 else loss[0], dtype=dtype, engine=engine,
            loss_weights=weights if len(heads) > 1 else None,
        )  # fmt: skip
        return model

    def rows(self, n: int = 7) -> tuple[object, object]:
        """Inputs and labels."""
        rng = np.random.default_rng(5)
        x = [rng.normal(size=(n, WIDTH)) for _ in range(self.inputs)]
        y = [rng.normal(size=(n, 1)) for _ in self.outputs]
        return (x if len(x) > 1 else x[0]), (y if len(y) > 1 else y[0])


def _step(kind: str, a: object, b: object, shared: object, nested: object) -> object:
    match kind:
        case "dense":
            return layers.Dense(WIDTH)(a)
        case "tanh":
            return layers.Activation("tanh")(a)
        case "shared":
            return shared(a)
        case "nested":
            return nested(a)
        case "norm":
            return layers.LayerNormalization()(layers.Dense(WIDTH)(a))
        case "add":
            return layers.Add()([a, b])
        case "multiply":
            return layers.Multiply()([a, b])
        case "average":
            return layers.Average()([a, b])
        case "concatenate":
            return layers.Dense(WIDTH)(layers.Concatenate()([a, b]))
        case "gate":
            return a * ops.sigmoid(b)
        case "mean":
            return a - ops.mean(b, axis=-1, keepdims=True)
        case "scale":
            return 0.5 * a + 1.0
        case "split":
            return ops.concatenate(ops.split(a, WIDTH, axis=-1)[::-1], axis=-1)
        case "residual":
            return layers.Add()([a, layers.Dense(WIDTH, "softplus")(a)])
    raise AssertionError(kind)


def graphs() -> st.SearchStrategy[Drawn]:
    """Any of them."""
    place = st.integers(0, 20)
    steps = st.lists(st.tuples(st.sampled_from(KINDS), place, place), min_size=1, max_size=8).map(tuple)
    outputs = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple)
    return st.builds(Drawn, st.integers(1, 3), steps, outputs)
