"""A row for every loss."""

from clarinet import losses
from tests.cases.case import Case


def both(name, kind, targets="numbers", predictions="numbers", **settings):
    """A row for a loss whose arguments are the same here and in Keras."""
    return Case(
        name,
        lambda: getattr(losses, kind)(**settings),
        lambda k: getattr(k.losses, kind)(**settings),
        targets=targets,
        predictions=predictions,
    )


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
    both("mape", "MeanAbsolutePercentageError"),
    both("msle", "MeanSquaredLogarithmicError", "binary", "chances"),
    both("huber", "Huber"),
    both("huber-delta", "Huber", delta=0.4),
    both("log-cosh", "LogCosh"),
    both("cosine-similarity", "CosineSimilarity"),
    both("kl-divergence", "KLDivergence", "one-hot", "chances"),
    both("poisson", "Poisson", "binary", "chances"),
    both("hinge", "Hinge"),
    both("hinge-binary", "Hinge", "binary"),
    both("squared-hinge", "SquaredHinge", "binary"),
    both("categorical-hinge", "CategoricalHinge", "one-hot"),
    both("binary-focal", "BinaryFocalCrossentropy", "binary", "chances"),
    both(
        "binary-focal-all-settings",
        "BinaryFocalCrossentropy",
        "binary",
        "chances",
        apply_class_balancing=True,
        alpha=0.4,
        gamma=1.5,
        label_smoothing=0.1,
    ),
    both("binary-focal-logits", "BinaryFocalCrossentropy", "binary", gamma=3.0, from_logits=True),
    both("binary-focal-gamma-0", "BinaryFocalCrossentropy", "binary", gamma=0.0, from_logits=True, label_smoothing=0.2),
    both("categorical-focal", "CategoricalFocalCrossentropy", "one-hot", "chances"),
    both(
        "categorical-focal-all-settings",
        "CategoricalFocalCrossentropy",
        "one-hot",
        "chances",
        alpha=0.6,
        gamma=1.5,
        label_smoothing=0.2,
    ),
    both("categorical-focal-logits", "CategoricalFocalCrossentropy", "one-hot", gamma=0.5, from_logits=True),
    both("dice", "Dice", "binary", "chances", axis=-1),
    both("tversky", "Tversky", "binary", "chances", alpha=0.3, beta=0.6, axis=-1),
    both("generalized-cross-entropy", "CategoricalGeneralizedCrossEntropy", "ids", "chances", q=0.6),
]
