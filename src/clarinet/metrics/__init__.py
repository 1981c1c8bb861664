"""Metrics: numbers that judge predictions and that nothing is trained on. Each adds up batches until it is reset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from clarinet import aliases, losses
from clarinet.configurable import exported, resolve
from clarinet.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from clarinet.metrics.base import Custom, MeanMetric, Metric
from clarinet.metrics.confusion import (
    ConfusionMatrix,
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from clarinet.metrics.correlation import (
    ConcordanceCorrelation,
    PearsonCorrelation,
    concordance_correlation,
    pearson_correlation,
)
from clarinet.metrics.curves import AUC
from clarinet.metrics.errors import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from clarinet.metrics.functions import (
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from clarinet.metrics.operating_points import (
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from clarinet.metrics.overlap import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from clarinet.metrics.scores import F1Score, FBetaScore, R2Score
from clarinet.metrics.values import Mean, Sum
from clarinet.metrics.wrapped import MeanMetricWrapper
from clarinet.names import public

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "ConfusionMatrix",
    "CosineSimilarity",
    "Custom",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetric",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "binary_accuracy",
    "categorical_accuracy",
    "concordance_correlation",
    "get",
    "pearson_correlation",
    "resolve_all",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


_SHORT: dict[str, type[Metric]] = {
    "acc": Accuracy,
    "bce": BinaryCrossentropy,
    "kld": KLDivergence,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}
_ABSTRACT = (Custom, MeanMetric)
_NAMES: dict[str, type[Metric]] = {n: c for n, c in exported(globals(), Metric).items() if c not in _ABSTRACT} | _SHORT


def _accuracy_for(output_shape: Sequence[int], label_shape: Sequence[int]) -> type[MeanMetric]:
    """The metric for ``"accuracy"``, by the shapes of one prediction and one label, as Keras decides it."""
    if output_shape and output_shape[-1] == 1:
        return BinaryAccuracy
    if len(label_shape) < len(output_shape) or (label_shape and label_shape[-1] == 1):
        return SparseCategoricalAccuracy
    return CategoricalAccuracy


def _from_function(function: Callable[..., object]) -> Metric:
    """The metric of a function, natively where it is one of this package's, whose class has its name."""
    name = getattr(function, "__name__", "")
    if function in (globals().get(name), getattr(losses, name, None)):
        return resolve(name, Metric, _NAMES)
    return Custom(function=function)


def get(
    identifier: object, output_shape: Sequence[int] | None = None, label_shape: Sequence[int] | None = None
) -> Metric:
    """The metric that a name, object, class, configuration or Python function of (y_true, y_pred) stands for.

    A name also becomes the key in logs: ``"mse"`` stays ``"mse"``, ``MeanSquaredError()`` is ``"mean_squared_error"``.

    Args:
        identifier: any of these.
        output_shape, label_shape: of one prediction and one label. If they are given, ``"accuracy"`` (or ``"acc"``) is
            the binary one for an output of one unit, the sparse one for class ids, else the categorical one.

    Raises:
        ValueError: an unknown name, with the nearest right one. TypeError: something else.

    Example:
        >>> get("accuracy", output_shape=(10,), label_shape=())
        SparseCategoricalAccuracy(name='accuracy', total=0.0, count=0.0)
    """
    if not isinstance(identifier, str):
        return resolve(identifier, Metric, _NAMES, _from_function)
    metric = resolve(identifier, Metric, _NAMES)
    if type(metric) is Accuracy and output_shape is not None and label_shape is not None:
        metric = _accuracy_for(output_shape, label_shape)()
    metric.name = identifier
    return metric


def resolve_all(
    metrics: Iterable[object], weighted: Iterable[object], output_shape: Sequence[int], label_shape: Sequence[int]
) -> tuple[tuple[Metric, ...], tuple[Metric, ...]]:
    """All metrics of a model, with names that differ.

    A name that comes twice gets a number, as in Keras (``"mse"``, ``"mse_1"``); a weighted metric whose name is taken
    is called ``"weighted_mse"``.

    Args:
        metrics, weighted: the arguments of ``compile``.
        output_shape, label_shape: of one prediction and one label.

    Raises:
        ValueError: a metric that cannot judge such predictions.
    """
    taken: dict[str, int] = {}

    def name(metric: Metric, prefix: str = "") -> Metric:
        metric.check_shape(tuple(output_shape))
        if prefix and metric.name in taken:
            metric.name = prefix + metric.name
        seen = taken.get(metric.name, 0)
        taken[metric.name] = seen + 1
        if seen:
            metric.name = f"{metric.name}_{seen}"
        return metric

    plain = tuple(name(get(m, output_shape, label_shape)) for m in metrics)
    return plain, tuple(name(get(m, output_shape, label_shape), "weighted_") for m in weighted)
