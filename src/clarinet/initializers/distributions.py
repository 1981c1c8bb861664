"""Initializers that draw from a given distribution, whatever the size of the weight."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from clarinet.initializers.base import Initializer, Shape, check_seed
from clarinet.philox import Key


@dataclass(eq=False, repr=False)
class RandomUniform(Initializer):
    """Uniform between ``minval`` and ``maxval``.

    Args:
        minval, maxval: default -0.05 and 0.05.
        seed: fixes the numbers; default None, the model's.

    Example:
        >>> bool((abs(RandomUniform(-1, 1, seed=0)((100,))) < 1).all())
        True
    """

    minval: float = -0.05
    maxval: float = 0.05
    seed: int | None = None

    def __post_init__(self) -> None:
        check_seed(self)

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        return self.minval + (self.maxval - self.minval) * key.uniform(prod(shape)).reshape(shape)


@dataclass(eq=False, repr=False)
class RandomNormal(Initializer):
    """Normal distribution.

    Args:
        mean, stddev: default 0 and 0.05.
        seed: fixes the numbers; default None, the model's.

    Example:
        >>> RandomNormal(seed=0)((3, 2)).shape
        (3, 2)
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None

    def __post_init__(self) -> None:
        check_seed(self)

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        return self.mean + self.stddev * key.normal(prod(shape)).reshape(shape)


@dataclass(eq=False, repr=False)
class TruncatedNormal(Initializer):
    """Normal distribution; what falls outside two standard deviations is drawn again.

    Args:
        mean, stddev: of the distribution before it is cut; default 0 and 0.05.
        seed: fixes the numbers; default None, the model's.

    Example:
        >>> bool((abs(TruncatedNormal(stddev=1.0, seed=0)((1000,))) <= 2).all())
        True
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None

    def __post_init__(self) -> None:
        check_seed(self)

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        return self.mean + self.stddev * truncated_normal(key, prod(shape)).reshape(shape)


def truncated_normal(key: Key, n: int) -> NDArray[np.float64]:
    """``n`` standard normal numbers within ±2; each round of drawing again has its own key."""
    values, rounds = key.normal(n), 0
    while (outside := np.abs(values) > 2).any():
        rounds += 1
        values[outside] = key.at(epoch=rounds).normal(int(outside.sum()))
    return values


@dataclass(eq=False, repr=False)
class Orthogonal(Initializer):
    """``gain`` times a random matrix with orthonormal rows or columns (Saxe, McClelland, Ganguli, ICLR 2014).

    The Q of a normal matrix's QR factors, signs chosen so that it is uniform over all such matrices. Axes before the
    last are taken together.

    Args:
        gain: default 1.
        seed: fixes the numbers; default None, the model's.

    Raises:
        ValueError: when called with a shape of fewer than two dimensions.

    Example:
        >>> w = Orthogonal(seed=0)((3, 3))
        >>> bool(abs(w[0] @ w[1]) < 1e-6)
        True
    """

    gain: float = 1.0
    seed: int | None = None

    def __post_init__(self) -> None:
        check_seed(self)

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal: expected a weight of two or more dimensions, received shape {shape}")
        rows, columns = prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(key.normal(rows * columns).reshape(tall))
        q = q * np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)
