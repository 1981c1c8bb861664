"""A row for every kind of fault that the doctor knows: a program that has it, and a sound one that looks like it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clarinet import Input, Sequential, optimizers
from clarinet.layers import Activation, BatchNormalization, Dense, Dropout, Embedding, Flatten, Normalization, Rescaling
from clarinet.losses import BinaryCrossentropy

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 8)).astype(np.float32)
YES = (X[:, 0] + 0.3 * X[:, 1] > 0).astype(np.float32)
IDS = np.digitize(X[:, 0] + 0.2 * X[:, 1], [-0.7, 0.0, 0.7])
ONE_HOT = np.eye(4, dtype=np.float32)[IDS]
AMOUNTS = (X @ np.linspace(-1, 1, 8))[:, None].astype(np.float32)
LUCK = RNG.permutation(YES)
RARE = (X[:, 0] > 2.2).astype(np.float32)
SELDOM = (X[:, 0] > 1.7).astype(np.float32)
RISING = np.argsort(AMOUNTS[:, 0])
ORDER = np.argsort(YES, kind="stable")


@dataclass(frozen=True)
class Sketch:
    """A training program in few words; by default a sound one."""

    layers: Callable[[], list[Any]] = lambda: [Dense(16, activation="relu"), Dense(1, activation="sigmoid")]
    x: Any = field(default_factory=lambda: X)
    y: Any = field(default_factory=lambda: YES)
    loss: Any = "binary_crossentropy"
    optimizer: Callable[[], Any] = lambda: optimizers.Adam(0.005)
    fit: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[int, ...] | None = None

    def model(self) -> Sequential:
        """Compiled."""
        model = Sequential([Input(self.inputs or self.x.shape[1:]), *self.layers()])
        model.compile(self.optimizer(), self.loss, metrics=["accuracy"] if self.loss != "mse" else None)
        return model


@dataclass(frozen=True)
class Rule:
    """A kind, a program that has the fault at ``where``, and a sound one on which nothing is to be said.

    ``hint``: whether it is one, which does not make a program unhealthy.
    """

    kind: str
    where: str
    sick: Sketch
    sound: Sketch = field(default_factory=Sketch)
    hint: bool = False

    def __repr__(self) -> str:
        return f"{self.kind}-{self.where}"


def hidden(*layers: Any) -> Callable[[], list[Any]]:
    """These layers, made anew each time from (class, arguments), and a sigmoid unit."""
    return lambda: [*(make(*a, **k) for make, a, k in layers), Dense(1, activation="sigmoid")]


def dense(*arguments: Any, **settings: Any) -> tuple[Any, Any, Any]:
    return Dense, arguments, settings


def ends(*arguments: Any, **settings: Any) -> Callable[[], list[Any]]:
    """A hidden layer, then this one."""
    return lambda: [Dense(16, activation="relu"), Dense(*arguments, **settings)]


def sgd(rate: float, **settings: Any) -> Callable[[], Any]:
    return lambda: optimizers.SGD(rate, **settings)


def adam(rate: float, **settings: Any) -> Callable[[], Any]:
    return lambda: optimizers.Adam(rate, **settings)


def dropping(units: int, rate: float) -> Callable[[], list[Any]]:
    return hidden(dense(units, activation="relu"), (Dropout, (rate,), {}))


def with_nan() -> Any:
    x = X.copy()
    x[3, 2] = np.nan
    return x


SPLIT = {"validation_data": (X[500:], YES[500:])}
WIDE = {"activation": "relu", "kernel_initializer": {"class_name": "random_normal", "config": {"stddev": 2.0}}}
SMALL = {"activation": "relu", "kernel_initializer": "random_uniform"}
PENALTY = {"activation": "relu", "kernel_regularizer": {"class_name": "l2", "config": {"l2": 1.0}}}
SOFTMAX_4 = Sketch(ends(4, activation="softmax"), y=ONE_HOT, loss="categorical_crossentropy")
LOGITS = BinaryCrossentropy(from_logits=True)
REGRESSION = Sketch(ends(1), y=AMOUNTS, loss="mse", fit={"epochs": 40})

WIDE_NET = hidden(dense(256, activation="relu"))
BOTH = (X[:, 0] * X[:, 1] > 0).astype(np.float32)
OFF = hidden(dense(16, activation="relu", bias_initializer={"class_name": "constant", "config": {"value": -10.0}}))
LEARNED = Sketch(WIDE_NET, X[:60], LUCK[:60], fit={"epochs": 150, "validation_split": 0.3})


def with_outlier() -> Any:
    x = X.copy()
    x[5, 1] = 100.0
    return x


def sure() -> list[Any]:
    """A network that begins by saying yes, whatever it is asked."""
    bias = {"class_name": "constant", "config": {"value": 10.0}}
    return [Dense(16, activation="relu"), Dense(1, activation="sigmoid", bias_initializer=bias)]


def normalised() -> list[Any]:
    return [Dense(16), BatchNormalization(), Activation("relu"), Dense(1, activation="sigmoid")]


def blind() -> list[Any]:
    """Nothing gets through the first layer, and no change of the others helps."""
    return [Rescaling(0.0), Dense(16, activation="relu"), Dense(1, activation="sigmoid")]


RULES = [
    Rule("softmax_on_single_unit", "layer:1", Sketch(ends(1, activation="softmax")), SOFTMAX_4),
    Rule("double_softmax", "loss", Sketch(loss=LOGITS), Sketch(ends(1), loss=LOGITS)),
    Rule("missing_output_activation", "layer:1", Sketch(ends(1)), Sketch(ends(1), loss=LOGITS)),
    Rule("wrong_output_activation", "layer:1", Sketch(ends(1, activation="relu"))),
    Rule(
        "wrong_output_activation",
        "layer:1",
        Sketch(ends(1, activation="tanh"), y=AMOUNTS, loss="mse"),
        Sketch(ends(1, activation="tanh"), y=np.tanh(AMOUNTS), loss="mse", fit={"epochs": 40}),
    ),
    Rule("output_units_mismatch", "layer:1", Sketch(y=IDS)),
    Rule("wrong_loss", "loss", Sketch(ends(4, activation="softmax"), y=ONE_HOT), SOFTMAX_4),
    Rule("label_encoding_mismatch", "data.y", Sketch(y=2 * YES - 1), Sketch(y=YES[:, None])),
    Rule("targets_out_of_range", "data.y", Sketch(y=AMOUNTS), Sketch(y=1 / (1 + np.exp(-AMOUNTS)), loss="mse")),
    Rule("missing_hidden_activation", "layer:0", Sketch(hidden(dense(16))), REGRESSION),
    Rule("wrong_hidden_activation", "layer:0", Sketch(hidden(dense(16, activation="softmax"))), SOFTMAX_4),
    Rule(
        "wrong_hidden_activation",
        "layer:0",
        Sketch(hidden(*[dense(16, activation="sigmoid")] * 4)),
        Sketch(hidden(dense(16, activation="sigmoid"))),
    ),
    Rule(
        "redundant_activation",
        "layer:1",
        Sketch(hidden(dense(16, activation="relu"), (Activation, ("relu",), {}))),
        Sketch(hidden(dense(16), (BatchNormalization, (), {}), (Activation, ("relu",), {}))),
    ),
    Rule(
        "wrong_weight_init",
        "layer:0",
        Sketch(hidden(dense(16, activation="relu", kernel_initializer="zeros"))),
        Sketch(hidden(dense(16, activation="relu", kernel_initializer="orthogonal"))),
    ),
    Rule("wrong_weight_init", "layer:0", Sketch(hidden(dense(16, **WIDE)))),
    Rule(
        "wrong_weight_init",
        "layer:0",
        Sketch(hidden(dense(16, **WIDE))),
        Sketch(lambda: [Dense(64, **WIDE, trainable=False), BatchNormalization(), Dense(1, activation="sigmoid")]),
    ),
    Rule("wrong_weight_init", "layer:0", Sketch(hidden(*[dense(16, **SMALL)] * 5)), Sketch(hidden(dense(16, **SMALL)))),
    Rule("too_few_units", "layer:0", Sketch(hidden(dense(1, activation="relu")))),
    Rule("dropout_too_high", "layer:1", Sketch(dropping(16, 0.9)), Sketch(dropping(64, 0.5))),
    Rule(
        "dropout_misplaced",
        "layer:2",
        Sketch(lambda: [Dense(16, activation="relu"), Dense(1), Dropout(0.2), Activation("sigmoid")]),
        Sketch(dropping(32, 0.2)),
    ),
    Rule("over_regularised", "layer:0", Sketch(hidden(dense(16, **PENALTY)))),
    Rule(
        "frozen_layers",
        "layer:1",
        Sketch(ends(1, activation="sigmoid", trainable=False)),
        Sketch(hidden(dense(64, activation="relu", trainable=False))),
    ),
    Rule("learning_rate_negative", "optimizer", Sketch(optimizer=adam(-0.01))),
    Rule("learning_rate_too_high", "optimizer", Sketch(optimizer=adam(0.5)), Sketch(optimizer=sgd(0.5))),
    Rule("learning_rate_too_low", "optimizer", Sketch(optimizer=adam(1e-6)), Sketch(optimizer=adam(1e-3))),
    Rule("optimizer_epsilon_too_low", "optimizer", Sketch(optimizer=adam(0.005, epsilon=1e-16))),
    Rule("batch_size_too_large", "fit.batch_size", Sketch(fit={"batch_size": 600, "epochs": 10})),
    Rule(
        "batch_size_too_small",
        "fit.batch_size",
        Sketch(fit={"batch_size": 1}),
        Sketch(optimizer=sgd(0.01), fit={"batch_size": 1}),
    ),
    Rule("too_few_epochs", "fit.epochs", Sketch(optimizer=sgd(0.01), fit={"epochs": 2})),
    Rule(
        "unscaled_inputs",
        "data.x",
        Sketch(x=X * 300),
        Sketch(lambda: [BatchNormalization(), *Sketch().layers()], X * 300),
    ),
    Rule("over_scaled_inputs", "data.x", Sketch(x=X / 3000)),
    Rule("unscaled_targets", "data.y", Sketch(ends(1), y=AMOUNTS * 1000, loss="mse"), REGRESSION),
    Rule("nan_in_data", "data.x", Sketch(x=with_nan())),
    Rule("constant_targets", "data.y", Sketch(y=YES * 0)),
    Rule("constant_features", "data.x", Sketch(x=X * 0 + 1)),
    Rule("class_imbalance", "data.y", Sketch(y=RARE), Sketch(y=(X[:, 0] > 1).astype(np.float32))),
    Rule("class_imbalance", "data.y", Sketch(y=SELDOM), Sketch(y=SELDOM, fit={"class_weight": {1: 20.0}})),
    Rule(
        "class_imbalance",
        "data.y",
        Sketch(y=SELDOM, fit={"class_weight": {0: 1.5}}),
        Sketch(y=SELDOM, fit={"sample_weight": 1 + 20 * SELDOM}),
    ),
    Rule(
        "data_not_shuffled",
        "fit.shuffle",
        Sketch(x=X[ORDER], y=YES[ORDER], fit={"shuffle": False}),
        Sketch(x=X[ORDER], y=YES[ORDER]),
    ),
    Rule(
        "data_not_shuffled",
        "fit.validation",
        Sketch(ends(1), X[RISING], AMOUNTS[RISING], "mse", fit={"epochs": 40, "validation_split": 0.2}),
        Sketch(ends(1), X[RISING], AMOUNTS[RISING], "mse", fit={"epochs": 40}),
    ),
    Rule("shuffled_labels", "data.y", Sketch(y=LUCK), Sketch(y=(X[:, 0] * X[:, 1] > 0).astype(np.float32))),
    Rule("validation_leak", "fit.validation", Sketch(fit=SPLIT), Sketch(x=X[:500], y=YES[:500], fit=SPLIT)),
    Rule(
        "train_test_preprocess_mismatch",
        "fit.validation",
        Sketch(x=X[:500], y=YES[:500], fit={"validation_data": (X[500:] * 255, YES[500:])}),
        Sketch(x=X[:500], y=YES[:500], fit=SPLIT),
    ),
    Rule(
        "train_test_preprocess_mismatch",
        "fit.validation",
        Sketch(x=X[:500], y=YES[:500], fit={"validation_data": (0.3 * X[500:] + 0.5, YES[500:])}),
    ),
    Rule("overfit", "model", LEARNED, Sketch(fit={"epochs": 20, "validation_split": 0.3})),
    Rule("missing_regularisation", "model", LEARNED, Sketch(fit={"epochs": 20, "validation_split": 0.3})),
    Rule(
        "too_little_data",
        "data.x",
        Sketch(WIDE_NET, X[:30], LUCK[:30], fit={"epochs": 200, "validation_split": 0.4}),
    ),
    Rule("duplicated_rows", "data.x", Sketch(x=np.r_[X, X[:200]], y=np.r_[YES, YES[:200]]), hint=True),
    Rule("contradictory_labels", "data.y", Sketch(x=np.r_[X, X[:200]], y=np.r_[YES, LUCK[:200]]), hint=True),
    Rule("duplicated_features", "data.x", Sketch(x=np.c_[X, 2 * X[:, 3] + 1]), hint=True),
    Rule("outliers", "data.x", Sketch(x=with_outlier()), hint=True),
    Rule("wrong_metric", "metrics", Sketch(ends(1), y=AMOUNTS, loss="mae", fit={"epochs": 60}), REGRESSION),
    Rule("initial_loss_too_high", "model", Sketch(sure), hint=True),
    Rule("dying_relu", "layer:0", Sketch(OFF)),
    Rule("vanishing_gradient", "layer:0", Sketch(OFF)),
    Rule("exploding_gradient", "model", Sketch(ends(1), X * 10, AMOUNTS, "mse", sgd(1.0)), REGRESSION),
    Rule("cannot_fit_few_rows", "model", Sketch(blind), hint=True),
    Rule("ignores_input", "model", Sketch(blind), hint=True),
    Rule("wrong_optimizer", "optimizer", Sketch(optimizer=adam(0.005, beta_1=0.9999))),
    Rule("over_regularised", "optimizer", Sketch(optimizer=adam(0.005, weight_decay=20.0))),
    Rule("learning_rate_too_low", "optimizer", Sketch(optimizer=sgd(0.01, clipnorm=1e-4))),
    Rule("batch_norm_statistics", "layer:1", Sketch(normalised, fit={"epochs": 4}), Sketch(normalised), hint=True),
    Rule("missing_layer", "model", Sketch(hidden(), y=BOTH, optimizer=adam(0.02)), Sketch(hidden())),
    Rule(
        "too_many_layers",
        "model",
        Sketch(hidden(*[dense(16, activation="tanh")] * 30), y=BOTH, optimizer=adam(0.01), fit={"epochs": 40}),
        Sketch(hidden(*[dense(16, activation="tanh")] * 4)),
    ),
    Rule("not_adapted", "layer:0", Sketch(lambda: [Normalization(), *Sketch().layers()])),
    Rule("bad_argument", "fit.batch_size", Sketch(fit={"batch_size": 0})),
    Rule("bad_class_weight", "fit.class_weight", Sketch(fit={"class_weight": {7: 1.0}})),
    Rule("empty_data", "data.x", Sketch(x=X[:0], y=YES[:0])),
    Rule("id_out_of_range", "data.x", Sketch(lambda: [Embedding(5, 2), Flatten(), *Sketch().layers()])),
    Rule("input_shape_mismatch", "data.x", Sketch(inputs=(9,))),
    Rule("no_layers", "model", Sketch(list)),
    Rule("not_compiled", "loss", Sketch(loss=None)),
    Rule("refused", "fit.validation_split", Sketch(fit={"validation_split": 0.9999})),
    Rule("label_shape_mismatch", "data.y", Sketch(y=np.zeros((600, 2, 2), np.float32))),
    Rule("length_mismatch", "data.y", Sketch(y=YES[:500])),
    Rule("weight_shape_mismatch", "data.sample_weight", Sketch(fit={"sample_weight": np.ones((600, 2))})),
]
