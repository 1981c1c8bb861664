"""Activations in ONNX's operators."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

from clarinet import activations
from clarinet.exchange.to_onnx.building import Graph, NoForm, Value
from clarinet.ops.dtypes import BOOL

#: Writes an activation of a value.
_Write = Callable[..., Value]


def _named(kind: str, *settings: str) -> _Write:
    """An operator, with settings that are called as ours."""

    def write(g: Graph, a: Any, x: Value) -> Value:
        own: Any = {name: float(getattr(a, name)) for name in settings}
        return g.add(kind, x, **own)

    return write


def clipped(g: Graph, x: Value, low: float, high: float) -> Value:
    """Between two numbers."""
    return g.add("Clip", x, g.number(low, x), g.number(high, x))


def _relu(g: Graph, a: activations.Relu, x: Value) -> Value:
    if a == activations.relu:
        return g.add("Relu", x)
    above = x if a.max_value is None else g.add("Min", x, g.number(a.max_value))
    below = g.add("Mul", g.add("Sub", x, g.number(a.threshold)), g.number(a.negative_slope))
    return g.add("Where", g.add("Greater", x, g.number(a.threshold), dtype=BOOL), above, below)


def _gelu(g: Graph, a: activations.Gelu, x: Value) -> Value:
    if a.approximate:
        cubic = g.add("Mul", g.add("Mul", x, g.add("Mul", x, x)), g.number(0.044715))
        inner = g.add("Tanh", g.add("Mul", g.add("Add", x, cubic), g.number(0.7978845608028654)))
    else:
        inner = g.add("Erf", g.add("Mul", x, g.number(sqrt(0.5))))
    return g.add("Mul", g.add("Mul", x, g.number(0.5)), g.add("Add", inner, g.number(1.0)))


def _hard_silu(g: Graph, a: object, x: Value) -> Value:
    return g.add("Mul", x, g.add("HardSigmoid", x, alpha=1 / 6, beta=0.5))


def _times(kind: str) -> _Write:
    return lambda g, a, x: g.add("Mul", x, g.add(kind, x))


#: How each activation is written.
ACTIVATIONS: dict[type, _Write] = {
    activations.Celu: _named("Celu", "alpha"),
    activations.Elu: _named("Elu", "alpha"),
    activations.Exponential: _named("Exp"),
    activations.Gelu: _gelu,
    activations.HardSigmoid: lambda g, a, x: g.add("HardSigmoid", x, alpha=1 / 6, beta=0.5),
    activations.HardSilu: _hard_silu,
    activations.LeakyRelu: lambda g, a, x: g.add("LeakyRelu", x, alpha=float(a.negative_slope)),
    activations.Linear: lambda g, a, x: x,
    activations.LogSoftmax: lambda g, a, x: g.add("LogSoftmax", x, axis=a.axis),
    activations.Mish: lambda g, a, x: g.add("Mul", x, g.add("Tanh", g.add("Softplus", x))),
    activations.Relu: _relu,
    activations.Relu6: lambda g, a, x: clipped(g, x, 0.0, 6.0),
    activations.Selu: lambda g, a, x: g.add("Selu", x, alpha=a.alpha, gamma=a.scale),
    activations.Sigmoid: _named("Sigmoid"),
    activations.Silu: _times("Sigmoid"),
    activations.Softmax: lambda g, a, x: g.add("Softmax", x, axis=a.axis),
    activations.Softplus: _named("Softplus"),
    activations.Softsign: _named("Softsign"),
    activations.Tanh: _named("Tanh"),
}


def activated(g: Graph, function: activations.Activation, x: Value) -> Value:
    """An activation that is known by its class.

    Raises:
        NoForm: it is not.
    """
    if type(function) not in ACTIVATIONS:
        raise NoForm(f"the activation {function.name!r}")
    return ACTIVATIONS[type(function)](g, function, x)


#: Names of activations within ONNX's recurrent operators, with their alpha and beta where they have these.
WITHIN_LOOPS: dict[type, Callable[[Any], tuple[str, list[float], list[float]]]] = {
    activations.Elu: lambda a: ("Elu", [a.alpha], []),
    activations.HardSigmoid: lambda a: ("HardSigmoid", [1 / 6], [0.5]),
    activations.LeakyRelu: lambda a: ("LeakyRelu", [a.negative_slope], []),
    activations.Linear: lambda a: ("Affine", [1.0], [0.0]),
    activations.Sigmoid: lambda a: ("Sigmoid", [], []),
    activations.Softplus: lambda a: ("Softplus", [], []),
    activations.Softsign: lambda a: ("Softsign", [], []),
    activations.Tanh: lambda a: ("Tanh", [], []),
}
