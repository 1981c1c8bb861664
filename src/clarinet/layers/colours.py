"""Layers that change the colours of images at random while training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from clarinet import ops
from clarinet.configurable import check_number
from clarinet.layers.augmentation import Factor
from clarinet.layers.image_layers import BYTES, ImageLayer, Range, rescaled
from clarinet.types import AnyTensor


@dataclass(eq=False, repr=False)
class RandomBrightness(ImageLayer):
    """While training makes every image lighter or darker: ``y = x + f (high - low)``, within the range of values.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        factor: largest ``f`` either way, 0.2 for -0.2 to 0.2; or (low, high). From -1, black, to 1, white.
        value_range: least and greatest number of an image; default (0, 255).
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> import numpy as np
        >>> RandomBrightness((0.2, 0.2))(np.zeros((1, 2, 2, 3)), training=True).numpy().max().item()
        51.0
    """

    factor: Factor
    value_range: Range = (0, 255)
    seed: int | None = None
    data_format: str | None = None

    def drawn(self, images: AnyTensor) -> AnyTensor:
        low, high = self.value_range
        return ops.multiply(self.for_each(images, self.factor), high - low)

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        return ops.clip(ops.add(images, cast(AnyTensor, drawn)), *self.value_range)


@dataclass(eq=False, repr=False)
class RandomContrast(ImageLayer):
    """While training stretches every channel of an image about its mean: ``y = (x - mean) f + mean``, within the range
    of values.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        factor: (low, high): ``f`` is from ``1 - low`` to ``1 + high``; a number stands for (0, number), as in Keras.
        value_range: least and greatest number of an image; default (0, 255).
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> RandomContrast(0.3).factor
        (0.0, 0.3)
    """

    bounds = (0, 1)

    factor: Factor
    value_range: Range = (0, 255)
    seed: int | None = None
    data_format: str | None = None

    def drawn(self, images: AnyTensor) -> AnyTensor:
        low, high = cast("tuple[float, float]", self.factor)
        return self.for_each(images, (1 - low, 1 + high))

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        mean = ops.mean(images, (1, 2), keepdims=True)
        stretched = ops.add(ops.multiply(ops.subtract(images, mean), cast(AnyTensor, drawn)), mean)
        return ops.clip(stretched, *self.value_range)


@dataclass(eq=False, repr=False)
class RandomHue(ImageLayer):
    """While training turns the hue of every image: by ``f / 2`` of the circle of colours, one way or the other.

    Shapes: ``x`` (n, height, width, 3) or one image, output as ``x``.

    Args:
        factor: (low, high) of ``f``, from 0 to 1; a number stands for (0, number).
        value_range: least and greatest number of an image; default (0, 255).
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        seed: fixes the draws independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: another setting; when called, no images of three channels.

    Example:
        >>> RandomHue(0.2).factor
        (0.0, 0.2)
    """

    bounds = (0, 1)

    factor: Factor
    value_range: Range = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    def drawn(self, images: AnyTensor) -> AnyTensor:
        way = ops.where(ops.greater(self.for_each(images, (0.0, 1.0)), 0.5), -0.5, 0.5)
        return ops.multiply(self.for_each(images, self.factor), way)

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        hue, rest = _split(ops.image.rgb_to_hsv(rescaled(images, self.value_range, (0, 1))))
        turned = ops.mod(ops.add(hue, cast(AnyTensor, drawn)), 1.0)
        found = ops.image.hsv_to_rgb(ops.concatenate([turned, rest], axis=-1))
        return rescaled(ops.clip(found, 0.0, 1.0), (0, 1), self.value_range)


@dataclass(eq=False, repr=False)
class RandomSaturation(ImageLayer):
    """While training makes the colours of every image stronger or weaker: their saturation times ``f / (1 - f)``.

    Shapes: ``x`` (n, height, width, 3) or one image, output as ``x``.

    Args:
        factor: (low, high) of ``f``: 0 makes an image grey, 0.5 leaves it as it is, 1 makes colours as strong as they
            can be; a number stands for (-number, number), as in Keras.
        value_range: least and greatest number of an image; default (0, 255).
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        seed: fixes the draws independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: another setting; when called, no images of three channels.

    Example:
        >>> RandomSaturation((0.4, 0.6)).factor
        (0.4, 0.6)
    """

    factor: Factor
    value_range: Range = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    def drawn(self, images: AnyTensor) -> AnyTensor:
        share = self.for_each(images, self.factor)
        return ops.divide(share, ops.add(ops.subtract(1.0, share), 1e-7))

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        hue, rest = _split(ops.image.rgb_to_hsv(images))
        saturation, value = _split(rest)
        changed = ops.clip(ops.multiply(saturation, cast(AnyTensor, drawn)), *self.value_range)
        return ops.image.hsv_to_rgb(ops.concatenate([hue, changed, value], axis=-1))


@dataclass(eq=False, repr=False)
class RandomInvert(ImageLayer):
    """While training turns some images into their negatives: ``y = high - x``.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        factor: the probability for an image, or (low, high), of which it is drawn; a number stands for (0, number), as
            in Keras; default 1.
        value_range: least and greatest number of an image; default (0, 255).
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> import numpy as np
        >>> RandomInvert((1, 1))(np.zeros((1, 2, 2, 3)), training=True).numpy().min().item()
        255.0
    """

    bounds = (0, 1)

    factor: Factor = 1.0
    value_range: Range = (0, 255)
    seed: int | None = None
    data_format: str | None = None

    def drawn(self, images: AnyTensor) -> AnyTensor:
        return self.chosen(images, self.factor)

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        return ops.where(cast(AnyTensor, drawn), ops.subtract(self.value_range[1], images), images)


@dataclass(eq=False, repr=False)
class RandomGrayscale(ImageLayer):
    """While training makes some images grey: every channel ``0.299 r + 0.587 g + 0.114 b``.

    Shapes: ``x`` (n, height, width, 3) or one image, output as ``x``.

    Args:
        factor: the probability for an image, from 0 to 1; default 0.5.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        seed: fixes the draws independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: another setting; when called, no images of three channels.

    Example:
        >>> RandomGrayscale(1.0)([[[[9.0, 9.0, 9.0]]]]).numpy().round().tolist()
        [[[[9.0, 9.0, 9.0]]]]
    """

    factor: float = 0.5  # a probability, not a range
    data_format: str | None = None
    seed: int | None = None

    def check(self) -> None:
        chance = check_number(self.factor, "RandomGrayscale: factor", low=0, high=1)
        super().check()
        self.factor = chance

    def drawn(self, images: AnyTensor) -> AnyTensor:
        return ops.less(self.for_each(images, (0.0, 1.0)), self.factor)

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        return ops.where(cast(AnyTensor, drawn), ops.image.rgb_to_grayscale(images), images)


@dataclass(eq=False, repr=False)
class RandomPosterization(ImageLayer):
    """While training leaves only the highest ``f`` bits of every pixel: ``y = floor(x / 2^(8 - f)) 2^(8 - f)``, for
    values from 0 to 255.

    Shapes: ``x`` (n, height, width, channels) or one image, output as ``x``.

    Args:
        factor: whole numbers (low, high) from 1 to 8, the bits, without ``high`` itself unless it is ``low``; a number
            stands for (1, number), as in Keras.
        value_range: least and greatest number of an image; default (0, 255).
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        seed: fixes the draws independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> RandomPosterization((1, 1))([[[[100.0], [200.0]]]]).tolist()
        [[[[0.0], [128.0]]]]
    """

    bounds = (1, 8)

    factor: Factor
    value_range: Range = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    def drawn(self, images: AnyTensor) -> AnyTensor:
        low, high = (int(bits) for bits in cast("tuple[float, float]", self.factor))
        bits = ops.floor(self.for_each(images, (low, high)))
        return ops.power(2.0, ops.subtract(8.0, bits))

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        pixels = ops.floor(ops.clip(rescaled(images, self.value_range, BYTES), *BYTES))
        step = cast(AnyTensor, drawn)
        return rescaled(ops.multiply(ops.floor(ops.divide(pixels, step)), step), BYTES, self.value_range)


@dataclass(eq=False, repr=False)
class RandomColorDegeneration(ImageLayer):
    """While training takes some of the colour out of every image: ``y = x + f (grey - x)``, within the range of values.

    Shapes: ``x`` (n, height, width, 3) or one image, output as ``x``.

    Args:
        factor: (low, high) of ``f``: 0 leaves an image as it is, 1 makes it grey; a number stands for (-number,
            number), as in Keras.
        value_range: least and greatest number of an image; default (0, 255).
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        seed: fixes the draws independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: another setting; when called, no images of three channels.

    Example:
        >>> RandomColorDegeneration((0.0, 0.5)).factor
        (0.0, 0.5)
    """

    factor: Factor
    value_range: Range = (0, 255)
    data_format: str | None = None
    seed: int | None = None

    def drawn(self, images: AnyTensor) -> AnyTensor:
        return self.for_each(images, self.factor)

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        grey = ops.subtract(ops.image.rgb_to_grayscale(images), images)
        return ops.clip(ops.add(images, ops.multiply(grey, cast(AnyTensor, drawn))), *self.value_range)


@dataclass(eq=False, repr=False)
class RandomColorJitter(ImageLayer):
    """While training changes brightness, contrast, saturation and hue, one after another: see
    :class:`RandomBrightness`, :class:`RandomContrast`, :class:`RandomSaturation` and :class:`RandomHue`.

    Shapes: ``x`` (n, height, width, 3) or one image, output as ``x``.

    Args:
        value_range: least and greatest number of an image; default (0, 255).
        brightness_factor, contrast_factor, saturation_factor, hue_factor: of these layers; default None: no change.
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images of three channels.

    Example:
        >>> RandomColorJitter(brightness_factor=0.2, hue_factor=0.1).hue_factor
        0.1
    """

    value_range: Range = (0, 255)
    brightness_factor: Factor | None = None
    contrast_factor: Factor | None = None
    saturation_factor: Factor | None = None
    hue_factor: Factor | None = None
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        kinds: dict[Callable[..., ImageLayer], Factor | None] = {
            RandomBrightness: self.brightness_factor,
            RandomContrast: self.contrast_factor,
            RandomSaturation: self.saturation_factor,
            RandomHue: self.hue_factor,
        }
        shared = {"value_range": self.value_range, "seed": self.seed}
        steps = tuple(kind(factor, **shared) for kind, factor in kinds.items() if factor is not None)
        object.__setattr__(self, "_steps", steps)

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        for step in cast("tuple[ImageLayer, ...]", vars(self)["_steps"]):
            images = step.changed_images(images, step.drawn(images))
        return images


def _split(x: AnyTensor) -> tuple[AnyTensor, AnyTensor]:
    """The first channel, and the others."""
    return x[..., :1], x[..., 1:]
