"""One row for every layer, activation, loss, optimizer, metric, initializer and regularizer.

The contract tests and the comparison with Keras run over these rows: a new thing needs its row here and no test of its
own. ``keras`` makes the same thing of the module ``keras``, which is imported only where it is needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from clarinet import activations, initializers, layers, losses, metrics, optimizers, regularizers

Keras = Callable[[Any], Any]


@dataclass(frozen=True)
class Case:
    """A thing of ours, made by ``make``, and the same thing of Keras.

    ``shape`` is of one sample of a layer's input; ``targets`` and ``predictions`` say which data a loss or metric takes
    (see :func:`example`).
    """

    id: str
    make: Callable[[], Any]
    keras: Keras | None = None
    shape: tuple[int, ...] = (3,)
    targets: str = "numbers"
    predictions: str = "numbers"

    def __repr__(self) -> str:
        return self.id


ACTIVATIONS = [
    Case("linear", lambda: activations.get("linear"), lambda k: k.activations.linear),
    Case("relu", lambda: activations.get("relu"), lambda k: k.activations.relu),
    Case(
        "relu-all-settings",
        lambda: activations.Relu(negative_slope=0.1, max_value=1.2, threshold=0.3),
        lambda k: lambda x: k.activations.relu(x, negative_slope=0.1, max_value=1.2, threshold=0.3),
    ),
    Case("sigmoid", lambda: activations.get("sigmoid"), lambda k: k.activations.sigmoid),
    Case("tanh", lambda: activations.get("tanh"), lambda k: k.activations.tanh),
    Case("softmax", lambda: activations.get("softmax"), lambda k: k.activations.softmax),
    Case("elu", lambda: activations.get("elu"), lambda k: k.activations.elu),
    Case("elu-alpha", lambda: activations.Elu(0.5), lambda k: lambda x: k.activations.elu(x, alpha=0.5)),
    Case("selu", lambda: activations.get("selu"), lambda k: k.activations.selu),
    Case("gelu", lambda: activations.get("gelu"), lambda k: k.activations.gelu),
    Case(
        "gelu-tanh",
        lambda: activations.Gelu(approximate=True),
        lambda k: lambda x: k.activations.gelu(x, approximate=True),
    ),
    Case("silu", lambda: activations.get("silu"), lambda k: k.activations.silu),
    Case("swish", lambda: activations.get("swish"), lambda k: k.activations.swish),
    Case("softplus", lambda: activations.get("softplus"), lambda k: k.activations.softplus),
    Case("leaky_relu", lambda: activations.get("leaky_relu"), lambda k: k.activations.leaky_relu),
    Case(
        "leaky_relu-slope",
        lambda: activations.LeakyRelu(0.01),
        lambda k: lambda x: k.activations.leaky_relu(x, negative_slope=0.01),
    ),
]

LAYERS = [
    Case("dense", lambda: layers.Dense(4), lambda k: k.layers.Dense(4)),
    Case(
        "dense-tanh", lambda: layers.Dense(4, activation="tanh"), lambda k: k.layers.Dense(4, activation="tanh"), (2, 3)
    ),
    Case("dense-no-bias", lambda: layers.Dense(1, use_bias=False), lambda k: k.layers.Dense(1, use_bias=False)),
    Case(
        "dense-penalties",
        lambda: layers.Dense(4, kernel_regularizer="l2", bias_regularizer=regularizers.L1(0.02)),
        lambda k: k.layers.Dense(4, kernel_regularizer="l2", bias_regularizer=k.regularizers.L1(0.02)),
    ),
    Case("activation", lambda: layers.Activation("gelu"), lambda k: k.layers.Activation("gelu"), (2, 3)),
    Case("relu", layers.ReLU, lambda k: k.layers.ReLU()),
    Case(
        "relu-all-settings",
        lambda: layers.ReLU(max_value=1.2, negative_slope=0.1, threshold=0.3),
        lambda k: k.layers.ReLU(max_value=1.2, negative_slope=0.1, threshold=0.3),
    ),
    Case("flatten", layers.Flatten, lambda k: k.layers.Flatten(), (2, 3, 2)),
    Case("reshape", lambda: layers.Reshape((3, -1)), lambda k: k.layers.Reshape((3, -1)), (2, 6)),
    Case("rescaling", lambda: layers.Rescaling(0.5, -0.25), lambda k: k.layers.Rescaling(0.5, -0.25)),
    Case("dropout", lambda: layers.Dropout(0.4), None, (6,)),
    Case("dropout-seed", lambda: layers.Dropout(0.4, seed=3), None, (6,)),
    Case("batch-normalization", layers.BatchNormalization, lambda k: k.layers.BatchNormalization()),
    Case(
        "batch-normalization-rank-3",
        lambda: layers.BatchNormalization(momentum=0.8, epsilon=1e-2),
        lambda k: k.layers.BatchNormalization(momentum=0.8, epsilon=1e-2),
        (2, 3),
    ),
    Case(
        "batch-normalization-plain",
        lambda: layers.BatchNormalization(center=False, scale=False),
        lambda k: k.layers.BatchNormalization(center=False, scale=False),
    ),
    Case(
        "batch-normalization-frozen",
        lambda: layers.BatchNormalization(trainable=False),
        lambda k: k.layers.BatchNormalization(trainable=False),
    ),
]

LOSSES = [
    Case("mse", lambda: losses.get("mse"), lambda k: k.losses.MeanSquaredError()),
    Case("mae", lambda: losses.get("mae"), lambda k: k.losses.MeanAbsoluteError()),
    Case("mse-sum", lambda: losses.MeanSquaredError(reduction="sum"), lambda k: k.losses.MeanSquaredError("sum")),
    Case(
        "mse-mean-with-sample-weight",
        lambda: losses.MeanSquaredError(reduction="mean_with_sample_weight"),
        lambda k: k.losses.MeanSquaredError("mean_with_sample_weight"),
    ),
    Case(
        "binary",
        lambda: losses.get("binary_crossentropy"),
        lambda k: k.losses.BinaryCrossentropy(),
        targets="binary",
        predictions="chances",
    ),
    Case(
        "binary-smoothed",
        lambda: losses.BinaryCrossentropy(label_smoothing=0.2),
        lambda k: k.losses.BinaryCrossentropy(label_smoothing=0.2),
        targets="binary",
        predictions="chances",
    ),
    Case(
        "binary-logits",
        lambda: losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
        lambda k: k.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
        targets="binary",
    ),
    Case(
        "categorical",
        lambda: losses.get("categorical_crossentropy"),
        lambda k: k.losses.CategoricalCrossentropy(),
        targets="one-hot",
        predictions="chances",
    ),
    Case(
        "categorical-smoothed",
        lambda: losses.CategoricalCrossentropy(label_smoothing=0.3),
        lambda k: k.losses.CategoricalCrossentropy(label_smoothing=0.3),
        targets="one-hot",
        predictions="chances",
    ),
    Case(
        "categorical-logits",
        lambda: losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3),
        lambda k: k.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3),
        targets="one-hot",
    ),
    Case(
        "sparse-categorical",
        lambda: losses.get("sparse_categorical_crossentropy"),
        lambda k: k.losses.SparseCategoricalCrossentropy(),
        targets="ids",
        predictions="chances",
    ),
    Case(
        "sparse-categorical-logits",
        lambda: losses.SparseCategoricalCrossentropy(from_logits=True),
        lambda k: k.losses.SparseCategoricalCrossentropy(from_logits=True),
        targets="ids",
    ),
]

OPTIMIZERS = [
    Case("sgd", lambda: optimizers.get("sgd"), lambda k: k.optimizers.SGD()),
    Case("sgd-momentum", lambda: optimizers.SGD(0.05, 0.9), lambda k: k.optimizers.SGD(0.05, 0.9)),
    Case(
        "sgd-nesterov",
        lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda k: k.optimizers.SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    Case("sgd-clipnorm", lambda: optimizers.SGD(0.5, clipnorm=0.3), lambda k: k.optimizers.SGD(0.5, clipnorm=0.3)),
    Case("sgd-clipvalue", lambda: optimizers.SGD(0.5, clipvalue=0.1), lambda k: k.optimizers.SGD(0.5, clipvalue=0.1)),
    Case(
        "sgd-global-clipnorm",
        lambda: optimizers.SGD(0.5, global_clipnorm=0.3),
        lambda k: k.optimizers.SGD(0.5, global_clipnorm=0.3),
    ),
    Case("rmsprop", lambda: optimizers.get("rmsprop"), lambda k: k.optimizers.RMSprop()),
    Case(
        "rmsprop-momentum-centered",
        lambda: optimizers.RMSprop(0.002, rho=0.8, momentum=0.5, epsilon=1e-5, centered=True),
        lambda k: k.optimizers.RMSprop(0.002, rho=0.8, momentum=0.5, epsilon=1e-5, centered=True),
    ),
    Case("adam", lambda: optimizers.get("adam"), lambda k: k.optimizers.Adam()),
    Case(
        "adam-all-settings",
        lambda: optimizers.Adam(0.01, beta_1=0.8, beta_2=0.9, epsilon=1e-4, weight_decay=0.02, clipnorm=0.5),
        lambda k: k.optimizers.Adam(0.01, beta_1=0.8, beta_2=0.9, epsilon=1e-4, weight_decay=0.02, clipnorm=0.5),
    ),
    Case("adam-amsgrad", lambda: optimizers.Adam(0.01, amsgrad=True), lambda k: k.optimizers.Adam(0.01, amsgrad=True)),
    Case("adamw", lambda: optimizers.get("adamw"), lambda k: k.optimizers.AdamW()),
]

METRICS = [
    Case("accuracy", metrics.Accuracy, lambda k: k.metrics.Accuracy(), targets="binary", predictions="zeros"),
    Case(
        "binary-accuracy",
        lambda: metrics.BinaryAccuracy(threshold=0.3),
        lambda k: k.metrics.BinaryAccuracy(threshold=0.3),
        targets="binary",
        predictions="chances",
    ),
    Case(
        "categorical-accuracy",
        metrics.CategoricalAccuracy,
        lambda k: k.metrics.CategoricalAccuracy(),
        targets="one-hot",
        predictions="chances",
    ),
    Case(
        "sparse-categorical-accuracy",
        metrics.SparseCategoricalAccuracy,
        lambda k: k.metrics.SparseCategoricalAccuracy(),
        targets="ids",
        predictions="chances",
    ),
    Case(
        "top-k-categorical-accuracy",
        lambda: metrics.TopKCategoricalAccuracy(k=2),
        lambda k: k.metrics.TopKCategoricalAccuracy(k=2),
        targets="one-hot",
        predictions="chances",
    ),
    Case(
        "sparse-top-k-categorical-accuracy",
        lambda: metrics.SparseTopKCategoricalAccuracy(k=2),
        lambda k: k.metrics.SparseTopKCategoricalAccuracy(k=2),
        targets="ids",
        predictions="chances",
    ),
    Case("mean-squared-error", lambda: metrics.get("mse"), lambda k: k.metrics.MeanSquaredError()),
    Case("mean-absolute-error", lambda: metrics.get("mae"), lambda k: k.metrics.MeanAbsoluteError()),
    Case(
        "root-mean-squared-error",
        metrics.RootMeanSquaredError,
        lambda k: k.metrics.RootMeanSquaredError(),
    ),
    Case(
        "binary-crossentropy",
        lambda: metrics.BinaryCrossentropy(label_smoothing=0.1),
        lambda k: k.metrics.BinaryCrossentropy(label_smoothing=0.1),
        targets="binary",
        predictions="chances",
    ),
    Case(
        "categorical-crossentropy",
        lambda: metrics.CategoricalCrossentropy(from_logits=True),
        lambda k: k.metrics.CategoricalCrossentropy(from_logits=True),
        targets="one-hot",
    ),
    Case(
        "sparse-categorical-crossentropy",
        metrics.SparseCategoricalCrossentropy,
        lambda k: k.metrics.SparseCategoricalCrossentropy(),
        targets="ids",
        predictions="chances",
    ),
]

INITIALIZERS = [
    Case("zeros", lambda: initializers.get("zeros"), lambda k: k.initializers.Zeros()),
    Case("ones", lambda: initializers.get("ones"), lambda k: k.initializers.Ones()),
    Case("constant", lambda: initializers.Constant(0.3), lambda k: k.initializers.Constant(0.3)),
    Case("identity", lambda: initializers.Identity(2.0), lambda k: k.initializers.Identity(2.0)),
    Case("random-uniform", lambda: initializers.get("random_uniform"), lambda k: k.initializers.RandomUniform()),
    Case("random-normal", lambda: initializers.RandomNormal(1.0, 0.2), lambda k: k.initializers.RandomNormal(1.0, 0.2)),
    Case("truncated-normal", lambda: initializers.get("truncated_normal"), lambda k: k.initializers.TruncatedNormal()),
    Case(
        "variance-scaling",
        lambda: initializers.VarianceScaling(0.5, "fan_out", "untruncated_normal"),
        lambda k: k.initializers.VarianceScaling(0.5, "fan_out", "untruncated_normal"),
    ),
    Case("glorot-uniform", lambda: initializers.get("glorot_uniform"), lambda k: k.initializers.GlorotUniform()),
    Case("glorot-normal", lambda: initializers.get("glorot_normal"), lambda k: k.initializers.GlorotNormal()),
    Case("he-uniform", lambda: initializers.get("he_uniform"), lambda k: k.initializers.HeUniform()),
    Case("he-normal", lambda: initializers.get("he_normal"), lambda k: k.initializers.HeNormal()),
    Case("lecun-uniform", lambda: initializers.get("lecun_uniform"), lambda k: k.initializers.LecunUniform()),
    Case("lecun-normal", lambda: initializers.get("lecun_normal"), lambda k: k.initializers.LecunNormal()),
    Case("orthogonal", lambda: initializers.Orthogonal(1.5), lambda k: k.initializers.Orthogonal(1.5)),
]

REGULARIZERS = [
    Case("l1", lambda: regularizers.get("l1"), lambda k: k.regularizers.L1()),
    Case("l2", lambda: regularizers.L2(0.3), lambda k: k.regularizers.L2(0.3)),
    Case("l1-l2", lambda: regularizers.L1L2(0.1, 0.2), lambda k: k.regularizers.L1L2(0.1, 0.2)),
]


def example(case: Case, dtype: Any = np.float32, rows: int = 12, columns: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions that suit a loss or metric, the same on every call."""
    rng = np.random.default_rng(5)
    numbers = rng.normal(size=(rows, columns))
    ids = rng.integers(0, columns, rows)
    targets = {
        "numbers": rng.normal(size=(rows, columns)),
        "binary": rng.integers(0, 2, (rows, columns)),
        "one-hot": np.eye(columns)[ids],
        "ids": ids,
    }[case.targets]
    predictions = {
        "numbers": numbers,
        "chances": np.exp(numbers) / np.exp(numbers).sum(-1, keepdims=True),
        "zeros": (numbers > 0) * 1.0,
    }[case.predictions]
    return targets if case.targets == "ids" else targets.astype(dtype), predictions.astype(dtype)
