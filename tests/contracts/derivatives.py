"""Central differences, the judge of every hand-written derivative."""

from collections.abc import Callable

import numpy as np


def numeric_gradient(function: Callable[[np.ndarray], float], x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """``(f(x + h) - f(x - h)) / 2h`` in every element of ``x`` (float64), with an error of the order of ``h**2``."""
    gradient = np.empty_like(x)
    for index in np.ndindex(*x.shape):
        moved = x.copy()
        moved[index] = x[index] + step
        above = function(moved)
        moved[index] = x[index] - step
        gradient[index] = (above - function(moved)) / (2 * step)
    return gradient


def assert_close(ours: np.ndarray, numeric: np.ndarray) -> None:
    """Equal to about nine digits of the largest element, which is what differences in float64 can tell."""
    np.testing.assert_allclose(ours, numeric, rtol=1e-6, atol=1e-8 * max(1.0, np.abs(numeric).max(initial=0)))
