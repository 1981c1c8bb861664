"""Texts as ids, sequences, pictures, autoencoders, frozen and trained-before layers, graphs."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.doctor.mutation.programs import data
from benchmarks.doctor.mutation.programs.tables import _adam, _fit
from benchmarks.doctor.mutation.spec import Spec, dense, part
from clarinet import Input, Model, Sequential, layers

F = np.float32
_CE = "sparse_categorical_crossentropy"


def _embed(ids: int, size: int, **more: object) -> Any:
    return part("Embedding", input_dim=ids, output_dim=size, **more)


def _conv(filters: int, size: Any = 3, activation: str | None = "relu", **more: object) -> Any:
    return part("Conv2D", filters=filters, kernel_size=size, activation=activation, **more)


def _two_inputs() -> Any:
    left, right = Input((4,), name="left"), Input((4,), name="right")
    both = layers.Concatenate()([layers.Dense(16, activation="relu")(left), layers.Dense(16, activation="relu")(right)])
    return Model([left, right], layers.Dense(1)(layers.Dense(24, activation="relu")(both)))


def _two_parts(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
    x, y = data.friedman(2000)(rng)
    return {"left": x[:, :4], "right": x[:, 4:]}, y


def _residual() -> Any:
    x = Input((8,))
    h = layers.Dense(24, activation="relu")(x)
    h = layers.Add()([h, layers.Dense(24, activation="relu")(h)])
    return Model(x, layers.Dense(1, activation="sigmoid")(h))


def _wide_and_deep() -> Any:
    ids, amounts = Input((1,), dtype="int32", name="kind"), Input((5,), name="amounts")
    e = layers.Flatten()(layers.Embedding(20, 4)(ids))
    both = layers.Concatenate()([e, amounts])
    deep = layers.Dense(32, activation="relu")(both)
    return Model([ids, amounts], layers.Dense(1, activation="sigmoid")(layers.Concatenate()([deep, both])))


def _kinds(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
    kind, x = rng.integers(0, 20, (2000, 1)), rng.normal(size=(2000, 5))
    bias = np.random.default_rng(8).normal(size=20)
    y = bias[kind[:, 0]] + x[:, 0] + x[:, 1] * x[:, 2] > 0
    return {"kind": kind.astype(np.int32), "amounts": x.astype(F)}, y.astype(F)


@cache
def _base() -> list[np.ndarray]:
    """Weights of a layer that was trained to tell the digits from 0 to 4."""
    x, y = data.digits(900, only=(0, 1, 2, 3, 4))(np.random.default_rng(0))
    model = Sequential([Input((64,)), layers.Dense(40, activation="relu"), layers.Dense(5, activation="softmax")])
    model.compile("adam", _CE)
    model.fit(x, y, epochs=20, seed=0, verbose=0)
    return [np.asarray(weight) for weight in model.layers[0].get_weights()]


def _trained_before() -> Any:
    """That layer, frozen, and a new last layer for the other digits."""
    first = layers.Dense(40, activation="relu")
    model = Sequential([Input((64,)), first, layers.Dense(5, activation="softmax")])
    first.set_weights(_base())
    first.trainable = False
    return model


_DIGIT = (8, 8, 1)

PROGRAMS = (
    Spec("good words", "texts", (_embed(300, 8), part("GlobalAveragePooling1D"), dense(1, "sigmoid")),
         "binary_crossentropy", _adam(0.02), _fit(20), data.words(2500), "accuracy", metrics=("accuracy",)),
    Spec("topics", "texts", (_embed(200, 12), part("GlobalAveragePooling1D"), dense(16, "relu"), dense(5, "softmax")),
         _CE, _adam(0.01), _fit(15), data.topics(2000), "accuracy"),
    Spec("words through windows", "texts", (_embed(300, 8), part("Conv1D", filters=16, kernel_size=3,
         activation="relu"), part("GlobalAveragePooling1D"), dense(1, "sigmoid")), "binary_crossentropy", _adam(0.01),
         _fit(20), data.words(2500), "accuracy"),
    Spec("next value", "sequences", (part("LSTM", units=16), dense(1)), "mse", _adam(0.01), _fit(20),
         data.waves(1000), "R2"),
    Spec("sum", "sequences", (part("GRU", units=12), dense(1)), "mse", _adam(0.01), _fit(20), data.running_sum(1500),
         "R2"),
    Spec("simple recurrence", "sequences", (part("SimpleRNN", units=16), dense(1)), "mse", _adam(0.005), _fit(30),
         data.running_sum(1500, 8), "R2"),
    Spec("fast or slow", "sequences", (part("Conv1D", filters=8, kernel_size=5, activation="relu"),
         part("GlobalMaxPooling1D"), dense(1, "sigmoid")), "binary_crossentropy", _adam(0.02), _fit(30),
         data.waves(1500, ahead=False), "accuracy"),
    Spec("convolutions", "pictures", (_conv(8), part("MaxPooling2D"), part("Flatten"), dense(32, "relu"),
         dense(10, "softmax")), _CE, _adam(0.005), _fit(15), data.digits(1700, _DIGIT), "accuracy",
         metrics=("accuracy",)),
    Spec("averaged convolutions", "pictures", (_conv(16, padding="same"), _conv(32, padding="same", strides=2),
         part("GlobalAveragePooling2D"), dense(10, "softmax")), _CE, _adam(0.01), _fit(15), data.digits(1500, _DIGIT),
         "accuracy"),
    Spec("flat digits", "flat pictures", (part("Flatten"), dense(64, "relu"), part("Dropout", rate=0.2),
         dense(10, "softmax")), _CE, _adam(0.002), _fit(10), data.mnist14(3000), "accuracy", metrics=("accuracy",)),
    Spec("raw grey values", "flat pictures", (part("Rescaling", scale=1 / 255), part("Flatten"), dense(48, "relu"),
         dense(10, "softmax")), _CE, _adam(0.003), _fit(10), data.mnist14(3000, 1.0), "accuracy"),
    Spec("grey values to 16", "flat pictures", (dense(32, "relu"), dense(10, "softmax")), _CE, _adam(0.003), _fit(30),
         data.digits(1700, factor=16), "accuracy"),
    Spec("two digits", "pictures", (part("Flatten"), dense(1, "sigmoid")), "binary_crossentropy", _adam(0.02),
         _fit(40), data.digits(360, _DIGIT, only=(3, 8)), "accuracy", test=120),
    Spec("linear bottleneck", "autoencoders", (dense(32, "relu"), dense(6), dense(32, "relu"), dense(64, "sigmoid")),
         "binary_crossentropy", _adam(0.005), _fit(40), data.pixels(1700), "R2"),
    Spec("squared autoencoder", "autoencoders", (dense(16, "relu"), dense(64)), "mse", _adam(0.01), _fit(30),
         data.pixels(1700), "R2"),
    Spec("noisy autoencoder", "autoencoders", (part("GaussianNoise", stddev=0.2), dense(32, "relu"),
         dense(64, "sigmoid")), "mse", _adam(0.01), _fit(30), data.pixels(1700), "R2"),
    Spec("random features", "frozen", (dense(300, "tanh", trainable=False, kernel_initializer="he_normal"), dense(1)),
         "mse", _adam(0.01), _fit(40), data.friedman(2000), "R2"),
    Spec("trained before", "frozen", (), _CE, _adam(0.01), _fit(10), data.digits(900, only=(5, 6, 7, 8, 9)), "accuracy",
         test=300, graph=_trained_before),
    Spec("two inputs", "graphs", (), "mse", _adam(0.01), _fit(30), _two_parts, "R2", graph=_two_inputs),
    Spec("residual", "graphs", (), "binary_crossentropy", _adam(0.005), _fit(30), data.yes(2000), "accuracy",
         graph=_residual),
    Spec("wide and deep", "graphs", (), "binary_crossentropy", _adam(0.01), _fit(20), _kinds, "accuracy",
         graph=_wide_and_deep),
)  # fmt: skip
