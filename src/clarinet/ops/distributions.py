"""Operations that draw random numbers: each names a distribution, and how a key's numbers become its own."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from math import erf, pi, sqrt
from typing import ClassVar, Self

import numpy as np

from clarinet.ops.dtypes import as_dtype
from clarinet.ops.exponentials import Erfinv
from clarinet.ops.operation import Gradients, Operation, made
from clarinet.ops.shapes import whole_shape
from clarinet.ops.specs import Batch, Shape, TensorSpec
from clarinet.philox import Key, Stream, next_seed
from clarinet.types import Array, Arrays, Namespace


@dataclass(eq=False, repr=False)
class Draw(Operation):
    """Base of operations that draw random numbers. Inputs: parameters of the distribution, then a tensor that has the
    rows where the first size is None. No gradient.

    Args:
        shape: of y.
        dtype: of y.
        seed: default None: the model's.
        fresh: other numbers at every step; else those of the seed alone.
    """

    arity = None
    #: The key that a plan gave; it is no setting.
    _key: ClassVar[Key | None] = None

    shape: Shape
    dtype: str
    seed: int | None = None
    fresh: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", whole_shape(self.shape, self.name))

    def keyed(self, key: Key) -> Self:
        if not self.fresh:
            return self
        keyed = copy(self)
        object.__setattr__(keyed, "_key", key if self.seed is None else key.at(seed=self.seed))
        return keyed

    def key(self) -> Key:
        """The key of the numbers."""
        if self._key is not None:
            return self._key
        return Key(next_seed() if self.seed is None else self.seed, Stream.DRAW)

    def sizes(self, rows: int | None) -> Shape:
        """The shape, with the number of rows."""
        return tuple(rows if size is None else size for size in self.shape)

    def values(self, key: Key, n: int, parameters: Sequence[Array], shape: Shape) -> Array:
        """``n`` numbers in a row.

        Args:
            parameters: of the distribution.
            shape: that the numbers will have.
        """
        raise NotImplementedError

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        shape = self.sizes(xs[-1].shape[0] if None in self.shape else None)
        values = self.values(self.key(), int(np.prod(shape, dtype=np.int64)), xs, shape)  # type: ignore[arg-type]
        return xp.reshape(xp.asarray(values, dtype=getattr(xp, self.dtype)), shape), len(xs)

    def backward(self, cache: int, dy: Array, xp: Namespace = np) -> Gradients:
        return (None,) * cache

    def result(self, *specs: TensorSpec) -> TensorSpec:
        rows = specs[-1].shape[0] if specs and specs[-1].rank else None
        return TensorSpec(self.sizes(rows), as_dtype(self.dtype))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps" if self.shape[:1] == (None,) else "mixes"


class Uniform(Draw):
    """y = numbers uniform in [0, 1)."""

    def values(self, key: Key, n: int, parameters: Sequence[Array], shape: Shape) -> Array:
        return key.share(n, min(32, np.finfo(self.dtype).nmant + 1))


class Normal(Draw):
    """y = numbers of mean 0 and variance 1."""

    def values(self, key: Key, n: int, parameters: Sequence[Array], shape: Shape) -> Array:
        return key.normal(n)


class TruncatedNormal(Draw):
    """y = normal numbers within ±2: ``sqrt(2) erfinv((2 u - 1) erf(sqrt(2)))``, u uniform."""

    def values(self, key: Key, n: int, parameters: Sequence[Array], shape: Shape) -> Array:
        between = (2 * key.uniform(n) - 1) * erf(sqrt(2))
        erfinv: Erfinv = made(Erfinv)
        return erfinv.value(between, key.xp) * sqrt(2)


@dataclass(eq=False, repr=False)
class Keep(Draw):
    """y = false with a probability, else true.

    Args:
        rate: the probability.
    """

    rate: float = 0.5

    def values(self, key: Key, n: int, parameters: Sequence[Array], shape: Shape) -> Array:
        return key.keep(n, self.rate)


@dataclass(eq=False, repr=False)
class Whole(Draw):
    """y = whole numbers from 0 on below a limit.

    Args:
        limit: at most 2**32.
    """

    limit: int = 2

    def values(self, key: Key, n: int, parameters: Sequence[Array], shape: Shape) -> Array:
        return key.below(n, self.limit)


class Gumbel(Draw):
    """y = ``-log(-log(u))``, u uniform; the place of the greatest ``log p + y`` has the probabilities p."""

    def values(self, key: Key, n: int, parameters: Sequence[Array], shape: Shape) -> Array:
        return -key.xp.log(-key.xp.log(key.uniform(n)))


#: Proposals for a number of a gamma distribution; each is refused with a probability of at most 5 %.
_PROPOSALS = 12


class Gamma(Draw):
    """y = numbers of gamma distributions of some shapes a and scale 1.

    Marsaglia and Tsang (*A simple method for generating gamma variables*, ACM TOMS 26, 2000): ``d v`` with
    ``v = (1 + c z)^3``, z normal, the first that is accepted; for a < 1 that of a + 1 times ``u^(1/a)``.
    """

    def values(self, key: Key, n: int, parameters: Sequence[Array], shape: Shape) -> Array:
        return gamma(key, parameters[0], shape)


class Beta(Draw):
    """y = numbers of beta distributions with parameters a and b: ``g / (g + h)``, both of gamma distributions."""

    def values(self, key: Key, n: int, parameters: Sequence[Array], shape: Shape) -> Array:
        xp = key.xp
        both = xp.stack([xp.broadcast_to(one, shape) for one in parameters[:2]])
        first, second = gamma(key, both, (2, *shape))
        share: Array = first / (first + second)
        return share


def gamma(key: Key, a: Array, shape: Shape) -> Array:
    """Numbers of gamma distributions; arguments as of :class:`Gamma`."""
    xp, sizes = key.xp, tuple(size or 0 for size in shape)
    count = int(np.prod(sizes, dtype=np.int64))
    uniform = xp.reshape(key.uniform((3 * _PROPOSALS + 1) * count), (3 * _PROPOSALS + 1, *sizes))
    a = xp.broadcast_to(xp.astype(xp.asarray(a), uniform.dtype), sizes)
    whole = xp.where(a < 1, a + 1, a)
    d = whole - 1 / 3
    found = d
    for i in reversed(range(_PROPOSALS)):
        first, second, third = (uniform[3 * i + k] for k in range(3))
        z = xp.sqrt(-2 * xp.log(first)) * xp.cos(2 * pi * second)
        v = (1 + z / xp.sqrt(9 * d)) ** 3
        logs = xp.log(xp.where(v > 0, v, xp.ones_like(v)))
        accepted = (v > 0) & (xp.log(third) < 0.5 * z * z + d - d * v + d * logs)
        found = xp.where(accepted, d * v, found)
    power: Array = uniform[-1] ** (1 / xp.where(a < 1, a, xp.ones_like(a)))
    return found * xp.where(a < 1, power, xp.ones_like(a))


@dataclass(eq=False, repr=False)
class Binomial(Draw):
    """y = how many of some trials succeed: each number counts as many uniform numbers below its probability.

    Inputs: how many trials, and the probabilities.

    Args:
        most: trials of any number.
    """

    most: int = 1

    def values(self, key: Key, n: int, parameters: Sequence[Array], shape: Shape) -> Array:
        xp = key.xp
        trials, probability = (xp.broadcast_to(xp.asarray(one), shape) for one in parameters[:2])
        uniform = xp.reshape(key.uniform(self.most * n), (self.most, *shape))
        number = xp.reshape(xp.arange(self.most), (-1, *(1,) * len(shape)))
        return xp.sum(xp.astype((uniform < probability) & (number < trials), xp.int32), axis=0)
