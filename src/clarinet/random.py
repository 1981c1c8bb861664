"""Random numbers, with the names, arguments and meanings of ``keras.random``.

Of numbers they are drawn at once. In the ``call`` of a layer or model they are operations: new ones at every step,
which follow from the model's seed, the step and the place in the model alone, the same on every engine. The numbers
are those of Philox (:mod:`clarinet.philox`), not Keras's.

Example:
    >>> from clarinet import random
    >>> random.uniform((2, 3), seed=7).shape
    (2, 3)
"""

# ruff: noqa: F403  # a function is named in its own module alone
from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.names import public
from clarinet.ops import randomness
from clarinet.ops.randomness import *
from clarinet.ops.seeds import SeedGenerator

__all__ = ["SeedGenerator"]
__all__ += randomness.__all__


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
