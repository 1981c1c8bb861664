"""Functions of ``tf.math`` and ``tf.nn`` that are made of a few operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from clarinet import ops
from clarinet.names import public
from clarinet.tf.halves import Halves
from clarinet.types import AnyTensor, Axes, DTypeArg, TensorLike

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "accumulate_n",
    "angle",
    "complex",
    "conj",
    "crelu",
    "cumprod",
    "cumsum",
    "cumulative_logsumexp",
    "depth_to_space",
    "erfcinv",
    "imag",
    "invert_permutation",
    "is_non_decreasing",
    "is_strictly_increasing",
    "local_response_normalization",
    "lrn",
    "polyval",
    "real",
    "reciprocal_no_nan",
    "space_to_depth",
    "weighted_cross_entropy_with_logits",
    "weighted_moments",
    "xdivy",
    "xlog1py",
    "xlogy",
    "zero_fraction",
]


def __dir__() -> list[str]:
    return public(globals())


def complex(real: TensorLike, imag: TensorLike, name: object = None) -> NDArray[np.complex64]:
    """Complex numbers of their real and imaginary parts: an array of NumPy's, for data before training."""
    return (np.asarray(real) + 1j * np.asarray(imag)).astype(np.complex64)


def real(input: TensorLike, name: object = None) -> AnyTensor:
    """The real parts of complex numbers."""
    if isinstance(input, Halves):
        return input.real
    return ops.convert_to_tensor(np.real(np.asarray(input)))


def imag(input: TensorLike, name: object = None) -> AnyTensor:
    """The imaginary parts of complex numbers."""
    if isinstance(input, Halves):
        return input.imag
    return ops.convert_to_tensor(np.imag(np.asarray(input)))


def angle(input: TensorLike, name: object = None) -> AnyTensor:
    """The angles of complex numbers, in radians."""
    return ops.convert_to_tensor(np.angle(np.asarray(input)))


def conj(x: TensorLike, name: object = None) -> NDArray[np.complex64]:
    """Complex numbers with the other sign of their imaginary parts: an array of NumPy's."""
    turned: NDArray[np.complex64] = np.conj(np.asarray(x)).astype(np.complex64)
    return turned


def accumulate_n(inputs: Sequence[TensorLike], shape: object = None, name: object = None) -> AnyTensor:
    """The sum of tensors of one shape."""
    return ops.sum(ops.stack(list(inputs)), axis=0)


def xlogy(x: TensorLike, y: TensorLike, name: object = None) -> AnyTensor:
    """``x log(y)``, and 0 where ``x`` is 0.

    Example:
        >>> xlogy([0.0, 2.0], [0.0, 1.0]).tolist()
        [0.0, 0.0]
    """
    zero = ops.equal(x, 0)
    return ops.where(zero, 0.0, ops.multiply(x, ops.log(ops.where(zero, 1.0, y))))


def xlog1py(x: TensorLike, y: TensorLike, name: object = None) -> AnyTensor:
    """``x log(1 + y)``, and 0 where ``x`` is 0."""
    zero = ops.equal(x, 0)
    return ops.where(zero, 0.0, ops.multiply(x, ops.log1p(ops.where(zero, 0.0, y))))


def xdivy(x: TensorLike, y: TensorLike, name: object = None) -> AnyTensor:
    """``x / y``, and 0 where ``x`` is 0."""
    zero = ops.equal(x, 0)
    return ops.where(zero, 0.0, ops.divide(x, ops.where(zero, 1.0, y)))


def reciprocal_no_nan(x: TensorLike, name: object = None) -> AnyTensor:
    """``1 / x``, and 0 where ``x`` is 0."""
    return ops.divide_no_nan(ops.ones_like(x), x)


def erfcinv(x: TensorLike, name: object = None) -> AnyTensor:
    """The inverse of ``1 - erf``."""
    return ops.erfinv(ops.subtract(1.0, x))


def polyval(coeffs: Sequence[TensorLike], x: TensorLike, name: object = None) -> AnyTensor:
    """A polynomial at ``x``; its coefficients come from the highest power to the lowest.

    Example:
        >>> float(polyval([1.0, 0.0, 2.0], 3.0))
        11.0
    """
    value = ops.zeros_like(ops.convert_to_tensor(x))
    for coefficient in coeffs:
        value = ops.add(ops.multiply(value, x), coefficient)
    return value


def cumulative_logsumexp(x: TensorLike, axis: int = 0, name: object = None) -> AnyTensor:
    """The logarithm of the running sum of ``exp(x)`` along an axis."""
    largest = ops.stop_gradient(ops.max(x, axis=axis, keepdims=True))
    return ops.add(ops.log(ops.cumsum(ops.exp(ops.subtract(x, largest)), axis=axis)), largest)


def _running(
    compute: Callable[..., AnyTensor], x: TensorLike, axis: int, exclusive: bool, reverse: bool, first: float
) -> AnyTensor:
    """What a running sum or product is from either end, with each number itself or without it."""
    x = ops.flip(x, axis) if reverse else ops.convert_to_tensor(x)
    if exclusive:
        axes = ops.ndim(x)
        kept = [slice(None)] * axes
        kept[axis % axes] = slice(0, -1)
        around = [(int(place == axis % axes), 0) for place in range(axes)]
        x = ops.pad(x[tuple(kept)], around, constant_values=first)
    found = compute(x, axis=axis)
    return ops.flip(found, axis) if reverse else found


def cumsum(
    x: TensorLike, axis: int = 0, exclusive: bool = False, reverse: bool = False, name: object = None
) -> AnyTensor:
    """The sums of all numbers up to each along an axis.

    Args:
        x: numbers.
        axis: along which they are added.
        exclusive: whether each number itself is left out.
        reverse: whether sums begin at the end.

    Example:
        >>> cumsum([1, 2, 3], exclusive=True).tolist(), cumsum([1, 2, 3], reverse=True).tolist()
        ([0, 1, 3], [6, 5, 3])
    """
    return _running(ops.cumsum, x, int(axis), exclusive, reverse, 0)


def cumprod(
    x: TensorLike, axis: int = 0, exclusive: bool = False, reverse: bool = False, name: object = None
) -> AnyTensor:
    """The products of all numbers up to each along an axis; arguments as of :func:`cumsum`."""
    return _running(ops.cumprod, x, int(axis), exclusive, reverse, 1)


def invert_permutation(x: TensorLike, name: object = None) -> AnyTensor:
    """The place that each number has in a permutation.

    Example:
        >>> invert_permutation([2, 0, 1]).tolist()
        [1, 2, 0]
    """
    return ops.argsort(x)


def is_non_decreasing(x: TensorLike, name: object = None) -> bool:
    """Whether no number is smaller than the one before it."""
    return bool((np.diff(np.asarray(x).ravel()) >= 0).all())


def is_strictly_increasing(x: TensorLike, name: object = None) -> bool:
    """Whether every number is larger than the one before it."""
    return bool((np.diff(np.asarray(x).ravel()) > 0).all())


def zero_fraction(value: TensorLike, name: object = None) -> AnyTensor:
    """The share of numbers that are 0."""
    return ops.mean(ops.cast(ops.equal(value, 0), "float32"))


def crelu(features: TensorLike, axis: int = -1, name: object = None) -> AnyTensor:
    """``relu(x)`` and ``relu(-x)``, side by side along an axis."""
    return ops.relu(ops.concatenate([features, ops.negative(features)], axis))


def depth_to_space(input: TensorLike, block_size: int, data_format: str = "NHWC", name: object = None) -> AnyTensor:
    """Channels spread over squares of pixels: (n, h, w, c) to (n, h b, w b, c / b²)."""
    return ops.depth_to_space(input, block_size, data_format="channels_first" if data_format[1] == "C" else None)


def space_to_depth(input: TensorLike, block_size: int, data_format: str = "NHWC", name: object = None) -> AnyTensor:
    """Squares of pixels as channels: the inverse of :func:`depth_to_space`."""
    return ops.space_to_depth(input, block_size, data_format="channels_first" if data_format[1] == "C" else None)


def local_response_normalization(
    input: TensorLike, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5,
    name: object = None,
) -> AnyTensor:  # fmt: skip
    """``x / (bias + alpha sum x²)^beta``, the sum over the channels at most ``depth_radius`` away.

    Source: Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, 2012.
    """
    channels = int(ops.shape(input)[-1] or 0)
    places = np.arange(channels)
    near = (np.abs(places[:, None] - places) <= depth_radius).astype(np.float32)
    return ops.divide(input, ops.power(bias + alpha * ops.matmul(ops.square(input), near), beta))


lrn = local_response_normalization


def weighted_cross_entropy_with_logits(
    labels: TensorLike, logits: TensorLike, pos_weight: TensorLike, name: object = None
) -> AnyTensor:
    """``(1 - t) z + (1 + (w - 1) t) log(1 + exp(-z))``: the cross-entropy, a label of 1 counting ``w`` times.

    Example:
        >>> weighted_cross_entropy_with_logits([1.0], [0.0], 2.0).tolist()
        [1.386...]
    """
    weights = ops.add(1.0, ops.multiply(ops.subtract(pos_weight, 1.0), labels))
    linear = ops.multiply(ops.subtract(1.0, labels), logits)
    return ops.add(linear, ops.multiply(weights, ops.softplus(ops.negative(logits))))


def weighted_moments(
    x: TensorLike, axes: Axes, frequency_weights: TensorLike, keepdims: bool = False, name: object = None,
    dtype: DTypeArg = None,
) -> tuple[AnyTensor, AnyTensor]:  # fmt: skip
    """The mean and the variance over some axes, each number counted as often as its weight says."""
    weights = ops.multiply(ops.ones_like(x), frequency_weights)
    total = ops.sum(weights, axes, keepdims=True)
    mean = ops.divide(ops.sum(ops.multiply(weights, x), axes, keepdims=True), total)
    squares = ops.multiply(weights, ops.square(ops.subtract(x, mean)))
    variance = ops.divide(ops.sum(squares, axes, keepdims=True), total)
    return (mean, variance) if keepdims else (ops.squeeze(mean, axes), ops.squeeze(variance, axes))
