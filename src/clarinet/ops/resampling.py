"""Images in another size: every axis is a product with a matrix of weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from clarinet.ops.arranging import pad
from clarinet.ops.axes import moveaxis
from clarinet.ops.convolving import channels_first
from clarinet.ops.core import saturate_cast
from clarinet.ops.dispatch import Operand, as_tensor, converted, dtype_of, floats, numbers_of, refuse_symbolic, shape_of
from clarinet.ops.elementwise import round as rounded
from clarinet.ops.indexing import get_item, take
from clarinet.ops.linear import tensordot
from clarinet.problems import shown
from clarinet.types import AnyTensor, Array, TensorLike

__all__ = ["resize", "scale_and_translate"]


def _triangle(x: Array) -> Array:
    return np.where(x < 1, 1 - x, 0)


def _cubic(x: Array) -> Array:
    """Keys's kernel with a = -1/2 (IEEE Trans. Acoustics, Speech, and Signal Processing 29, 1981)."""
    near, far = (1.5 * x - 2.5) * x * x + 1, ((2.5 - 0.5 * x) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(radius: int) -> Callable[[Array], Array]:
    return lambda x: np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0)


#: By name the weight of an entry at a distance.
_KERNELS: dict[str, Callable[[Array], Array]] = {
    **dict.fromkeys(("linear", "bilinear", "trilinear"), _triangle),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), _cubic),
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}


def _weights(size: int, count: int, scale: float, shift: float, kernel: str, antialias: bool) -> Array:
    """What each of ``size`` entries adds to each of ``count``: (size, count).

    Entry j is at ``(j + 1/2 - shift) / scale - 1/2``; where the image becomes smaller, and ``antialias``, the kernel is
    wider. Weights add up to 1; what lies outside is 0.
    """
    at = (np.arange(count) + 0.5 - shift) / scale - 0.5
    width = max(1 / scale, 1) if antialias else 1
    weights = _KERNELS[kernel](np.abs(at - np.arange(size)[:, None]) / width)
    sums = weights.sum(axis=0)
    enough = np.abs(sums) > 1000 * np.finfo(np.float32).eps
    weights = np.where(enough, weights / np.where(sums == 0, 1, sums), 0)
    return np.where((at >= -0.5) & (at <= size - 0.5), weights, 0)


def _multiplied(x: Operand, axis: int, weights: Array) -> AnyTensor:
    return moveaxis(tensordot(x, weights.astype(dtype_of(x)), ([axis], [0])), -1, axis)


def _size(x: Operand, axis: int, what: str) -> int:
    size: int | None = shape_of(x)[axis]
    if size is None:
        raise ValueError(f"{what}: the size of axis {axis} is not known yet")
    return size


def image_axes(images: TensorLike, data_format: object, what: str) -> tuple[Operand, int]:
    """Images as a tensor, and the axis of their heights; that of the widths is the next.

    Raises:
        ValueError: neither one image nor a batch of them.
    """
    x = converted(images)
    if len(shape_of(x)) not in (3, 4):
        raise ValueError(
            f"{what}: expected images (n, height, width, channels), or one without n; received a shape {shape_of(x)}"
        )
    return x, len(shape_of(x)) - (2 if channels_first(data_format, what) else 3)


def resize(
    images: TensorLike,
    size: Sequence[int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> AnyTensor:
    """Images in another size.

    Args:
        images: (n, height, width, channels), or one without n.
        size: height and width of the result.
        interpolation: ``"bilinear"`` (default), ``"nearest"``, ``"bicubic"``, ``"lanczos3"`` or ``"lanczos5"``.
        antialias: where an image becomes smaller, let all of its pixels count; default False.
        crop_to_aspect_ratio, pad_to_aspect_ratio: cut off, or add ``fill_value``, so that nothing is distorted.
        fill_mode: only ``"constant"``.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Returns:
        images in the dtype that they had; whole numbers are rounded.

    Raises:
        ValueError: another shape or word, or both ways to keep the ratio.

    Example:
        >>> resize([[[0.0], [3.0]]], (1, 3)).numpy().ravel().tolist()
        [0.0, 1.5, 3.0]
    """
    x, axis = image_axes(images, data_format, "resize")
    known = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
    if interpolation not in known or len(size) != 2 or min(size) < 1 or fill_mode != "constant":
        raise ValueError(
            f"resize: expected a size (height, width), an interpolation of {', '.join(known)} and fill_mode 'constant'"
            f"; received {shown(size)}, {interpolation!r} and {fill_mode!r}"
        )
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("resize: crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other; choose one")
    whole = [_size(x, axis, "resize"), _size(x, axis + 1, "resize")]
    if crop_to_aspect_ratio:
        x = _cropped(x, axis, whole, size)
    elif pad_to_aspect_ratio:
        x = _padded(x, axis, whole, size, fill_value)
    if interpolation == "nearest":
        for i, count in enumerate(size, axis):
            length = _size(x, i, "resize")
            x = take(x, np.floor((np.arange(count) + 0.5) * length / count).astype(np.int32), axis=i)
        return as_tensor(x)
    y = floats(x)
    for i, count in enumerate(size, axis):
        length = _size(x, i, "resize")
        y = _multiplied(y, i, _weights(length, count, count / length, 0.0, interpolation, antialias))
    return as_tensor(y) if dtype_of(x).kind == "f" else saturate_cast(rounded(y), dtype_of(x))


def _cropped(x: Operand, axis: int, whole: Sequence[int], size: Sequence[int]) -> AnyTensor:
    """The middle of images, in the ratio of a size."""
    wanted = whole[1] * size[0] // size[1], whole[0] * size[1] // size[0]
    kept = [max(min(n, m), 1) for n, m in zip(whole, wanted)]
    parts = [slice((n - m) // 2, (n - m) // 2 + m) for n, m in zip(whole, kept)]
    return get_item(x, (*(slice(None),) * axis, *parts))


def _padded(x: Operand, axis: int, whole: Sequence[int], size: Sequence[int], filler: float) -> AnyTensor:
    """Images with margins on both sides, in the ratio of a size."""
    wanted = whole[1] * size[0] // size[1], whole[0] * size[1] // size[0]
    around = [[(max(n, m) - n) // 2] * 2 for n, m in zip(whole, wanted)]
    widths = [[0, 0]] * len(shape_of(x))
    widths[axis : axis + 2] = around if not around[0][0] else [around[0], [0, 0]]
    return pad(x, widths, constant_values=filler)


def scale_and_translate(
    images: TensorLike,
    output_shape: Sequence[int],
    scale: TensorLike,
    translation: TensorLike,
    spatial_dims: Sequence[int],
    method: str,
    antialias: bool = True,
) -> AnyTensor:
    """Axes stretched and shifted: what is at ``x`` comes to ``x scale + translation``; 0 where nothing comes.

    Args:
        images: anything with axes.
        output_shape: sizes of all axes.
        scale, translation: for each of ``spatial_dims``.
        spatial_dims: which axes.
        method: ``"linear"``, ``"cubic"``, ``"lanczos3"`` or ``"lanczos5"``; also ``"bilinear"``, ``"trilinear"``,
            ``"bicubic"``, ``"tricubic"``.
        antialias: as of :func:`resize`; default True.
    """
    if method not in _KERNELS:
        raise ValueError(f"scale_and_translate: method is one of {', '.join(_KERNELS)}; received {method!r}")
    refuse_symbolic("scale_and_translate with a scale or translation of a graph", scale, translation)
    x = floats(images)
    for axis, factor, shift in zip(spatial_dims, numbers_of(scale).tolist(), numbers_of(translation).tolist()):
        size = _size(x, axis % len(shape_of(x)), "scale_and_translate")
        weights = _weights(size, output_shape[axis], factor, shift, method, antialias)
        x = _multiplied(x, axis % len(shape_of(x)), weights)
    return as_tensor(x)
