"""Activation functions; the mathematics of most stand in :mod:`clarinet.activations`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import activations, aliases
from clarinet.activations.custom import Function
from clarinet.ops.activated import Activated
from clarinet.ops.arithmetic import add, clip, divide, maximum, multiply, subtract
from clarinet.ops.arranging import flip, split
from clarinet.ops.axes import moveaxis, reshaped
from clarinet.ops.comparisons import greater, less, less_equal, where
from clarinet.ops.creation import arange
from clarinet.ops.cumulative import cumsum
from clarinet.ops.dispatch import apply, dtype_of, floats, shape_of
from clarinet.ops.elementwise import absolute, negative, sqrt, square
from clarinet.ops.operation import made
from clarinet.ops.ordering import sort
from clarinet.ops.specs import place, places, whole_axes
from clarinet.ops.totals import sum as total
from clarinet.ops.trigonometry import tanh
from clarinet.types import AnyTensor, Axes, TensorLike

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
]

if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def _activated(name: str, x: TensorLike) -> AnyTensor:
    return apply(made(Activated, getattr(activations, name)), floats(x))


def relu(x: TensorLike) -> AnyTensor:
    """``max(x, 0)``."""
    return _activated("relu", x)


def relu6(x: TensorLike) -> AnyTensor:
    """``min(max(x, 0), 6)``."""
    return _activated("relu6", x)


def sigmoid(x: TensorLike) -> AnyTensor:
    """``1 / (1 + exp(-x))``."""
    return _activated("sigmoid", x)


def silu(x: TensorLike) -> AnyTensor:
    """``x sigmoid(x)``."""
    return _activated("silu", x)


def softplus(x: TensorLike) -> AnyTensor:
    """``log(1 + exp(x))``."""
    return _activated("softplus", x)


def softsign(x: TensorLike) -> AnyTensor:
    """``x / (1 + |x|)``."""
    return _activated("softsign", x)


def selu(x: TensorLike) -> AnyTensor:
    """ELU with the slopes that keep mean 0 and variance 1."""
    return _activated("selu", x)


def hard_sigmoid(x: TensorLike) -> AnyTensor:
    """``x / 6 + 1/2`` brought into [0, 1]."""
    return _activated("hard_sigmoid", x)


def hard_silu(x: TensorLike) -> AnyTensor:
    """``x hard_sigmoid(x)``."""
    return _activated("hard_silu", x)


def swish(x: TensorLike) -> AnyTensor:
    """Another name of :func:`silu`."""
    return silu(x)


def hard_swish(x: TensorLike) -> AnyTensor:
    """Another name of :func:`hard_silu`."""
    return hard_silu(x)


def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> AnyTensor:
    """``x`` where it is positive, else ``negative_slope x``."""
    return apply(made(Activated, activations.LeakyRelu(negative_slope)), floats(x))


def elu(x: TensorLike, alpha: float = 1.0) -> AnyTensor:
    """``x`` where it is positive, else ``alpha (exp(x) - 1)``."""
    return apply(made(Activated, activations.Elu(alpha)), floats(x))


def celu(x: TensorLike, alpha: float = 1.0) -> AnyTensor:
    """``x`` where it is positive, else ``alpha (exp(x / alpha) - 1)``."""
    return apply(made(Activated, activations.Celu(alpha)), floats(x))


def gelu(x: TensorLike, approximate: bool = True) -> AnyTensor:
    """``x Φ(x)``, Φ the normal distribution function.

    Args:
        approximate: use the form with tanh; default True, other than in ``clarinet.activations``, as in Keras.
    """
    return apply(made(Activated, activations.Gelu(bool(approximate))), floats(x))


def log_sigmoid(x: TensorLike) -> AnyTensor:
    """``log(sigmoid(x))`` without overflow."""
    return negative(softplus(negative(x)))


def softmax(x: TensorLike, axis: Axes = -1) -> AnyTensor:
    """``exp(x) / sum(exp(x))`` along an axis, or several.

    Args:
        axis: default -1.

    Example:
        >>> softmax([0.0, 0.0]).tolist()
        [0.5, 0.5]
    """
    return _along(activations.softmax, x, axis, "softmax")


def log_softmax(x: TensorLike, axis: Axes = -1) -> AnyTensor:
    """``x - log(sum(exp(x)))`` along an axis, or several, without overflow; arguments as of :func:`softmax`."""
    return _along(activations.log_softmax, x, axis, "log_softmax")


def _along(function: TensorLike, x: TensorLike, axis: Axes, what: str) -> AnyTensor:
    """An activation of the last axis, along others."""
    x = floats(x)
    rank, operation = len(shape_of(x)), made(Activated, function)
    axes = places(whole_axes(axis, what), rank, what)
    if axes == (rank - 1,):
        return apply(operation, x)
    last = tuple(range(rank - len(axes), rank))
    moved = moveaxis(x, axes, last)
    if len(axes) == 1:
        return moveaxis(apply(operation, moved), last, axes)
    sizes = tuple(shape_of(moved))
    rows = reshaped(moved, (*(None,) * (rank - len(axes)), -1))
    return moveaxis(
        reshaped(apply(operation, rows), (*(None,) * (rank - len(axes)), *sizes[rank - len(axes) :])), last, axes
    )


def sparsemax(x: TensorLike, axis: int = -1) -> AnyTensor:
    """The point of the simplex that is nearest to ``x``, along an axis: like softmax, with many zeros.

    ``max(x - t, 0)`` with the ``t`` for which the sum is 1 (Martins and Astudillo, ICML 2016).

    Example:
        >>> sparsemax([2.0, 1.5, -1.0]).tolist()
        [0.75, 0.25, 0.0]
    """
    x = floats(x)
    sizes = shape_of(x)
    at = place(axis, len(sizes), "sparsemax")
    size = sizes[at]
    if size is None:
        raise ValueError(f"sparsemax: the size of axis {axis} is not known yet")
    ordered = flip(sort(x, axis=at), at)
    count = reshaped(arange(1, size + 1, dtype=dtype_of(x)), (-1, *(1,) * (len(sizes) - 1 - at)))
    sums = cumsum(ordered, axis=at)
    inside = greater(subtract(ordered, divide(subtract(sums, 1), count)), 0)
    many = total(inside, axis=at, keepdims=True)
    whole = total(where(inside, ordered, 0.0), axis=at, keepdims=True)
    return maximum(subtract(x, divide(subtract(whole, 1), many)), 0.0)


def glu(x: TensorLike, axis: int = -1) -> AnyTensor:
    """The first half of ``x`` along an axis times the sigmoid of the second (Dauphin et al., ICML 2017).

    Args:
        axis: of an even size; default -1.
    """
    first, second = split(floats(x), 2, axis)
    return multiply(first, sigmoid(second))


def hard_tanh(x: TensorLike) -> AnyTensor:
    """``x`` brought into [-1, 1]; the gradient is 1 from -1 to 1."""
    x = floats(x)
    return where(greater(x, 1.0), 1.0, where(less(x, -1.0), -1.0, x))


def hard_shrink(x: TensorLike, threshold: float = 0.5) -> AnyTensor:
    """``x`` where ``|x| > threshold``, else 0."""
    x = floats(x)
    return where(greater(absolute(x), threshold), x, 0.0)


def soft_shrink(x: TensorLike, threshold: float = 0.5) -> AnyTensor:
    """``x`` moved towards 0 by ``threshold``, 0 where it would pass it."""
    x = floats(x)
    below = where(less(x, -threshold), add(x, threshold), 0.0)
    return where(greater(x, threshold), subtract(x, threshold), below)


def tanh_shrink(x: TensorLike) -> AnyTensor:
    """``x - tanh(x)``."""
    x = floats(x)
    return subtract(x, tanh(x))


def threshold(x: TensorLike, threshold: float, default_value: float) -> AnyTensor:
    """``x`` where it is greater than ``threshold``, else ``default_value``."""
    x = floats(x)
    return where(greater(x, threshold), x, default_value)


def squareplus(x: TensorLike, b: float = 4) -> AnyTensor:
    """``(x + sqrt(x**2 + b)) / 2``, a smooth ReLU (Barron, arXiv:2112.11687)."""
    x = floats(x)
    return multiply(add(x, sqrt(add(square(x), b))), 0.5)


def sparse_plus(x: TensorLike) -> AnyTensor:
    """0 up to -1, ``x`` from 1 on, ``(x + 1)**2 / 4`` between."""
    x = floats(x)
    between = where(less(x, 1.0), multiply(square(add(x, 1.0)), 0.25), x)
    return where(less_equal(x, -1.0), 0.0, between)


def sparse_sigmoid(x: TensorLike) -> AnyTensor:
    """``(x + 1) / 2`` brought into [0, 1]."""
    return multiply(clip(add(floats(x), 1.0), 0.0, 2.0), 0.5)


#: Those that a layer takes as ``activation="hard_shrink"``; they keep the shape, and need no further argument.
_ACTIVATIONS = (
    hard_shrink, hard_tanh, log_sigmoid, soft_shrink, sparse_plus, sparse_sigmoid, sparsemax, squareplus, tanh_shrink,
)  # fmt: skip
Function.known |= {function.__name__: function for function in _ACTIVATIONS}
