"""A row for every metric."""

from clarinet import metrics
from tests.cases.case import Case


def both(name, kind, targets="numbers", predictions="numbers", **settings):
    """A row for a metric whose arguments are the same here and in Keras."""
    return Case(
        name,
        lambda: getattr(metrics, kind)(**settings),
        lambda k: getattr(k.metrics, kind)(**settings),
        targets=targets,
        predictions=predictions,
    )


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
    both("mape", "MeanAbsolutePercentageError"),
    both("msle", "MeanSquaredLogarithmicError", "binary", "chances"),
    both("logcosh", "LogCoshError"),
    both("cosine-similarity", "CosineSimilarity"),
    both("kl-divergence", "KLDivergence", "one-hot", "chances"),
    both("poisson", "Poisson", "binary", "chances"),
    both("hinge", "Hinge"),
    both("squared-hinge", "SquaredHinge", "binary"),
    both("categorical-hinge", "CategoricalHinge", "one-hot"),
]
