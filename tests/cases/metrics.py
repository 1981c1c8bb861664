"""A row for every metric."""

import warnings

import numpy as np

from clarinet import metrics
from tests.cases.case import Case

#: A loss for a network whose metric is tried, by the kind of its targets.
LOSS_OF_TARGETS = {
    "numbers": "mse",
    "binary": "binary_crossentropy",
    "one-hot": "categorical_crossentropy",
    "ids": "sparse_categorical_crossentropy",
}


def both(name, kind, targets="numbers", predictions="numbers", **settings):
    """A row for a metric whose arguments are the same here and in Keras."""
    return Case(
        name,
        lambda: getattr(metrics, kind)(**settings),
        lambda k: getattr(k.metrics, kind)(**settings),
        targets=targets,
        predictions=predictions,
    )


def per_entry(make, entries):
    """A metric of Keras that takes a weight for each class that is judged, given one for each row."""

    def made(k):
        metric = make(k)
        update = metric.update_state

        def spread(t, p, weight=None):
            with warnings.catch_warnings():  # it asks JAX for 64 bits
                warnings.simplefilter("ignore")
                return update(t, p, None if weight is None else np.repeat(weight, t[0].size if entries else 1))

        metric.update_state = spread
        return metric

    return made


def weighed(name, kind, targets, predictions, **settings):
    """A row for a metric that counts in whole numbers in Keras, unless it is told another dtype."""
    return Case(
        name,
        lambda: getattr(metrics, kind)(**settings),
        per_entry(lambda k: getattr(k.metrics, kind)(**settings, dtype="float32"), targets == "binary"),
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
    both("true-positives", "TruePositives", "binary", "chances", thresholds=0.3),
    both("false-positives", "FalsePositives", "binary", "chances", thresholds=[0.1, 0.4]),
    both("true-negatives", "TrueNegatives", "binary", "chances", thresholds=[0.1, 0.4]),
    both("false-negatives", "FalseNegatives", "binary", "chances"),
    both("precision", "Precision", "binary", "chances"),
    both("precision-all-settings", "Precision", "one-hot", "chances", thresholds=0.2, top_k=2, class_id=1),
    both("precision-thresholds", "Precision", "binary", "chances", thresholds=[0.0, 0.1, 0.2, 0.7, 1.0]),
    both("recall", "Recall", "binary", "chances", thresholds=0.3),
    both("recall-top-k", "Recall", "one-hot", "chances", top_k=2),
    both("auc", "AUC", "binary", "chances"),
    both("auc-logits", "AUC", "binary", from_logits=True, num_thresholds=50),
    both("auc-majoring", "AUC", "binary", "chances", num_thresholds=20, summation_method="majoring"),
    both("auc-pr", "AUC", "binary", "chances", curve="PR"),
    both("auc-pr-minoring", "AUC", "binary", "chances", curve="PR", summation_method="minoring", num_thresholds=9),
    both("auc-thresholds", "AUC", "binary", "chances", thresholds=[0.3, 0.1, 0.12], label_weights=[1.0, 2.0, 0.5, 0.1]),
    both("auc-multi-label", "AUC", "binary", "chances", multi_label=True, label_weights=[1.0, 2.0, 0.5, 0.1]),
    both("f1-score", "F1Score", "one-hot", "chances"),
    both("f1-score-threshold", "F1Score", "binary", "chances", average="micro", threshold=0.3),
    both("fbeta-score-macro", "FBetaScore", "one-hot", "chances", average="macro", beta=2.0),
    both("fbeta-score-weighted", "FBetaScore", "one-hot", "chances", average="weighted", beta=0.5),
    both("r2-score", "R2Score"),
    both("r2-score-columns", "R2Score", class_aggregation=None),
    both("r2-score-variance", "R2Score", class_aggregation="variance_weighted_average", num_regressors=2),
    Case("confusion-matrix", metrics.ConfusionMatrix, None, targets="ids", predictions="chances"),
    Case("confusion-matrix-one-hot", metrics.ConfusionMatrix, None, targets="one-hot", predictions="chances"),
    weighed("iou", "IoU", "ids", "chances", num_classes=4, target_class_ids=[1, 3], sparse_y_pred=False),
    weighed("iou-ignored", "IoU", "binary", "zeros", num_classes=3, target_class_ids=[0, 2], ignore_class=1),
    weighed("binary-iou", "BinaryIoU", "binary", "chances", threshold=0.2),
    weighed("mean-iou", "MeanIoU", "ids", "chances", num_classes=4, sparse_y_pred=False, ignore_class=2),
    weighed("one-hot-iou", "OneHotIoU", "one-hot", "chances", num_classes=4, target_class_ids=[0, 1]),
    weighed("one-hot-mean-iou", "OneHotMeanIoU", "one-hot", "chances", num_classes=4),
    both("sensitivity-at-specificity", "SensitivityAtSpecificity", "binary", "chances", specificity=0.4),
    both("specificity-at-sensitivity", "SpecificityAtSensitivity", "binary", "chances", sensitivity=0.6, class_id=1),
    both("precision-at-recall", "PrecisionAtRecall", "binary", "chances", recall=0.7, num_thresholds=20),
    both("recall-at-precision", "RecallAtPrecision", "binary", "chances", precision=0.5),
    both(
        "recall-at-precision-one-threshold", "RecallAtPrecision", "binary", "chances", precision=0.3, num_thresholds=1
    ),
    both("auc-gain", "AUC", "binary", "chances", curve="PRGAIN"),
    both("pearson-correlation", "PearsonCorrelation"),
    both("concordance-correlation", "ConcordanceCorrelation"),
]
