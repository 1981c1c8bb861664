"""The greatest or the mean of every window."""

from __future__ import annotations

from math import prod

import numpy as np

from clarinet.ops.arithmetic import divide
from clarinet.ops.arranging import pad
from clarinet.ops.axes import moveaxis, reshaped
from clarinet.ops.convolving import channels_first, margins, opened, per_axis
from clarinet.ops.dispatch import Operand, as_tensor, dtype_of, floats, shape_of
from clarinet.ops.indexing import take, take_along_axis
from clarinet.ops.linear import tensordot
from clarinet.ops.totals import argmax
from clarinet.ops.totals import max as greatest
from clarinet.ops.totals import sum as total
from clarinet.types import AnyTensor, Array, TensorLike

__all__ = [
    "adaptive_average_pool",
    "adaptive_max_pool",
    "average_pool",
    "max_pool",
]


def _windows(
    x: Operand, pool_size: object, strides: object, padding: str, filler: float, what: str
) -> tuple[AnyTensor, Array | int]:
    """The windows as (n, *counts, places, channels), and how many entries of ``x`` each has."""
    axes = len(shape_of(x)) - 2
    sizes = per_axis(pool_size, axes, f"{what}: pool_size")
    steps = sizes if strides is None else per_axis(strides, axes, f"{what}: strides")
    around = margins(x, sizes, steps, padding, what)
    counts = _counts(shape_of(x)[1:-1], around, sizes, steps) if any(map(any, around)) else prod(sizes)
    x = pad(x, [[0, 0], *around, [0, 0]], constant_values=filler) if any(map(any, around)) else x
    found = opened(x, sizes, steps, (1,) * axes)
    return reshaped(found, (*(None,) * (axes + 1), prod(sizes), shape_of(x)[-1])), counts


def _counts(
    lengths: tuple[int | None, ...], around: list[list[int]], sizes: tuple[int, ...], steps: tuple[int, ...]
) -> Array:
    """How many entries of the inputs each window has: (*counts, 1)."""
    if None in lengths:
        raise ValueError("average_pool: padding='same' needs the sizes of all axes but the first, not known yet")
    whole = np.ones((), np.int64)
    for length, ends, size, step in zip(lengths, around, sizes, steps):
        row = np.lib.stride_tricks.sliding_window_view(np.pad(np.ones(length or 0, np.int64), ends), size)[::step]
        whole = np.multiply.outer(whole, row.sum(axis=-1))
    return whole[..., None]


def max_pool(
    inputs: TensorLike,
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> AnyTensor:
    """The greatest entry of every window, for each channel; where some are equal the first gets the gradient.

    Args:
        inputs: (n, *spatial, channels), with any number of spatial axes.
        pool_size: of the windows: one number, or one for each spatial axis.
        strides: from one window to the next; default ``pool_size``.
        padding: ``"valid"`` (default) or ``"same"``: windows may reach over the ends.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Returns:
        (n, *counts, channels).

    Raises:
        ValueError: arguments that do not go together, or a window that does not fit.

    Example:
        >>> max_pool([[[1.0], [5.0], [2.0], [3.0]]], 2).tolist()
        [[[5.0], [3.0]]]
    """
    x = floats(inputs)
    if channels_first(data_format, "max_pool"):
        return moveaxis(max_pool(moveaxis(x, 1, -1), pool_size, strides, padding), -1, 1)
    if padding == "same" and None in shape_of(x)[1:-1]:
        raise ValueError("max_pool: padding='same' needs the sizes of all axes but the first, not known yet")
    found, _ = _windows(x, pool_size, strides, padding, -np.inf, "max_pool")
    return _first_greatest(found)


def _first_greatest(windows: Operand) -> AnyTensor:
    """The greatest along the last axis but one, of which the first gets the gradient."""
    at = argmax(windows, axis=-2, keepdims=True)
    found = take_along_axis(windows, at, axis=-2)
    return reshaped(found, (*(None,) * (len(shape_of(windows)) - 2), shape_of(windows)[-1]))


def average_pool(
    inputs: TensorLike,
    pool_size: int | tuple[int, ...],
    strides: int | tuple[int, ...] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> AnyTensor:
    """The mean of every window, for each channel, without what reaches over the ends; arguments as of :func:`max_pool`.

    Example:
        >>> average_pool([[[1.0], [5.0], [2.0]]], 2, padding="same").tolist()
        [[[3.0], [2.0]]]
    """
    x = floats(inputs)
    if channels_first(data_format, "average_pool"):
        return moveaxis(average_pool(moveaxis(x, 1, -1), pool_size, strides, padding), -1, 1)
    found, counts = _windows(x, pool_size, strides, padding, 0, "average_pool")
    return divide(total(found, axis=-2), counts if isinstance(counts, int) else counts.astype(dtype_of(x)))


def _intervals(length: int | None, count: int, what: str) -> list[range]:
    """As many intervals that cover an axis, equally long as far as that goes."""
    if length is None:
        raise ValueError(f"{what}: the sizes of all axes but the first have to be known")
    return [range(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def adaptive_average_pool(
    inputs: TensorLike, output_size: int | tuple[int, ...], data_format: str | None = None
) -> AnyTensor:
    """The means of as many windows as asked for, which cover the inputs.

    Args:
        inputs: (n, *spatial, channels), with any number of spatial axes.
        output_size: windows along each spatial axis: one number, or one for each.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Returns:
        (n, *output_size, channels).

    Example:
        >>> adaptive_average_pool([[[1.0], [2.0], [6.0]]], 2).tolist()
        [[[1.5], [4.0]]]
    """
    x = floats(inputs)
    if channels_first(data_format, "adaptive_average_pool"):
        return moveaxis(adaptive_average_pool(moveaxis(x, 1, -1), output_size), -1, 1)
    for axis, count in enumerate(per_axis(output_size, len(shape_of(x)) - 2, "adaptive_average_pool: output_size"), 1):
        intervals = _intervals(shape_of(x)[axis], count, "adaptive_average_pool")
        shares = np.zeros((shape_of(x)[axis] or 0, count))
        for i, interval in enumerate(intervals):
            shares[interval, i] = 1 / len(interval)
        x = moveaxis(tensordot(x, shares.astype(dtype_of(x)), ([axis], [0])), -1, axis)
    return as_tensor(x)


def adaptive_max_pool(
    inputs: TensorLike, output_size: int | tuple[int, ...], data_format: str | None = None
) -> AnyTensor:
    """The greatest entries of as many windows as asked for; arguments as of :func:`adaptive_average_pool`."""
    x = floats(inputs)
    if channels_first(data_format, "adaptive_max_pool"):
        return moveaxis(adaptive_max_pool(moveaxis(x, 1, -1), output_size), -1, 1)
    for axis, count in enumerate(per_axis(output_size, len(shape_of(x)) - 2, "adaptive_max_pool: output_size"), 1):
        intervals = _intervals(shape_of(x)[axis], count, "adaptive_max_pool")
        most = max(map(len, intervals))
        places = np.array([[*interval, *[interval[-1]] * (most - len(interval))] for interval in intervals], np.int32)
        x = greatest(take(x, places, axis=axis), axis=axis + 1)
    return as_tensor(x)
