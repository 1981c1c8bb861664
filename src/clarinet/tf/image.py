"""``tf.image``: pictures (height, width, channels) or batches of them, the channels last."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases, ops
from clarinet.names import public
from clarinet.ops.dtypes import as_dtype
from clarinet.tf.io import decode_image, decode_jpeg, decode_png
from clarinet.types import AnyTensor, Array, DTypeArg, TensorLike

__all__ = [
    "ResizeMethod",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_hue",
    "adjust_saturation",
    "central_crop",
    "convert_image_dtype",
    "crop_to_bounding_box",
    "decode_image",
    "decode_jpeg",
    "decode_png",
    "flip_left_right",
    "flip_up_down",
    "grayscale_to_rgb",
    "hsv_to_rgb",
    "pad_to_bounding_box",
    "per_image_standardization",
    "psnr",
    "resize",
    "resize_with_crop_or_pad",
    "rgb_to_grayscale",
    "rgb_to_hsv",
    "rgb_to_yuv",
    "rot90",
    "sobel_edges",
    "total_variation",
    "transpose",
    "yuv_to_rgb",
]
_GRAY = (0.2989, 0.587, 0.114)
#: What red, green and blue each add to Y, U and V.
_YUV = ((0.299, -0.14714119, 0.61497538), (0.587, -0.28886916, -0.51496512), (0.114, 0.43601035, -0.10001026))


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def _sizes(image: TensorLike) -> tuple[int, int, int]:
    """Height, width and channels."""
    height, width, channels = ops.shape(image)[-3:]
    return int(height or 0), int(width or 0), int(channels or 0)


def resize(
    images: TensorLike,
    size: Sequence[int] | Array,
    method: str = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: object = None,
) -> AnyTensor:
    """Pictures in another size.

    Args:
        images: (height, width, channels), or a batch of them.
        size: height and width.
        method: as for ``Resizing``, or ``"area"``, where each pixel is the mean of those that it covers.
        preserve_aspect_ratio: whether ``size`` is what neither side may go beyond.
        antialias: average over more pixels where a picture shrinks.
        name: accepted for TensorFlow programs.

    Raises:
        ValueError: another method.
    """
    from clarinet.layers import Resizing

    height, width = map(int, np.asarray(size))
    if preserve_aspect_ratio:
        have = _sizes(images)
        share = min(height / have[0], width / have[1])
        height, width = (max(1, round(one * share)) for one in have[:2])
    if method == ResizeMethod.AREA:
        return _means_of_areas(ops.cast(images, "float32"), height, width)
    several = ops.ndim(images) == 4
    layer = Resizing(height, width, interpolation=method, antialias=antialias)
    resized = layer(ops.cast(images if several else ops.expand_dims(images, 0), "float32"))
    return resized if several else resized[0]


class ResizeMethod:
    """Names of methods for :func:`resize`."""

    AREA, BICUBIC, BILINEAR, NEAREST_NEIGHBOR = "area", "bicubic", "bilinear", "nearest"
    LANCZOS3, LANCZOS5 = "lanczos3", "lanczos5"


def _means_of_areas(images: AnyTensor, height: int, width: int) -> AnyTensor:
    rows, columns = (_shares(want, have) for want, have in zip((height, width), _sizes(images)))
    return ops.einsum("hi,...ijc,wj->...hwc", rows, images, columns)


def _shares(want: int, have: int) -> Array:
    """How much of each of ``want`` pixels is made of each of ``have``."""
    edges = np.arange(want + 1) * (have / want)
    inside = np.minimum(edges[1:, None], np.arange(1, have + 1)) - np.maximum(edges[:-1, None], np.arange(have))
    shares: Array = (np.maximum(inside, 0) * (want / have)).astype(np.float32)
    return shares


def flip_left_right(image: TensorLike) -> AnyTensor:
    """The columns of pixels in reverse order."""
    return ops.flip(image, -2)


def flip_up_down(image: TensorLike) -> AnyTensor:
    """The rows of pixels in reverse order."""
    return ops.flip(image, -3)


def rot90(image: TensorLike, k: int = 1, name: object = None) -> AnyTensor:
    """Turned ``k`` times by 90 degrees, against the clock."""
    return ops.rot90(image, int(k), (ops.ndim(image) - 3, ops.ndim(image) - 2))


def transpose(image: TensorLike, name: object = None) -> AnyTensor:
    """Rows and columns of pixels exchanged."""
    return ops.swapaxes(image, -3, -2)


def adjust_brightness(image: TensorLike, delta: TensorLike) -> AnyTensor:
    """Every pixel plus ``delta``."""
    return ops.add(image, delta)


def adjust_contrast(images: TensorLike, contrast_factor: TensorLike) -> AnyTensor:
    """The distance of every pixel from its channel's mean times a factor."""
    mean = ops.mean(images, (-3, -2), keepdims=True)
    return (images - mean) * contrast_factor + mean


def adjust_saturation(image: TensorLike, saturation_factor: TensorLike, name: object = None) -> AnyTensor:
    """The saturation of every pixel times a factor, at most 1."""
    hue, saturation, value = ops.split(rgb_to_hsv(image), 3, -1)
    return hsv_to_rgb(ops.concatenate([hue, ops.clip(saturation * saturation_factor, 0, 1), value], -1))


def adjust_hue(image: TensorLike, delta: TensorLike, name: object = None) -> AnyTensor:
    """The hue of every pixel turned by a share of the circle."""
    hue, saturation, value = ops.split(rgb_to_hsv(image), 3, -1)
    return hsv_to_rgb(ops.concatenate([ops.mod(hue + delta, 1.0), saturation, value], -1))


def rgb_to_hsv(images: TensorLike, name: object = None) -> AnyTensor:
    """Hue, saturation and value of red, green and blue; whole numbers as the floats that they stand for."""
    return ops.image.rgb_to_hsv(convert_image_dtype(images, "float32"))


def hsv_to_rgb(images: TensorLike, name: object = None) -> AnyTensor:
    """The inverse of :func:`rgb_to_hsv`."""
    return ops.image.hsv_to_rgb(images)


def per_image_standardization(image: TensorLike) -> AnyTensor:
    """Each picture with mean 0 and deviation 1, or ``1 / sqrt(pixels)`` at least by which it is divided."""
    numbers = ops.cast(image, "float32")
    axes, pixels = (-3, -2, -1), prod(_sizes(image))
    deviation = ops.maximum(ops.std(numbers, axes, keepdims=True), pixels**-0.5)
    return (numbers - ops.mean(numbers, axes, keepdims=True)) / deviation


def rgb_to_grayscale(images: TensorLike, name: object = None) -> AnyTensor:
    """One channel of three: ``0.2989 r + 0.587 g + 0.114 b``."""
    dtype = ops.dtype(images)
    gray = ops.sum(ops.cast(images, "float32") * np.array(_GRAY, np.float32), -1, keepdims=True)
    return ops.cast(gray, dtype)


def rgb_to_yuv(images: TensorLike) -> AnyTensor:
    """Brightness Y and the colour differences U and V of red, green and blue (BT.601)."""
    return ops.matmul(ops.cast(images, "float32"), np.array(_YUV, np.float32))


def yuv_to_rgb(images: TensorLike) -> AnyTensor:
    """The inverse of :func:`rgb_to_yuv`."""
    return ops.matmul(ops.cast(images, "float32"), np.linalg.inv(np.array(_YUV)).astype(np.float32))


def psnr(a: TensorLike, b: TensorLike, max_val: float, name: object = None) -> AnyTensor:
    """The peak signal-to-noise ratio of pictures, in dB: ``20 log10(max_val) - 10 log10(mean((a - b)**2))``.

    Example:
        >>> print(psnr(np.zeros((2, 2, 1)), np.full((2, 2, 1), 2.0), max_val=20))
        20.0
    """
    error = ops.mean(ops.square(ops.cast(a, "float32") - ops.cast(b, "float32")), (-3, -2, -1))
    return 20 * ops.log10(ops.cast(max_val, "float32")) - 10 * ops.log10(error)


def grayscale_to_rgb(images: TensorLike, name: object = None) -> AnyTensor:
    """The one channel three times."""
    return ops.repeat(images, 3, -1)


def central_crop(image: TensorLike, central_fraction: float) -> AnyTensor:
    """The middle of a picture: this share of its height and of its width."""
    height, width, _ = _sizes(image)
    top, left = (int((size - size * central_fraction) / 2) for size in (height, width))
    return ops.convert_to_tensor(image)[..., top : height - top, left : width - left, :]


def crop_to_bounding_box(
    image: TensorLike, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> AnyTensor:
    """A part of a picture: where it begins, and how large it is."""
    rows, columns = (
        slice(offset_height, offset_height + target_height),
        slice(offset_width, offset_width + target_width),
    )
    return ops.convert_to_tensor(image)[..., rows, columns, :]


def pad_to_bounding_box(
    image: TensorLike, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> AnyTensor:
    """A picture with zeros around it: where it begins in the larger one, and how large that is."""
    height, width, _ = _sizes(image)
    vertical = (offset_height, target_height - offset_height - height)
    horizontal = (offset_width, target_width - offset_width - width)
    return ops.pad(image, [(0, 0)] * (ops.ndim(image) - 3) + [vertical, horizontal, (0, 0)])


def resize_with_crop_or_pad(image: TensorLike, target_height: int, target_width: int) -> AnyTensor:
    """The middle of a picture that is too large, zeros around one that is too small."""
    height, width, _ = _sizes(image)
    rows, columns = min(height, target_height), min(width, target_width)
    kept = crop_to_bounding_box(image, (height - rows) // 2, (width - columns) // 2, rows, columns)
    top, left = (target_height - rows) // 2, (target_width - columns) // 2
    return pad_to_bounding_box(kept, top, left, target_height, target_width)


def convert_image_dtype(image: TensorLike, dtype: DTypeArg, saturate: bool = False, name: object = None) -> AnyTensor:
    """Whole numbers to the floats from 0 to 1 that they stand for, and back.

    Example:
        >>> convert_image_dtype(np.array([[[255, 51]]], np.uint8), "float32").tolist()
        [[[1.0, 0.2...]]]
    """
    have, want = np.dtype(str(ops.dtype(image))), as_dtype(dtype)
    if have.kind in "iu" and want.kind == "f":
        return ops.cast(image, want) / float(np.iinfo(have).max)
    if have.kind == "f" and want.kind in "iu":
        largest = np.iinfo(want).max
        return ops.cast(ops.clip(ops.multiply(image, largest + 0.5), 0, largest), want)
    return ops.cast(image, want)


def sobel_edges(image: TensorLike) -> AnyTensor:
    """How much pictures change downwards and to the right, by Sobel's kernels; edges are mirrored.

    Args:
        image: (n, height, width, channels).

    Returns:
        (n, height, width, channels, 2): downwards, to the right.

    Example:
        >>> sobel_edges([[[[0.0], [1.0]], [[0.0], [3.0]], [[0.0], [5.0]]]])[0, 1, 0, 0].tolist()
        [8.0, 0.0]
    """
    numbers = ops.convert_to_tensor(image)
    wider = ops.pad(numbers, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="reflect")
    return ops.image.sobel_edges(wider)[:, 1:-1, 1:-1]


def total_variation(images: TensorLike, name: object = None) -> AnyTensor:
    """The sum of all differences between neighbours, of a picture or of each of a batch.

    Example:
        >>> float(total_variation([[[0.0], [1.0]], [[0.0], [3.0]]]))
        6.0
    """
    images = ops.convert_to_tensor(images)
    places = (-3, -2, -1)
    down = ops.absolute(ops.subtract(images[..., 1:, :, :], images[..., :-1, :, :]))
    across = ops.absolute(ops.subtract(images[..., 1:, :], images[..., :-1, :]))
    return ops.add(ops.sum(down, axis=places), ops.sum(across, axis=places))
