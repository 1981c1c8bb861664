"""Numbers of images at places between their pixels, and images turned, sheared and distorted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from clarinet.ops.arithmetic import add, divide, floor_divide, mod, multiply, subtract
from clarinet.ops.arranging import concatenate, stack, unstack
from clarinet.ops.axes import expand_dims, moveaxis, ravel, reshape, squeeze
from clarinet.ops.comparisons import greater_equal, less, logical_and, where
from clarinet.ops.convolving import channels_first
from clarinet.ops.creation import ones_like, zeros_like
from clarinet.ops.dispatch import Operand, converted, dtype_of, floats, promoted, shape_of, sizes_of, typed
from clarinet.ops.dtypes import INT
from clarinet.ops.elementwise import absolute, floor, sign
from clarinet.ops.elementwise import round as rounded
from clarinet.ops.indexing import get_item, take, take_along_axis
from clarinet.ops.linalg import solve
from clarinet.ops.pictures import gaussian_blur
from clarinet.ops.randomness import normal
from clarinet.ops.resampling import image_axes
from clarinet.types import AnyTensor, TensorLike

__all__ = [
    "affine_transform",
    "elastic_transform",
    "map_coordinates",
    "perspective_transform",
]


def _mirrored(i: TensorLike, n: int) -> AnyTensor:
    """Back from the last entry, which is not repeated."""
    last = n - 1
    return absolute(subtract(mod(add(i, last), 2 * last), last)) if last else multiply(i, 0)


#: By name where a place that is out of range lies instead.
_MODES: dict[str, Callable[[AnyTensor, int], AnyTensor]] = {
    "constant": lambda i, n: i,
    "nearest": lambda i, n: where(less(i, 0), 0, where(less(i, n), i, n - 1)),
    "wrap": mod,
    "mirror": _mirrored,
    "reflect": lambda i, n: floor_divide(subtract(_mirrored(add(multiply(i, 2), 1), 2 * n + 1), 1), 2),
}
_ORDERS = {"nearest": 0, "bilinear": 1}


def _check(fill_mode: str, what: str) -> None:
    if fill_mode not in _MODES:
        raise ValueError(f"{what}: fill_mode is one of {', '.join(_MODES)}; received {fill_mode!r}")


def _order(interpolation: str, what: str) -> int:
    if interpolation not in _ORDERS:
        raise ValueError(f"{what}: interpolation is 'bilinear' or 'nearest', received {interpolation!r}")
    return _ORDERS[interpolation]


def _corners(at: TensorLike, order: int) -> list[tuple[AnyTensor, AnyTensor | None]]:
    """The whole places around some, each with its weight."""
    if order == 0:
        nearest = multiply(sign(at), floor(add(absolute(at), 0.5)))
        return [(typed(nearest, INT), None)]
    low = floor(at)
    share = subtract(at, low)
    return [(typed(low, INT), subtract(1, share)), (add(typed(low, INT), 1), share)]


def _sampled(
    look: Callable[[AnyTensor], AnyTensor],
    sizes: Sequence[int],
    coordinates: Sequence[TensorLike],
    order: int,
    mode: str,
    filler: float,
) -> AnyTensor:
    """Numbers at places.

    Args:
        look: gives the numbers at places in one row of all.
        sizes: of the axes.
        coordinates: for each axis.
    """
    total: AnyTensor | None = None
    for corner in product(*(_corners(at, order) for at in coordinates)):
        place: AnyTensor | None = None
        weight: AnyTensor | None = None
        inside: AnyTensor | None = None
        for (i, share), size in zip(corner, sizes):
            if mode == "constant":
                within = logical_and(greater_equal(i, 0), less(i, size))
                inside = within if inside is None else logical_and(inside, within)
            fixed = _MODES["nearest" if mode == "constant" else mode](i, size)
            place = fixed if place is None else add(multiply(place, size), fixed)
            weight = share if weight is None else multiply(weight, share)
        assert place is not None  # there is an axis
        found = look(place)
        found = found if inside is None else where(_as_many_axes(inside, found), found, filler)
        found = found if weight is None else multiply(found, _as_many_axes(weight, found))
        total = found if total is None else add(total, found)
    assert total is not None
    return total


def _as_many_axes(x: Operand, like: Operand) -> Operand:
    return expand_dims(x, -1) if len(shape_of(x)) < len(shape_of(like)) else x


def map_coordinates(
    inputs: TensorLike, coordinates: TensorLike, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> AnyTensor:
    """The numbers of ``inputs`` at any places.

    Args:
        inputs: with r axes.
        coordinates: (r, …): for each axis where on it.
        order: 0: the nearest number; 1: between neighbours linearly.
        fill_mode: what lies outside: ``"constant"`` (default): ``fill_value``; ``"nearest"``: the last number;
            ``"wrap"``: the other end; ``"mirror"`` and ``"reflect"``: back again, without and with the last number.

    Returns:
        the shape of the coordinates without their first axis.

    Raises:
        ValueError: another number of coordinates, another word.

    Example:
        >>> map_coordinates([0.0, 2.0, 4.0], [[0.5, 1.75]], order=1).tolist()
        [1.0, 3.5]
    """
    x, at = converted(inputs), floats(coordinates)
    sizes = sizes_of(x, "map_coordinates")
    _check(fill_mode, "map_coordinates")
    if len(shape_of(at)) < 2 or shape_of(at)[0] != len(sizes) or order not in (0, 1):
        raise ValueError(
            f"map_coordinates: expected a row of coordinates for each of {len(sizes)} axes and order 0 "
            f"or 1; received shapes {sizes} and {shape_of(at)} and order {order!r}"
        )
    row = ravel(floats(x) if order else x)
    at = typed(at, dtype_of(row)) if dtype_of(row).kind == "f" else at
    found = _sampled(lambda i: take(row, i), sizes, unstack(at, axis=0), order, fill_mode, fill_value)
    return found if dtype_of(found) == dtype_of(x) else typed(rounded(found), dtype_of(x))


def _of_images(images: Operand, at: tuple[Operand, Operand], order: int, mode: str, filler: float) -> AnyTensor:
    """Images (n, height, width, channels) at places (n, high, wide), all channels at once."""
    n, (height, width, channels) = shape_of(images)[0], sizes_of(images, "image", 1)
    rows = reshape(floats(images), (n, height * width, channels))
    several, (high, wide) = shape_of(at[0])[0], sizes_of(at[0], "image", 1)

    def look(place: TensorLike) -> AnyTensor:
        chosen = take_along_axis(rows, reshape(place, (several, high * wide, 1)), 1)
        return reshape(chosen, (shape_of(chosen)[0], high, wide, channels))

    found = _sampled(look, (height, width), at, order, mode, filler)
    return found if dtype_of(found) == dtype_of(images) else typed(rounded(found), dtype_of(images))


def _batched(images: TensorLike, data_format: object, what: str) -> tuple[Operand, Callable[[AnyTensor], AnyTensor]]:
    """Images with a batch axis and the channels last, of known sizes, and how results are brought back."""
    x, _ = image_axes(images, data_format, what)
    one, first = len(shape_of(x)) == 3, channels_first(data_format, what)
    x = expand_dims(x, 0) if one else x
    x = moveaxis(x, 1, -1) if first else x
    sizes_of(x, what, 1)

    def back(y: AnyTensor) -> AnyTensor:
        y = moveaxis(y, -1, 1) if first else y
        return squeeze(y, 0) if one else y

    return x, back


def affine_transform(
    images: TensorLike,
    transform: TensorLike,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> AnyTensor:
    """Images moved, turned, stretched and sheared.

    The pixel at ``(x, y)`` of the result is what was at ``(a0 x + a1 y + a2, b0 x + b1 y + b2)``.

    Args:
        images: (n, height, width, channels), or one without n.
        transform: ``[a0, a1, a2, b0, b1, b2, 0, 0]``, or one for each image (n, 8).
        interpolation: ``"bilinear"`` (default) or ``"nearest"``.
        fill_mode, fill_value: as of :func:`map_coordinates`.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ValueError: another shape or word.

    Example:
        >>> affine_transform([[[1.0], [2.0]]], [1, 0, 1, 0, 1, 0, 0, 0]).numpy().ravel().tolist()
        [2.0, 0.0]
    """
    x, back = _batched(images, data_format, "affine_transform")
    _check(fill_mode, "affine_transform")
    height, width, _ = sizes_of(x, "affine_transform", 1)
    rows = floats(transform)
    rows = expand_dims(rows, 0) if len(shape_of(rows)) == 1 else rows
    if len(shape_of(rows)) != 2 or shape_of(rows)[1] != 8:
        raise ValueError(f"affine_transform: expected a transform of 8 numbers, or (n, 8); received {shape_of(rows)}")
    across, down = np.meshgrid(np.arange(width, dtype=dtype_of(rows)), np.arange(height, dtype=dtype_of(rows)))
    a0, a1, a2, b0, b1, b2 = (reshape(one, (-1, 1, 1)) for one in unstack(get_item(rows, (..., slice(6))), 6, axis=1))
    over, below = (add(add(multiply(f, across), multiply(g, down)), h) for f, g, h in ((a0, a1, a2), (b0, b1, b2)))
    found = _of_images(x, (below, over), _order(interpolation, "affine_transform"), fill_mode, fill_value)
    return back(found)


def perspective_transform(
    images: TensorLike,
    start_points: TensorLike,
    end_points: TensorLike,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> AnyTensor:
    """Images seen from elsewhere: four points come to four others.

    Args:
        images: (n, height, width, channels), or one without n.
        start_points, end_points: four points (x, y), or such for each image (n, 4, 2).
        interpolation, fill_value, data_format: as of :func:`affine_transform`.
    """
    x, back = _batched(images, data_format, "perspective_transform")
    start, end = promoted(start_points, end_points, least=float)
    if shape_of(start)[-2:] != (4, 2) or shape_of(start) != shape_of(end) or len(shape_of(start)) not in (2, 3):
        raise ValueError(
            f"perspective_transform: expected start_points and end_points of shape (4, 2) or (n, 4, 2), received "
            f"{shape_of(start)} and {shape_of(end)}"
        )
    start, end = (expand_dims(points, 0) if len(shape_of(points)) == 2 else points for points in (start, end))
    height, width, _ = sizes_of(x, "perspective_transform", 1)
    across, down = np.meshgrid(np.arange(width, dtype=dtype_of(start)), np.arange(height, dtype=dtype_of(start)))
    a, b, c, d, e, f, g, h = (reshape(one, (-1, 1, 1)) for one in unstack(_homography(start, end), 8, axis=1))
    below = add(add(multiply(g, across), multiply(h, down)), 1)
    at = [divide(add(add(multiply(p, across), multiply(q, down)), r), below) for p, q, r in ((a, b, c), (d, e, f))]
    found = _of_images(x, (at[1], at[0]), _order(interpolation, "perspective_transform"), "constant", fill_value)
    return back(found)


def _homography(start: Operand, end: Operand) -> AnyTensor:
    """The eight numbers (n, 8) of the projection that takes the end points to the start points."""
    (x, y), (u, v) = (unstack(points, 2, axis=-1) for points in (start, end))
    zero, one = zeros_like(u), ones_like(u)
    over = stack([u, v, one, zero, zero, zero, multiply(multiply(x, u), -1), multiply(multiply(x, v), -1)], axis=-1)
    down = stack([zero, zero, zero, u, v, one, multiply(multiply(y, u), -1), multiply(multiply(y, v), -1)], axis=-1)
    found = solve(concatenate([over, down], axis=1), expand_dims(concatenate([x, y], axis=-1), -1))
    return squeeze(found, -1)


def elastic_transform(
    images: TensorLike,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: object = None,
    data_format: str | None = None,
) -> AnyTensor:
    """Images whose pixels are shifted at random, neighbours alike (Simard, Steinkraus and Platt, ICDAR 2003).

    Args:
        images: (n, height, width, channels), or one without n.
        alpha: how far. sigma: how smoothly, in pixels.
        interpolation, fill_mode, fill_value, data_format: as of :func:`affine_transform`.
        seed: as of :func:`clarinet.random.normal`.
    """
    x, back = _batched(images, data_format, "elastic_transform")
    _check(fill_mode, "elastic_transform")
    n, (height, width, _) = shape_of(x)[0], sizes_of(x, "elastic_transform", 1)
    size = int(6 * sigma) | 1
    shifts = normal((n, height, width, 2), stddev=sigma, dtype=dtype_of(floats(x)).name, seed=seed)
    shifts = multiply(gaussian_blur(shifts, (size, size), (sigma, sigma)), alpha)
    return back(distorted(x, shifts, interpolation, fill_mode, fill_value))


def distorted(images: Operand, shifts: Operand, interpolation: str, fill_mode: str, fill_value: float) -> AnyTensor:
    """Images (n, height, width, channels), each pixel read elsewhere: so far across and down, (n, height, width, 2)."""
    height, width, _ = sizes_of(images, "elastic_transform", 1)
    over, below = unstack(shifts, 2, axis=-1)
    across, down = np.meshgrid(np.arange(width, dtype=dtype_of(over)), np.arange(height, dtype=dtype_of(over)))
    at = add(down, below), add(across, over)
    return _of_images(images, at, _order(interpolation, "elastic_transform"), fill_mode, fill_value)
