"""Pictures of many sizes brought to one: which size, and how a picture is laid into it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

#: How pictures come to a size: with their proportions, on a sheet of their own edges' colour; or stretched.
FITS = ("letterbox", "stretch")
#: The longer side of a size that is chosen: more pixels cost more than they tell a network that starts from nothing.
MOST = 64
#: Ratios of height to width that are nearly 1 become 1.
_NEARLY_SQUARE = 1.25


def chosen_size(sizes: Sequence[tuple[int, int]], most: int = MOST) -> tuple[int, int]:
    """A size for pictures of many sizes: the proportions of the one in the middle, its longer side at most ``most``.

    Args:
        sizes: (height, width) of each.
        most: pixels.

    Example:
        >>> chosen_size([(300, 400), (600, 800), (30, 40)]), chosen_size([(20, 22), (24, 20)])
        ((48, 64), (23, 23))
    """
    ratio = float(np.median([height / width for height, width in sizes]))
    longer = min(most, round(float(np.median([max(size) for size in sizes]))))
    if max(ratio, 1 / ratio) < _NEARLY_SQUARE:
        return longer, longer
    shorter = max(1, round(longer * min(ratio, 1 / ratio)))
    return (longer, shorter) if ratio > 1 else (shorter, longer)


def brought_to(image: Image.Image, size: tuple[int, int], fit: str) -> Image.Image:
    """The picture in a size (height, width), either with its proportions or stretched."""
    from PIL import Image

    height, width = size
    if image.size == (width, height):
        return image
    if fit == "stretch":
        return image.resize((width, height), Image.Resampling.BILINEAR)
    scale = min(height / image.height, width / image.width)
    inner = max(1, min(width, round(image.width * scale))), max(1, min(height, round(image.height * scale)))
    sheet = Image.new(image.mode, (width, height), edge_colour(image))
    small = image.resize(inner, Image.Resampling.BILINEAR)
    sheet.paste(small, ((width - inner[0]) // 2, (height - inner[1]) // 2))
    return sheet


def edge_colour(image: Image.Image) -> int | tuple[int, ...]:
    """The median of the pixels along the picture's edges, in each channel."""
    pixels = np.asarray(image)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    middle = tuple(math.floor(value) for value in np.median(edge, axis=0).tolist())
    return middle if len(middle) > 1 else middle[0]
