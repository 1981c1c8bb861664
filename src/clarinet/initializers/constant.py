"""Initializers that draw no random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clarinet.initializers.base import Initializer, Shape
from clarinet.philox import Key


@dataclass(eq=False, repr=False)
class Zeros(Initializer):
    """All zeros, the default for biases.

    Example:
        >>> Zeros()((2,)).tolist()
        [0.0, 0.0]
    """

    all_alike = True

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        return np.zeros(shape)


@dataclass(eq=False, repr=False)
class Ones(Initializer):
    """All ones.

    Example:
        >>> Ones()((2,)).tolist()
        [1.0, 1.0]
    """

    all_alike = True

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        return np.ones(shape)


@dataclass(eq=False, repr=False)
class Constant(Initializer):
    """The same value everywhere, or given values.

    Args:
        value: a number, or nested lists that broadcast to the weight's shape; default 0.

    Example:
        >>> Constant(0.5)((2,)).tolist()
        [0.5, 0.5]
    """

    all_alike = True

    value: ArrayLike = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.value, np.ndarray):
            object.__setattr__(self, "value", self.value.tolist())

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        return np.broadcast_to(np.asarray(self.value, np.float64), shape)


@dataclass(eq=False, repr=False)
class Identity(Initializer):
    """``gain`` on the diagonal, zero elsewhere; for two-dimensional weights.

    Args:
        gain: default 1.

    Raises:
        ValueError: when called with a shape that is not two-dimensional.

    Example:
        >>> Identity()((2, 2)).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """

    gain: float = 1.0

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        if len(shape) != 2:
            raise ValueError(
                f"Identity: expected a weight of two dimensions, received shape {shape}; use GlorotUniform()"
            )
        return self.gain * np.eye(*shape)
