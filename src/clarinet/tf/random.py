"""``tf.random``, as far as it is not ``keras.random``; ``clarinet.random`` finds it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.names import public
from clarinet.utils import set_random_seed

__all__ = ["set_seed"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def set_seed(seed: int) -> None:
    """Fix everything random that follows; see :func:`clarinet.utils.set_random_seed`."""
    set_random_seed(seed)
