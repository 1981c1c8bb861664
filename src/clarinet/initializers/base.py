"""The base class of initializers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from clarinet.configurable import Value, abstract
from clarinet.random import Key, next_seed
from clarinet.registry import GIVE_CLASS, own_name
from clarinet.types import Array, Json

Shape = tuple[int, ...]


@dataclass(eq=False, repr=False)
class Initializer(Value):
    """Base class: makes the first values of a weight."""

    kind: ClassVar[str] = "initializer"
    #: Whether all of its numbers are the same.
    all_alike: ClassVar[bool] = False

    @abstract
    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        """The values in float64; the base class casts them."""
        raise NotImplementedError

    def encoded(self) -> Json:
        kind = type(self)
        if kind.__module__.startswith("clarinet."):
            return super().encoded()
        return {"class_name": kind.__name__, **own_name(kind), "config": self.get_config(), "kept": {}}

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = "float32", key: Key | None = None) -> Array:
        """A new array.

        Args:
            shape: of the weight.
            dtype: default float32.
            key: names the random numbers; the initializer's own ``seed`` comes before it. Without either, the numbers
                differ from call to call (and follow ``clarinet.utils.set_random_seed``).
        """
        seed = getattr(self, "seed", None)
        if seed is not None:
            key = Key(seed)
        values = self.values(tuple(int(n) for n in shape), key or Key(next_seed()))
        return np.ascontiguousarray(values, dtype=dtype)


@dataclass(eq=False, repr=False)
class Absent(Initializer):
    """Stands for an initializer of a user's own whose class is not there: the first values are in the past.

    Args:
        described: what a file has of it.
    """

    described: Mapping[str, object]

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        raise ValueError(f"initializer {self.described.get('class_name')!r} is not there to draw values; {GIVE_CLASS}")

    def encoded(self) -> Json:
        return cast(Json, dict(self.described))


Initializer.restorer = Absent


def check_seed(owner: Initializer) -> None:
    seed = getattr(owner, "seed", None)
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
        raise TypeError(f"{type(owner).__name__}: seed is a whole number or None, received {seed!r}")
