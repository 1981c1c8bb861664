"""Types that recur in signatures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from numpy.typing import NDArray

Array = NDArray[Any]


class Namespace(Protocol):
    """The functions of the array API standard that layers, losses, metrics and optimizers call."""

    def __getattr__(self, name: str, /) -> Callable[..., Array]: ...
