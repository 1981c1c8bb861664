"""A row for every loss."""

from clarinet import losses
from tests.cases.case import Case

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
