"""Convolutions, pooling and dropout with the arguments of ``tf.nn``; :mod:`clarinet.ops` computes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clarinet import ops, random
from clarinet.names import explained
from clarinet.types import AnyTensor, ShapeLike, TensorLike

__all__ = [
    "atrous_conv2d",
    "avg_pool",
    "avg_pool1d",
    "avg_pool2d",
    "batch_normalization",
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "depthwise_conv2d",
    "dropout",
    "max_pool",
    "max_pool1d",
    "max_pool2d",
    "pool",
    "separable_conv2d",
]
Sizes = int | Sequence[int]


def _spatial(sizes: Sizes | None, axes: int, first: bool) -> tuple[int, ...]:
    """One size for each spatial axis, of a number, of so many, or of one for each axis of the tensor."""
    if sizes is None:
        return (1,) * axes
    if isinstance(sizes, int):
        return (sizes,) * axes
    given = tuple(int(n) for n in sizes)
    if len(given) == axes + 2:
        given = given[2:] if first else given[1:-1]
    if len(given) not in (1, axes):
        raise ValueError(f"expected a number or {axes} numbers for the spatial axes, received {sizes!r}")
    return given * (axes if len(given) == 1 else 1)


def _places(data_format: str | None) -> tuple[bool, str]:
    first = (data_format or "N").upper().startswith("NC") and not (data_format or "").upper().endswith("C")
    return first, "channels_first" if first else "channels_last"


def _conv(
    operation: Callable[..., AnyTensor],
    axes: int,
    inputs: tuple[TensorLike, ...],
    strides: Sizes,
    padding: str,
    data_format: str | None,
    dilations: Sizes | None,
) -> AnyTensor:
    first, places = _places(data_format)
    steps, gaps = _spatial(strides, axes, first), _spatial(dilations, axes, first)
    return operation(*inputs, strides=steps, padding=padding.lower(), data_format=places, dilation_rate=gaps)


def conv1d(
    input: TensorLike,
    filters: TensorLike,
    stride: Sizes = 1,
    padding: str = "VALID",
    data_format: str = "NWC",
    dilations: Sizes | None = None,
    name: object = None,
) -> AnyTensor:
    """A convolution of sequences (n, steps, channels) with filters (size, channels, filters)."""
    return _conv(ops.conv, 1, (input, filters), stride, padding, data_format, dilations)


def conv2d(
    input: TensorLike,
    filters: TensorLike,
    strides: Sizes = 1,
    padding: str = "VALID",
    data_format: str = "NHWC",
    dilations: Sizes | None = None,
    name: object = None,
) -> AnyTensor:
    """A convolution of images.

    Args:
        input: (n, height, width, channels).
        filters: (height, width, channels, filters).
        strides, dilations: a number, one for each spatial axis, or ``[1, s, s, 1]``.
        padding: ``"SAME"`` or ``"VALID"``.
        data_format: ``"NHWC"`` (default) or ``"NCHW"``.

    Raises:
        ValueError: shapes or arguments that do not go together.

    Example:
        >>> import numpy as np
        >>> conv2d(np.ones((1, 4, 4, 1)), np.ones((2, 2, 1, 3)), strides=[1, 2, 2, 1], padding="VALID").shape
        (1, 2, 2, 3)
    """
    return _conv(ops.conv, 2, (input, filters), strides, padding, data_format, dilations)


def atrous_conv2d(value: TensorLike, filters: TensorLike, rate: int, padding: str, name: object = None) -> AnyTensor:
    """:func:`conv2d` with gaps within the filters."""
    return conv2d(value, filters, 1, padding, dilations=rate)


def depthwise_conv2d(
    input: TensorLike,
    filter: TensorLike,
    strides: Sizes,
    padding: str,
    data_format: str = "NHWC",
    dilations: Sizes | None = None,
    name: object = None,
) -> AnyTensor:
    """Every channel with filters of its own, (height, width, channels, multiplier); else as :func:`conv2d`."""
    return _conv(ops.depthwise_conv, 2, (input, filter), strides, padding, data_format, dilations)


def separable_conv2d(
    input: TensorLike,
    depthwise_filter: TensorLike,
    pointwise_filter: TensorLike,
    strides: Sizes,
    padding: str,
    data_format: str = "NHWC",
    dilations: Sizes | None = None,
    name: object = None,
) -> AnyTensor:
    """:func:`depthwise_conv2d`, then a convolution of size 1."""
    both = (input, depthwise_filter, pointwise_filter)
    return _conv(ops.separable_conv, 2, both, strides, padding, data_format, dilations)


def conv2d_transpose(
    input: TensorLike,
    filters: TensorLike,
    output_shape: Sequence[int | None],
    strides: Sizes,
    padding: str = "SAME",
    data_format: str = "NHWC",
    dilations: Sizes | None = None,
    name: object = None,
) -> AnyTensor:
    """The transpose of :func:`conv2d`, filters (height, width, filters, channels).

    Raises:
        ValueError: the result has another shape than ``output_shape``.
    """
    made = _conv(ops.conv_transpose, 2, (input, filters), strides, padding, data_format, dilations)
    found, wanted = tuple(ops.shape(made))[1:], tuple(output_shape)[1:]
    if any(isinstance(n, int) and isinstance(m, int) and n != m for n, m in zip(found, wanted, strict=True)):
        raise ValueError(f"conv2d_transpose: the result has the shape {found}, and output_shape says {wanted}")
    return made


def _pool(
    operation: Callable[..., AnyTensor], axes: int, x: TensorLike, ksize: Sizes, strides: Sizes, padding: str, form: str
) -> AnyTensor:
    first, places = _places(form)
    sizes, steps = _spatial(ksize, axes, first), _spatial(strides, axes, first)
    return operation(x, sizes, steps, padding.lower(), places)


def max_pool1d(
    input: TensorLike, ksize: Sizes, strides: Sizes, padding: str, data_format: str = "NWC", name: object = None
) -> AnyTensor:
    """The largest number of every window of a sequence."""
    return _pool(ops.max_pool, 1, input, ksize, strides, padding, data_format)


def max_pool2d(
    input: TensorLike, ksize: Sizes, strides: Sizes, padding: str, data_format: str = "NHWC", name: object = None
) -> AnyTensor:
    """The largest number of every window of an image.

    Example:
        >>> max_pool2d([[[[1.0], [2.0]], [[3.0], [4.0]]]], 2, 2, "VALID").tolist()
        [[[[4.0]]]]
    """
    return _pool(ops.max_pool, 2, input, ksize, strides, padding, data_format)


def avg_pool1d(
    input: TensorLike, ksize: Sizes, strides: Sizes, padding: str, data_format: str = "NWC", name: object = None
) -> AnyTensor:
    """The mean of every window of a sequence."""
    return _pool(ops.average_pool, 1, input, ksize, strides, padding, data_format)


def avg_pool2d(
    input: TensorLike, ksize: Sizes, strides: Sizes, padding: str, data_format: str = "NHWC", name: object = None
) -> AnyTensor:
    """The mean of every window of an image."""
    return _pool(ops.average_pool, 2, input, ksize, strides, padding, data_format)


max_pool, avg_pool = max_pool2d, avg_pool2d


def pool(
    input: TensorLike,
    window_shape: Sizes,
    pooling_type: str,
    strides: Sizes = 1,
    padding: str = "VALID",
    data_format: str | None = None,
    dilations: Sizes | None = None,
    name: object = None,
) -> AnyTensor:
    """The largest number or the mean of every window of a sequence, an image or a volume.

    Args:
        input: with rows and channels.
        window_shape, strides: of the axes between them; a number is for all of them.
        pooling_type: ``"MAX"`` or ``"AVG"``.
        padding: ``"VALID"`` or ``"SAME"``.
        data_format: such as ``"NHWC"``, the default, or ``"NCHW"``.

    Raises:
        ValueError: another kind of pooling, or dilations.
    """
    kinds = {"MAX": ops.max_pool, "AVG": ops.average_pool}
    axes = ops.ndim(input) - 2
    if pooling_type not in kinds or {*_spatial(dilations, axes, False)} != {1}:
        raise ValueError(f"tf.nn.pool: expected 'MAX' or 'AVG', no dilations; received {pooling_type!r}, {dilations}")
    form = data_format or f"N{'DHW'[3 - axes :]}C"
    return _pool(kinds[pooling_type], axes, input, window_shape, strides, padding, form)


@explained
def dropout(
    x: TensorLike, rate: float, noise_shape: ShapeLike | None = None, seed: object = None, name: object = None
) -> AnyTensor:
    """A share ``rate`` of the numbers is 0, and the others are divided by ``1 - rate``."""
    return random.dropout(x, rate, noise_shape, seed)


def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    offset: TensorLike,
    scale: TensorLike,
    variance_epsilon: float,
    name: object = None,
) -> AnyTensor:
    """``(x - mean) / sqrt(variance + variance_epsilon) scale + offset``, the last two left out where they are None."""
    y = ops.multiply(ops.subtract(x, mean), ops.rsqrt(ops.add(variance, variance_epsilon)))
    y = y if scale is None else ops.multiply(y, scale)
    return y if offset is None else ops.add(y, offset)
