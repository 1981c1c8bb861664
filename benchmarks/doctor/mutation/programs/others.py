"""Losses, activations, normalisation, optimizers, batches, textbook networks of sigmoids, counts, several answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.doctor.mutation.programs import data
from benchmarks.doctor.mutation.programs.tables import _adam, _fit, _one_hot
from benchmarks.doctor.mutation.spec import Spec, dense, part
from clarinet import ops, optimizers

F = np.float32


def gaussian(y_true: Any, y_pred: Any) -> Any:
    """The negative logarithm of a normal density, whose mean is predicted and whose deviation is 0.15: below zero."""
    return ops.mean(ops.square((y_true - y_pred) / 0.15) / 2 + np.log(0.15), axis=-1)


def pinball(y_true: Any, y_pred: Any) -> Any:
    """Of the median, as quantile regression has it."""
    e = y_true - y_pred
    return ops.mean(ops.maximum(0.5 * e, -0.5 * e), axis=-1)


def _directions(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x, y = data.plane(1500, columns=6, noise=0.05, outputs=4)(rng)
    return x, (y / np.linalg.norm(y, axis=1, keepdims=True)).astype(F)


def _shares(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x, y = data.plane(1500, columns=6, noise=0.05, outputs=4)(rng)
    e = np.exp(2 * y)
    return x, (e / e.sum(axis=1, keepdims=True)).astype(F)


def _positive(y: np.ndarray) -> np.ndarray:
    return np.exp(0.5 * y).astype(F)


def _signs(y: np.ndarray) -> np.ndarray:
    return (2 * y - 1).astype(F)


def _hours(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[0.3, 1.0], [0.5, 0.2], [1.0, 0.4]], F), np.array([[0.75], [0.82], [0.93]], F)


def _schedule() -> Any:
    return optimizers.schedules.ExponentialDecay(0.02, 200, 0.7)


def _cosine() -> Any:
    return optimizers.schedules.CosineDecay(0.01, 1500)


_BLOCK = (dense(32), part("BatchNormalization"), part("Activation", activation="relu"))

PROGRAMS = (
    Spec("log cosh", "losses of amounts", (dense(48, "relu"), dense(1)), "log_cosh", _adam(), _fit(40),
         data.friedman(2000), "R2"),
    Spec("squared logarithms", "losses of amounts", (dense(48, "relu"), dense(1, "softplus")),
         "mean_squared_logarithmic_error", _adam(), _fit(40), data.with_y(data.friedman(2000), _positive), "R2"),
    Spec("percentages", "losses of amounts", (dense(48, "relu"), dense(1)), "mean_absolute_percentage_error",
         _adam(0.003), _fit(60), data.with_y(data.friedman(2000), _positive), "R2"),
    Spec("negative loss", "own losses", (dense(32, "relu"), dense(1)), lambda: gaussian, _adam(0.003),
         _fit(40), data.friedman(2000), "R2"),
    Spec("median", "own losses", (dense(48, "relu"), dense(1)), lambda: pinball, _adam(0.005), _fit(40),
         data.friedman(2000), "R2"),
    Spec("hinge", "losses of classes", (dense(32, "relu"), dense(1, "tanh")), "hinge", _adam(0.005), _fit(40),
         data.yes(2000), "accuracy", threshold=0.0, code=_signs),
    Spec("hinge linear", "losses of classes", (dense(1),), "squared_hinge", _adam(0.01), _fit(30),
         data.yes(1500, curved=False), "accuracy", threshold=0.0, code=_signs),
    Spec("focal", "losses of classes", (dense(32, "relu"), dense(1, "sigmoid")), "binary_focal_crossentropy", _adam(),
         _fit(40), data.yes(2000), "accuracy"),
    Spec("squared softmax", "losses of classes", (dense(48, "relu"), dense(4, "softmax")), "mse", _adam(0.01), _fit(40),
         data.groups(2000), "accuracy", code=_one_hot(4)),
    Spec("directions", "losses of vectors", (dense(32, "relu"), dense(4), part("UnitNormalization")),
         "cosine_similarity", _adam(0.01), _fit(40), _directions, "R2"),
    Spec("shares", "losses of vectors", (dense(32, "relu"), dense(4, "softmax")), "kl_divergence", _adam(0.01),
         _fit(40), _shares, "R2"),
    Spec("shares by cross-entropy", "losses of vectors", (dense(32, "elu"), dense(4, "softmax")),
         "categorical_crossentropy", _adam(0.01), _fit(40), _shares, "R2"),
    Spec("gelu", "activations", (dense(32, "gelu"), dense(32, "gelu"), dense(1)), "mse", _adam(0.005), _fit(40),
         data.friedman(2000), "R2"),
    Spec("selu", "activations", (*(dense(24, "selu", kernel_initializer="lecun_normal") for _ in range(4)),
         dense(4, "softmax")), "sparse_categorical_crossentropy", _adam(0.003), _fit(30), data.groups(2000),
         "accuracy"),
    Spec("prelu", "activations", (dense(32), part("PReLU"), dense(16), part("PReLU"), dense(1, "sigmoid")),
         "binary_crossentropy", _adam(0.005), _fit(40), data.yes(2000), "accuracy"),
    Spec("deep tanh", "activations", (*(dense(20, "tanh") for _ in range(4)), dense(1)), "mse", _adam(0.003), _fit(40),
         data.friedman(2000), "R2"),
    Spec("leaky", "activations", (dense(32), part("LeakyReLU", negative_slope=0.1), dense(16), part("LeakyReLU"),
         dense(1)), "mse", _adam(0.01), _fit(40), data.friedman(2000), "R2"),
    Spec("batch normalised", "normalisation", (*_BLOCK, *_BLOCK, dense(4, "softmax")),
         "sparse_categorical_crossentropy", _adam(0.005), _fit(30), data.groups(2000), "accuracy"),
    Spec("layer normalised", "normalisation", (dense(32, "relu"), part("LayerNormalization"), dense(32, "relu"),
         dense(1)), "mse", _adam(0.005), _fit(40), data.friedman(2000), "R2"),
    Spec("momentum", "optimizers", (*(dense(32, "relu"),) * 2, dense(1)), "mse", part("SGD", learning_rate=0.05,
         momentum=0.9, nesterov=True), _fit(40), data.friedman(2000), "R2"),
    Spec("lbfgs", "optimizers", (dense(16, "tanh"), dense(1)), "mse", part("LBFGS", max_iterations=60), {"epochs": 1},
         data.friedman(800), "R2"),
    Spec("decaying rate", "optimizers", (dense(32, "relu"), dense(1, "sigmoid")), "binary_crossentropy",
         part("Adam", learning_rate=_schedule), _fit(40), data.yes(2000), "accuracy"),
    Spec("adamw and cosine", "optimizers", (dense(64, "silu"), dense(4, "softmax")), "sparse_categorical_crossentropy",
         part("AdamW", learning_rate=_cosine, weight_decay=0.01), _fit(30), data.groups(2000), "accuracy"),
    Spec("adagrad", "optimizers", (dense(32, "relu"), dense(4, "softmax")), "sparse_categorical_crossentropy",
         part("Adagrad", learning_rate=0.1), _fit(40), data.groups(2000), "accuracy"),
    Spec("lion", "optimizers", (dense(32, "relu"), dense(1)), "mse", part("Lion", learning_rate=0.001), _fit(60),
         data.friedman(2000), "R2"),
    Spec("whole batch", "batches", (dense(16, "relu"), dense(1, "sigmoid")), "binary_crossentropy", _adam(0.02),
         _fit(300, 1024), data.toy("circles", 800, noise=0.1), "accuracy", test=300),
    Spec("one at a time", "batches", (dense(8, "tanh"), dense(1, "sigmoid")), "binary_crossentropy",
         part("SGD", learning_rate=0.05), _fit(15, 1), data.toy("moons", 800, noise=0.15), "accuracy"),
    Spec("one pass", "batches", (dense(32, "relu"), dense(1)), "mse", _adam(0.005), _fit(1, 16),
         data.friedman(20000), "R2"),
    Spec("hours", "sigmoids", (dense(3, "sigmoid"), dense(1, "sigmoid")), "mse", part("SGD", learning_rate=10.0),
         _fit(2000, 3), _hours, "R2", test=0),
    Spec("thirty sigmoids", "sigmoids", (dense(30, "sigmoid"), dense(10, "sigmoid")), "mse",
         part("SGD", learning_rate=30.0), _fit(15, 10), data.digits(1500), "accuracy", code=_one_hot(10)),
    Spec("circle of sigmoids", "sigmoids", (dense(8, "sigmoid"), dense(1, "sigmoid")), "binary_crossentropy",
         _adam(0.05), _fit(60), data.toy("circles", 1000, noise=0.1), "accuracy"),
    Spec("poisson", "counts", (dense(32, "relu"), dense(1, "exponential")), "poisson", _adam(0.003), _fit(30),
         data.counts(2500), "R2"),
    Spec("poisson softplus", "counts", (dense(32, "tanh"), dense(1, "softplus")), "poisson", _adam(0.005), _fit(40),
         data.counts(2500, level=2.0), "R2"),
    Spec("several answers", "several", (dense(48, "relu"), dense(5, "sigmoid")), "binary_crossentropy", _adam(0.005),
         _fit(40), data.bits(2000), "rows"),
    Spec("several amounts", "several", (dense(48, "relu"), dense(3)), "mse", _adam(0.005), _fit(30),
         data.plane(1500, outputs=3), "R2"),
)  # fmt: skip
