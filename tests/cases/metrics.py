"""A row for every metric."""

from clarinet import metrics
from tests.cases.case import Case

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
