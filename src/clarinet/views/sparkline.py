"""Curves small enough for a line of text."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def sparkline(values: ArrayLike, width: int = 24) -> str:
    """A curve on one line of text.

    Example:
        >>> sparkline([0, 1, 2, 3, 4, 5, 6, 7])
        '▁▂▃▄▅▆▇█'
    """
    numbers = np.asarray(values, np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) == 0:
        return ""
    if len(numbers) > width:
        numbers = np.array([part.mean() for part in np.array_split(numbers, width)])
    low, high = numbers.min(), numbers.max()
    scaled = (numbers - low) / (high - low) * 7 if high > low else np.full(len(numbers), 3)
    return "".join("▁▂▃▄▅▆▇█"[round(float(level))] for level in scaled)
