"""``tf.random``, as far as it is not ``keras.random``; ``clarinet.random`` finds it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases, philox
from clarinet.names import public
from clarinet.ops import randomness
from clarinet.ops.tensor import Tensor, tensor
from clarinet.types import AnyTensor, DTypeArg, ShapeLike, TensorLike

__all__ = ["set_seed", "split", "stateless_normal", "stateless_uniform"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def set_seed(seed: int) -> None:
    """Fix what the library draws from here on; NumPy's and Python's generators stay as they are, as in TensorFlow.

    :func:`clarinet.utils.set_random_seed` seeds those as well.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"tf.random.set_seed: expected a whole number, received {seed!r}")
    philox.set_seed(int(seed))


def _number(seed: TensorLike) -> int:
    """A seed of two numbers as one."""
    first, second = (int(one) for one in np.asarray(seed).reshape(-1))
    return (first * 1_000_003 + second) % 2**31


def split(seed: TensorLike, num: int = 2, alg: str = "auto") -> Tensor:
    """Seeds of two numbers each, which follow from one."""
    drawn = np.asarray(randomness.randint((int(num), 2), 0, 2**31 - 1, "int32", seed=_number(seed)))
    return tensor(drawn)


def stateless_uniform(
    shape: ShapeLike,
    seed: TensorLike,
    minval: TensorLike = 0.0,
    maxval: TensorLike = 1.0,
    dtype: DTypeArg = "float32",
    name: object = None,
    alg: str = "auto",
) -> AnyTensor:
    """As ``random.uniform``, by a seed of two numbers."""
    return randomness.uniform(shape, minval, maxval, dtype, _number(seed))


def stateless_normal(
    shape: ShapeLike,
    seed: TensorLike,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DTypeArg = "float32",
    name: object = None,
    alg: str = "auto",
) -> AnyTensor:
    """As ``random.normal``, by a seed of two numbers."""
    return randomness.normal(shape, mean, stddev, dtype, _number(seed))
