"""Numbers of images, and of any axes, in another arrangement: blocks, patches, and patterns with names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from math import prod
from operator import mul
from typing import Any

from clarinet.ops.arithmetic import multiply, subtract
from clarinet.ops.arranging import pad
from clarinet.ops.axes import moveaxis, reshape, reshaped, transpose
from clarinet.ops.convolving import channels_first, opened, per_axis
from clarinet.ops.dispatch import apply, converted, promoted, shape_of
from clarinet.ops.elementwise import square
from clarinet.ops.exponentials import log10
from clarinet.ops.indexing import get_item
from clarinet.ops.operation import made
from clarinet.ops.sizing import sizes_of_shape
from clarinet.ops.sliding import OverlapAdd
from clarinet.ops.specs import is_symbolic, product
from clarinet.ops.totals import mean
from clarinet.problems import shown
from clarinet.types import AnyTensor, TensorLike

__all__ = [
    "depth_to_space",
    "fold",
    "psnr",
    "rearrange",
    "space_to_depth",
    "unfold",
]


def rearrange(tensor: TensorLike, pattern: str, **axes_lengths: int) -> AnyTensor:
    """The axes of a tensor in another order, some of them joined or parted, as a pattern with names says.

    Args:
        tensor: anything with axes.
        pattern: names of the axes before and after ``->``; those in brackets are one axis together.
        axes_lengths: sizes of names in brackets; one in each pair of brackets follows from the others.

    Raises:
        ValueError: a pattern that does not make sense, or does not fit.

    Example:
        >>> rearrange([[1, 2, 3, 4]], "a (b c) -> b a c", b=2).tolist()
        [[[1, 2]], [[3, 4]]]
    """
    x = converted(tensor)
    if pattern.count("->") != 1:
        raise ValueError(f"rearrange: expected a pattern such as 'a (b c) -> b a c', received {pattern!r}")
    before, after = (_groups(side) for side in pattern.split("->"))
    names, order = ([name for group in side for name in group] for side in (before, after))
    if sorted(names) != sorted(order) or len(set(names)) < len(names) or len(before) != len(shape_of(x)):
        raise ValueError(
            f"rearrange: {pattern!r} does not fit a tensor of shape {shape_of(x)}: every axis has a name, and "
            "both sides have the same ones"
        )
    if is_symbolic(x) and shape_of(x)[1:].count(None) > 1:  # each is counted, for -1 stands for one alone
        sizes = _sizes(before, sizes_of_shape(x, shape_of(x)), axes_lengths, pattern)
        parted = transpose(reshape(x, [sizes[name] for name in names]), [names.index(name) for name in order])
        return reshape(parted, [reduce(mul, (sizes[name] for name in group)) for group in after])
    sizes = _sizes(before, shape_of(x), axes_lengths, pattern)
    parted = transpose(reshaped(x, [sizes[name] for name in names]), [names.index(name) for name in order])
    joined = [product(sizes[name] for name in group) for group in after]
    if joined[:1] == [None] and len(after[0]) == 1:  # the rows of a batch stay what they are
        return reshaped(parted, (None, *(-1 if size is None else size for size in joined[1:])))
    return reshaped(parted, [-1 if size is None else size for size in joined])


def _groups(side: str) -> list[list[str]]:
    """The names on one side of a pattern, those in brackets together."""
    return [group.strip("()").split() for group in re.findall(r"\(.*?\)|\w+", side)]


def _sizes(groups: list[list[str]], shape: Sequence[Any], given: Mapping[str, int], pattern: str) -> dict[str, Any]:
    """The size of every name; of sizes to count with, where these are given."""
    found: dict[str, Any] = {}
    for group, size in zip(groups, shape):
        unknown = [name for name in group if name not in given]
        known = prod(given[name] for name in group if name in given)
        if len(unknown) > 1 or (isinstance(size, int) and (size % known if unknown else size != known)):
            raise ValueError(f"rearrange: sizes {dict(given)} do not part an axis of {size} as {pattern!r} says")
        found |= {name: given[name] for name in group if name in given}
        found |= dict.fromkeys(unknown, None if size is None else size // known)
    return found


def depth_to_space(x: TensorLike, block_size: int, data_format: str | None = "channels_last") -> AnyTensor:
    """The channels of every pixel as a block of pixels.

    Args:
        x: (n, height, width, channels).
        block_size: height and width of a block.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Returns:
        (n, height * block_size, width * block_size, channels / block_size**2).

    Raises:
        ValueError: channels that make no block.
    """
    if channels_first(data_format, "depth_to_space"):
        return rearrange(x, "n (c b d) h w -> n c (h b) (w d)", b=block_size, d=block_size)
    return rearrange(x, "n h w (b d c) -> n (h b) (w d) c", b=block_size, d=block_size)


def space_to_depth(x: TensorLike, block_size: int, data_format: str | None = "channels_last") -> AnyTensor:
    """Every block of pixels as the channels of one: the inverse of :func:`depth_to_space`, whose arguments it takes."""
    if channels_first(data_format, "space_to_depth"):
        return rearrange(x, "n c (h b) (w d) -> n (c b d) h w", b=block_size, d=block_size)
    return rearrange(x, "n (h b) (w d) c -> n h w (b d c)", b=block_size, d=block_size)


def _pair(value: object, what: str) -> tuple[int, int]:
    given = tuple(value) if isinstance(value, (list, tuple)) else (value, value)
    if len(given) != 2 or any(not isinstance(n, int) or n < 0 for n in given):
        raise ValueError(f"{what}: expected a whole number from 0 on, or two; received {shown(value)}")
    return given


def unfold(
    x: TensorLike,
    kernel_size: int | tuple[int, int],
    dilation: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
) -> AnyTensor:
    """The patches of images whose channels come first, each as a column.

    Args:
        x: (n, channels, height, width).
        kernel_size: of a patch. dilation: within it. stride: from one to the next. padding: zeros around the image.

    Returns:
        (n, channels * places in a patch, patches).

    Example:
        >>> unfold([[[[1.0, 2.0], [3.0, 4.0]]]], 2).tolist()
        [[[1.0], [2.0], [3.0], [4.0]]]
    """
    sizes, steps = per_axis(kernel_size, 2, "unfold: kernel_size"), per_axis(stride, 2, "unfold: stride")
    high, wide = _pair(padding, "unfold: padding")
    x = pad(x, [[0, 0], [0, 0], [high, high], [wide, wide]]) if high or wide else converted(x)
    found = opened(moveaxis(x, 1, -1), sizes, steps, per_axis(dilation, 2, "unfold: dilation"))
    return rearrange(found, "n h w a b c -> n (c a b) (h w)")


def fold(
    x: TensorLike,
    output_size: int | tuple[int, int],
    kernel_size: int | tuple[int, int],
    dilation: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    stride: int | tuple[int, int] = 1,
) -> AnyTensor:
    """Patches put back and added up where they lie on each other: the transpose of :func:`unfold`.

    Args:
        x: (n, channels * places in a patch, patches).
        output_size: height and width of the images.
        kernel_size, dilation, padding, stride: as of :func:`unfold`.

    Returns:
        (n, channels, height, width).
    """
    sizes, steps = per_axis(kernel_size, 2, "fold: kernel_size"), per_axis(stride, 2, "fold: stride")
    gaps, around = per_axis(dilation, 2, "fold: dilation"), _pair(padding, "fold: padding")
    whole = [size + 2 * p for size, p in zip(per_axis(output_size, 2, "fold: output_size"), around)]
    counts = [(n - (k - 1) * d - 1) // s + 1 for n, k, d, s in zip(whole, sizes, gaps, steps)]
    y = rearrange(x, "n (c a b) (h w) -> n c h a w b", a=sizes[0], b=sizes[1], h=counts[0], w=counts[1])
    for axis, numbers in enumerate(zip(sizes, steps, gaps, whole), 2):
        y = apply(made(OverlapAdd, axis, *numbers), y)
    return get_item(y, (..., *(slice(p, -p or None) for p in around)))


def psnr(x1: TensorLike, x2: TensorLike, max_val: float) -> AnyTensor:
    """``20 log10(max_val) - 10 log10(mean((x1 - x2)**2))``, the peak signal-to-noise ratio in decibels.

    Args:
        x1, x2: of one shape. max_val: the greatest number that an image may have.

    Example:
        >>> float(psnr([1.0, 0.0], [0.0, 1.0], 10.0))
        20.0
    """
    a, b = promoted(x1, x2, least=float)
    if shape_of(a) != shape_of(b):
        raise ValueError(f"psnr: expected images of one shape, received {shape_of(a)} and {shape_of(b)}")
    return subtract(multiply(20, log10(float(max_val))), multiply(10, log10(mean(square(subtract(a, b))))))
