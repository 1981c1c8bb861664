"""``tf.data.experimental``: what programs still take from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.data.dataset import AUTOTUNE, Dataset
from clarinet.names import public

__all__ = ["AUTOTUNE", "cardinality"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def cardinality(dataset: Dataset) -> int:
    """How many elements there are; -1 where there is no end, -2 where only a pass tells."""
    return dataset.cardinality()
