"""Short marks of the rows that a model was trained on, which show how many of other rows are among them."""

from __future__ import annotations

import base64
import binascii

import numpy as np
from numpy.typing import NDArray

from clarinet.types import Array, Config

#: Rows whose marks are kept: of more rows those with the smallest marks, a sample that depends on the rows alone.
_MOST = 4096
#: Rows that are hashed at once.
_CHUNK = 1024


def fingerprint(x: Array, y: Array) -> Config:
    """The fingerprint of rows: at most 22 kB of text, however many they are."""
    marks = np.unique(_marks(x, y))
    kept = marks[:_MOST].astype("<u4")
    return {"all": len(kept) == len(marks), "marks": base64.b64encode(kept.tobytes()).decode()}


def among(found: object, x: Array, y: Array) -> tuple[int, bool] | None:
    """How many of these rows are among those of a fingerprint, and whether that is exact; None if it is unknown.

    Args:
        found: the result of :func:`fingerprint`, or anything that a model file holds in its place.
        x, y: rows and labels.
    """
    kept = found if isinstance(found, dict) else {}
    try:
        exact, known = kept["all"], np.frombuffer(base64.b64decode(kept["marks"], validate=True), "<u4")
    except (TypeError, KeyError, ValueError, binascii.Error):
        return None
    if (exact is not True and exact is not False) or not len(known) or len(known) > _MOST:
        return None
    marks = _marks(x, y)
    inside = np.isin(marks, known)
    if exact:
        return int(inside.sum()), True
    sampled = marks <= known.max()  # of other rows only those can be compared whose marks are as small
    return (round(float(inside[sampled].mean()) * len(x)), False) if sampled.any() else None


def _marks(x: Array, y: Array) -> NDArray[np.uint32]:
    """A number for every row: the upper half of Σ word · factor mod 2^64, which spreads evenly over 32 bits.

    Multilinear hashing: D. Lemire and O. Kaser, *Strongly universal string hashing is fast*, 2014.
    """
    y = np.asarray(y, np.float32).reshape(len(x), -1)
    parts = []
    for start in range(0, len(x), _CHUNK):
        rows = slice(start, start + _CHUNK)
        flat = np.asarray(x[rows]).reshape(len(y[rows]), -1).astype("<f4")
        words = np.concatenate([flat, y[rows].astype("<f4")], axis=1).view("<u4").astype(np.uint64)
        factors = _factors(words.shape[1] + 1)
        parts.append(((words @ factors[1:] + factors[0]) >> np.uint64(32)).astype(np.uint32))
    return np.concatenate(parts)


def _factors(count: int) -> NDArray[np.uint64]:
    """Numbers without a pattern, the same everywhere: SplitMix64 (G. Steele and others, 2014)."""
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
