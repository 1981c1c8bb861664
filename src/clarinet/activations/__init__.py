"""Activation functions, each with its derivative beside it.

Notation: ``z`` pre-activation, ``a`` activation, ``dy`` the gradient of the loss at ``a``; ``backward`` returns the
gradient at ``z``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.activations.base import Activation
from clarinet.activations.custom import Custom, Function
from clarinet.activations.normalised import LogSoftmax, Softmax
from clarinet.activations.piecewise import HardSigmoid, HardSilu, LeakyRelu, Linear, Relu, Relu6
from clarinet.activations.smooth import (
    Celu,
    Elu,
    Exponential,
    Gelu,
    Mish,
    Selu,
    Sigmoid,
    Silu,
    Softplus,
    Softsign,
    Tanh,
)
from clarinet.configurable import resolve
from clarinet.fields import Field
from clarinet.names import public

__all__ = [
    "Activation",
    "Celu",
    "Custom",
    "Elu",
    "Exponential",
    "Gelu",
    "HardSigmoid",
    "HardSilu",
    "LeakyRelu",
    "Linear",
    "LogSoftmax",
    "Mish",
    "Relu",
    "Relu6",
    "Selu",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "celu",
    "elu",
    "exponential",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


linear, sigmoid, tanh, softmax, log_softmax = Linear(), Sigmoid(), Tanh(), Softmax(), LogSoftmax()
relu, relu6, leaky_relu, elu, celu, selu = Relu(), Relu6(), LeakyRelu(), Elu(), Celu(), Selu()
gelu, silu, mish, softplus, softsign, exponential = Gelu(), Silu(), Mish(), Softplus(), Softsign(), Exponential()
hard_sigmoid, hard_silu = HardSigmoid(), HardSilu()
swish, hard_swish = silu, hard_silu


_NAMES = {name: globals()[name] for name in __all__ if isinstance(globals()[name], Activation)}


def _of_function(function: Callable[..., object]) -> Activation:
    """A Python function; those of :mod:`clarinet.ops` that are activations, too, are these."""
    name = getattr(function, "__name__", "")
    ours = getattr(function, "__module__", "").startswith("clarinet.ops.")
    return _NAMES[name] if ours and name in _NAMES else Function(function)


#: An activation, or a form that :func:`get` accepts.
ActivationLike = Activation | type[Activation] | str | Mapping[str, object] | Callable[..., object] | None


def get(identifier: object) -> Activation:
    """The activation that a name, object, function or configuration stands for; None means linear."""
    if isinstance(identifier, Activation):
        return identifier  # layers ask in every step
    if identifier is None:
        return linear
    if isinstance(identifier, dict) and "class_name" in identifier:
        classes = {c.__name__: c for c in Activation.__subclasses__()}
        return resolve(identifier, Activation, classes, _of_function)
    if isinstance(identifier, str) and identifier in Function.known:
        return Function(Function.known[identifier])
    return resolve(identifier, Activation, _NAMES, _of_function)


class ActivationField(Field[ActivationLike, Activation]):
    """The activation of a layer; None means linear."""

    def convert(self, value: ActivationLike, owner: object) -> Activation:
        return get(value)
