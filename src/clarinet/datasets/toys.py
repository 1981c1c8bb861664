"""Small 2-D classification sets for looking at what a network can and cannot separate.

All return ``(x, y)``: points float32 (n, 2) and class numbers int64 (n,), in random order, equal for equal arguments
on every machine up to the last bit of the C library's functions. Classes are as equal in number as ``n`` allows.
"""

from __future__ import annotations

import math
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray

from clarinet.philox import Key, Stream, permutation

__all__ = ["blobs", "circles", "moons", "spirals", "xor"]

Points = tuple[NDArray[np.float32], NDArray[np.int64]]


def circles(n: int = 500, noise: float = 0.1, *, factor: float = 0.5, seed: int = 0) -> Points:
    """Two circles around the origin, one inside the other: no straight line separates them.

    Args:
        n: number of points.
        noise: standard deviation of the noise added to each coordinate; the outer radius is 1.
        factor: radius of the inner circle, between 0 and 1.
        seed: fixes the points.

    Returns:
        ``(x, y)``: float32 (n, 2); int64 (n,), 0 = outer, 1 = inner.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or out of range.

    Example:
        >>> from clarinet.datasets import toys
        >>> x, y = toys.circles(n=4, noise=0.0)
        >>> sorted(np.hypot(x[:, 0], x[:, 1]).round(3).tolist())
        [0.5, 0.5, 1.0, 1.0]
    """
    key, y = _begin(n, noise, seed, classes=2)
    _check_number("factor", factor, 0, 1)
    angle = 2 * np.pi * key.uniform(n)
    radius = np.where(y == 0, 1.0, factor)
    return _end(key, radius * np.cos(angle), radius * np.sin(angle), y, noise)


def xor(n: int = 500, noise: float = 0.1, *, seed: int = 0) -> Points:
    """Four squares around the origin, opposite ones of one class: the problem that a single neuron cannot solve.

    Args:
        n: number of points.
        noise: standard deviation of the noise added to each coordinate once the class is decided; a square's side is 1.
        seed: fixes the points.

    Returns:
        ``(x, y)``: float32 (n, 2); int64 (n,), 1 where the coordinates' signs differ.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or out of range.

    Example:
        >>> from clarinet.datasets import toys
        >>> x, y = toys.xor(n=100, noise=0.0)
        >>> bool((((x[:, 0] > 0) != (x[:, 1] > 0)) == y).all())
        True
    """
    key, y = _begin(n, noise, seed, classes=2)
    first, second = key.uniform(n), key.at(step=3).uniform(n)
    left = np.where(key.at(step=4).bits(n) & np.uint32(1), 1.0, -1.0)
    return _end(key, left * first, np.where(y == 0, left, -left) * second, y, noise)


def spirals(n: int = 500, noise: float = 0.1, *, classes: int = 2, turns: float = 1.0, seed: int = 0) -> Points:
    """Arms of a spiral around the origin, one a class: needs a deeper or wider network.

    On arm ``c`` the radius ``r`` runs from 0 to 1 and the angle is ``2π (turns · r + c / classes)``.

    Args:
        n: number of points.
        noise: standard deviation of the noise added to each coordinate, as a share of the distance between arms.
        classes: number of arms, at least 2.
        turns: how often an arm winds around, 0 (straight rays) or more.
        seed: fixes the points.

    Returns:
        ``(x, y)``: float32 (n, 2); int64 (n,) in 0..classes-1.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or out of range.

    Example:
        >>> from clarinet.datasets import toys
        >>> x, y = toys.spirals(n=300, classes=3)
        >>> x.shape, np.bincount(y).tolist()
        ((300, 2), [100, 100, 100])
    """
    _check_whole("classes", classes, 2)
    key, y = _begin(n, noise, seed, classes)
    _check_number("turns", turns, 0, math.inf)
    radius = np.sqrt(key.uniform(n))  # the root spreads the points evenly along the arm, not around the centre
    angle = 2 * np.pi * (turns * radius + y / classes)
    apart = 1.0 / (classes * max(turns, 1.0))
    return _end(key, radius * np.cos(angle), radius * np.sin(angle), y, noise * apart)


def blobs(n: int = 500, noise: float = 0.5, *, classes: int = 3, seed: int = 0) -> Points:
    """Round clouds, one a class, with their centres evenly on a circle of radius 2.

    Args:
        n: number of points.
        noise: standard deviation of a cloud in each coordinate.
        classes: number of clouds, at least 2.
        seed: fixes the points.

    Returns:
        ``(x, y)``: float32 (n, 2); int64 (n,) in 0..classes-1.

    Raises:
        TypeError, ValueError: an argument is of the wrong type or out of range.

    Example:
        >>> from clarinet.datasets import toys
        >>> x, y = toys.blobs(n=3000, classes=3)
        >>> float(np.hypot(*x[y == 1].mean(axis=0)).round(1))
        2.0
    """
    _check_whole("classes", classes, 2)
    key, y = _begin(n, noise, seed, classes)
    angle = 2 * np.pi * y / classes
    return _end(key, 2 * np.cos(angle), 2 * np.sin(angle), y, noise)


def moons(n: int = 500, noise: float = 0.1, *, seed: int = 0) -> Points:
    """Two half circles that reach into each other.

    Args:
        n: number of points.
        noise: standard deviation of the noise added to each coordinate; the radius is 1.
        seed: fixes the points.

    Returns:
        ``(x, y)``: float32 (n, 2); int64 (n,), 0 = upper moon around (0, 0), 1 = lower moon around (1, 0.5).

    Raises:
        TypeError, ValueError: an argument is of the wrong type or out of range.

    Example:
        >>> from clarinet.datasets import toys
        >>> x, y = toys.moons(n=10, noise=0.0)
        >>> bool((x[y == 0, 1] >= 0).all()), bool((x[y == 1, 1] <= 0.5).all())
        (True, True)
    """
    key, y = _begin(n, noise, seed, classes=2)
    angle = np.pi * key.uniform(n)
    across = np.where(y == 0, np.cos(angle), 1 - np.cos(angle))
    up = np.where(y == 0, np.sin(angle), 0.5 - np.sin(angle))
    return _end(key, across, up, y, noise)


def _begin(n: int, noise: float, seed: int, classes: int) -> tuple[Key, NDArray[np.int64]]:
    """Check the arguments that all sets share; returns the key for the draws, and the classes in turn."""
    _check_whole("n", n, classes)
    _check_whole("seed", seed, 0)
    _check_number("noise", noise, 0, math.inf)
    return Key(seed, stream=Stream.DATA), np.arange(n, dtype=np.int64) % classes


def _end(
    key: Key, first: NDArray[np.float64], second: NDArray[np.float64], y: NDArray[np.int64], noise: float
) -> Points:
    """Add the noise and mix the rows, because ``validation_split`` takes the last ones."""
    n = len(y)
    x = np.stack([first, second], axis=1) + noise * key.at(step=1).normal(2 * n).reshape(n, 2)
    order = permutation(key.at(step=2), n)
    return x[order].astype(np.float32), y[order]


def _check_whole(name: str, value: int, least: int) -> None:
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name}={value!r}: expected a whole number, got {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name}={value}: expected at least {least}")


def _check_number(name: str, value: float, low: float, high: float) -> None:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name}={value!r}: expected a number, got {type(value).__name__}")
    if not (low <= value <= high and math.isfinite(value)):
        upper = f" to {high:g}" if math.isfinite(high) else " or more, and finite"
        raise ValueError(f"{name}={value}: expected {low:g}{upper}")
