"""Finding NaN and infinity, and the data's fingerprint, in one pass without copying.

The native engine's threads do it, or NumPy, block after block, for an exotic array.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from clarinet._native import find_nonfinite, hash_blocks
from clarinet.params import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Elements looked at in one go, so that a memory-mapped array is read piece by piece.
_BLOCK = 1 << 20
#: Bytes that have a hash of their own.
HASHED = 1 << 16
_FACTOR, _ROTATED = np.uint64(0x9E3779B97F4A7C15), np.uint64(31)


def first_nonfinite(array: Array, hashes: NDArray[np.uint64] | None = None) -> tuple[int, ...] | None:
    """Index of the first NaN or infinity, None when all values are finite.

    Args:
        array: any array.
        hashes: from :func:`room_for`; filled, in the same pass, when all values are finite.

    Example:
        >>> first_nonfinite(np.array([[1.0, 2.0], [np.nan, 4.0]]))
        (1, 0)
    """
    if array.dtype.kind == "f" and array.size:
        if array.flags.c_contiguous and array.dtype.isnative and array.dtype.itemsize in (4, 8):
            flat = find_nonfinite(array, hashes)
            return None if flat < 0 else tuple(int(i) for i in np.unravel_index(flat, array.shape))
        place = _by_blocks(array)
        if place is not None:
            return place
    if hashes is not None:
        done = 0
        for piece in _pieces(array):
            size = -(-len(piece) // HASHED)
            hash_blocks(piece, hashes[done : done + size])
            done += size
    return None


def room_for(array: Array) -> NDArray[np.uint64]:
    """Room for the hashes of an array's blocks."""
    return np.zeros(-(-array.nbytes // HASHED), np.uint64)


def fingerprint(array: Array, hashes: NDArray[np.uint64]) -> str:
    """What tells this array from others: 32 hexadecimal digits made of shape, dtype and the hashes of its blocks.

    Example:
        >>> numbers = np.arange(6, dtype=np.int32)
        >>> hashes = room_for(numbers)
        >>> first_nonfinite(numbers, hashes)
        >>> fingerprint(numbers, hashes)
        '9ef91c5fed9b67ee2f33189ecccbb6a7'
    """
    from hashlib import blake2b

    about = f"{array.dtype.str} {array.shape} ".encode()
    return blake2b(about + hashes.astype("<u8").tobytes(), digest_size=16).hexdigest()


def block_hashes(data: bytes) -> NDArray[np.uint64]:
    """The hashes of an array's blocks in NumPy: the specification of what ``native/finite.cpp`` computes.

    A block's words of 8 bytes go, in turn, into eight lanes, each ``lane = rotl((lane ^ word) * factor, 31)``; then the
    length and the lanes into one hash by the same rule.
    """
    found = []
    with np.errstate(over="ignore"):
        for start in range(0, len(data), HASHED):
            block = data[start : start + HASHED]
            words = np.frombuffer(block.ljust(-(-len(block) // 64) * 64, b"\0"), np.uint64).reshape(-1, 8)
            lanes = np.arange(1, 9, dtype=np.uint64) * _FACTOR
            for row in words:
                lanes = _mixed(lanes, row)
            value = np.asarray(np.uint64(len(block)))
            for lane in lanes:
                value = _mixed(value, lane)
            found.append((value ^ (value >> np.uint64(32))) * _FACTOR)
    return np.array(found, np.uint64)


def _mixed(value: NDArray[np.uint64], word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    product = np.asarray((value ^ word) * _FACTOR)
    return np.asarray(product << _ROTATED | product >> (np.uint64(64) - _ROTATED))


def _pieces(array: Array) -> Iterator[NDArray[np.uint8]]:
    """The bytes of an array in order, in pieces of whole blocks; a contiguous one as it lies."""
    if array.size == 0:
        return
    if array.flags.c_contiguous:
        yield array.reshape(-1).view(np.uint8)
        return
    row = array[0].nbytes
    rows = HASHED // gcd(row, HASHED)
    rows *= max(1, _BLOCK // (rows * row))
    for start in range(0, len(array), rows):
        yield np.ascontiguousarray(array[start : start + rows]).reshape(-1).view(np.uint8)


def _by_blocks(array: Array) -> tuple[int, ...] | None:
    rows = max(1, _BLOCK // max(1, array[0].size))
    wide = np.float32 if array.dtype.itemsize <= 4 else np.float64
    for start in range(0, len(array), rows):
        block = array[start : start + rows]
        with np.errstate(over="ignore", invalid="ignore"):
            total = block.sum(dtype=wide)
        if np.isfinite(total):
            continue  # a sum is finite only if all terms are; the other way round it may have overflowed
        bad = np.argwhere(~np.isfinite(block))
        if len(bad):
            return (start + int(bad[0][0]), *(int(i) for i in bad[0][1:]))
    return None
