"""The base class of initializers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import ClassVar, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from clarinet.configurable import Value
from clarinet.philox import Key, next_seed
from clarinet.registry import GIVE_CLASS, own_name
from clarinet.types import Array, DTypeArg, Json

Shape = tuple[int, ...]


@dataclass(eq=False, repr=False)
class Initializer(Value):
    """Base class: makes the first values of a weight.

    A class of your own defines :meth:`values`, or as in Keras ``__call__(self, shape, dtype=None)``, of functions of
    :mod:`clarinet.ops`.
    """

    kind: ClassVar[str] = "initializer"
    #: Whether all of its numbers are the same.
    all_alike: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if "__call__" in vars(cls) and not cls.__module__.startswith("clarinet."):
            setattr(cls, "__call__", _without_key(vars(cls)["__call__"]))  # noqa: B010  # a method, for the type checker

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        """The values in float64; the base class casts them."""
        raise NotImplementedError(f"{type(self).__name__}: define values(shape, key), or __call__(shape, dtype)")

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


def _without_key(call: Callable[..., object]) -> Callable[..., object]:
    """A user's ``__call__``, which knows nothing of keys."""

    @wraps(call)
    def drawn(self: Initializer, shape: Sequence[int], dtype: DTypeArg = None, key: Key | None = None) -> object:
        return call(self, shape, dtype=None if dtype is None else np.dtype(dtype).name)

    return drawn


@dataclass(eq=False, repr=False)
class Function(Initializer):
    """A Python function as an initializer.

    Args:
        function: ``values = function(shape, dtype=dtype)``.
    """

    function: Callable[..., object]

    def encoded(self) -> Json:
        """Its name alone: the first values of a weight in a file are in the past."""
        name = getattr(self.function, "__name__", "function")
        return {"class_name": name, **own_name(self.function), "config": {}, "kept": {}}

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = "float32", key: Key | None = None) -> Array:
        return np.asarray(self.function(tuple(shape), dtype=np.dtype(dtype).name), dtype)


def check_seed(owner: Initializer) -> None:
    seed = getattr(owner, "seed", None)
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
        raise TypeError(f"{type(owner).__name__}: seed is a whole number or None, received {seed!r}")
