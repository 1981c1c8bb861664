"""Losses, each with its gradient beside it, and the one place where a loss takes in the activation before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clarinet.activations import Activation, Sigmoid, Softmax
from clarinet.configurable import exported, resolve
from clarinet.losses.base import Loss, as_arrays
from clarinet.losses.crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from clarinet.losses.regression import Custom, MeanAbsoluteError, MeanSquaredError
from clarinet.params import Array

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Custom",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "absorb",
    "binary_crossentropy",
    "categorical_crossentropy",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "sparse_categorical_crossentropy",
]


def absorb(activation: Activation, loss: Loss) -> Loss | None:
    """The loss that takes the place of ``loss`` after ``activation``, or None where there is none.

    A cross-entropy's logarithm undoes the exponential in softmax (or sigmoid), and the two derivatives cancel: with
    ``p = softmax(z)`` and ``l = -sum_i t_i log p_i`` the chain rule gives ``dl/dz = p sum(t) - t``, in which no small
    ``p`` is divided by and nothing saturates. So these pairs are computed as one function of the logits, which is exact
    where the pair as written would be clipped. Every other pair is computed as written.
    """
    softmax = activation == Softmax() and type(loss) in (CategoricalCrossentropy, SparseCategoricalCrossentropy)
    sigmoid = type(activation) is Sigmoid and type(loss) is BinaryCrossentropy
    if (softmax or sigmoid) and not loss.from_logits:  # type: ignore[attr-defined]
        return replace(loss, from_logits=True)  # type: ignore[call-arg]
    return None


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


_SHORT = {"mse": MeanSquaredError, "mae": MeanAbsoluteError, "bce": BinaryCrossentropy}
_NAMES: dict[str, type[Loss]] = {n: c for n, c in exported(globals(), Loss).items() if c is not Custom} | _SHORT


def _from_function(function: Any) -> Loss:
    name = getattr(function, "__name__", repr(function))
    if globals().get(name) is function:  # one of the functions above goes by the name of its class
        return resolve(name, Loss, _NAMES)
    raise TypeError(
        f"loss {name!r} is a Python function without a derivative: use clarinet.losses.Custom(function, derivative)"
    )


def get(identifier: Any) -> Loss:
    """The loss that a name (``"mse"``, ``"sparse_categorical_crossentropy"``), object, class or configuration stands
    for.

    Raises:
        ValueError: an unknown name, with the nearest right one. TypeError: something else, or a Python function without
        its derivative.

    Example:
        >>> get("mse")
        MeanSquaredError(reduction='sum_over_batch_size', name='mean_squared_error')
    """
    return resolve(identifier, Loss, _NAMES, _from_function)
