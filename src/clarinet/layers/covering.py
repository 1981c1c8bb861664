"""Layers that blur, sharpen and cover images at random while training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np

from clarinet import ops, random
from clarinet.configurable import check_number
from clarinet.layers.augmentation import Factor, factors
from clarinet.layers.base import check_positive_int
from clarinet.layers.image_layers import ImageLayer, Range, sizes
from clarinet.ops.pictures import blurred
from clarinet.types import AnyTensor


@dataclass(eq=False, repr=False)
class RandomSharpness(ImageLayer):
    """While training blurs or sharpens every image: ``y = x + (1 - 2 f) (blurred - x)``, within the range of values,
    with a window of 3 by 3 pixels, weights 1/13 around 5/13.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        factor: (low, high) of ``f``: 0 blurs, 0.5 leaves an image as it is, 1 sharpens; a number stands for (0,
            number), as in Keras.
        value_range: least and greatest number of an image; default (0, 255).
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        seed: fixes the draws independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> RandomSharpness((0.4, 0.6)).factor
        (0.4, 0.6)
    """

    bounds = (0, 1)
    _WINDOW: ClassVar[tuple[tuple[float, ...], ...]] = ((1 / 13,) * 3, (1 / 13, 5 / 13, 1 / 13), (1 / 13,) * 3)

    factor: Factor
    value_range: Range = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    def drawn(self, images: AnyTensor) -> AnyTensor:
        return ops.subtract(1.0, ops.multiply(self.for_each(images, self.factor), 2.0))

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        window = np.repeat(np.array(self._WINDOW, np.float32)[..., None, None], sizes(images)[2], axis=2)
        smooth = ops.depthwise_conv(images, window, padding="same")
        return ops.clip(
            ops.add(images, ops.multiply(cast(AnyTensor, drawn), ops.subtract(smooth, images))), *self.value_range
        )


@dataclass(eq=False, repr=False)
class RandomGaussianBlur(ImageLayer):
    """While training blurs some images, with a bell-shaped window and zeros around.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        factor: the probability for an image, or (low, high), of which it is drawn; a number stands for (0, number), as
            in Keras; default 1.
        kernel_size: width and height of the window in pixels, odd; default 3.
        sigma: (low, high) of the standard deviations across and down in pixels, drawn for a batch, from 0 to 1; a
            number stands for (0, number); default 1.
        value_range: least and greatest number of an image; default (0, 255).
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        seed: fixes the draws independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> RandomGaussianBlur(kernel_size=5).kernel_size
        (5, 5)
    """

    bounds = (0, 1)

    factor: Factor = 1.0
    kernel_size: int | Sequence[int] = 3
    sigma: Factor = 1.0
    value_range: Range = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    def check(self) -> None:
        super().check()
        self.sigma = factors(self.sigma, "RandomGaussianBlur: sigma", 0, 1)
        given = self.kernel_size if isinstance(self.kernel_size, (list, tuple)) else (self.kernel_size,) * 2
        self.kernel_size = tuple(check_positive_int(size, "RandomGaussianBlur: kernel_size") for size in given)
        if len(self.kernel_size) != 2 or any(size % 2 == 0 for size in self.kernel_size):
            raise ValueError(f"RandomGaussianBlur: kernel_size is odd, one number or two; received {given!r}")

    def drawn(self, images: AnyTensor) -> tuple[AnyTensor, AnyTensor, AnyTensor]:
        low, high = cast("tuple[float, float]", self.sigma)
        across, down = (ops.add(self.uniform((), low, high), 1e-6) for _ in range(2))
        return self.chosen(images, self.factor), across, down

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        chosen, *sigma = cast("tuple[AnyTensor, AnyTensor, AnyTensor]", drawn)
        found = blurred(images, cast("tuple[int, int]", self.kernel_size), sigma)
        return ops.clip(ops.where(chosen, found, images), *self.value_range)


def window(images: AnyTensor, shares: Sequence[AnyTensor], places: Sequence[AnyTensor]) -> tuple[AnyTensor, AnyTensor]:
    """Which pixels are in a window of each image (n, height, width, 1), and what share of the image it is.

    Args:
        images: a batch.
        shares: of the height and of the width, (n, 1, 1, 1) each.
        places: of the room that is left, where it begins, from 0 to 1.
    """
    inside: AnyTensor | None = None
    for axis, share, place in zip((1, 2), shares, places, strict=True):
        length = sizes(images)[axis - 1]
        grid = np.arange(length, dtype=np.float32).reshape([-1 if one == axis else 1 for one in range(4)])
        long = ops.multiply(share, float(length))
        first = ops.multiply(place, ops.subtract(float(length), long))
        within = ops.logical_and(ops.greater_equal(grid, first), ops.less(grid, ops.add(first, long)))
        inside = within if inside is None else ops.logical_and(inside, within)
    assert inside is not None
    return inside, ops.multiply(*shares)


@dataclass(eq=False, repr=False)
class RandomErasing(ImageLayer):
    """While training covers a window of some images (Zhong et al., AAAI 2020).

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        factor: the probability for an image, or (low, high), of which it is drawn; a number stands for (0, number), as
            in Keras; default 1.
        scale: (low, high) of which a number is drawn for each side: the window's side is its square root, as a share of
            the image's; default (0.02, 0.33).
        fill_value: what covers it: a number, or one for each of three channels; None (default): normal numbers times
            the greatest of the range, within the range.
        value_range: least and greatest number of an image; default (0, 255).
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> RandomErasing(scale=(0.1, 0.2)).scale
        (0.1, 0.2)
    """

    bounds = (0, 1)

    factor: Factor = 1.0
    scale: Factor = (0.02, 0.33)
    fill_value: float | Sequence[float] | None = None
    value_range: Range = (0, 255)
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        if isinstance(self.fill_value, (list, tuple)):
            if len(self.fill_value) != 3:
                raise ValueError(f"RandomErasing: fill_value is a number or three, received {self.fill_value!r}")
            self.fill_value = tuple(check_number(v, "RandomErasing: fill_value") for v in self.fill_value)
        elif self.fill_value is not None:
            self.fill_value = check_number(self.fill_value, "RandomErasing: fill_value")

    def drawn(self, images: AnyTensor) -> tuple[AnyTensor, AnyTensor, AnyTensor]:
        shares = [ops.sqrt(self.for_each(images, self.scale)) for _ in range(2)]
        inside, _ = window(images, shares, [self.for_each(images, (0, 1)) for _ in range(2)])
        return self.chosen(images, self.factor), inside, self._filler(images)

    def _filler(self, images: AnyTensor) -> AnyTensor:
        if self.fill_value is None:
            drawn = random.normal(tuple(ops.shape(images)), seed=self.seeds)
            filler = ops.multiply(drawn, self.value_range[1])
        else:
            filler = ops.convert_to_tensor(np.asarray(self.fill_value, np.float32))
        return ops.clip(filler, *self.value_range)

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        chosen, inside, filler = cast("tuple[AnyTensor, AnyTensor, AnyTensor]", drawn)
        return ops.where(ops.logical_and(chosen, inside), filler, images)
