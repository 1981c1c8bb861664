"""Convolutions of any number of axes, as products of windows with a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from clarinet.ops.arranging import pad
from clarinet.ops.axes import moveaxis, reshaped, transpose
from clarinet.ops.dispatch import Operand, apply, converted, promoted, shape_of, sizes_of
from clarinet.ops.indexing import get_item
from clarinet.ops.linear import einsum, matmul
from clarinet.ops.operation import made
from clarinet.ops.sliding import OverlapAdd, Windows
from clarinet.problems import shown
from clarinet.types import AnyTensor, TensorLike

__all__ = [
    "conv",
    "conv_transpose",
    "depthwise_conv",
    "separable_conv",
]


def channels_first(data_format: object, what: str) -> bool:
    """Whether the channels stand on axis 1.

    Raises:
        ValueError: another word than Keras's.
    """
    if data_format not in (None, "channels_last", "channels_first"):
        raise ValueError(f"{what}: data_format is 'channels_last' or 'channels_first', received {data_format!r}")
    return data_format == "channels_first"


def per_axis(value: object, axes: int, what: str) -> tuple[int, ...]:
    """One whole number above 0 for each axis, of one or as many as given.

    Raises:
        ValueError: something else.
    """
    given = tuple(value) if isinstance(value, (list, tuple)) else (value,) * axes
    found = tuple(int(n) for n in given if isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n > 0)
    if len(given) != axes or len(found) != axes:
        raise ValueError(f"{what}: expected a whole number above 0, or {axes} of them; received {shown(value)}")
    return found


def margins(x: Operand, sizes: Sequence[int], strides: Sequence[int], padding: str, what: str) -> list[list[int]]:
    """What is added before and after each axis between the first and the last.

    Args:
        sizes: of the windows, gaps included.
        padding: ``"valid"``: nothing; ``"same"``: such that there are ``size / stride`` windows, rounded up.
    """
    if padding not in ("valid", "same"):
        raise ValueError(f"{what}: padding is 'valid' or 'same', received {padding!r}")
    found = []
    for axis, (size, stride) in enumerate(zip(sizes, strides), 1):
        length, total = shape_of(x)[axis], 0
        if padding == "same":
            if length is None and stride > 1:
                raise ValueError(f"{what}: padding='same' with strides needs the size of axis {axis}, not known yet")
            total = max(size - (stride if length is None or not length % stride else length % stride), 0)
        found.append([total // 2, total - total // 2])
    return found


def opened(x: Operand, sizes: Sequence[int], strides: Sequence[int], dilation: Sequence[int]) -> AnyTensor:
    """The windows of ``x`` (n, *spatial, channels): (n, *counts, *sizes, channels)."""
    axes = len(sizes)
    for i, numbers in enumerate(zip(sizes, strides, dilation)):
        x = apply(made(Windows, 2 * i + 1, *numbers), x)
    counts, within = range(1, 2 * axes, 2), range(2, 2 * axes + 1, 2)
    return transpose(x, (0, *counts, *within, 2 * axes + 1))


def _patches(x: Operand, kernel: Operand, strides: object, padding: str, dilation: object, what: str) -> AnyTensor:
    """The windows that a kernel sees, each in a row: (n, *counts, places of the kernel, channels)."""
    *sizes, _, _ = sizes_of(kernel, what)
    axes = len(sizes)
    if len(shape_of(x)) != axes + 2:
        raise ValueError(
            f"{what}: a kernel of shape {shape_of(kernel)} goes with inputs of {axes + 2} axes, received {shape_of(x)}"
        )
    strides, dilation = per_axis(strides, axes, f"{what}: strides"), per_axis(dilation, axes, f"{what}: dilation_rate")
    around = margins(x, [(k - 1) * d + 1 for k, d in zip(sizes, dilation)], strides, padding, what)
    x = pad(x, [[0, 0], *around, [0, 0]]) if any(map(any, around)) else x
    return reshaped(opened(x, sizes, strides, dilation), (*(None,) * (axes + 1), prod(sizes), shape_of(x)[-1]))


def conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | tuple[int, ...] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
) -> AnyTensor:
    """A convolution: every window of the inputs times the kernel.

    Args:
        inputs: (n, *spatial, channels), with any number of spatial axes.
        kernel: (*sizes, channels / groups, filters).
        strides, dilation_rate: of the windows, and within them; default 1.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Returns:
        (n, *counts, filters).

    Raises:
        ValueError: shapes or arguments that do not go together.

    Example:
        >>> conv([[[1.0], [2.0], [3.0]]], [[[1.0]], [[10.0]]]).tolist()
        [[[21.0], [32.0]]]
    """
    x, kernel = promoted(inputs, kernel, least=float)
    if channels_first(data_format, "conv"):
        last = conv(moveaxis(x, 1, -1), kernel, strides, padding, None, dilation_rate)
        return moveaxis(last, -1, 1)
    *sizes, share, filters = sizes_of(kernel, "conv")
    patches = _patches(x, kernel, strides, padding, dilation_rate, "conv")
    (channels,) = sizes_of(x, "conv", len(sizes) + 1)
    if channels % share or filters % (channels // share):
        raise ValueError(f"conv: {channels} channels and {filters} filters do not fit a kernel of {share} channels")
    kept = (None,) * (len(sizes) + 1)
    if channels == share:
        return matmul(reshaped(patches, (*kept, prod(sizes) * share)), reshaped(kernel, (prod(sizes) * share, filters)))
    groups = channels // share
    grouped = reshaped(patches, (*kept, prod(sizes), groups, share))
    weights = reshaped(kernel, (prod(sizes), share, groups, filters // groups))
    return reshaped(einsum("...kgc,kcgf->...gf", grouped, weights), (*kept, filters))


def depthwise_conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | tuple[int, ...] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
) -> AnyTensor:
    """A convolution of every channel by itself; other arguments as of :func:`conv`.

    Args:
        kernel: (*sizes, channels, multiplier).

    Returns:
        (n, *counts, channels * multiplier).
    """
    kernel = converted(kernel)
    *sizes, channels, multiplier = sizes_of(kernel, "depthwise_conv")
    weights = reshaped(kernel, (*sizes, 1, channels * multiplier))
    return conv(inputs, weights, strides, padding, data_format, dilation_rate)


def separable_conv(
    inputs: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: int | tuple[int, ...] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
) -> AnyTensor:
    """:func:`depthwise_conv`, then :func:`conv` with a kernel of size 1.

    Args:
        depthwise_kernel: (*sizes, channels, multiplier).
        pointwise_kernel: (1, …, channels * multiplier, filters).
    """
    y = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(y, pointwise_kernel, 1, "valid", data_format)


def conv_transpose(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | tuple[int, ...] = 1,
    padding: str = "valid",
    output_padding: int | tuple[int, ...] | None = None,
    data_format: str | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
) -> AnyTensor:
    """The transpose of a convolution: every entry times the kernel, added up where these lie on each other.

    Args:
        inputs: (n, *spatial, channels).
        kernel: (*sizes, filters, channels).
        padding: ``"valid"`` (default): all of it; ``"same"``: ``size * stride`` entries.
        output_padding: entries at the end beyond the least size; default as many as ``padding`` says.
        strides, data_format, dilation_rate: as of :func:`conv`.

    Example:
        >>> conv_transpose([[[1.0], [2.0]]], [[[1.0]], [[10.0]]]).tolist()
        [[[1.0], [12.0], [20.0]]]
    """
    x, kernel = promoted(inputs, kernel, least=float)
    if channels_first(data_format, "conv_transpose"):
        last = conv_transpose(moveaxis(x, 1, -1), kernel, strides, padding, output_padding, None, dilation_rate)
        return moveaxis(last, -1, 1)
    *sizes, filters, channels = sizes_of(kernel, "conv_transpose")
    axes = len(sizes)
    if len(shape_of(x)) != axes + 2 or shape_of(x)[-1] != channels:
        raise ValueError(
            f"conv_transpose: a kernel of shape {shape_of(kernel)} goes with inputs of {axes + 2} axes and {channels} "
            f"channels, received {shape_of(x)}"
        )
    strides = per_axis(strides, axes, "conv_transpose: strides")
    dilation = per_axis(dilation_rate, axes, "conv_transpose: dilation_rate")
    weights = reshaped(transpose(kernel, (axes + 1, *range(axes + 1))), (channels, prod(sizes) * filters))
    y = reshaped(matmul(x, weights), (*(None,) * (axes + 1), *sizes, filters))
    order = [0, *(axis for i in range(axes) for axis in (1 + i, 1 + axes + i)), 2 * axes + 1]
    y = transpose(y, order)
    for i, numbers in enumerate(zip(sizes, strides, dilation)):
        y = apply(made(OverlapAdd, i + 1, *numbers), y)
    extra = output_padding if isinstance(output_padding, (list, tuple)) else (output_padding,) * axes
    whole = [(k - 1) * d + 1 for k, d in zip(sizes, dilation)]
    ends = [transposed_ends(*numbers, padding) for numbers in zip(whole, strides, extra)]
    return _resized(y, ends)


def transposed_ends(size: int, stride: int, extra: int | None, padding: str) -> tuple[int, int]:
    """How much is added before and after what a transposed convolution gives; below 0: taken away.

    Args:
        size: of a window, gaps included.
        stride: from one window to the next.
        extra: entries at the end beyond the least size; None: as many as ``padding`` says.
        padding: ``"valid"`` or ``"same"``.
    """
    if padding == "valid":
        return 0, max(stride - size, 0) if extra is None else extra
    if padding != "same":
        raise ValueError(f"conv_transpose: padding is 'valid' or 'same', received {padding!r}")
    total = stride + size - 2 if extra is None else size + size % 2 - 2 + extra
    before = min(total - total // 2, size - 1)
    return before - (size - 1), total - before - (size - 1)


def _resized(x: Operand, ends: Sequence[tuple[int, int]]) -> AnyTensor:
    """``x`` with entries added to, or taken from, the ends of the axes after the first."""
    added = [[max(a, 0), max(b, 0)] for a, b in ends]
    x = pad(x, [[0, 0], *added, [0, 0]]) if any(map(any, added)) else x
    taken = [slice(max(-a, 0), min(b, 0) or None) for a, b in ends]
    return get_item(x, (slice(None), *taken))
