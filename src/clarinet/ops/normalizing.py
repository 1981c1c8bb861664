"""Numbers brought to a norm of 1, or to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Sequence

from clarinet.arrays import EPSILON
from clarinet.ops.arithmetic import add, divide, maximum, multiply, subtract
from clarinet.ops.axes import reshape
from clarinet.ops.dispatch import Operand, converted, dtype_of, floats, shape_of, typed
from clarinet.ops.elementwise import rsqrt, square
from clarinet.ops.specs import places, whole_axes
from clarinet.ops.statistics import norm
from clarinet.ops.totals import mean, var
from clarinet.ops.totals import sum as total
from clarinet.types import AnyTensor, Axes, TensorLike

__all__ = [
    "batch_normalization",
    "layer_normalization",
    "moments",
    "normalize",
    "rms_normalization",
]


def moments(
    x: TensorLike, axes: Axes, keepdims: bool = False, synchronized: bool = False
) -> tuple[AnyTensor, AnyTensor]:
    """Mean and variance over some axes.

    Args:
        axes: one or several.
        keepdims: leave the axes there, with size 1; default False.
        synchronized: only False: there is one device.
    """
    if synchronized:
        raise ValueError("moments: there is one device, and nothing to synchronize; leave out synchronized=True")
    x = floats(x)
    return mean(x, axes, keepdims), var(x, axes, keepdims)


def normalize(x: TensorLike, axis: Axes = -1, order: float = 2, epsilon: float | None = None) -> AnyTensor:
    """``x`` divided by its norm along an axis, or by ``epsilon`` where the norm is less.

    Args:
        axis: default -1.
        order: of the norm; default 2.
        epsilon: default 1e-7.

    Example:
        >>> print(normalize([3.0, 4.0]).round(4))
        [0.6 0.8]
    """
    x = floats(x)
    small = EPSILON if epsilon is None else epsilon
    if order == 2:
        squares = total(square(x), axis, keepdims=True)
        return multiply(x, rsqrt(maximum(squares, small**2)))
    return divide(x, maximum(norm(x, order, axis, keepdims=True), small))


def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: int,
    offset: TensorLike = None,
    scale: TensorLike = None,
    epsilon: float = 1e-3,
) -> AnyTensor:
    """``(x - mean) / sqrt(variance + epsilon) scale + offset``.

    Args:
        mean, variance, offset, scale: one number for each entry along ``axis``; default no offset and scale 1.
    """
    x = floats(x)
    rank = len(shape_of(x))
    axes = places(whole_axes(axis, "batch_normalization"), rank, "batch_normalization")
    middle, spread, offset, scale = (_along(x, one, axes) for one in (mean, variance, offset, scale))
    return _scaled(x, middle, rsqrt(add(spread, epsilon)), scale, offset)


def layer_normalization(
    x: TensorLike, gamma: TensorLike = None, beta: TensorLike = None, axis: Axes = -1, epsilon: float | None = None
) -> AnyTensor:
    """``(x - m) / sqrt(v + epsilon) gamma + beta``, mean and variance over some axes (Ba et al., arXiv:1607.06450).

    Args:
        gamma, beta: of the sizes of these axes; default 1 and 0.
        axis: one or several; default -1.
        epsilon: default 1e-7.
    """
    x = floats(x)
    axes = places(whole_axes(axis, "layer_normalization"), len(shape_of(x)), "layer_normalization")
    gamma, beta = (_along(x, one, axes) for one in (gamma, beta))
    spread = add(var(x, axes, keepdims=True), EPSILON if epsilon is None else epsilon)
    return _scaled(x, mean(x, axes, keepdims=True), rsqrt(spread), gamma, beta)


def rms_normalization(
    x: TensorLike, scale: TensorLike = None, axis: Axes = -1, epsilon: float | None = None
) -> AnyTensor:
    """``x / sqrt(mean(x**2) + epsilon) scale``, over some axes (Zhang and Sennrich, NeurIPS 2019).

    Args:
        scale: of the sizes of these axes; default 1.
        axis: one or several; default -1.
        epsilon: default 1e-7.
    """
    x = floats(x)
    axes = places(whole_axes(axis, "rms_normalization"), len(shape_of(x)), "rms_normalization")
    y = multiply(x, rsqrt(add(mean(square(x), axes, keepdims=True), EPSILON if epsilon is None else epsilon)))
    scale = _along(x, scale, axes)
    return y if scale is None else multiply(y, scale)


def _along(x: Operand, numbers: TensorLike, axes: Sequence[int]) -> Operand | None:
    """Numbers for the entries along some axes, in the rank and dtype of ``x``."""
    if numbers is None:
        return None
    numbers = typed(converted(numbers), dtype_of(x))
    if len(shape_of(numbers)) == len(shape_of(x)):
        return numbers
    return reshape(numbers, [size if i in axes else 1 for i, size in enumerate(shape_of(x))])


def _scaled(x: TensorLike, middle: TensorLike, factor: TensorLike, scale: TensorLike, offset: TensorLike) -> AnyTensor:
    y = multiply(subtract(x, middle), factor if scale is None else multiply(factor, scale))
    return y if offset is None else add(y, offset)
