"""One picture (height, width, channels), turned, moved, sheared, zoomed, mirrored and made brighter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from clarinet.types import Array

Drawn = dict[str, float | bool | None]
Range = float | Sequence[float]


class Ranges(Protocol):
    """What may happen to a picture; see :class:`clarinet.preprocessing.image.ImageDataGenerator`."""

    rotation_range: float
    width_shift_range: Range
    height_shift_range: Range
    shear_range: float
    zoom_range: tuple[float, float]
    horizontal_flip: bool
    vertical_flip: bool
    channel_shift_range: float
    brightness_range: Sequence[float] | None


def drawn(ranges: Ranges, shape: Sequence[int]) -> Drawn:
    """Draw a change with NumPy's own random numbers, in Keras's order, so that its seeds give its pictures."""
    uniform = np.random.uniform
    found: Drawn = {"theta": uniform(-ranges.rotation_range, ranges.rotation_range) if ranges.rotation_range else 0}
    found["tx"] = _shift(ranges.height_shift_range, shape[0])
    found["ty"] = _shift(ranges.width_shift_range, shape[1])
    found["shear"] = uniform(-ranges.shear_range, ranges.shear_range) if ranges.shear_range else 0
    low, high = ranges.zoom_range
    found["zx"], found["zy"] = (1, 1) if low == high == 1 else map(float, uniform(low, high, 2))
    found["flip_horizontal"] = bool((np.random.random() < 0.5) * ranges.horizontal_flip)  # noqa: NPY002
    found["flip_vertical"] = bool((np.random.random() < 0.5) * ranges.vertical_flip)  # noqa: NPY002
    most = ranges.channel_shift_range
    found["channel_shift_intensity"] = uniform(-most, most) if most else None
    brightness = ranges.brightness_range
    found["brightness"] = None if brightness is None else uniform(brightness[0], brightness[1])
    return found


def _shift(limit: Range, size: int) -> float:
    """Pixels: a share of the size where the limit is below 1; drawn from a list, or below a whole number."""
    if not np.any(limit):
        return 0
    if isinstance(limit, float):
        pixels = float(np.random.uniform(-limit, limit))  # noqa: NPY002
    else:
        pixels = float(np.random.choice(limit) * np.random.choice([-1, 1]))  # noqa: NPY002
    return pixels * size if np.max(limit) < 1 else pixels


def applied(x: Array, change: Mapping[str, float | bool | None], fill_mode: str, cval: float, order: int) -> Array:
    """The picture with a change that was drawn."""
    x = _moved(x, _matrix(change), fill_mode, cval, order)
    if change.get("channel_shift_intensity") is not None:
        x = np.clip(x + float(change["channel_shift_intensity"] or 0), x.min(), x.max())
    x = x[:, ::-1] if change.get("flip_horizontal") else x
    x = x[::-1] if change.get("flip_vertical") else x
    brightness = change.get("brightness")
    return x if brightness is None else brightened(x, float(brightness))


def _matrix(change: Mapping[str, float | bool | None]) -> Array:
    """Where each place of the new picture lies in the old one, around the middle."""
    theta, tx, ty, shear = (float(change.get(name) or 0) for name in ("theta", "tx", "ty", "shear"))
    zx, zy = (float(change.get(name, 1) or 1) for name in ("zx", "zy"))
    turn, lean = np.deg2rad(theta), np.deg2rad(shear)
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    moved = np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    sheared = np.array([[1, -np.sin(lean), 0], [0, np.cos(lean), 0], [0, 0, 1]])
    whole: Array = rotation @ moved @ sheared @ np.diag([zx, zy, 1])
    return whole


def _moved(x: Array, matrix: Array, fill_mode: str, cval: float, order: int) -> Array:
    if np.array_equal(matrix, np.eye(3)):
        return x
    try:
        from scipy.ndimage import affine_transform
    except ImportError:
        raise ImportError(
            'turning and moving pictures needs SciPy, which is not installed; run pip install "clarinet[scipy]", or '
            "use the layers RandomRotation, RandomTranslation and RandomZoom"
        ) from None
    middle = np.array([size / 2 - 0.5 for size in x.shape[:2]])
    # Keras's first axis is the one across, and its middle is taken before the axes are exchanged.
    linear, offset = matrix[1::-1, 1::-1], (matrix[:2, :2] @ -middle + matrix[:2, 2] + middle)[::-1]
    channels = [
        affine_transform(x[..., i], linear, offset, order=order, mode=fill_mode, cval=cval) for i in range(x.shape[2])
    ]
    return np.stack(channels, axis=-1)


def brightened(x: Array, factor: float) -> Array:
    """The picture brighter by a factor, computed in whole numbers from 0 to 255 as Pillow does."""
    from PIL import ImageEnhance

    from clarinet.preprocessing.pictures import array_to_img, img_to_array

    low, high = float(x.min()), float(x.max())
    outside = low < 0 or high > 255
    bright = img_to_array(ImageEnhance.Brightness(array_to_img(x, scale=outside)).enhance(factor))
    return bright / 255 * (high - low) + low if outside else bright
