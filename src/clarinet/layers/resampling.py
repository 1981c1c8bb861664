"""Images made larger or smaller: upsampling, resizing, cropping."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache as remember
from typing import ClassVar

import numpy as np

from clarinet.configurable import Unsupported
from clarinet.layers.base import Layer, check_positive_int
from clarinet.layers.channels import DataFormatField, Spatial, or_by_parts
from clarinet.layers.context import Context
from clarinet.layers.geometry import SizesField, check_rank
from clarinet.types import AnyTensor, Array, Namespace, Shape, TensorLike


def _triangle(distance: Array) -> Array:
    share: Array = np.maximum(0, 1 - distance)
    return share


def _keys_cubic(distance: Array) -> Array:
    """R. Keys, IEEE Trans. Acoustics, Speech, Signal Processing 29 (1981), with a = -1/2."""
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return np.where(distance >= 2, 0, np.where(distance >= 1, far, near))


def _lanczos(radius: int) -> Callable[[Array], Array]:
    return lambda distance: np.where(distance > radius, 0, np.sinc(distance) * np.sinc(distance / radius))


#: How much an input pixel counts, by its distance from the place of an output pixel.
_KERNELS = {
    "bilinear": _triangle,
    "bicubic": _keys_cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}
INTERPOLATIONS = ("nearest", *_KERNELS)


def check_interpolation(value: object, what: str) -> str:
    """One of INTERPOLATIONS."""
    if value not in INTERPOLATIONS:
        raise ValueError(f"{what}: interpolation is one of {', '.join(INTERPOLATIONS)}; received {value!r}")
    return str(value)


@remember
def resampling_matrix(old: int, new: int, interpolation: str, antialias: bool = False) -> Array:
    """Which share of each of ``old`` pixels makes up each of ``new`` ones: float64, shape (new, old), rows sum to 1.

    Pixel ``i`` covers the interval from ``i`` to ``i + 1``, so its centre is at ``i + 1/2``; where an image shrinks,
    ``antialias`` widens the kernel by the same factor.

    Example:
        >>> resampling_matrix(2, 4, "bilinear").tolist()
        [[1.0, 0.0], [0.75, 0.25], [0.25, 0.75], [0.0, 1.0]]
    """
    centres = (np.arange(new) + 0.5) * (old / new)
    if interpolation == "nearest":
        shares: Array = np.eye(old)[np.floor(centres).astype(int)]
    else:
        widening = max(old / new, 1.0) if antialias else 1.0
        distance = np.abs(centres[:, None] - (np.arange(old) + 0.5)) / widening
        shares = _KERNELS[interpolation](distance)
        shares = shares / shares.sum(axis=1, keepdims=True)
    shares.flags.writeable = False  # it is remembered
    return shares


def _middle(size: int, kept: int) -> Array:
    """The matrix (kept, size) that takes the middle of an axis."""
    return np.eye(kept, size, (size - kept) // 2)


def _proportional(spatial: Shape, new: Shape) -> Shape:
    """The largest middle part of an image that has the proportions of ``new``."""
    (height, width), (new_height, new_width) = spatial, new
    tall, wide = int(width * new_height / new_width), int(height * new_width / new_height)
    return max(min(height, tall), 1), max(min(width, wide), 1)


class _Resampling(Spatial):
    """Rows and columns are each multiplied by a matrix: ``y = R x C^T``, so ``dx = R^T dy C``, for every channel."""

    #: One picture without an axis for rows is taken as well.
    takes_pictures: ClassVar[bool] = True

    def _sizes(self, spatial: Shape) -> Shape:
        """Height and width of the output."""
        raise NotImplementedError

    def matrices(self, spatial: Shape) -> list[Array]:
        """``R`` and ``C`` for images of this height and width."""
        raise NotImplementedError

    def called_on(self, given: Sequence[object], training: bool | None, mask: TensorLike) -> AnyTensor:
        picture = given[0]
        if isinstance(picture, np.ndarray) and picture.ndim == 3:  # one that is no row of several
            return super().called_on([picture[None]], training, mask)[0]
        return super().called_on(given, training, mask)

    @or_by_parts
    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(input_shape, 2, type(self).__name__)
        return (*self._sizes(input_shape[:-1]), input_shape[-1])

    @or_by_parts
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        rows, columns = (ctx.xp.asarray(m, dtype=x.dtype) for m in self.matrices(tuple(x.shape[1:-1])))
        return _resample(x, rows, columns, ctx.xp), (rows.T, columns.T, ctx.xp), {}

    @or_by_parts
    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        return _resample(dy, *cache), {}


def _resample(x: Array, rows: Array, columns: Array, xp: Namespace) -> Array:
    wide = xp.matmul(columns, x)  # (n, height, new width, channels)
    tall = xp.matmul(rows, xp.reshape(wide, (x.shape[0], x.shape[1], -1)))
    return xp.reshape(tall, (x.shape[0], rows.shape[0], columns.shape[0], x.shape[-1]))


@dataclass(eq=False, repr=False)
class UpSampling2D(_Resampling):
    """Images ``size`` times as large.

    ``"nearest"`` repeats every pixel; the others interpolate between the centres of pixels. Shapes: ``x`` (n, height,
    width, channels), output (n, height * size[0], width * size[1], channels). Gradient: every pixel of ``dy`` goes back
    in the shares that it was made of.

    Args:
        size: factors of height and width, or one whole number for both; default 2.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        interpolation: ``"nearest"`` (default), ``"bilinear"``, ``"bicubic"``, ``"lanczos3"`` or ``"lanczos5"``.

    Raises:
        TypeError, ValueError: another setting; when built, samples that have no three axes.

    Example:
        >>> UpSampling2D((2, 3)).output_shape((5, 5, 4))
        (10, 15, 4)
    """

    size: SizesField = SizesField(2)
    data_format: DataFormatField = DataFormatField(None)
    interpolation: str = "nearest"

    def check(self) -> None:
        self.interpolation = check_interpolation(self.interpolation, "UpSampling2D")

    def _sizes(self, spatial: Shape) -> Shape:
        return tuple(n * factor for n, factor in zip(spatial, self.size, strict=True))

    def matrices(self, spatial: Shape) -> list[Array]:
        pairs = zip(spatial, self._sizes(spatial), strict=True)
        return [resampling_matrix(old, new, self.interpolation) for old, new in pairs]


@dataclass(eq=False, repr=False)
class Resizing(_Resampling):
    """Images of any size as images of one size.

    Shapes: ``x`` (n, h, w, channels), output (n, height, width, channels). Gradient: every pixel of ``dy`` goes back in
    the shares that it was made of.

    Args:
        height, width: of the output, in pixels.
        interpolation: ``"bilinear"`` (default), ``"nearest"``, ``"bicubic"``, ``"lanczos3"`` or ``"lanczos5"``.
        crop_to_aspect_ratio: crop the image to the new proportions, so that nothing is distorted; default False.
        antialias: average over more pixels where an image shrinks; default False.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when built, samples that have no three axes.

    Example:
        >>> Resizing(32, 32).output_shape((120, 160, 3))
        (32, 32, 3)
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Layer.unsupported,
        "pad_to_aspect_ratio": Unsupported("put ZeroPadding2D before Resizing", False),
        "fill_mode": Unsupported("nothing is filled in", "constant"),
        "fill_value": Unsupported("nothing is filled in", 0.0),
    }

    height: int
    width: int
    interpolation: str = "bilinear"
    crop_to_aspect_ratio: bool = False
    antialias: bool = False
    data_format: DataFormatField = DataFormatField(None)

    def check(self) -> None:
        self.height = check_positive_int(self.height, "Resizing: height")
        self.width = check_positive_int(self.width, "Resizing: width")
        self.interpolation = check_interpolation(self.interpolation, "Resizing")

    def _sizes(self, spatial: Shape) -> Shape:
        return (self.height, self.width)

    def matrices(self, spatial: Shape) -> list[Array]:
        new = (self.height, self.width)
        kept = _proportional(spatial, new) if self.crop_to_aspect_ratio else spatial
        return [
            resampling_matrix(inner, out, self.interpolation, self.antialias) @ _middle(size, inner)
            for size, inner, out in zip(spatial, kept, new, strict=True)
        ]


@dataclass(eq=False, repr=False)
class CenterCrop(_Resampling):
    """The middle of every image.

    Images that are smaller than the output are made larger first, keeping the middle part of its proportions. Shapes:
    ``x`` (n, h, w, channels), output (n, height, width, channels). Gradient: ``dy`` in the middle, zero around it.

    Args:
        height, width: of the output, in pixels.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when built, samples that have no three axes.

    Example:
        >>> CenterCrop(24, 24).output_shape((28, 28, 1))
        (24, 24, 1)
    """

    height: int
    width: int
    data_format: DataFormatField = DataFormatField(None)

    def check(self) -> None:
        self.height = check_positive_int(self.height, "CenterCrop: height")
        self.width = check_positive_int(self.width, "CenterCrop: width")

    def _sizes(self, spatial: Shape) -> Shape:
        return (self.height, self.width)

    def matrices(self, spatial: Shape) -> list[Array]:
        new = (self.height, self.width)
        fits = all(size >= out for size, out in zip(spatial, new, strict=True))
        kept = new if fits else _proportional(spatial, new)
        return [
            resampling_matrix(inner, out, "bilinear") @ _middle(size, inner)
            for size, inner, out in zip(spatial, kept, new, strict=True)
        ]
