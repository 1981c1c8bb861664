"""Layers that cut and bend images at random while training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from clarinet import ops, random
from clarinet.configurable import check_number
from clarinet.layers.augmentation import Factor, factors
from clarinet.layers.base import check_positive_int
from clarinet.layers.image_layers import ImageLayer, Range, sizes
from clarinet.ops.coordinates import distorted
from clarinet.ops.pictures import blurred
from clarinet.types import AnyTensor

_INTERPOLATIONS = ("nearest", "bilinear")
_FILL = ("constant", "nearest", "wrap", "mirror", "reflect")


@dataclass(eq=False, repr=False)
class RandomCrop(ImageLayer):
    """While training cuts a window out of the images of a batch, at a place drawn for all of them; in use the largest
    window in the middle that has its proportions, in its size.

    Shapes: ``x`` (n, height, width, channels) or one image, output (n, new height, new width, channels). Images that
    are not larger than the window are brought to its size in training.

    Args:
        height, width: of the window.
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: a size that is no positive whole number; when called, no images.

    Example:
        >>> import numpy as np
        >>> RandomCrop(3, 2)(np.zeros((5, 8, 8, 1))).shape
        (5, 3, 2, 1)
    """

    height: int
    width: int
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        for name in ("height", "width"):
            setattr(self, name, check_positive_int(getattr(self, name), f"RandomCrop: {name}"))

    def _is_larger(self, images: AnyTensor) -> bool:
        height, width, _ = sizes(images)
        return height > self.height and width > self.width

    def drawn(self, images: AnyTensor) -> list[AnyTensor] | None:
        if not self._is_larger(images):
            return None
        height, width, _ = sizes(images)
        room = (height - self.height + 1, width - self.width + 1)
        return [ops.cast(self.uniform((), 0, float(places)), "int32") for places in room]

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        if drawn is None:
            rows, columns = self._middle(images)
            part = images[:, rows : rows + self.height, columns : columns + self.width, :]
            return self._resized(part)
        rows, columns = cast("list[Any]", drawn)
        part = ops.take(images, ops.add(rows, np.arange(self.height, dtype=np.int32)), axis=1)
        return ops.take(part, ops.add(columns, np.arange(self.width, dtype=np.int32)), axis=2)

    def changed_masks(self, masks: AnyTensor, drawn: object) -> AnyTensor:
        return self.changed_images(masks, drawn)

    def unchanged(self, images: AnyTensor) -> AnyTensor:
        (rows, columns), (high, wide) = self._middle(images), self._largest(images)
        return self._resized(images[:, rows : rows + high, columns : columns + wide, :])

    def _largest(self, images: AnyTensor) -> tuple[int, int]:
        """The largest window with the proportions."""
        height, width, _ = sizes(images)
        high, wide = int(width * self.height / self.width), int(height * self.width / self.height)
        return max(min(height, high), 1), max(min(width, wide), 1)

    def _middle(self, images: AnyTensor) -> tuple[int, int]:
        """Where it begins."""
        high, wide = self._largest(images)
        height, width, _ = sizes(images)
        return (height - high) // 2, (width - wide) // 2

    def _resized(self, images: AnyTensor) -> AnyTensor:
        if tuple(images.shape[1:3]) == (self.height, self.width):
            return images
        return ops.image.resize(images, (self.height, self.width))


class _Bending(ImageLayer):
    """Base of layers whose output pixels are read elsewhere in the image."""

    interpolation: str

    def check(self) -> None:
        super().check()
        name = type(self).__name__
        if self.interpolation not in _INTERPOLATIONS:
            raise ValueError(f"{name}: interpolation is nearest or bilinear; received {self.interpolation!r}")
        mode = getattr(self, "fill_mode", "constant")
        if mode not in _FILL:
            raise ValueError(f"{name}: fill_mode is one of {', '.join(_FILL)}; received {mode!r}")

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        return images if drawn is None else self._bent(images, drawn, self.interpolation)

    def changed_masks(self, masks: AnyTensor, drawn: object) -> AnyTensor:
        return masks if drawn is None else self._bent(masks, drawn, "nearest")

    def _bent(self, images: AnyTensor, drawn: Any, interpolation: str) -> AnyTensor:
        """The images, read where was drawn."""
        raise NotImplementedError(f"{type(self).__name__} does not define _bent")


@dataclass(eq=False, repr=False)
class RandomShear(_Bending):
    """While training shears every image: the pixel at (x, y) is read at ``(x + s y, y + t x)``.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        x_factor: (low, high) of ``s``, from 0 to 1, whose sign is drawn; a number stands for (-number, number);
            default 0.
        y_factor: the same for ``t``.
        interpolation: ``"bilinear"`` (default) or ``"nearest"``.
        fill_mode: the values beyond the edges: ``"reflect"`` (default), ``"mirror"``, ``"wrap"``, ``"nearest"``, or
            ``"constant"``.
        fill_value: for ``"constant"``; default 0.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        seed: fixes the draws independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> RandomShear(0.2).x_factor
        (-0.2, 0.2)
    """

    x_factor: Factor = 0.0
    y_factor: Factor = 0.0
    interpolation: str = "bilinear"
    fill_mode: str = "reflect"
    fill_value: float = 0.0
    data_format: str | None = None
    seed: int | None = None

    def check(self) -> None:
        super().check()
        for name in ("x_factor", "y_factor"):
            setattr(self, name, factors(getattr(self, name), f"RandomShear: {name}"))
        self.fill_value = check_number(self.fill_value, "RandomShear: fill_value")

    def drawn(self, images: AnyTensor) -> AnyTensor:
        sign = ops.where(ops.greater(self.for_each(images, (0, 1)), 0.5), -1.0, 1.0)
        over, down = (ops.multiply(self.for_each(images, factor), sign) for factor in (self.x_factor, self.y_factor))
        zero = ops.zeros_like(over)
        one = ops.ones_like(over)
        return ops.concatenate([one, over, zero, down, one, zero, zero, zero], axis=1)[:, :, 0, 0]

    def _bent(self, images: AnyTensor, drawn: Any, interpolation: str) -> AnyTensor:
        return ops.image.affine_transform(images, drawn, interpolation, self.fill_mode, self.fill_value)


@dataclass(eq=False, repr=False)
class RandomPerspective(_Bending):
    """While training shows some images from another side: each corner is moved towards or away from the upper left one,
    by a share of its distance from the edges.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        factor: the probability for an image, or (low, high), of which it is drawn; a number stands for (0, number), as
            in Keras; default 1.
        scale: how far corners move: shares from ``-scale / 2`` to ``scale / 2``; from 0 to 1, default 1.
        interpolation: ``"bilinear"`` (default) or ``"nearest"``.
        fill_value: the values beyond the edges; default 0.
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> RandomPerspective(scale=0.3).factor
        (0.0, 1.0)
    """

    bounds = (0, 1)

    factor: Factor = 1.0
    scale: float = 1.0
    interpolation: str = "bilinear"
    fill_value: float = 0.0
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        scale = check_number(self.scale, "RandomPerspective: scale", low=0, high=1)
        super().check()
        self.scale = scale  # a number, not a range
        self.fill_value = check_number(self.fill_value, "RandomPerspective: fill_value")

    def drawn(self, images: AnyTensor) -> tuple[AnyTensor, AnyTensor, AnyTensor]:
        height, width, _ = sizes(images)
        corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], np.float32)
        shares = self.uniform((ops.shape(images)[0], 4, 2), -0.5 * self.scale, 0.5 * self.scale)
        begin = ops.add(ops.zeros_like(shares), corners)
        return self.chosen(images, self.factor), begin, ops.add(begin, ops.multiply(shares, corners))

    def _bent(self, images: AnyTensor, drawn: Any, interpolation: str) -> AnyTensor:
        chosen, begin, end = drawn
        turned = ops.image.perspective_transform(images, begin, end, interpolation, self.fill_value)
        return ops.where(chosen, turned, images)


@dataclass(eq=False, repr=False)
class RandomElasticTransform(_Bending):
    """While training bends some images as if drawn on rubber (Simard, Steinkraus and Platt, ICDAR 2003); see
    :func:`clarinet.ops.image.elastic_transform`.

    A number ``f`` is drawn for a batch: pixels are moved by normal numbers of deviation ``0.05 f`` times the shorter
    side, blurred as widely, times ``0.1 f`` times the longer side.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        factor: the probability for an image, or (low, high), of which it is drawn; a number stands for (0, number), as
            in Keras; default 1.
        scale: (low, high) of ``f``, from 0 to 1; a number stands for (0, number); default 1.
        interpolation: ``"bilinear"`` (default) or ``"nearest"``.
        fill_mode: the values beyond the edges: ``"reflect"`` (default), ``"mirror"``, ``"wrap"``, ``"nearest"``, or
            ``"constant"``.
        fill_value: for ``"constant"``; default 0.
        value_range: least and greatest number of an image; default (0, 255).
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> RandomElasticTransform(scale=0.5).scale
        (0.0, 0.5)
    """

    bounds = (0, 1)

    factor: Factor = 1.0
    scale: Factor = 1.0
    interpolation: str = "bilinear"
    fill_mode: str = "reflect"
    fill_value: float = 0.0
    value_range: Range = (0, 255)
    seed: int | None = None
    data_format: str | None = None

    def drawn(self, images: AnyTensor) -> tuple[AnyTensor, AnyTensor] | None:
        (low, high), (_, likely) = (cast("tuple[float, float]", f) for f in (self.scale, self.factor))
        if high == 0 or likely == 0:
            return None
        height, width, _ = sizes(images)
        share = self.uniform((), low, high)
        sigma = ops.multiply(share, 0.05 * min(height, width))
        size = int(6 * 0.05 * high * min(height, width)) | 1
        noise = random.normal((ops.shape(images)[0], height, width, 2), seed=self.seeds)
        shifts = blurred(ops.multiply(noise, sigma), (size, size), (sigma, sigma))
        return self.chosen(images, self.factor), ops.multiply(shifts, ops.multiply(share, 0.1 * max(height, width)))

    def _bent(self, images: AnyTensor, drawn: Any, interpolation: str) -> AnyTensor:
        chosen, shifts = drawn
        found = distorted(images, shifts, interpolation, self.fill_mode, self.fill_value)
        return ops.clip(ops.where(chosen, found, images), *self.value_range)
