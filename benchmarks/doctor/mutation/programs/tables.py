"""Tables: amounts, yes or no, classes, few rows, wide ones, units as they come, much noise."""

from __future__ import annotations

import numpy as np

from benchmarks.doctor.mutation.programs import data
from benchmarks.doctor.mutation.spec import Part, Spec, dense, part

F = np.float32


def _adam(rate: float = 0.01, **more: object) -> Part:
    return part("Adam", learning_rate=rate, **more)


def _fit(epochs: int, batch: int = 32, **more: object) -> dict[str, object]:
    return {"epochs": epochs, "batch_size": batch, **more}


def _one_hot(classes: int) -> object:
    return lambda y: np.eye(classes, dtype=F)[y]


_HELLO = data.points([[-1], [0], [1], [2], [3], [4]], [[-3], [-1], [1], [3], [5], [7]])
_XOR = data.points([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])


def _few_flowers(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    y = rng.integers(0, 3, 512)
    return (np.eye(3, 4)[y] * 2 + 0.5 * rng.normal(size=(512, 4))).astype(F), y


def _heights(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.uniform(-1, 1, (512, 1))
    return x.astype(F), (1.5 * x + 0.1 * rng.normal(size=x.shape)).astype(F)


_UNITS = np.array([40.0, 1.0, 25000.0, 3.0, 0.01, 500.0, 12.0, 1.0])
_ZEROS = np.array([50.0, 0.0, 60000.0, 2005.0, 0.2, 1500.0, 30.0, 5.0])
_NORMALISED = part("Normalization", mean=_ZEROS.tolist(), variance=((_UNITS**2) / 3).tolist())
_NORMAL_UNITS = part("Normalization", mean=_ZEROS.tolist(), variance=(_UNITS**2).tolist())
_RELU = (dense(32, "relu"), dense(16, "relu"))


def _long_tail(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x, y = data.friedman(2000)(rng)
    x = np.concatenate([x, np.exp(rng.normal(size=(len(x), 1)))], axis=1)
    return x.astype(F), (y + 0.2 * np.log(x[:, -1:])).astype(F)


def _mixed(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    kinds = rng.integers(0, 6, 2000)
    flags = rng.integers(0, 2, (2000, 3))
    amounts = rng.normal(size=(2000, 3))
    z = np.array([1.5, -1, 0.5, 0, -0.5, -1.2])[kinds] + flags @ [1, -1, 0.3] + amounts[:, 0] * (2 * flags[:, 0] - 1)
    x = np.concatenate([np.eye(6)[kinds], flags, amounts], axis=1)
    return x.astype(F), (z + 0.3 * rng.normal(size=2000) > 0).astype(F)


def _outlying(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x, y = data.friedman(2000)(rng)
    wild = rng.random(1500) < 0.03
    y[:1500][wild] += 15 * rng.standard_t(2, (int(wild.sum()), 1)).astype(F)
    return x, y


PROGRAMS = (
    Spec("friedman", "amounts", (*_RELU, dense(1)), "mse", _adam(), _fit(40), data.friedman(2000), "R2"),
    Spec("friedman mae", "amounts", (dense(64, "relu"), dense(1)), "mae", _adam(0.005), _fit(40), data.friedman(2000),
         "R2", metrics=("mse",)),
    Spec("plane by descent", "amounts", (dense(1),), "mse", part("SGD", learning_rate=0.05), _fit(20),
         data.plane(1500), "R2"),
    Spec("moons", "yes or no", (dense(16, "relu"), dense(16, "relu"), dense(1, "sigmoid")), "binary_crossentropy",
         _adam(), _fit(40), data.toy("moons", 1500, noise=0.15), "accuracy", metrics=("accuracy",)),
    Spec("logistic", "yes or no", (dense(1, "sigmoid"),), "binary_crossentropy", part("SGD", learning_rate=0.5),
         _fit(20), data.yes(1500, curved=False), "accuracy", metrics=("accuracy",)),
    Spec("yes from logits", "yes or no", (dense(32, "relu"), dense(1)),
         Part("BinaryCrossentropy", {"from_logits": True}), _adam(0.005), _fit(40), data.yes(2000), "accuracy",
         threshold=0.0),
    Spec("groups", "classes", (*_RELU, dense(4, "softmax")), "sparse_categorical_crossentropy", _adam(0.005), _fit(30),
         data.groups(2000), "accuracy", metrics=("accuracy",)),
    Spec("groups one-hot", "classes", (dense(48, "relu"), dense(4, "softmax")), "categorical_crossentropy",
         _adam(0.005), _fit(30), data.groups(2000), "accuracy", metrics=("accuracy",), code=_one_hot(4)),
    Spec("groups smoothed", "classes", (dense(32, "tanh"), dense(5)),
         Part("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}), part("RMSprop",
         learning_rate=0.003), _fit(40), data.groups(2000, classes=5), "accuracy", code=_one_hot(5)),
    Spec("two units softmax", "classes", (dense(24, "relu"), dense(2, "softmax")), "sparse_categorical_crossentropy",
         _adam(), _fit(40), data.with_y(data.yes(2000), lambda y: y.astype(np.int64)), "accuracy"),
    Spec("y is 2x - 1", "few rows", (dense(1),), "mse", part("SGD", learning_rate=0.01), _fit(500), _HELLO,
         "R2", test=0),
    Spec("xor", "few rows", (dense(8, "tanh"), dense(1, "sigmoid")), "binary_crossentropy", _adam(0.05), _fit(300),
         _XOR, "accuracy", test=0),
    Spec("twelve flowers", "few rows", (dense(10, "relu"), dense(3, "softmax")), "sparse_categorical_crossentropy",
         _adam(0.02), _fit(150), _few_flowers, "accuracy"),
    Spec("twelve heights", "few rows", (dense(1),), "mse", _adam(0.05), _fit(200), _heights, "R2"),
    Spec("normalised units", "units", (_NORMALISED, *_RELU, dense(1)), "mse", _adam(), _fit(40),
         data.scaled(data.friedman(2000), _UNITS, _ZEROS), "R2"),
    Spec("prices", "units", (dense(64, "relu"), dense(1)), "mse", _adam(), _fit(40),
         data.with_y(data.friedman(2000), lambda y: 80000 * y + 250000), "R2", compiled={"target": "standard"}),
    Spec("batch normalised units", "units", (part("BatchNormalization"), dense(32, "relu"), dense(1, "sigmoid")),
         "binary_crossentropy", _adam(), _fit(40), data.scaled(data.yes(2000), _UNITS, _ZEROS), "accuracy"),
    Spec("normalised yes", "units", (_NORMAL_UNITS, dense(32, "relu"), dense(1, "sigmoid")), "binary_crossentropy",
         _adam(), _fit(30), data.scaled(data.yes(2000), _UNITS, _ZEROS), "accuracy"),
    Spec("ages", "units", (dense(32, "relu"), dense(16, "relu"), dense(1)), "mse", _adam(0.01), _fit(60),
         data.scaled(data.friedman(2000), 3.0, 5.0), "R2"),
    Spec("wide and few rows", "wide", (dense(16, "relu", kernel_regularizer="l2"), dense(1, "sigmoid")),
         "binary_crossentropy", _adam(0.003), _fit(20), data.yes(900, columns=60, curved=False), "accuracy"),
    Spec("wide linear", "wide", (dense(1, None, kernel_regularizer="l2"),), "mse", _adam(0.01), _fit(40),
         data.plane(1200, columns=200, noise=0.2), "R2"),
    Spec("wide layers", "wide", (dense(256, "relu"), part("Dropout", rate=0.3), dense(256, "relu"),
         dense(4, "softmax")), "sparse_categorical_crossentropy", _adam(0.001), _fit(12, 64),
         data.groups(2000), "accuracy"),
    Spec("faint amounts", "noise", (dense(16, "relu"), dense(1)), "mse", _adam(0.005), _fit(15),
         data.plane(3000, noise=1.8), "R2", test=1500),
    Spec("faint yes", "noise", (dense(16, "relu"), dense(1, "sigmoid")), "binary_crossentropy", _adam(0.003), _fit(10),
         data.yes(3000, curved=False, noise=2.5), "accuracy", test=1500, metrics=("accuracy",)),
    Spec("long tail", "mixed columns", (dense(48, "relu"), dense(1)), "mse", _adam(0.005), _fit(40), _long_tail, "R2"),
    Spec("flags and kinds", "mixed columns", (dense(24, "relu"), dense(12, "relu"), dense(1, "sigmoid")),
         "binary_crossentropy", _adam(0.005), _fit(30), _mixed, "accuracy", metrics=("accuracy",)),
    Spec("wild targets", "mixed columns", (dense(64, "relu"), dense(1)), "huber", _adam(0.005), _fit(50), _outlying,
         "R2"),
    Spec("rare yes weighed", "imbalance", (dense(16, "relu"), dense(1, "sigmoid")), "binary_crossentropy", _adam(0.01),
         _fit(30, class_weight={0: 0.53, 1: 10.0}), data.rare(2500), "accuracy"),
    Spec("rare yes", "imbalance", (dense(16, "relu"), dense(1, "sigmoid")), "binary_crossentropy", _adam(0.01),
         _fit(40), data.rare(3000, 0.04), "accuracy", test=1000),
    Spec("validated", "order", (*_RELU, dense(1)), "mse", _adam(), _fit(40), data.friedman(2000), "R2", validated=True),
    Spec("in order of time", "order", (dense(24, "tanh"), dense(1)), "mse", _adam(), _fit(40, shuffle=False),
         data.friedman(1500), "R2"),
    Spec("split", "order", (dense(32, "relu"), dense(1, "sigmoid")), "binary_crossentropy", _adam(0.005),
         _fit(30, validation_split=0.2), data.yes(2000), "accuracy"),
)  # fmt: skip
