"""The smallest regression worth looking at: three students, hours slept and hours studied, and their test scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["load_data"]


def load_data() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Three rows: how long each student slept and studied, and the score out of 100.

    Nothing is scaled: dividing ``x`` by its column maxima and ``y`` by 100 is the usual first step.

    Returns:
        ``(x, y)``: float32 (3, 2), hours slept and hours studied; float32 (3, 1), the score.

    Example:
        >>> from clarinet.datasets import study_hours
        >>> x, y = study_hours.load_data()
        >>> x.tolist(), y.tolist()
        ([[3.0, 5.0], [5.0, 1.0], [10.0, 2.0]], [[75.0], [82.0], [93.0]])
    """
    return np.array([[3, 5], [5, 1], [10, 2]], np.float32), np.array([[75], [82], [93]], np.float32)
