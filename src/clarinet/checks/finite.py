"""Finding NaN and infinity, and the data's fingerprint, in one pass without copying.

The native engine's threads do it, or NumPy, block after block, for an exotic array.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from clarinet._native import find_nonfinite, hash_blocks
from clarinet.problems import Problem, error
from clarinet.types import Array, DType

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

#: Elements looked at in one go, so that a memory-mapped array is read piece by piece.
_BLOCK = 1 << 20
#: Bytes that have a hash of their own.
HASHED = 1 << 16
_FACTOR, _ROTATED = np.uint64(0x9E3779B97F4A7C15), np.uint64(31)


def first_nonfinite(
    array: Array, hashes: NDArray[np.uint64] | None = None, dtype: DTypeLike | None = None
) -> tuple[int, ...] | None:
    """Index of the first NaN or infinity, None when all values are finite.

    Args:
        array: any array.
        hashes: from :func:`room_for`; filled when all values are finite, in the same pass where that can be.
        dtype: the dtype that the values will have, if it is narrower: values beyond its range become infinite.

    Example:
        >>> first_nonfinite(np.array([[1.0, 2.0], [np.nan, 4.0]]))
        (1, 0)
        >>> first_nonfinite(np.array([1.0, 1e39]), dtype=np.float32)
        (1,)
    """
    if array.dtype.kind == "f" and array.size:
        narrow = None if dtype is None or np.dtype(dtype).itemsize >= array.dtype.itemsize else largest(dtype)
        if narrow is None and array.flags.c_contiguous and array.flags.aligned and _is_native(array.dtype):
            flat = find_nonfinite(array, hashes)
            return None if flat < 0 else tuple(int(i) for i in np.unravel_index(flat, array.shape))
        place = _by_blocks(array, narrow)
        if place is not None:
            return place
    if hashes is not None:
        done = 0
        for piece in _pieces(array):
            size = -(-len(piece) // HASHED)
            hash_blocks(piece, hashes[done : done + size])
            done += size
    return None


def _is_native(dtype: DType) -> bool:
    """Whether C++ reads numbers of this dtype."""
    return dtype.isnative and dtype.itemsize in (4, 8)


def largest(dtype: DTypeLike) -> float:
    """The largest number of a dtype: 3.4e38 of float32.

    Example:
        >>> f"{largest(np.float32):.3g}"
        '3.4e+38'
    """
    return float(np.finfo(np.dtype(dtype)).max)


def unusable(value: float, what: str, at: str, where: str, fix: str) -> Problem:
    """The problem of a number that :func:`first_nonfinite` found.

    Args:
        value: the number; a finite one is too large for float32.
        what, at: how the message calls the array and the place in it.
        where: the problem's place.
        fix: how to correct a number that is not finite.
    """
    if np.isfinite(value):
        fix = f"expected numbers that float32 can hold, up to {largest(np.float32):.2g}: scale them"
        fix += "" if what.endswith("sample_weight") else ", or use compile(dtype='float64')"
        return error("too_large_for_float32", where, f"{what}: holds {value} at {at}; {fix}")
    return error("nan_in_data", where, f"{what}: holds {value} at {at}; expected finite numbers: {fix}")


def room_for(array: Array) -> NDArray[np.uint64]:
    """Room for the hashes of an array's blocks."""
    return np.zeros(-(-array.nbytes // HASHED), np.uint64)


def fingerprint(array: Array, hashes: NDArray[np.uint64]) -> str:
    """The fingerprint of an array: 32 hexadecimal digits made of shape, dtype and the hashes of its blocks.

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
    """The bytes of an array in order, in pieces of whole blocks; a contiguous one as it is."""
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


def _by_blocks(array: Array, limit: float | None = None) -> tuple[int, ...] | None:
    rows = max(1, _BLOCK // max(1, array[0].size))
    most = np.finfo(array.dtype).max if limit is None else limit
    for start in range(0, len(array), rows):
        block = array[start : start + rows]
        if _all_within(block, limit):
            continue
        bad = np.argwhere(~(np.abs(block) <= most))
        if len(bad):
            return (start + int(bad[0][0]), *(int(i) for i in bad[0][1:]))
    return None


def _all_within(block: Array, limit: float | None) -> bool:
    """Whether one pass shows that all values are finite, or at most ``limit``; where it does not, they may be still."""
    with np.errstate(over="ignore", invalid="ignore"):
        if limit is None:
            wide = np.float32 if block.dtype.itemsize <= 4 else np.float64
            return bool(np.isfinite(block.sum(dtype=wide)))  # finite only if all terms are
        axes = list(range(block.ndim))
        squares = np.einsum(block, axes, block, axes, [])  # summed in place, without a copy
        return bool(squares <= block.dtype.type(limit) ** 2)  # no square exceeds the sum of all
