"""Linear models: a measure for others, and where networks for tables start from."""

from __future__ import annotations

import numpy as np

from clarinet.types import Array

__all__ = ["logistic", "ridge"]

_STEPS = 200
#: Weight decay, for standardised features.
_RIDGE = 1.0


def ridge(x: Array, y: Array) -> tuple[Array, Array]:
    """Ridge regression: w = (XᵀX + αI)⁻¹ Xᵀ(y − ȳ), or where there are more features than rows
    Xᵀ(XXᵀ + αI)⁻¹(y − ȳ), with α = 1.

    Args:
        x: standardised features (n, features), float64.
        y: amounts (n, outputs).

    Returns:
        Weights (features, outputs) and bias (outputs,).

    Example:
        >>> x = np.array([[-1.0], [1.0]])
        >>> weights, bias = ridge(x, 3 * x + 5)
        >>> weights.tolist(), bias.tolist()
        ([[2.0]], [5.0])
    """
    mean = y.mean(axis=0)
    if x.shape[1] <= len(x):
        return np.linalg.solve(x.T @ x + _RIDGE * np.eye(x.shape[1]), x.T @ (y - mean)), mean
    return x.T @ np.linalg.solve(x @ x.T + _RIDGE * np.eye(len(x)), y - mean), mean


def logistic(x: Array, y: Array, weight: Array | None = None) -> tuple[Array, Array]:
    """Multinomial logistic regression, by Nesterov's accelerated gradient (1983) with 1 / L as its step.

    Args:
        x: standardised features (n, features), float64.
        y: a row with a single 1 for each row of ``x`` (n, classes).
        weight: what each row counts (n,), 1 on average; None: all alike.

    Returns:
        Weights (features, classes) and bias (classes,).

    Example:
        >>> weights, bias = logistic(np.array([[-1.0], [-1.0], [1.0], [1.0]]), np.eye(2)[[0, 0, 1, 1]])
        >>> bool(weights[0, 1] > 0), bias.round(6).tolist()
        (True, [0.0, 0.0])
    """
    x1 = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    counts = np.ones((len(x), 1)) if weight is None else weight.reshape(-1, 1)
    largest = _largest_eigenvalue(np.sqrt(counts) * x1)
    step = 1 / (0.5 * largest / len(x) + _RIDGE / len(x))
    weights: Array = np.zeros((x1.shape[1], y.shape[1]))
    ahead = weights
    for number in range(_STEPS):
        logits = x1 @ ahead
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        new = ahead - step * (x1.T @ (counts * (chances - y)) + _RIDGE * ahead) / len(x)
        ahead = new + number / (number + 3) * (new - weights)
        weights = new
    return weights[:-1], weights[-1]


def _largest_eigenvalue(x: Array) -> float:
    """Of XᵀX, by powers; a little more than that."""
    start: Array = np.random.default_rng(0).normal(size=(x.shape[1],))
    vector = start / max(float(np.linalg.norm(start)), 1e-30)
    for _ in range(20):
        longer: Array = x.T @ (x @ vector)
        vector = longer / max(float(np.linalg.norm(longer)), 1e-30)
    return 1.05 * float(np.linalg.norm(x @ vector)) ** 2
