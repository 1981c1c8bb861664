"""What random numbers follow from: a seed, a generator of seeds, or the model's seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np

from clarinet.ops.tensor import Tensor, tensor
from clarinet.philox import Key, Stream, next_seed
from clarinet.problems import shown
from clarinet.variables import Variable


class SeedGenerator:
    """A seed that gives other numbers at every use.

    In the ``call`` of a layer or model it names the numbers of each step; every function that is given it draws numbers
    of its own, two calls of one function too.

    Args:
        seed: a whole number; default None: the model's in the ``call`` of a layer or model, else a new one, which
            follows from ``utils.set_random_seed``.
        name: for people.

    Attributes:
        state: the seed, and how often it was used outside of a traced ``call``.

    Raises:
        ValueError: no whole number.

    Example:
        >>> from clarinet import random
        >>> generator = SeedGenerator(1)
        >>> first, second = random.normal((2,), seed=generator), random.normal((2,), seed=generator)
        >>> bool((first != second).all())
        True
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
            raise ValueError(f"SeedGenerator: seed is a whole number or None, received {shown(seed)}")
        self.seed = None if seed is None else int(seed)
        self.name = name or "seed_generator"
        own = next_seed() if seed is None else int(seed)
        self.state = Variable(np.array([own & 0xFFFFFFFF, 0], np.uint32), trainable=False, name="seed_generator_state")

    def next(self, ordered: bool = True) -> Tensor:
        """The state, which counts on.

        Args:
            ordered: accepted for Keras programs.
        """
        found = self.state.numpy()
        self.state.assign(found + np.array([0, 1], np.uint32))
        return tensor(found)

    def get_config(self) -> dict[str, int | str | None]:
        """Seed and name."""
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        """The generator that :meth:`get_config` described."""
        return cls(**config)  # type: ignore[arg-type]


def is_fixed(seed: object, what: str) -> bool:
    """Whether numbers are the same at every use: a whole number says so, a generator or None does not.

    Raises:
        ValueError: something else.
    """
    if seed is None or isinstance(seed, SeedGenerator):
        return False
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ValueError(f"{what}: seed is a whole number, a SeedGenerator or None, received {shown(seed)}")
    return True


def drawn_seed(seed: object) -> int:
    """The seed of numbers that are drawn now."""
    if isinstance(seed, SeedGenerator):
        own, count = seed.next().tolist()
        low, high = Key(own, Stream.DRAW, step=count).bits(2).tolist()
        return int(low | high << 32)
    return int(seed) if isinstance(seed, (int, np.integer)) else next_seed()


def model_seed(seed: object) -> int | None:
    """What stands for the model's seed where numbers are drawn anew at every step; None: nothing."""
    return seed.seed if isinstance(seed, SeedGenerator) else None
