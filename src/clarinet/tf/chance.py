"""``tf.image.random_...``: pictures changed by chance; ``clarinet.tf.image`` finds them here.

What they draw follows from :func:`clarinet.utils.set_random_seed`, that of the functions that begin with ``stateless``
from their ``seed``, two numbers. In a data set's ``map`` each picture is drawn for anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clarinet import ops, random
from clarinet.names import public
from clarinet.tf import image as pictures
from clarinet.types import AnyTensor, TensorLike

_BOTH = ("brightness", "contrast", "crop", "flip_left_right", "flip_up_down", "hue", "saturation")
__all__ = [f"random_{name}" for name in _BOTH] + [f"stateless_random_{name}" for name in _BOTH]


def __dir__() -> list[str]:
    return public(globals())


def _number(seed: TensorLike) -> int:
    """A seed of two numbers as one."""
    first, second = (int(one) for one in np.asarray(seed).reshape(-1))
    return (first * 1_000_003 + second) % 2**31


def _flipped(image: TensorLike, axis: int, seed: int | None) -> AnyTensor:
    each = ops.shape(image)[:1] if ops.ndim(image) == 4 else ()
    return ops.where(random.uniform((*each, 1, 1, 1), seed=seed) < 0.5, ops.flip(image, axis), image)


def random_flip_left_right(image: TensorLike, seed: int | None = None) -> AnyTensor:
    """Left and right exchanged, one time in two; each picture of a batch for itself."""
    return _flipped(image, -2, None)


def stateless_random_flip_left_right(image: TensorLike, seed: TensorLike) -> AnyTensor:
    """As :func:`random_flip_left_right`."""
    return _flipped(image, -2, _number(seed))


def random_flip_up_down(image: TensorLike, seed: int | None = None) -> AnyTensor:
    """Top and bottom exchanged, one time in two; each picture of a batch for itself."""
    return _flipped(image, -3, None)


def stateless_random_flip_up_down(image: TensorLike, seed: TensorLike) -> AnyTensor:
    """As :func:`random_flip_up_down`."""
    return _flipped(image, -3, _number(seed))


def _cropped(value: TensorLike, size: Sequence[int], seed: int | None) -> AnyTensor:
    have, want = [int(one or 0) for one in ops.convert_to_tensor(value).shape], [int(one) for one in size]
    room = np.array(have) - want if len(have) == len(want) else np.array([-1])
    if room.min() < 0:
        raise ValueError(f"tf.image.random_crop: expected a size within {tuple(have)}, received {tuple(want)}")
    drawn = random.uniform((len(have),), seed=seed) * (room + 1).astype(np.float32)
    return ops.slice(value, ops.minimum(ops.cast(drawn, "int32"), room.astype(np.int32)), want)


def random_crop(value: TensorLike, size: Sequence[int], seed: int | None = None, name: object = None) -> AnyTensor:
    """A part of this size from anywhere in an array.

    Raises:
        ValueError: no such part.
    """
    return _cropped(value, size, None)


def stateless_random_crop(value: TensorLike, size: Sequence[int], seed: TensorLike, name: object = None) -> AnyTensor:
    """As :func:`random_crop`."""
    return _cropped(value, size, _number(seed))


def random_brightness(image: TensorLike, max_delta: float, seed: int | None = None) -> AnyTensor:
    """A number between ``-max_delta`` and ``max_delta`` added."""
    return pictures.adjust_brightness(image, random.uniform((), -max_delta, max_delta))


def stateless_random_brightness(image: TensorLike, max_delta: float, seed: TensorLike) -> AnyTensor:
    """As :func:`random_brightness`."""
    return pictures.adjust_brightness(image, random.uniform((), -max_delta, max_delta, seed=_number(seed)))


def random_contrast(image: TensorLike, lower: float, upper: float, seed: int | None = None) -> AnyTensor:
    """The contrast times a factor between ``lower`` and ``upper``."""
    return pictures.adjust_contrast(image, random.uniform((), lower, upper))


def stateless_random_contrast(image: TensorLike, lower: float, upper: float, seed: TensorLike) -> AnyTensor:
    """As :func:`random_contrast`."""
    return pictures.adjust_contrast(image, random.uniform((), lower, upper, seed=_number(seed)))


def random_saturation(image: TensorLike, lower: float, upper: float, seed: int | None = None) -> AnyTensor:
    """The saturation times a factor between ``lower`` and ``upper``."""
    return pictures.adjust_saturation(image, random.uniform((), lower, upper))


def stateless_random_saturation(image: TensorLike, lower: float, upper: float, seed: TensorLike) -> AnyTensor:
    """As :func:`random_saturation`."""
    return pictures.adjust_saturation(image, random.uniform((), lower, upper, seed=_number(seed)))


def random_hue(image: TensorLike, max_delta: float, seed: int | None = None) -> AnyTensor:
    """The hue turned by a share of the circle between ``-max_delta`` and ``max_delta``."""
    return pictures.adjust_hue(image, random.uniform((), -max_delta, max_delta))


def stateless_random_hue(image: TensorLike, max_delta: float, seed: TensorLike) -> AnyTensor:
    """As :func:`random_hue`."""
    return pictures.adjust_hue(image, random.uniform((), -max_delta, max_delta, seed=_number(seed)))
