"""Losses, each with its gradient beside it, and the one place where a loss absorbs the activation before it."""

# ruff: noqa: F403  # a loss is named in its own module alone
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.activations import Activation, Sigmoid, Softmax
from clarinet.configurable import exported, resolve
from clarinet.losses import (
    crossentropy,
    custom,
    distributions,
    focal,
    margins,
    noisy,
    overlap,
    regression,
    sequences,
    similarity,
)
from clarinet.losses.base import Loss
from clarinet.losses.crossentropy import *
from clarinet.losses.custom import *
from clarinet.losses.distributions import *
from clarinet.losses.focal import *
from clarinet.losses.margins import *
from clarinet.losses.noisy import *
from clarinet.losses.overlap import *
from clarinet.losses.regression import *
from clarinet.losses.sequences import *
from clarinet.losses.similarity import *
from clarinet.names import public

__all__ = ["Loss", "absorb", "get"]
__all__ += crossentropy.__all__
__all__ += custom.__all__
__all__ += distributions.__all__
__all__ += focal.__all__
__all__ += margins.__all__
__all__ += noisy.__all__
__all__ += overlap.__all__
__all__ += regression.__all__
__all__ += sequences.__all__
__all__ += similarity.__all__
__all__.sort()


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def absorb(activation: Activation, loss: Loss) -> Loss | None:
    """The loss that replaces ``loss`` after ``activation``, or None if there is none.

    A cross-entropy's logarithm undoes the exponential in softmax (or sigmoid), and the two derivatives cancel: with
    ``p = softmax(z)`` and ``l = -sum_i t_i log p_i`` the chain rule gives ``dl/dz = p sum(t) - t``, in which no small
    ``p`` is divided by and nothing saturates. So these pairs are computed as one function of the logits, which is exact
    where the pair as written would be clipped. Every other pair is computed as written.
    """
    softmax = activation == Softmax() and type(loss) in (
        crossentropy.CategoricalCrossentropy,
        crossentropy.SparseCategoricalCrossentropy,
    )
    sigmoid = type(activation) is Sigmoid and type(loss) is crossentropy.BinaryCrossentropy
    if (softmax or sigmoid) and not loss.from_logits:  # type: ignore[attr-defined]
        return replace(loss, from_logits=True)  # type: ignore[call-arg]
    return None


_SHORT: dict[str, type[Loss]] = {
    "mse": regression.MeanSquaredError,
    "mae": regression.MeanAbsoluteError,
    "mape": regression.MeanAbsolutePercentageError,
    "msle": regression.MeanSquaredLogarithmicError,
    "bce": crossentropy.BinaryCrossentropy,
    "kld": distributions.KLDivergence,
    "kullback_leibler_divergence": distributions.KLDivergence,
}
_OF_FUNCTIONS = ("Custom", "Function")
_NAMES: dict[str, type[Loss]] = {
    **{name: loss for name, loss in exported(globals(), Loss).items() if name not in _OF_FUNCTIONS},
    **_SHORT,
}


def _from_function(function: object) -> Loss:
    name = getattr(function, "__name__", repr(function))
    if globals().get(name) is function:  # one of the functions above has the name of its class
        return resolve(name, Loss, _NAMES)
    if not callable(function):
        raise TypeError(f"loss: expected a name, a loss or a function of (y_true, y_pred), received {function!r}")
    return custom.Function(function)


def get(identifier: object) -> Loss:
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
