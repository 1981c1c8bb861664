"""Types that recur in signatures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never, Protocol

from numpy import dtype
from numpy.typing import NDArray

#: The sizes of an array's axes; of one sample, where nothing else is said: the batch axis is not in it.
Shape = tuple[int, ...]
#: Numbers of any shape and dtype.
Array = NDArray[Any]
#: The type of numbers, e.g. float32.
DType = dtype[Any]
#: What a layer's ``forward`` keeps for its own ``backward``. The layer alone knows its type; all others pass it on.
Cache = Never


class Namespace(Protocol):
    """The functions of the array API standard that layers, losses, metrics and optimizers call."""

    def __getattr__(self, name: str, /) -> Callable[..., Array]: ...
