"""Functions of ``tf.image`` on parts of pictures, and on boxes in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clarinet import ops
from clarinet.names import public
from clarinet.tf import image as pictures
from clarinet.types import AnyTensor, Array, TensorLike

__all__ = [
    "adjust_gamma",
    "crop_and_resize",
    "extract_patches",
    "image_gradients",
    "non_max_suppression",
    "resize_with_pad",
    "rgb_to_yiq",
    "ssim",
    "yiq_to_rgb",
]
#: What red, green and blue each add to Y, I and Q.
_YIQ = ((0.299, 0.59590059, 0.2115), (0.587, -0.27455667, -0.52273617), (0.114, -0.32134392, 0.31119955))


def __dir__() -> list[str]:
    return public(globals())


def extract_patches(
    images: TensorLike, sizes: Sequence[int], strides: Sequence[int], rates: Sequence[int], padding: str,
    name: object = None,
) -> AnyTensor:  # fmt: skip
    """The pixels around each place, as its channels.

    Args:
        images: (n, height, width, channels).
        sizes, strides, rates: ``[1, rows, columns, 1]``.
        padding: ``"VALID"`` or ``"SAME"``.

    Example:
        >>> extract_patches(np.zeros((1, 4, 4, 3)), [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID").shape
        (1, 2, 2, 12)
    """
    size, stride, rate = (tuple(int(one) for one in each)[1:3] for each in (sizes, strides, rates))
    return ops.image.extract_patches(images, size, stride, rate, padding.lower(), "channels_last")


def image_gradients(image: TensorLike) -> tuple[AnyTensor, AnyTensor]:
    """The differences to the pixel below and to the one at the right; 0 in the last row and column."""
    image = ops.convert_to_tensor(image)
    down = ops.subtract(image[:, 1:], image[:, :-1])
    across = ops.subtract(image[:, :, 1:], image[:, :, :-1])
    return (
        ops.pad(down, [(0, 0), (0, 1), (0, 0), (0, 0)]),
        ops.pad(across, [(0, 0), (0, 0), (0, 1), (0, 0)]),
    )


def adjust_gamma(image: TensorLike, gamma: float = 1.0, gain: float = 1.0) -> AnyTensor:
    """``gain x^gamma`` of every pixel between 0 and 1; whole numbers as the floats that they stand for.

    Raises:
        ValueError: ``gamma`` is negative.
    """
    if float(gamma) < 0:
        raise ValueError(f"tf.image.adjust_gamma: gamma={gamma}, expected 0 or more")
    dtype = str(ops.dtype(image))
    floats = pictures.convert_image_dtype(image, "float32")
    return pictures.convert_image_dtype(ops.multiply(gain, ops.power(floats, gamma)), dtype)


def resize_with_pad(
    image: TensorLike, target_height: int, target_width: int, method: str = "bilinear", antialias: bool = False
) -> AnyTensor:
    """Pictures made as large as fits with their sides in proportion, with zeros around them."""
    have = [int(one or 0) for one in ops.shape(image)[-3:-1]]
    share = max(have[0] / target_height, have[1] / target_width)
    size = [max(1, int(one / share)) for one in have]
    top = int(max(0.0, (target_height - have[0] / share) / 2))
    left = int(max(0.0, (target_width - have[1] / share) / 2))
    resized = pictures.resize(image, size, method, antialias=antialias)
    return pictures.pad_to_bounding_box(resized, top, left, target_height, target_width)


def rgb_to_yiq(images: TensorLike) -> AnyTensor:
    """Brightness Y and the colour differences I and Q of red, green and blue (NTSC)."""
    return ops.matmul(ops.cast(images, "float32"), np.array(_YIQ, np.float32))


def yiq_to_rgb(images: TensorLike) -> AnyTensor:
    """The inverse of :func:`rgb_to_yiq`."""
    return ops.matmul(ops.cast(images, "float32"), np.linalg.inv(np.array(_YIQ)).astype(np.float32))


def ssim(
    img1: TensorLike, img2: TensorLike, max_val: float, filter_size: int = 11, filter_sigma: float = 1.5,
    k1: float = 0.01, k2: float = 0.03, return_index_map: bool = False,
) -> AnyTensor:  # fmt: skip
    """How alike pictures are in structure, 1 at most.

    Source: Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, 2004.
    """
    if return_index_map:
        raise ValueError("tf.image.ssim: return_index_map=True, expected False; it gives one number for each picture")
    return ops.image.ssim(img1, img2, max_val, filter_size, filter_sigma, k1, k2)


def crop_and_resize(
    image: TensorLike, boxes: TensorLike, box_indices: TensorLike, crop_size: Sequence[int],
    method: str = "bilinear", extrapolation_value: float = 0.0, name: object = None,
) -> AnyTensor:  # fmt: skip
    """Boxes cut out of pictures, in one size; corners of boxes are corners of the result.

    Args:
        image: (n, height, width, channels).
        boxes: (m, 4): top, left, bottom and right, from 0 to 1.
        box_indices: (m,): the picture of each box.
        crop_size: height and width.
        method: ``"bilinear"`` or ``"nearest"``.
        extrapolation_value: of what is outside of a picture.

    Returns:
        (m, height, width, channels), float32.
    """
    rows = [
        _cut(np.asarray(image, np.float32)[int(which)], np.asarray(box, np.float64), crop_size, method,
             extrapolation_value)
        for box, which in zip(np.asarray(boxes), np.asarray(box_indices))
    ]  # fmt: skip
    return ops.convert_to_tensor(np.stack(rows))


def _cut(picture: Array, box: Array, size: Sequence[int], method: str, outside: float) -> Array:
    axes = [_places(box[axis], box[axis + 2], picture.shape[axis], int(size[axis])) for axis in (0, 1)]
    inside = np.logical_and.outer(*((places >= 0) & (places <= have - 1) for places, have in axes))
    if method == "nearest":
        rows, columns = (np.clip(np.floor(places + 0.5), 0, have - 1).astype(int) for places, have in axes)
        found = picture[np.ix_(rows, columns)]
    else:
        rows, columns = (_shares(*each) for each in axes)
        found = np.einsum("hi,ijc,wj->hwc", rows, picture, columns)
    kept: Array = np.where(inside[..., None], found, np.float32(outside)).astype(np.float32)
    return kept


def _places(first: float, last: float, have: int, want: int) -> tuple[Array, int]:
    """Where the pixels of a box are taken from along an axis."""
    if want == 1:
        return np.array([(first + last) / 2 * (have - 1)]), have
    return first * (have - 1) + np.arange(want) * (last - first) * (have - 1) / (want - 1), have


def _shares(places: Array, have: int) -> Array:
    shares: Array = np.maximum(0, 1 - np.abs(np.clip(places, 0, have - 1)[:, None] - np.arange(have)))
    return shares


def non_max_suppression(
    boxes: TensorLike, scores: TensorLike, max_output_size: int, iou_threshold: float = 0.5,
    score_threshold: float = -np.inf, name: object = None,
) -> AnyTensor:  # fmt: skip
    """The boxes that overlap no better one by more than a share, the best first.

    Args:
        boxes: (n, 4): two opposite corners of each.
        scores: (n,).
        max_output_size: how many at most.
        iou_threshold: the largest share that two boxes may have in common, of what they cover together.
        score_threshold: boxes with lower scores are left out.

    Returns:
        Their places, int32.

    Example:
        >>> non_max_suppression([[0, 0, 2, 2], [0, 0, 2, 1.9], [5, 5, 6, 6]], [0.5, 0.9, 0.7], 5).tolist()
        [1, 2]
    """
    corners, marks = np.asarray(boxes, np.float64), np.asarray(scores)
    low, high = np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])
    chosen: list[int] = []
    for one in np.argsort(-marks, kind="stable"):
        if len(chosen) >= int(max_output_size) or marks[one] <= score_threshold:
            break
        if all(_overlap(low, high, one, other) <= iou_threshold for other in chosen):
            chosen.append(int(one))
    return ops.convert_to_tensor(np.array(chosen, np.int32))


def _overlap(low: Array, high: Array, one: int, other: int) -> float:
    sides = np.minimum(high[one], high[other]) - np.maximum(low[one], low[other])
    common = float(np.prod(np.maximum(sides, 0)))
    areas = np.prod(high[[one, other]] - low[[one, other]], axis=1)
    together = float(areas.sum()) - common
    return common / together if together > 0 else 0.0
