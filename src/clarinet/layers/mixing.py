"""Layers that mix images with each other, and those that choose among others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from clarinet import ops, random
from clarinet.configurable import check_flag, check_number
from clarinet.layers.augmentation import Factor
from clarinet.layers.base import check_positive_int
from clarinet.layers.colours import (
    RandomBrightness,
    RandomColorDegeneration,
    RandomContrast,
    RandomPosterization,
)
from clarinet.layers.covering import RandomSharpness, window
from clarinet.layers.distortions import RandomShear
from clarinet.layers.image_layers import ImageLayer, Range, sizes
from clarinet.layers.tones import AutoContrast, Equalization, Solarization
from clarinet.ops.specs import is_symbolic
from clarinet.types import AnyTensor


class _Mixing(ImageLayer):
    """Base of layers that mix each image of a batch with another one of it, and their labels alike."""

    def others(self, images: AnyTensor) -> AnyTensor:
        """For each image of a batch the number of another one: an order drawn at random."""
        return ops.argsort(self.uniform((ops.shape(images)[0],)))

    def changed_labels(self, labels: AnyTensor, drawn: object) -> AnyTensor:
        kept, order = cast("tuple[AnyTensor, AnyTensor]", cast("tuple[object, ...]", drawn)[:2])
        share = ops.reshape(kept, (-1, *(1,) * (ops.ndim(labels) - 1)))
        return _mixed(ops.cast(labels, "float32"), order, share)


def _mixed(x: AnyTensor, order: AnyTensor, share: AnyTensor) -> AnyTensor:
    """``share x + (1 - share) other``."""
    other = ops.take(x, order, axis=0)
    return ops.add(ops.multiply(share, x), ops.multiply(ops.subtract(1.0, share), other))


@dataclass(eq=False, repr=False)
class MixUp(_Mixing):
    """While training mixes each image of a batch with another: ``y = w x + (1 - w) other``, with ``w`` drawn for each
    of a beta distribution (Zhang, Cisse, Dauphin, Lopez-Paz, ICLR 2018); labels (n, classes) alike.

    Shapes: ``x`` (n, height, width, channels), output as ``x``; or ``{"images": …, "labels": …}``.

    Args:
        alpha: both parameters of the distribution; default 0.2.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        seed: fixes the draws independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> import numpy as np
        >>> found = MixUp()({"images": np.zeros((4, 8, 8, 3)), "labels": np.eye(4)})
        >>> found["labels"].numpy().sum(axis=1).round(3).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """

    alpha: float = 0.2
    data_format: str | None = None
    seed: int | None = None

    def check(self) -> None:
        super().check()
        self.alpha = check_number(self.alpha, "MixUp: alpha", low=0)

    def drawn(self, images: AnyTensor) -> tuple[AnyTensor, AnyTensor]:
        n = ops.shape(images)[0]
        return random.beta((n, 1, 1, 1), self.alpha, self.alpha, seed=self.seeds), self.others(images)

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        share, order = cast("tuple[AnyTensor, AnyTensor]", drawn)
        return _mixed(images, order, share)

    def changed_masks(self, masks: AnyTensor, drawn: object) -> AnyTensor:
        return self.changed_images(masks, drawn)


@dataclass(eq=False, repr=False)
class CutMix(_Mixing):
    """While training puts a window of another image of the batch into each (Yun et al., ICCV 2019); labels (n, classes)
    are mixed by the window's share of the image.

    Shapes: ``x`` (n, height, width, channels), output as ``x``; or ``{"images": …, "labels": …}``. An image alone stays
    as it is.

    Args:
        factor: (low, high) of which both parameters of a beta distribution are drawn; the window's sides are
            ``sqrt(1 - w)`` of the image's, with ``w`` of this distribution; a number stands for (0, number); default 1.
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images.

    Example:
        >>> import numpy as np
        >>> found = CutMix()({"images": np.zeros((4, 8, 8, 3)), "labels": np.eye(4)})
        >>> found["labels"].numpy().sum(axis=1).round(3).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """

    bounds = (0, 1)

    factor: Factor = 1.0
    seed: int | None = None
    data_format: str | None = None

    def drawn(self, images: AnyTensor) -> tuple[AnyTensor, AnyTensor, AnyTensor]:
        low, high = cast("tuple[float, float]", self.factor)
        alpha = ops.add(self.uniform((), low, high), 1e-6)
        share = ops.sqrt(ops.subtract(1.0, random.beta((ops.shape(images)[0], 1, 1, 1), alpha, alpha, seed=self.seeds)))
        inside, covered = window(images, [share, share], [self.for_each(images, (0, 1)) for _ in range(2)])
        return ops.subtract(1.0, covered), self.others(images), inside

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        _, order, inside = cast("tuple[AnyTensor, AnyTensor, AnyTensor]", drawn)
        return ops.where(inside, ops.take(images, order, axis=0), images)

    def changed_masks(self, masks: AnyTensor, drawn: object) -> AnyTensor:
        return self.changed_images(masks, drawn)


class _Moved(ImageLayer):
    """Base of the two layers of several that turn and shift; edges are filled by reflection."""

    factor: Factor
    interpolation: str

    def transform(self, images: AnyTensor, drawn: Sequence[AnyTensor]) -> list[AnyTensor]:
        """The six numbers of where pixels are read, for each image."""
        raise NotImplementedError

    def drawn(self, images: AnyTensor) -> list[AnyTensor]:
        return [self.for_each(images, self.factor) for _ in range(2)]

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        numbers = self.transform(images, cast("list[AnyTensor]", drawn))
        rows = ops.concatenate([*numbers, *(ops.zeros_like(numbers[0]) for _ in range(2))], axis=1)[:, :, 0, 0]
        return ops.image.affine_transform(images, rows, self.interpolation, "reflect")


@dataclass(eq=False, repr=False)
class _Shifted(_Moved):
    """By shares of height and width."""

    factor: Factor
    interpolation: str = "bilinear"
    seed: int | None = None
    data_format: str | None = None

    def transform(self, images: AnyTensor, drawn: Sequence[AnyTensor]) -> list[AnyTensor]:
        one, zero = ops.ones_like(drawn[0]), ops.zeros_like(drawn[0])
        height, width, _ = sizes(images)
        over, down = (ops.multiply(share, -float(size)) for share, size in zip(drawn, (width, height), strict=True))
        return [one, zero, over, zero, one, down]


@dataclass(eq=False, repr=False)
class _Turned(_Moved):
    """About the middle, by a share of a full turn."""

    factor: Factor
    interpolation: str = "bilinear"
    seed: int | None = None
    data_format: str | None = None

    def transform(self, images: AnyTensor, drawn: Sequence[AnyTensor]) -> list[AnyTensor]:
        angle = ops.multiply(drawn[0], 2 * np.pi)
        cos, sin = ops.cos(angle), ops.sin(angle)
        height, width, _ = sizes(images)
        x, y = (width - 1) / 2, (height - 1) / 2
        over = ops.subtract(x, ops.subtract(ops.multiply(cos, x), ops.multiply(sin, y)))
        down = ops.subtract(y, ops.add(ops.multiply(sin, x), ops.multiply(cos, y)))
        return [cos, ops.negative(sin), over, sin, cos, down]


class _Several(ImageLayer):
    """Base of layers that choose among others."""

    value_range: Range
    factor: Factor
    interpolation: str
    seed: int | None

    def make(self, few: bool = False) -> None:
        """Make the layers to choose from; ``few``: without those that change brightness, colour and sharpness."""
        factor = cast("tuple[float, float]", self.factor)
        plain = {"seed": self.seed, "value_range": self.value_range}
        bent = {"seed": self.seed, "interpolation": self.interpolation}
        made: list[ImageLayer] = [
            _of(RandomShear, factor, factor, **bent),
            _of(_Shifted, factor, **bent),
            _of(_Turned, factor, **bent),
            _of(Solarization, factor, factor, **plain),
            _of(RandomPosterization, max(1, int(8 * factor[1])), **plain),
            AutoContrast(self.value_range),
            Equalization(self.value_range),
        ]
        kinds: tuple[Callable[..., ImageLayer], ...] = (
            RandomBrightness,
            RandomColorDegeneration,
            RandomContrast,
            RandomSharpness,
        )
        made += [] if few else [kind(factor, **plain) for kind in kinds]
        object.__setattr__(self, "_choices", tuple(made))

    @property
    def choices(self) -> tuple[ImageLayer, ...]:
        """The layers that it chooses from."""
        found: tuple[ImageLayer, ...] = vars(self)["_choices"]
        return found


def _of(kind: Callable[..., ImageLayer], *settings: object, **named: object) -> ImageLayer:
    """A layer with these settings."""
    return kind(*settings, **named)


@dataclass(eq=False, repr=False)
class RandAugment(_Several):
    """While training changes images in ways that are drawn for a batch (Cubuk, Zoph, Shlens, Le, NeurIPS 2020): one
    after the other ``num_ops`` of shearing, shifting, turning, brightness, colour, contrast, sharpness, solarization,
    posterization, :class:`AutoContrast` and :class:`Equalization`.

    Shapes: ``x`` (n, height, width, 3) or one image, output as ``x``.

    Args:
        value_range: least and greatest number of an image; default (0, 255).
        num_ops: how many; default 2.
        factor: of each of these layers, (low, high) from 0 to 1; a number stands for (0, number); default 0.5.
        interpolation: ``"bilinear"`` (default) or ``"nearest"``.
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images of three channels.

    Example:
        >>> import numpy as np
        >>> RandAugment()(np.zeros((2, 8, 8, 3))).shape
        (2, 8, 8, 3)
    """

    bounds = (0, 1)

    value_range: Range = (0, 255)
    num_ops: int = 2
    factor: Factor = 0.5
    interpolation: str = "bilinear"
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        self.num_ops = check_positive_int(self.num_ops, "RandAugment: num_ops")
        self.make()

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        for _ in range(self.num_ops):
            chosen = ops.floor(self.uniform((), 0, float(len(self.choices))))
            images = self._changed_by(chosen, images)
        return images

    def _changed_by(self, chosen: AnyTensor, images: AnyTensor) -> AnyTensor:
        """The images as one of the layers changes them; where its number is not known yet, of all of them."""
        if not is_symbolic(chosen):
            layer = self.choices[int(chosen)]
            return layer.changed_images(images, layer.drawn(images))
        found = images
        for number, layer in enumerate(self.choices):
            found = ops.where(
                ops.equal(chosen, float(number)), layer.changed_images(images, layer.drawn(images)), found
            )
        return found


@dataclass(eq=False, repr=False)
class AugMix(_Several):
    """While training mixes images with versions of them that were changed in several ways (Hendrycks et al., ICLR
    2020): ``y = m x + (1 - m) sum_i w_i chain_i(x)``, within the range of values.

    ``w`` is drawn of a Dirichlet and ``m`` of a beta distribution for each batch. A chain is up to ``chain_depth`` of
    shearing, shifting, turning, solarization, posterization, :class:`AutoContrast`, :class:`Equalization`, and with
    ``all_ops`` of brightness, colour, contrast and sharpness. Which is drawn at every call on numbers; in a model
    once, when it is put together, as in Keras on JAX.

    Shapes: ``x`` (n, height, width, 3) or one image, output as ``x``.

    Args:
        value_range: least and greatest number of an image; default (0, 255).
        num_chains: how many; default 3.
        chain_depth: layers of each at most; default 3.
        factor: of each of these layers, (low, high) from 0 to 1; a number stands for (0, number); default 0.3.
        alpha: the distributions' parameter; default 1.
        all_ops: whether layers change brightness, colour, contrast and sharpness too; default True.
        interpolation: ``"bilinear"`` (default) or ``"nearest"``.
        seed: fixes the draws independently of the model's seed; default None.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: another setting; when called, no images of three channels.

    Example:
        >>> import numpy as np
        >>> AugMix()(np.zeros((2, 8, 8, 3))).shape
        (2, 8, 8, 3)
    """

    bounds = (0, 1)

    value_range: Range = (0, 255)
    num_chains: int = 3
    chain_depth: int = 3
    factor: Factor = 0.3
    alpha: float = 1.0
    all_ops: bool = True
    interpolation: str = "bilinear"
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        for name in ("num_chains", "chain_depth"):
            setattr(self, name, check_positive_int(getattr(self, name), f"AugMix: {name}"))
        self.alpha = check_number(self.alpha, "AugMix: alpha", low=0)
        self.all_ops = check_flag(self.all_ops, "AugMix: all_ops")
        self.make(few=not self.all_ops)

    def _chain(self, images: AnyTensor) -> AnyTensor:
        """The images, changed by some of the layers."""
        numbers = random.randint((self.chain_depth,), 0, len(self.choices) + 1, seed=self._number())
        for number in ops.convert_to_numpy(numbers).tolist():
            if number < len(self.choices):  # else by nothing
                layer = self.choices[number]
                images = layer.changed_images(images, layer.drawn(images))
        return images

    def _number(self) -> int:
        """A seed that is another one every time."""
        return int(self.seeds.next().numpy().astype(np.uint64) @ np.array([2**20, 1], np.uint64) % 2**31)

    def changed_images(self, images: AnyTensor, drawn: object) -> AnyTensor:
        weights = random.gamma((self.num_chains,), self.alpha, seed=self.seeds)
        weights = ops.divide(weights, ops.sum(weights))
        kept = random.beta((), self.alpha, self.alpha, seed=self.seeds)
        chains = [ops.multiply(self._chain(images), weights[i]) for i in range(self.num_chains)]
        total = chains[0]
        for chain in chains[1:]:
            total = ops.add(total, chain)
        mixed = ops.add(ops.multiply(kept, images), ops.multiply(ops.subtract(1.0, kept), total))
        return ops.clip(mixed, *self.value_range)
