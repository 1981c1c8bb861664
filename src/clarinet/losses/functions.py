"""Losses as functions of ``(y_true, y_pred)``, with one value per sample."""

from __future__ import annotations

from typing import Any

from clarinet.losses.base import Loss, as_arrays
from clarinet.losses.crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from clarinet.losses.distributions import KLDivergence, Poisson
from clarinet.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from clarinet.losses.margins import CategoricalHinge, Hinge, SquaredHinge
from clarinet.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)
from clarinet.params import Array


def _per_sample(loss: Loss, y_true: Any, y_pred: Any) -> Array:
    return loss.values(*as_arrays(y_true, y_pred))


def mean_squared_error(y_true: Any, y_pred: Any) -> Array:
    """Mean over the last axis of ``(y_pred - y_true)**2``, one value per sample.

    Example:
        >>> mean_squared_error([[0.0, 1.0]], [[1.0, 1.0]]).tolist()
        [0.5]
    """
    return _per_sample(MeanSquaredError(), y_true, y_pred)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Array:
    """Mean over the last axis of ``|y_pred - y_true|``, one value per sample.

    Example:
        >>> mean_absolute_error([[0.0, 1.0]], [[1.0, 1.0]]).tolist()
        [0.5]
    """
    return _per_sample(MeanAbsoluteError(), y_true, y_pred)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """:class:`BinaryCrossentropy`, one value per sample.

    Example:
        >>> binary_crossentropy([[1.0], [0.0]], [[0.5], [0.5]]).round(4).tolist()
        [0.6931, 0.6931]
    """
    return _per_sample(BinaryCrossentropy(from_logits, label_smoothing, axis), y_true, y_pred)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """:class:`CategoricalCrossentropy`, one value per sample.

    Example:
        >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4).tolist()
        [0.6931]
    """
    return _per_sample(CategoricalCrossentropy(from_logits, label_smoothing, axis), y_true, y_pred)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Array:
    """:class:`SparseCategoricalCrossentropy`, one value per sample.

    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4).tolist()
        [0.6931]
    """
    return _per_sample(SparseCategoricalCrossentropy(from_logits, ignore_class, axis), y_true, y_pred)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Array:
    """:class:`MeanAbsolutePercentageError`, one value per sample.

    Example:
        >>> mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 5.0]]).tolist()
        [37.5]
    """
    return _per_sample(MeanAbsolutePercentageError(), y_true, y_pred)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Array:
    """:class:`MeanSquaredLogarithmicError`, one value per sample.

    Example:
        >>> mean_squared_logarithmic_error([[0.0, 3.0]], [[1.0, 3.0]]).round(4).tolist()
        [0.2402]
    """
    return _per_sample(MeanSquaredLogarithmicError(), y_true, y_pred)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Array:
    """:class:`Huber`, one value per sample.

    Example:
        >>> huber([[0.0, 0.0]], [[1.0, 3.0]]).tolist()
        [1.5]
    """
    return _per_sample(Huber(delta), y_true, y_pred)


def log_cosh(y_true: Any, y_pred: Any) -> Array:
    """:class:`LogCosh`, one value per sample.

    Example:
        >>> log_cosh([[0.0, 0.0]], [[0.0, 1.0]]).round(4).tolist()
        [0.2169]
    """
    return _per_sample(LogCosh(), y_true, y_pred)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """:class:`CosineSimilarity`, one value per sample: minus the cosine, as in Keras.

    Example:
        >>> cosine_similarity([[0.0, 1.0]], [[0.0, 2.0]]).tolist()
        [-1.0]
    """
    return _per_sample(CosineSimilarity(axis), y_true, y_pred)


def kl_divergence(y_true: Any, y_pred: Any) -> Array:
    """:class:`KLDivergence`, one value per sample.

    Example:
        >>> kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).round(4).tolist()
        [0.1438]
    """
    return _per_sample(KLDivergence(), y_true, y_pred)


def poisson(y_true: Any, y_pred: Any) -> Array:
    """:class:`Poisson`, one value per sample.

    Example:
        >>> poisson([[2.0]], [[1.0]]).round(4).tolist()
        [1.0]
    """
    return _per_sample(Poisson(), y_true, y_pred)


def hinge(y_true: Any, y_pred: Any) -> Array:
    """:class:`Hinge`, one value per sample.

    Example:
        >>> hinge([[1.0, -1.0]], [[0.5, 2.0]]).tolist()
        [1.75]
    """
    return _per_sample(Hinge(), y_true, y_pred)


def squared_hinge(y_true: Any, y_pred: Any) -> Array:
    """:class:`SquaredHinge`, one value per sample.

    Example:
        >>> squared_hinge([[1.0, -1.0]], [[0.5, 2.0]]).tolist()
        [4.625]
    """
    return _per_sample(SquaredHinge(), y_true, y_pred)


def categorical_hinge(y_true: Any, y_pred: Any) -> Array:
    """:class:`CategoricalHinge`, one value per sample.

    Example:
        >>> categorical_hinge([[0.0, 1.0, 0.0]], [[0.5, 1.0, 0.25]]).tolist()
        [0.5]
    """
    return _per_sample(CategoricalHinge(), y_true, y_pred)


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """:class:`BinaryFocalCrossentropy`, one value per sample.

    Example:
        >>> binary_focal_crossentropy([[1.0], [0.0]], [[0.5], [0.5]]).round(4).tolist()
        [0.1733, 0.1733]
    """
    settings = (apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis)
    return _per_sample(BinaryFocalCrossentropy(*settings), y_true, y_pred)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """:class:`CategoricalFocalCrossentropy`, one value per sample.

    Example:
        >>> categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4).tolist()
        [0.0433]
    """
    settings = (alpha, gamma, from_logits, label_smoothing, axis)
    return _per_sample(CategoricalFocalCrossentropy(*settings), y_true, y_pred)
