"""Twenty networks, trained for three epochs on each engine: one line of JSON with a hash of the weights of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np

import clarinet
from clarinet import Input, Sequential, layers, losses, optimizers, regularizers
from clarinet.optimizers import schedules

ROWS, CLASSES = 200, 4
Maker = Callable[[], tuple[list[Any], Any, Any]]


def table(*body: Any, optimizer: Any = "adam", loss: Any = "sparse_categorical_crossentropy") -> Maker:
    """A network on rows of 12 numbers."""
    return lambda: ([Input((12,)), *body], optimizer, loss)


def image(*body: Any, optimizer: Any = "adam") -> Maker:
    """A network on pictures of 10 x 10 pixels and two channels."""
    end = (layers.Flatten(), layers.Dense(CLASSES, "softmax"))
    return lambda: ([Input((10, 10, 2)), *body, *end], optimizer, "sparse_categorical_crossentropy")


def series(*body: Any) -> Maker:
    """A network on twelve steps of three numbers."""
    end = layers.Dense(CLASSES, "softmax")
    return lambda: ([Input((12, 3)), *body, end], "adam", "sparse_categorical_crossentropy")


def networks() -> dict[str, Maker]:
    """The networks by name; layers are made anew on every call."""
    dense, softmax = layers.Dense, layers.Dense(CLASSES, "softmax")
    decay = schedules.ExponentialDecay(0.05, 10, 0.9)
    return {
        "adam": table(dense(32, "relu"), softmax),
        "sgd": table(dense(32, "sigmoid"), softmax, optimizer=optimizers.SGD(0.1, momentum=0.9, nesterov=True)),
        "rmsprop": table(dense(32, "tanh"), softmax, optimizer=optimizers.RMSprop(0.01, centered=True, momentum=0.5)),
        "adamw": table(dense(32, "gelu"), softmax, optimizer=optimizers.AdamW(0.01, clipnorm=0.5)),
        "nadam": table(dense(32, "elu"), softmax, optimizer=optimizers.Nadam(0.01, use_ema=True)),
        "adagrad": table(dense(32, "selu"), softmax, optimizer=optimizers.Adagrad(0.05, global_clipnorm=1.0)),
        "ftrl": table(dense(32, "softplus"), softmax, optimizer=optimizers.Ftrl(0.05)),
        "lion": table(dense(32, "silu"), softmax, optimizer=optimizers.Lion(0.003, clipvalue=0.1)),
        "schedule": table(dense(32, "relu"), softmax, optimizer=optimizers.SGD(decay)),
        "penalties": table(
            dense(32, "relu", kernel_regularizer=regularizers.L1L2(1e-3, 1e-3)), layers.Dropout(0.3), softmax
        ),
        "batch norm": table(dense(32), layers.BatchNormalization(), layers.PReLU(), softmax),
        "layer norm": table(dense(32), layers.LayerNormalization(), layers.GaussianNoise(0.1), softmax),
        "amounts": table(dense(32, "relu"), dense(1), loss=losses.Huber()),
        "wide": table(dense(300, "relu"), dense(300, "relu"), softmax),
        "deep": table(*(dense(24, "relu") for _ in range(8)), softmax),
        "convolution": image(layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(2)),
        "strides": image(layers.Conv2D(6, 3, strides=2, padding="same"), layers.BatchNormalization(), layers.ReLU()),
        "separable": image(layers.SeparableConv2D(8, 3, activation="relu"), layers.AveragePooling2D(2)),
        "sequences": series(layers.Conv1D(8, 3, padding="causal", activation="relu"), layers.GlobalMaxPooling1D()),
        "recurrent": series(layers.LSTM(8)),
    }


def data(shape: tuple[int, ...]) -> tuple[Any, Any]:
    """Rows with four classes that a network can learn; the amount to predict is the class."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, CLASSES, ROWS)
    x = rng.normal(size=(ROWS, *shape)) + y.reshape(-1, *[1] * len(shape)) * 0.3
    return x.astype(np.float32), y


def trained(make: Maker, engine: str) -> str:
    """A hash of all weights after three epochs; the reason where the engine cannot run the network."""
    body, optimizer, loss = make()
    model = Sequential(body)
    model.compile(optimizer, loss, metrics=["mae" if isinstance(loss, losses.Huber) else "accuracy"], engine=engine)
    x, y = data(body[0].shape[1:])
    try:
        history = model.fit(x, y, epochs=3, batch_size=32, validation_split=0.2, verbose=0, seed=3)
    except ValueError as refused:
        return str(refused)
    numbers = [*model.get_weights(), np.array(list(history.history.values()))]
    return hashlib.sha256(b"".join(np.ascontiguousarray(n).tobytes() for n in numbers)).hexdigest()


def main() -> None:
    """Print ``{"name (engine)": hash}``."""
    found = {}
    for name in networks():
        for engine in ("native", "reference"):
            clarinet.utils.set_random_seed(1)
            found[f"{name} ({engine})"] = trained(networks()[name], engine)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
