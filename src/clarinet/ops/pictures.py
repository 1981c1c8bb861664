"""Colours, margins, patches, blurs and edges of images."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from clarinet.ops.arithmetic import add, clip, divide, maximum, minimum, mod, multiply, subtract
from clarinet.ops.arranging import pad, repeat, stack, unstack
from clarinet.ops.axes import expand_dims, moveaxis, reshape, squeeze
from clarinet.ops.comparisons import equal, greater, less, where
from clarinet.ops.convolving import channels_first, conv, depthwise_conv, margins, opened, per_axis
from clarinet.ops.dispatch import Operand, as_tensor, converted, dtype_of, floats, promoted, shape_of, sizes_of, typed
from clarinet.ops.elementwise import absolute, square
from clarinet.ops.exponentials import exp
from clarinet.ops.indexing import get_item
from clarinet.ops.linear import tensordot
from clarinet.ops.resampling import image_axes
from clarinet.ops.totals import mean
from clarinet.ops.totals import sum as total
from clarinet.types import AnyTensor, Array, TensorLike

__all__ = [
    "crop_images",
    "extract_patches",
    "extract_patches_3d",
    "gaussian_blur",
    "hsv_to_rgb",
    "pad_images",
    "rgb_to_grayscale",
    "rgb_to_hsv",
    "sobel_edges",
    "ssim",
]


def _colours(images: TensorLike, data_format: object, what: str) -> tuple[Operand, int]:
    """Images of floats, and the axis of their channels, counted from the end."""
    x, _ = image_axes(images, data_format, what)
    axis = -3 if channels_first(data_format, what) else -1
    if shape_of(x)[axis] != 3 or dtype_of(x).kind != "f":
        raise ValueError(f"{what}: expected floats with 3 channels, received {dtype_of(x)} of shape {shape_of(x)}")
    return x, axis


def rgb_to_grayscale(images: TensorLike, data_format: str | None = None) -> AnyTensor:
    """``0.2989 r + 0.587 g + 0.114 b``.

    Args:
        images: (n, height, width, 3), or one without n; with one channel they stay as they are.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Returns:
        the same with one channel, in the dtype of the images.

    Raises:
        ValueError: another number of channels.
    """
    x, _ = image_axes(images, data_format, "rgb_to_grayscale")
    axis = len(shape_of(x)) - (3 if channels_first(data_format, "rgb_to_grayscale") else 1)
    if shape_of(x)[axis] not in (1, 3):
        raise ValueError(f"rgb_to_grayscale: expected 3 channels or 1, received images of shape {shape_of(x)}")
    if shape_of(x)[axis] == 1:
        return as_tensor(x)
    shares = np.array([0.2989, 0.5870, 0.1140], dtype_of(floats(x)))
    return typed(expand_dims(tensordot(floats(x), shares, ([axis], [0])), axis), dtype_of(x))


def rgb_to_hsv(images: TensorLike, data_format: str | None = None) -> AnyTensor:
    """Red, green and blue as hue, saturation and value, all from 0 to 1.

    Args:
        images: floats (n, height, width, 3), or one without n.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Example:
        >>> rgb_to_hsv([[[0.0, 0.5, 0.0]]]).numpy().ravel().round(3)
        array([0.333, 1.   , 0.5  ], dtype=float32)
    """
    x, axis = _colours(images, data_format, "rgb_to_hsv")
    x = where(less(absolute(x), float(np.finfo(dtype_of(x)).eps)), 0.0, x)
    r, g, b = unstack(x, 3, axis=axis)
    value, low = maximum(maximum(r, g), b), minimum(minimum(r, g), b)
    spread = subtract(value, low)
    some, coloured = greater(value, 0), greater(spread, 0)
    saturation = where(some, divide(spread, where(some, value, 1.0)), 0.0)
    share = divide(1 / 6, where(coloured, spread, 1.0))
    green, blue = add(multiply(share, subtract(b, r)), 2 / 6), add(multiply(share, subtract(r, g)), 4 / 6)
    hue = where(equal(value, r), multiply(share, subtract(g, b)), where(equal(value, g), green, blue))
    hue = add(where(coloured, hue, 0.0), typed(less(hue, 0.0), dtype_of(x)))
    return stack([hue, saturation, value], axis=axis)


def hsv_to_rgb(images: TensorLike, data_format: str | None = None) -> AnyTensor:
    """Hue, saturation and value, all from 0 to 1, as red, green and blue; arguments as of :func:`rgb_to_hsv`."""
    x, axis = _colours(images, data_format, "hsv_to_rgb")
    hue, saturation, value = unstack(x, 3, axis=axis)
    sixths = multiply(mod(hue, 1.0), 6.0)
    red = clip(subtract(absolute(subtract(sixths, 3.0)), 1.0), 0.0, 1.0)
    others = [clip(subtract(2.0, absolute(subtract(sixths, at))), 0.0, 1.0) for at in (2.0, 4.0)]
    grey = subtract(1.0, saturation)
    return stack([multiply(value, add(grey, multiply(saturation, part))) for part in (red, *others)], axis=axis)


def _ends(first: int | None, last: int | None, target: int | None, rest: int, what: str) -> tuple[int, int]:
    """Two margins of an axis, one of which may follow from the size that is wanted.

    Args:
        rest: what both come to where the size is the wanted one.
    """
    if (first is None) + (last is None) + (target is None) != 1:
        raise ValueError(f"{what}: give two of the margins at both ends and the size of the result, for each axis")
    first = rest - (last or 0) if first is None else first
    last = rest - first if last is None else last
    if first < 0 or last < 0:
        raise ValueError(f"{what}: margins of {first} and {last} are below 0; the size of the result does not fit")
    return first, last


def pad_images(
    images: TensorLike,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> AnyTensor:
    """Images with zeros around them; of each axis two of both margins and the size of the result are given.

    Args:
        images: (n, height, width, channels), or one without n.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ValueError: too much or too little is given, or it does not fit.
    """
    x, axis = image_axes(images, data_format, "pad_images")
    height, width = shape_of(x)[axis : axis + 2]
    widths = [[0, 0] for _ in shape_of(x)]
    widths[axis] = [
        *_ends(top_padding, bottom_padding, target_height, (target_height or 0) - (height or 0), "pad_images")
    ]
    widths[axis + 1] = [
        *_ends(left_padding, right_padding, target_width, (target_width or 0) - (width or 0), "pad_images")
    ]
    return pad(x, widths)


def crop_images(
    images: TensorLike,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> AnyTensor:
    """Images without their margins; of each axis two of both margins and the size of the result are given.

    Args:
        images: (n, height, width, channels), or one without n.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ValueError: too much or too little is given, or it does not fit.
    """
    x, axis = image_axes(images, data_format, "crop_images")
    height, width = shape_of(x)[axis : axis + 2]
    top, bottom = _ends(
        top_cropping, bottom_cropping, target_height, (height or 0) - (target_height or 0), "crop_images"
    )
    left, right = _ends(left_cropping, right_cropping, target_width, (width or 0) - (target_width or 0), "crop_images")
    parts = slice(top, -bottom or None), slice(left, -right or None)
    return get_item(x, (*(slice(None),) * axis, *parts))


def extract_patches(
    images: TensorLike,
    size: int | tuple[int, ...],
    strides: int | tuple[int, ...] | None = None,
    dilation_rate: int | tuple[int, ...] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> AnyTensor:
    """Patches of images, each as the channels of one pixel.

    Args:
        images: (n, height, width, channels), or one without n; volumes where ``size`` has three numbers.
        size: height and width of a patch.
        strides: from one patch to the next; default ``size``.
        dilation_rate: within a patch; default 1.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Returns:
        (n, rows, columns, places in a patch * channels).

    Example:
        >>> extract_patches(np.arange(8.0).reshape(1, 2, 4, 1), 2).tolist()
        [[[[0.0, 1.0, 4.0, 5.0], [2.0, 3.0, 6.0, 7.0]]]]
    """
    axes = len(size) if isinstance(size, (list, tuple)) else 2
    return _patches(images, axes, size, strides, dilation_rate, padding, data_format)


def extract_patches_3d(
    volumes: TensorLike,
    size: int | tuple[int, int, int],
    strides: int | tuple[int, int, int] | None = None,
    dilation_rate: int | tuple[int, int, int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> AnyTensor:
    """Patches of volumes (n, depth, height, width, channels); arguments as of :func:`extract_patches`."""
    return _patches(volumes, 3, size, strides, dilation_rate, padding, data_format)


def _patches(
    images: TensorLike,
    axes: int,
    size: object,
    strides: object,
    dilation_rate: object,
    padding: str,
    data_format: str | None,
) -> AnyTensor:
    x = converted(images)
    if len(shape_of(x)) == axes + 1:
        one = expand_dims(x, 0)
        return squeeze(_patches(one, axes, size, strides, dilation_rate, padding, data_format), 0)
    if channels_first(data_format, "extract_patches"):
        return moveaxis(_patches(moveaxis(x, 1, -1), axes, size, strides, dilation_rate, padding, None), -1, 1)
    sizes = per_axis(size, axes, "extract_patches: size")
    steps = sizes if strides is None else per_axis(strides, axes, "extract_patches: strides")
    gaps = per_axis(dilation_rate, axes, "extract_patches: dilation_rate")
    around = margins(x, [(k - 1) * d + 1 for k, d in zip(sizes, gaps)], steps, padding, "extract_patches")
    x = pad(x, [[0, 0], *around, [0, 0]]) if any(map(any, around)) else x
    (channels,) = sizes_of(x, "extract_patches", axes + 1)
    return reshape(opened(x, sizes, steps, gaps), (*(None,) * (axes + 1), prod(sizes) * channels))


def _bell(size: int, sigma: float) -> Array:
    """Weights of a normal distribution, which add up to 1."""
    row = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / sigma) ** 2)
    weights: Array = row / row.sum()
    return weights


def blurred(images: Operand, kernel_size: Sequence[int], sigma: Sequence[TensorLike]) -> AnyTensor:
    """:func:`gaussian_blur` with widths that are tensors, of images (n, height, width, channels) of floats."""
    rows = []
    for size, deviation in zip(kernel_size, sigma, strict=True):
        grid = (np.arange(size) - (size - 1) / 2).astype(dtype_of(images))
        row = exp(multiply(square(divide(grid, deviation)), -0.5))
        rows.append(divide(row, total(row)))
    kernel = multiply(reshape(rows[1], (-1, 1, 1, 1)), reshape(rows[0], (1, -1, 1, 1)))
    return depthwise_conv(images, repeat(kernel, shape_of(images)[-1] or 0, axis=2), padding="same")


def _filtered(images: TensorLike, kernel: Array, data_format: str | None, what: str) -> AnyTensor:
    """Every channel under one kernel, with zeros around."""
    x, axis = image_axes(images, data_format, what)
    if len(shape_of(x)) == 3:
        return squeeze(_filtered(expand_dims(x, 0), kernel, data_format, what), 0)
    channels = shape_of(x)[1 if axis == 2 else -1]
    weights = np.repeat(kernel[..., None, None], channels or 0, axis=2).astype(dtype_of(floats(x)))
    return depthwise_conv(floats(x), weights, padding="same", data_format=data_format)


def gaussian_blur(
    images: TensorLike,
    kernel_size: Sequence[int] = (3, 3),
    sigma: Sequence[float] = (1.0, 1.0),
    data_format: str | None = None,
) -> AnyTensor:
    """Images under a bell-shaped kernel, with zeros around them.

    Args:
        images: (n, height, width, channels), or one without n.
        kernel_size: width and height of the kernel.
        sigma: standard deviations, across and down, in pixels.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.
    """
    across, down = (_bell(size, float(deviation)) for size, deviation in zip(kernel_size, sigma, strict=True))
    return _filtered(images, np.outer(down, across), data_format, "gaussian_blur")


def sobel_edges(images: TensorLike, data_format: str | None = None) -> AnyTensor:
    """How much images change downwards and to the right, by Sobel's kernels.

    Args:
        images: (n, height, width, channels).
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Returns:
        the shape of the images and one axis more: downwards, to the right.
    """
    right = np.outer([1, 2, 1], [-1, 0, 1])
    return stack([_filtered(images, kernel, data_format, "sobel_edges") for kernel in (right.T, right)], axis=-1)


def ssim(
    image1: TensorLike,
    image2: TensorLike,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> AnyTensor:
    """The structural similarity of two images, 1 where they are the same (Wang et al., IEEE TIP 13, 2004).

    Args:
        image1, image2: (n, height, width, channels), or one each without n.
        max_val: the greatest number that an image may have.
        filter_size, filter_sigma: of the bell-shaped windows that are compared.
        k1, k2: keep quotients away from 0 / 0.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Returns:
        (n,), or one number.
    """
    a, b = promoted(image1, image2, least=float)
    image_axes(a, data_format, "ssim")
    if len(shape_of(a)) == 3:
        a, b = expand_dims(a, 0), expand_dims(b, 0)
        return squeeze(ssim(a, b, max_val, filter_size, filter_sigma, k1, k2, data_format), 0)
    a, b = (x if channels_first(data_format, "ssim") else moveaxis(x, -1, 1) for x in (a, b))
    row = _bell(filter_size, filter_sigma)
    kernel = np.outer(row, row)[..., None, None].astype(dtype_of(a))
    height, width = shape_of(a)[2:]

    def smooth(x: TensorLike) -> AnyTensor:
        return conv(reshape(x, (-1, height, width, 1)), kernel)

    (m, n), c, d = (smooth(a), smooth(b)), (k1 * max_val) ** 2, (k2 * max_val) ** 2
    squares, product = add(square(m), square(n)), multiply(m, n)
    spread = subtract(add(smooth(square(a)), smooth(square(b))), squares)
    together = subtract(smooth(multiply(a, b)), product)
    top = multiply(add(multiply(2.0, product), c), add(multiply(2.0, together), d))
    each = mean(divide(top, multiply(add(squares, c), add(spread, d))), axis=(1, 2, 3))
    return mean(reshape(each, (-1, shape_of(a)[1])), axis=-1)
