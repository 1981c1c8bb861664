"""Faults, in several severities, and changes that hurt nothing: functions from a program to its variants.

An operator yields nothing for a program that it does not fit. How common a fault is among beginners decides its place
in the list: the first ones are tried first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.doctor.mutation import rows as on_rows
from benchmarks.doctor.mutation.editing import (
    amounts,
    each,
    ending_of,
    faster,
    fitted,
    flat_rows,
    hidden_of,
    insert,
    last_of,
    normalises,
    on,
    optimized,
    put,
    rate_of,
    weighted,
)
from benchmarks.doctor.mutation.spec import Part, Spec, dense, part

Variants = Iterator[tuple[str, Spec]]
_CHANCES = ("sigmoid", "softmax")
#: Losses of classes by name, and their classes.
_CLASSES = {
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "binary_crossentropy": "BinaryCrossentropy",
}


@dataclass(frozen=True)
class Operator:
    """A fault.

    Attributes:
        kinds: that name it equally well.
        where: beginnings of the places where it is; any of them is right.
        make: severities of it, by name.
        evident: whether it is a fault whatever the score, which cannot show it.
    """

    kinds: tuple[str, ...]
    where: tuple[str, ...]
    make: Callable[[Spec], Variants]
    evident: bool = False

    @property
    def name(self) -> str:
        """Of the function that makes it."""
        return self.make.__name__


# The commonest.


def unscaled_inputs(spec: Spec) -> Variants:
    if flat_rows(spec) and not normalises(spec):
        yield "x 255", on(spec, on_rows.inputs(255.0))
        yield "one column x 1e4", on(spec, on_rows.one_column(1e4))
        yield "+ 300", on(spec, on_rows.inputs(1.0, 300.0))


def learning_rate_too_high(spec: Spec) -> Variants:
    if rate_of(spec) is not None:
        yield "x 100", faster(spec, 100)
        yield "x 1000", faster(spec, 1000)
        yield "x 30", faster(spec, 30)


def learning_rate_too_low(spec: Spec) -> Variants:
    if rate_of(spec) is not None:
        yield "/ 1000", faster(spec, 1e-3)
        yield "/ 100", faster(spec, 1e-2)
        yield "/ 10", faster(spec, 0.1)


def too_few_epochs(spec: Spec) -> Variants:
    epochs = int(spec.fit["epochs"])
    if epochs >= 10:
        yield "one", fitted(spec, epochs=1)
        yield "a tenth", fitted(spec, epochs=max(2, epochs // 10))
        yield "a fifth", fitted(spec, epochs=max(2, epochs // 5))


def missing_output_activation(spec: Spec) -> Variants:
    last = last_of(spec)
    if last is not None and ending_of(spec) in _CHANCES:
        yield "none", put(spec, last, activation=None)


def wrong_output_activation(spec: Spec) -> Variants:
    last, ending = last_of(spec), ending_of(spec)
    if last is None:
        return
    if ending in _CHANCES and spec.measure != "R2":
        yield "relu", put(spec, last, activation="relu")
        yield "tanh", put(spec, last, activation="tanh")
        if ending == "softmax":
            yield "sigmoid", put(spec, last, activation="sigmoid")
    elif ending == "linear" and amounts(spec):
        yield "sigmoid", put(spec, last, activation="sigmoid")
        yield "relu", put(spec, last, activation="relu")
        yield "softmax", put(spec, last, activation="softmax")


def softmax_on_single_unit(spec: Spec) -> Variants:
    last = last_of(spec)
    if last is not None and ending_of(spec) == "sigmoid" and spec.layers[last].get("units") == 1:
        yield "softmax", put(spec, last, activation="softmax")


def wrong_loss(spec: Spec) -> Variants:
    ending = ending_of(spec)
    if ending == "sigmoid" and spec.measure == "accuracy":
        yield "mae", spec.changed(loss="mae")
        yield "mape", spec.changed(loss="mean_absolute_percentage_error")
        yield "categorical", spec.changed(loss="categorical_crossentropy")
    elif ending == "softmax" and spec.measure == "accuracy":
        yield "mse", spec.changed(loss="mse")
        yield "binary", spec.changed(loss="binary_crossentropy")
        yield "mae", spec.changed(loss="mae")
    elif ending == "linear" and amounts(spec):
        yield "binary", spec.changed(loss="binary_crossentropy")
        yield "poisson", spec.changed(loss="poisson")


def label_encoding(spec: Spec) -> Variants:
    if spec.measure != "accuracy" or (spec.code is not None and spec.loss != "categorical_crossentropy"):
        return
    if spec.loss == "sparse_categorical_crossentropy":
        yield "counted from 1", on(spec, on_rows.labels_from(1))
        yield "one-hot", on(spec, on_rows.one_hot)
    elif spec.loss == "categorical_crossentropy":
        yield "ids", on(spec, on_rows.ids)
    elif spec.loss == "binary_crossentropy":
        yield "-1 and 1", on(spec, on_rows.signs)
        yield "1 and 2", on(spec, on_rows.labels_from(1))
        yield "times 255", on(spec, on_rows.labels_times(255.0))


def output_units(spec: Spec) -> Variants:
    last = last_of(spec)
    if last is None:
        return
    units = int(spec.layers[last].get("units", 0))
    if ending_of(spec) == "softmax" and units > 2 and spec.measure == "accuracy":
        yield "one too few", put(spec, last, units=units - 1)
        yield "one", put(spec, last, units=1)
        if spec.loss == "sparse_categorical_crossentropy":
            yield "one, sigmoid", put(spec, last, units=1, activation="sigmoid").changed(loss="binary_crossentropy")


def double_softmax(spec: Spec) -> Variants:
    last, ending = last_of(spec), ending_of(spec)
    if last is not None and ending in _CHANCES and spec.measure == "accuracy":
        yield "layer", insert(spec, last + 1, part("Activation", activation=ending))
        if spec.loss in _CLASSES:
            yield "from_logits", spec.changed(loss=Part(_CLASSES[spec.loss], {"from_logits": True}))


def missing_hidden_activation(spec: Spec) -> Variants:
    hidden = hidden_of(spec)
    if hidden:
        yield "all", each(spec, hidden, activation=None)


def wrong_hidden_activation(spec: Spec) -> Variants:
    hidden = hidden_of(spec)
    if hidden:
        yield "softmax", each(spec, hidden, activation="softmax")
        yield "sigmoid", each(spec, hidden, activation="sigmoid")
        yield "exponential", each(spec, hidden, activation="exponential")


def missing_layer(spec: Spec) -> Variants:
    hidden = [i for i in hidden_of(spec) if spec.layers[i].name == "Dense"]
    if hidden and spec.graph is None:
        kept = tuple(layer for i, layer in enumerate(spec.layers) if i not in hidden)
        yield "none hidden", spec.changed(layers=kept)


def too_few_units(spec: Spec) -> Variants:
    hidden = [i for i in hidden_of(spec) if spec.layers[i].name == "Dense"]
    if hidden:
        yield "one", each(spec, hidden, units=1)
        yield "two", each(spec, hidden, units=2)
        yield "three in the last", put(spec, hidden[-1], units=3)


# Common.


def unscaled_targets(spec: Spec) -> Variants:
    if amounts(spec) and not spec.compiled:
        yield "x 1000", on(spec, on_rows.targets(1000.0))
        yield "+ 500", on(spec, on_rows.targets(1.0, 500.0))
        yield "x 30", on(spec, on_rows.targets(30.0))


def nan_in_data(spec: Spec) -> Variants:
    if flat_rows(spec):
        yield "one cell", on(spec, on_rows.holes(0))
        yield "a twentieth", on(spec, on_rows.holes(0.05))


def shuffled_labels(spec: Spec) -> Variants:
    if spec.test:
        yield "all", on(spec, on_rows.shuffled)


def constant_targets(spec: Spec) -> Variants:
    if spec.test and spec.measure != "rows":
        yield "all alike", on(spec, on_rows.alike)


def data_not_shuffled(spec: Spec) -> Variants:
    if spec.test and spec.measure != "rows" and spec.fit["epochs"] > 1 and spec.optimizer.name != "LBFGS":
        yield "sorted", fitted(on(spec, on_rows.in_order), shuffle=False)
        yield "sorted and split", fitted(on(spec, on_rows.in_order), validation_split=0.3)


def class_imbalance(spec: Spec) -> Variants:
    if spec.measure == "accuracy" and spec.test and spec.family not in ("few rows", "imbalance"):
        yield "a thirtieth", on(spec, on_rows.thinned(1 / 30))
        yield "a hundredth", on(spec, on_rows.thinned(1 / 100))


def too_little_data(spec: Spec) -> Variants:
    if spec.test and spec.family != "few rows":
        yield "20 rows", on(spec, on_rows.first(20))
        yield "60 rows", on(spec, on_rows.first(60))


def over_scaled_inputs(spec: Spec) -> Variants:
    if flat_rows(spec) and not normalises(spec):
        yield "/ 255 twice", on(spec, on_rows.inputs(1 / 255**2))
        yield "/ 1000", on(spec, on_rows.inputs(1e-3))


def dropout_too_high(spec: Spec) -> Variants:
    hidden = hidden_of(spec)
    if hidden:
        drops = spec
        for index in reversed(hidden):
            drops = insert(drops, index + 1, part("Dropout", rate=0.9))
        yield "nine tenths", drops
        yield "nine tenths, once", insert(spec, hidden[-1] + 1, part("Dropout", rate=0.9))


def dropout_misplaced(spec: Spec) -> Variants:
    last = last_of(spec)
    if last is not None:
        yield "behind the output", insert(spec, last + 1, part("Dropout", rate=0.5))


def over_regularised(spec: Spec) -> Variants:
    if weighted(spec):
        yield "l2 of 1", each(spec, weighted(spec), kernel_regularizer="l2:1.0")
        yield "l1 of 0.1", each(spec, weighted(spec), kernel_regularizer="l1:0.1")
        yield "l2 of 0.1", each(spec, weighted(spec), kernel_regularizer="l2:0.1")
        if spec.optimizer.name == "Adam":
            decayed = {**spec.optimizer.config, "weight_decay": 5.0}
            yield "decay of 5", spec.changed(optimizer=Part("AdamW", decayed))


def wrong_weight_init(spec: Spec) -> Variants:
    own = weighted(spec)
    if own:
        yield "zeros", each(spec, own, kernel_initializer="zeros")
        yield "deviation of 5", each(spec, own, kernel_initializer="normal:5.0")
        if hidden_of(spec):
            yield "ones", each(spec, own, kernel_initializer="ones")
            yield "biases of -10", each(spec, hidden_of(spec), bias_initializer="constant:-10.0")


def frozen_layers(spec: Spec) -> Variants:
    own = weighted(spec)
    if own:
        yield "the last", put(spec, own[-1], trainable=False)
        yield "all", each(spec, own, trainable=False)
        if len(own) > 1:
            yield "all but the last", each(spec, own[:-1], trainable=False)


def wrong_optimizer(spec: Spec) -> Variants:
    if spec.optimizer.name == "Adam":
        yield "SGD by default", optimized(spec, "SGD")
        yield "Adadelta by default", optimized(spec, "Adadelta")
        yield "SGD of 0.001", optimized(spec, "SGD", learning_rate=0.001)


def momentum(spec: Spec) -> Variants:
    if spec.optimizer.name == "Adam":
        yield "beta of 0.9999", spec.changed(optimizer=spec.optimizer.with_(beta_1=0.9999))


def batch_size_too_large(spec: Spec) -> Variants:
    if int(spec.fit.get("batch_size", 32)) < 100 and spec.test:
        yield "all rows", fitted(spec, batch_size=2048)
        yield "512", fitted(spec, batch_size=512)


def too_many_layers(spec: Spec) -> Variants:
    last = last_of(spec)
    if last is not None and hidden_of(spec):
        yield "ten of tanh", insert(spec, last, *(dense(12, "tanh") for _ in range(10)))
        yield "six of sigmoid", insert(spec, last, *(dense(16, "sigmoid") for _ in range(6)))
        yield "fifteen narrow", insert(spec, last, *(dense(6, "relu") for _ in range(15)))


def redundant_activation(spec: Spec) -> Variants:
    hidden = hidden_of(spec)
    if hidden:
        yield "sigmoid", insert(spec, hidden[-1] + 1, part("Activation", activation="sigmoid"))
        yield "softmax", insert(spec, hidden[-1] + 1, part("Softmax"))


def learning_rate_negative(spec: Spec) -> Variants:
    if rate_of(spec) is not None:
        yield "negative", faster(spec, -1)


def wrong_metric(spec: Spec) -> Variants:
    if amounts(spec) and not callable(spec.loss):
        yield "accuracy", spec.changed(metrics=("accuracy",))


def validation_leak(spec: Spec) -> Variants:
    if spec.test and spec.graph is None:
        yield "training rows", on(spec, on_rows.leaking)


def mismatch(spec: Spec) -> Variants:
    if spec.test and flat_rows(spec):
        yield "x 255", on(spec, on_rows.validated_otherwise(255.0))


_OUT, _HIDDEN = ("layer:", "loss", "data.y"), ("layer:", "model")
OPERATORS = (
    Operator(("unscaled_inputs",), ("data.x",), unscaled_inputs),
    Operator(("learning_rate_too_high",), ("optimizer",), learning_rate_too_high),
    Operator(("learning_rate_too_low",), ("optimizer",), learning_rate_too_low),
    Operator(("too_few_epochs",), ("fit.epochs",), too_few_epochs),
    Operator(("missing_output_activation",), _OUT, missing_output_activation),
    Operator(("wrong_output_activation",), _OUT, wrong_output_activation),
    Operator(("softmax_on_single_unit",), _OUT, softmax_on_single_unit),
    Operator(("wrong_loss",), ("loss", "data.y"), wrong_loss),
    Operator(("label_encoding_mismatch", "targets_out_of_range"), ("data.y", "loss"), label_encoding),
    Operator(("output_units_mismatch", "softmax_on_single_unit"), _OUT, output_units),
    Operator(("double_softmax",), _OUT, double_softmax),
    Operator(("missing_hidden_activation", "missing_layer"), _HIDDEN, missing_hidden_activation),
    Operator(("wrong_hidden_activation",), _HIDDEN, wrong_hidden_activation),
    Operator(("missing_layer",), _HIDDEN, missing_layer),
    Operator(("too_few_units",), _HIDDEN, too_few_units),
    Operator(("unscaled_targets",), ("data.y",), unscaled_targets),
    Operator(("nan_in_data",), ("data.x",), nan_in_data),
    Operator(("shuffled_labels",), ("data.y",), shuffled_labels),
    Operator(("constant_targets",), ("data.y",), constant_targets),
    Operator(("data_not_shuffled",), ("fit.",), data_not_shuffled),
    Operator(("class_imbalance",), ("data.y",), class_imbalance),
    Operator(("too_little_data", "overfit", "missing_regularisation"), ("data.x", "model"), too_little_data),
    Operator(("over_scaled_inputs",), ("data.x",), over_scaled_inputs),
    Operator(("dropout_too_high",), _HIDDEN, dropout_too_high),
    Operator(("dropout_misplaced",), _HIDDEN, dropout_misplaced),
    Operator(("over_regularised",), (*_HIDDEN, "optimizer"), over_regularised),
    Operator(("wrong_weight_init",), _HIDDEN, wrong_weight_init),
    Operator(("frozen_layers",), _HIDDEN, frozen_layers),
    Operator(("wrong_optimizer", "learning_rate_too_low"), ("optimizer",), wrong_optimizer),
    Operator(("wrong_optimizer",), ("optimizer",), momentum),
    Operator(("batch_size_too_large",), ("fit.batch_size",), batch_size_too_large),
    Operator(("too_many_layers", "wrong_hidden_activation", "vanishing_gradient"), _HIDDEN, too_many_layers),
    Operator(("redundant_activation", "wrong_hidden_activation"), _HIDDEN, redundant_activation),
    Operator(("learning_rate_negative",), ("optimizer",), learning_rate_negative),
    Operator(("wrong_metric",), ("metrics",), wrong_metric, evident=True),
    Operator(("validation_leak",), ("fit.validation",), validation_leak, evident=True),
    Operator(("train_test_preprocess_mismatch",), ("fit.validation",), mismatch, evident=True),
)
