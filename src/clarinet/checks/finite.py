"""Finding NaN and infinity without copying: the native engine's threads, or block after block of an exotic array."""

from __future__ import annotations

import numpy as np

from clarinet._native import find_nonfinite
from clarinet.params import Array

#: Elements looked at in one go, so that a memory-mapped array is read piece by piece.
_BLOCK = 1 << 20


def first_nonfinite(array: Array) -> tuple[int, ...] | None:
    """Index of the first NaN or infinity, None when all values are finite.

    Example:
        >>> first_nonfinite(np.array([[1.0, 2.0], [np.nan, 4.0]]))
        (1, 0)
    """
    if array.dtype.kind != "f" or array.size == 0:
        return None
    if array.flags.c_contiguous and array.dtype.isnative and array.dtype.itemsize in (4, 8):
        flat = find_nonfinite(array)
        return None if flat < 0 else tuple(int(i) for i in np.unravel_index(flat, array.shape))
    return _by_blocks(array)


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
