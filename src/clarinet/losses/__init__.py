"""Losses, each with its gradient beside it, and the one place where a loss takes in the activation before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clarinet.activations import Activation, Sigmoid, Softmax
from clarinet.configurable import exported, resolve
from clarinet.losses.base import Loss
from clarinet.losses.crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from clarinet.losses.custom import Custom
from clarinet.losses.distributions import KLDivergence, Poisson
from clarinet.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from clarinet.losses.functions import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    cosine_similarity,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
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
from clarinet.names import public

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Custom",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "absorb",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "sparse_categorical_crossentropy",
    "squared_hinge",
]


def __dir__() -> list[str]:
    return public(globals())


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


_SHORT = {
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "msle": MeanSquaredLogarithmicError,
    "bce": BinaryCrossentropy,
    "kld": KLDivergence,
    "kullback_leibler_divergence": KLDivergence,
}
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
