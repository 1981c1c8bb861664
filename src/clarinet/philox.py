"""Counter-based random numbers: the same bits on both engines, in any order and with any number of threads.

Philox-4x32 with ten rounds (Salmon, Moraes, Dror, Shaw: *Parallel random numbers: as easy as 1, 2, 3*, SC 2011) turns a
128-bit counter and a 64-bit key into four independent 32-bit words. Nothing is carried from one draw to the next, so a
number depends only on *its purpose*: the seed, the stream, the epoch, the step, the layer, and its place. NumPy's own
generators are not used because their streams may change between versions.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from clarinet.types import Array, HasNamespace, Namespace

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WIDE_MULTIPLIERS = tuple(map(np.uint64, _MULTIPLIERS))
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_WORD = 0xFFFFFFFF
_LOW_WORD = np.uint64(_WORD)
_HALF = np.uint64(32)


class Stream(IntEnum):
    """The purpose of random numbers. Streams never overlap."""

    INIT = 0
    SHUFFLE = 1
    DROPOUT = 2
    DATA = 3
    SEED = 4
    EVALUATE = 5
    PREDICT = 6
    DRAW = 7


def philox(key: tuple[int, int], counter: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Philox-4x32-10: one block of four words for every row of ``counter``.

    Args:
        key: two 32-bit words.
        counter: shape (blocks, 4), uint32.

    Returns:
        shape (blocks, 4), uint32.
    """
    c0, c1, c2, c3 = (counter[:, i].astype(np.uint64) for i in range(4))
    for k0, k1 in _round_keys(key):
        product0, product1 = c0 * _WIDE_MULTIPLIERS[0], c2 * _WIDE_MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (product1 >> _HALF) ^ c1 ^ np.uint64(k0),
            product1 & _LOW_WORD,
            (product0 >> _HALF) ^ c3 ^ np.uint64(k1),
            product0 & _LOW_WORD,
        )
    return np.stack([c0, c1, c2, c3], axis=1).astype(np.uint32)


def philox_in_32_bits(key: tuple[int, int], counter: Array, xp: Namespace) -> Array:
    """:func:`philox` for arrays of another library, which may be traced and may have no integers of 64 bits."""
    c0, c1, c2, c3 = (counter[:, i] for i in range(4))
    for k0, k1 in _round_keys(key):
        (high0, low0), (high1, low1) = _product(c0, _MULTIPLIERS[0], xp), _product(c2, _MULTIPLIERS[1], xp)
        c0, c1, c2, c3 = high1 ^ c1 ^ _word(k0, xp), low1, high0 ^ c3 ^ _word(k1, xp), low0
    return xp.stack([c0, c1, c2, c3], axis=1)


def _round_keys(key: tuple[int, int]) -> list[tuple[int, int]]:
    k0, k1 = key
    return [((k0 + i * _KEY_STEPS[0]) & _WORD, (k1 + i * _KEY_STEPS[1]) & _WORD) for i in range(10)]


def _product(a: Array, number: int, xp: Namespace) -> tuple[Array, Array]:
    """The upper and the lower 32 bits of ``a * number``: long multiplication with digits of 16 bits."""
    b = _word(number, xp)
    (a0, a1), (b0, b1) = ((n & 0xFFFF, n >> 16) for n in (a, b))
    one, other = a0 * b1, a1 * b0
    carried = (a0 * b0 >> 16) + (one & 0xFFFF) + (other & 0xFFFF)
    return a1 * b1 + (one >> 16) + (other >> 16) + (carried >> 16), a * b


def _word(number: int | Array, xp: Namespace) -> Array:
    """The lowest 32 bits of a whole number, or of each in an array."""
    known = isinstance(number, (int, np.integer))
    return xp.asarray(number & _WORD, dtype=xp.uint32) if known else xp.astype(number, xp.uint32)


@dataclass(frozen=True)
class Key:
    """Names a sequence of random numbers; equal keys give equal numbers.

    The counter of block ``i`` is ``(i, step, epoch, stream + 256 * layer)``, the key is the seed's two halves.

    Args:
        seed: 64-bit seed of the model or of the call.
        stream: the purpose of the numbers.
        epoch: epoch over the model's life (shuffling).
        step: training step over the model's life (dropout), or the index of a weight (initialisation). It may be an
            array of another library, a traced one too; the numbers are then arrays of that library.
        layer: index of the layer.

    Example:
        >>> Key(7).bits(3).tolist() == Key(7).bits(5)[:3].tolist()
        True
    """

    seed: int
    stream: int = Stream.INIT
    epoch: int = 0
    step: int = 0
    layer: int = 0

    def at(self, **changes: int) -> Key:
        """The same key with some fields changed, e.g. ``key.at(layer=2)``."""
        return replace(self, **changes)

    @property
    def xp(self) -> Namespace:
        """The array namespace of the numbers: that of ``step``, NumPy's for a number."""
        return self.step.__array_namespace__() if isinstance(self.step, HasNamespace) else np

    def bits(self, n: int) -> NDArray[np.uint32]:
        """``n`` uniform 32-bit integers; number ``i`` is word ``i % 4`` of block ``i // 4``."""
        blocks, xp, key = -(-n // 4), self.xp, (self.seed & _WORD, (self.seed >> 32) & _WORD)
        words = self.step, self.epoch, self.stream + 256 * self.layer
        if xp is np:
            counter = np.empty((blocks, 4), np.uint32)
            counter[:, 0] = np.arange(blocks, dtype=np.uint32)
            counter[:, 1:] = [word & _WORD for word in words]
            return philox(key, counter).reshape(-1)[:n]
        columns = [xp.arange(blocks, dtype=xp.uint32), *(_word(word, xp) for word in words)]
        columns = [xp.broadcast_to(column, (blocks,)) for column in columns]
        return xp.reshape(philox_in_32_bits(key, xp.stack(columns, axis=1), xp), (-1,))[:n]

    def uniform(self, n: int) -> NDArray[np.float64]:
        """``n`` numbers uniform in the open interval (0, 1): ``(bits + 1/2) / 2**32``."""
        xp = self.xp
        return (xp.astype(self.bits(n), xp.result_type(xp.float32, xp.float64)) + 0.5) * 2.0**-32

    def share(self, n: int, digits: int) -> Array:
        """``n`` numbers uniform in [0, 1) with so many binary digits, 32 at most, which a dtype holds exactly."""
        xp = self.xp
        words = self.bits(n) >> xp.asarray(32 - digits, dtype=xp.uint32)
        return xp.astype(words, xp.result_type(xp.float32, xp.float64)) * 2.0**-digits

    def below(self, n: int, limit: int) -> NDArray[np.uint32]:
        """``n`` whole numbers from 0 on below ``limit``, at most 2**32: the upper words of ``bits * limit``."""
        bits = self.bits(n)
        return bits if limit > _WORD else _product(bits, limit, self.xp)[0]

    def normal(self, n: int) -> NDArray[np.float64]:
        """``n`` standard normal numbers by Box and Muller's method (Annals of Math. Statistics, 1958)."""
        xp = self.xp
        pairs = xp.reshape(self.uniform(2 * (-(-n // 2))), (-1, 2))
        radius, angle = xp.sqrt(-2.0 * xp.log(pairs[:, 0])), 2.0 * np.pi * pairs[:, 1]
        both = xp.stack([radius * xp.cos(angle), radius * xp.sin(angle)], axis=1)
        return xp.reshape(both, (-1,))[:n]

    def keep(self, n: int, rate: float) -> NDArray[np.bool_]:
        """Dropout's mask: ``n`` booleans, False with probability ``rate``; an integer comparison, so engines agree."""
        return self.bits(n) >= self.xp.asarray(drop_threshold(rate), dtype=self.xp.uint32)


def drop_threshold(rate: float) -> int:
    """The integer below which a 32-bit word means "drop": ``rate * 2**32`` rounded, at most ``2**32 - 1``."""
    return min(round(rate * 2**32), 2**32 - 1)


def permutation(key: Key, n: int) -> NDArray[np.int64]:
    """The order of ``n`` rows in an epoch: a stable argsort of one 32-bit word per row."""
    return np.argsort(key.bits(n), kind="stable").astype(np.int64, copy=False)


class _Seeds:
    """The process-wide seed, and how many models have taken theirs from it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._base: int | None = None
        self._taken = 0

    def set(self, seed: int) -> None:
        with self._lock:
            self._base, self._taken = seed, 0

    def next(self) -> int:
        with self._lock:
            if self._base is None:
                return int.from_bytes(os.urandom(8), "little")
            self._taken += 1
            low, high = Key(self._base, Stream.SEED, step=self._taken).bits(2).tolist()
            return int(low | high << 32)


_seeds = _Seeds()


def set_seed(seed: int) -> None:
    """Fix the next seeds of :func:`next_seed`.

    Example:
        >>> set_seed(1)
        >>> first = next_seed()
        >>> set_seed(1)
        >>> first == next_seed() != next_seed()
        True
    """
    _seeds.set(seed)


def next_seed() -> int:
    """A 64-bit seed: the next one that follows from :func:`set_seed`, or one from the operating system."""
    return _seeds.next()
