"""Bringing anybody's picture of a digit to MNIST's form, so that a network trained on MNIST can read it.

MNIST's digits are light on black, scaled to fit a box of 20 × 20 pixels with their proportions kept, and placed in
28 × 28 pixels so that their centre of mass is in the middle (LeCun, Cortes, Burges: *The MNIST database of handwritten
digits*). A photo is dark on light or the other way round, of any size, off-centre, unevenly lit, and noisy.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clarinet.types import Array

__all__ = ["load_digit", "to_mnist_form"]

Floats = NDArray[np.float64]

SIDE, BOX, CENTRE = 28, 20, 14
#: Pictures are looked at in at most this many pixels a side: enough for a stroke's shape, few enough to be quick.
_WORKING_SIDE = 128
#: Ink fainter than this share of the darkest does not count when strokes and their edges are sought.
_FAINT = 0.3
#: A set of connected ink with less than this share of the largest set's ink is dirt, not part of the digit.
_DIRT = 0.06
#: Width of a stroke in MNIST's pixels below which strokes are thickened; nineteen in twenty of MNIST's are wider.
_THIN = 1.6
#: A shift up and to the left, so that a centre halfway between two pixels is always rounded to the same one.
_TIE = 1e-6


def load_digit(image: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """A picture file of one handwritten digit, in MNIST's form.

    Args:
        image: path of a picture file (PNG, JPEG, …) of any size, dark on light or light on dark.

    Returns:
        uint8 (28, 28), 0 for paper and up to 255 for ink.

    Raises:
        ImportError: Pillow is missing. FileNotFoundError: there is no such file.
        ValueError: no picture, a damaged one, one of too many pixels, or one without anything on it.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "one.pgm")
        >>> paper = np.full((40, 60), 200, np.uint8)
        >>> paper[5:35, 40:44] = 20
        >>> _ = path.write_bytes(b"P5 60 40 255 " + paper.tobytes())
        >>> load_digit(path)[[3, 4, 23, 24], 14].tolist()
        [0, 255, 255, 0]
    """
    from clarinet.datasets.images import read_image

    grey = read_image(image, color="grayscale")
    try:
        return to_mnist_form(grey)
    except ValueError as error:
        raise ValueError(f"{os.fspath(image)}: {error}") from None


def to_mnist_form(grey: Array) -> NDArray[np.uint8]:
    """The same for an array of brightness.

    Args:
        grey: shape (height, width), any range, dark on light or light on dark.

    Raises:
        ValueError: another rank, or an empty picture.
    """
    if grey.ndim != 2 or min(grey.shape) < 8:
        raise ValueError(f"expected a picture of at least 8 x 8 pixels in shades of grey, received shape {grey.shape}")
    pixels = grey.astype(np.float64)
    # The first look finds the digit, the second sees it in all its pixels, however small it was in the picture.
    ink, zoom = _look(pixels)
    ink, _ = _look(_crop(pixels, _bounds(ink, margin=0.2), zoom))
    return from_ink(ink)


def from_ink(ink: Floats) -> NDArray[np.uint8]:
    """MNIST's form of strokes without paper, as a drawing program has them (``page/picture.js`` does the same).

    Args:
        ink: shape (height, width), from 0 for paper to 1 for full ink; some of it above 0.
    """
    ink = ink[_bounds(ink)]
    scale = min(1.0, _WORKING_SIDE / max(ink.shape))
    return _centre(_fit(_thicken(_resize(ink, tuple(max(1, round(side * scale)) for side in ink.shape)))))


def _look(pixels: Floats) -> tuple[Floats, float]:
    """Ink from 0 to 1 in at most _WORKING_SIDE pixels a side, and how many pixels became one."""
    zoom = max(1.0, max(pixels.shape) / _WORKING_SIDE)
    size = tuple(max(1, round(side / zoom)) for side in pixels.shape)
    return _digit_strokes(_ink(_resize(pixels, size))), zoom


def _resize(pixels: Floats, size: tuple[int, ...]) -> Floats:
    """Each new pixel is the mean of the area it covers; growing repeats pixels."""
    for axis, count in enumerate(size):
        if count == pixels.shape[axis]:
            continue
        edges = np.linspace(0, pixels.shape[axis], count + 1)
        total = np.concatenate([np.zeros_like(pixels.take([0], axis)), pixels.cumsum(axis)], axis)
        at = np.minimum(edges.astype(int), pixels.shape[axis] - 1)
        part = (edges - at).reshape([-1, 1] if axis == 0 else [1, -1])
        upto = total.take(at, axis) + part * pixels.take(at, axis)
        pixels = np.diff(upto, axis=axis) * count / pixels.shape[axis]
    return pixels


def _ink(pixels: Floats) -> Floats:
    """How much darker, or lighter, than the paper around it every pixel is, from 0 to 1."""
    rough = min(pixels.shape) >= 3 * SIDE
    if rough:  # noise of single pixels; in a picture as small as MNIST's own a stroke may be as thin
        pixels = np.median(_windows(pixels, 3), axis=(2, 3))
    flat = pixels - _paper(pixels)
    light_on_dark = (np.maximum(flat, 0) ** 3).sum() > (np.maximum(-flat, 0) ** 3).sum()
    dark = -flat if light_on_dark else flat
    # Closing (the minimum of the maximum) removes everything narrower than its window: the lit paper remains.
    width = max(3, max(pixels.shape) // 3 | 1)
    depth = _extreme(_extreme(dark, width, np.max), width, np.min) - dark
    ring = _ring(depth)
    noise = 1.4826 * np.median(np.abs(ring - np.median(ring)))
    darkest = np.sort(depth, axis=None)[-max(4, depth.size // 2000) :].mean()
    floor = max(0.1 * darkest, 3 * noise)
    if darkest < 1e-9 or darkest < 1.5 * floor:
        raise ValueError("there is nothing to be seen on it; expected one digit, dark on light or light on dark")
    return np.asarray(np.clip((depth - floor) / (0.9 * darkest - floor), 0, 1))


def _ring(pixels: Floats) -> Floats:
    """The pixels along the picture's edges, where there is paper more often than ink."""
    edge = np.ones(pixels.shape, bool)
    width = max(1, min(pixels.shape) // 24)
    edge[width:-width, width:-width] = False
    return pixels[edge]


def _paper(pixels: Floats) -> Floats:
    """The paper's brightness: a surface of degree 2 through the picture's edges, without outliers."""
    i, j = (index / size - 0.5 for index, size in zip(np.indices(pixels.shape), pixels.shape, strict=True))
    terms = np.stack([np.ones(pixels.shape), i, j, i * i, j * j], axis=-1)
    at, seen = np.stack([_ring(term) for term in np.moveaxis(terms, -1, 0)], axis=-1), _ring(pixels)
    near = np.abs(seen - np.median(seen)) <= np.quantile(np.abs(seen - np.median(seen)), 0.75)
    for _ in range(2):
        surface = np.linalg.lstsq(at[near], seen[near], rcond=None)[0]
        error = np.abs(seen - at @ surface)
        near = error <= np.quantile(error, 0.75)
    return np.asarray(terms @ surface)


def _windows(pixels: Floats, width: int) -> Floats:
    """All windows of ``width`` × ``width`` pixels, shape (height, width, width, width); edges are repeated."""
    padded = np.pad(pixels, width // 2, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, (width, width))


def _extreme(pixels: Floats, width: int, extreme: Any) -> Floats:
    """Maximum or minimum over windows of ``width`` × ``width`` pixels."""
    for axis in (0, 1):
        pad = [(width // 2, width // 2) if i == axis else (0, 0) for i in (0, 1)]
        padded = np.pad(pixels, pad, mode="edge")
        pixels = extreme(np.lib.stride_tricks.sliding_window_view(padded, width, axis=axis), axis=-1)
    return pixels


def _digit_strokes(ink: Floats) -> Floats:
    """The ink without dirt, and without strokes that touch the picture's edges if others do not."""
    labels, count = _connected(ink > _FAINT)
    weights = np.bincount(labels.ravel(), ink.ravel(), count + 1)
    weights[0] = 0
    at_edges = np.zeros(count + 1, bool)
    at_edges[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
    inside = np.where(at_edges, 0, weights)
    if inside.max() > 0.1 * weights.max():
        weights = inside
    kept = weights > _DIRT * weights.max()
    # Faint pixels beside a stroke are its soft edge, and are kept.
    near = _extreme(kept[labels].astype(np.float64), 5, np.max) > 0
    return np.where(near & (kept[labels] | (labels == 0)), ink, 0.0)


def _connected(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int]:
    """Numbers from 1 for every set of pixels that touch each other, corners included; 0 elsewhere."""
    labels, count = np.zeros(mask.shape, np.int64), 0
    waiting = {(int(i), int(j)) for i, j in np.argwhere(mask)}
    while waiting:
        count += 1
        stack = [waiting.pop()]
        while stack:
            i, j = stack.pop()
            labels[i, j] = count
            around = {(i + di, j + dj) for di in (-1, 0, 1) for dj in (-1, 0, 1)} & waiting
            waiting -= around
            stack.extend(around)
    return labels, count


def _bounds(ink: Floats, margin: float = 0.0) -> tuple[slice, slice]:
    """Rows and columns that hold ink, and a margin in shares of the longer side."""
    found = [np.flatnonzero(ink.max(axis=axis) > (_FAINT if margin else 0)) for axis in (1, 0)]
    extra = margin * max(f[-1] - f[0] + 1 for f in found)
    extra = int(np.ceil(extra))
    low, high = zip(*((max(0, f[0] - extra), f[-1] + 1 + extra) for f in found), strict=True)
    return slice(low[0], high[0]), slice(low[1], high[1])


def _crop(pixels: Floats, box: tuple[slice, slice], zoom: float) -> Floats:
    """The part of the full picture that ``box`` is in the small one."""
    rows, columns = (slice(int(s.start * zoom), int(np.ceil(s.stop * zoom))) for s in box)
    return pixels[rows, columns]


def _thicken(ink: Floats) -> Floats:
    """A fine pen's strokes as wide as a felt pen's; they would vanish in 20 pixels."""
    scale = max(1, round(_WORKING_SIDE / max(ink.shape)))  # fine steps in a coarse picture too
    ink = np.pad(np.kron(ink, np.ones((scale, scale))), 1)
    for _ in range(_WORKING_SIDE // BOX):
        mask = ink > 0.5
        around = sum(int(np.count_nonzero(np.diff(mask, axis=axis))) for axis in (0, 1))
        # Area over half the outline is the stroke's width; an outline counted along pixels is 4 / pi times too long.
        width = mask.sum() / max(around * np.pi / 8, 1)
        if width * BOX / max(ink.shape) >= _THIN:
            break
        ink = _extreme(np.pad(ink, 1), 3, np.max)
    return ink[_bounds(ink)]


def _fit(ink: Floats) -> Floats:
    """Scaled so that the longer side takes 20 pixels, the darkest pixel fully inked."""
    scale = BOX / max(ink.shape)
    small = _resize(ink, tuple(max(1, round(side * scale)) for side in ink.shape))
    return np.asarray(small / small.max())


def _centre(ink: Floats) -> NDArray[np.uint8]:
    """On 28 × 28 pixels, the centre of mass as near to the middle as whole pixels allow."""
    out = np.zeros((SIDE, SIDE), np.uint8)
    start = []
    for axis, size in enumerate(ink.shape):
        mass = ink.sum(axis=1 - axis)
        centre = float((mass * np.arange(size)).sum() / mass.sum())
        start.append(min(max(round(CENTRE - centre - _TIE), 0), SIDE - size))
    out[start[0] : start[0] + ink.shape[0], start[1] : start[1] + ink.shape[1]] = np.round(255 * ink)
    return out
