"""What a pass through many rows tells of each of their features."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clarinet.types import Array


@dataclass(frozen=True, eq=False)
class Statistics:
    """Features of all rows, in float64; ``print`` shows a table.

    Attributes:
        names: of the features; empty where they have none.
        count: rows.
        mean, variance: of each feature; the variance is that of all rows, as ``layers.Normalization`` takes it.
        minimum, maximum: of each feature.
    """

    names: tuple[str, ...]
    count: int
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]

    def __str__(self) -> str:
        names = self.names or [str(i) for i in range(self.mean.size)]
        columns = [np.ravel(c) for c in (self.mean, np.sqrt(self.variance), self.minimum, self.maximum)]
        rows = [(name, *(f"{c[i]:.6g}" for c in columns)) for i, name in enumerate(names)]
        table = [("feature", "mean", "deviation", "least", "largest"), *rows]
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in table]
        return "\n".join([f"{self.count:,} rows", *lines])


def measured(pieces: Iterable[Array], names: Sequence[str] = ()) -> Statistics:
    """Mean, variance and limits of rows that come in pieces, in one pass.

    Means and sums of squares of two parts are joined as Chan, Golub and LeVeque do (*Updating formulae and a pairwise
    algorithm for computing sample variances*, COMPSTAT 1982).

    Raises:
        ValueError: there are no rows.

    Example:
        >>> found = measured([np.array([[1.0], [2.0]]), np.array([[6.0]])])
        >>> found.count, found.mean.tolist(), found.minimum.tolist(), found.maximum.tolist()
        (3, [3.0], [1.0], [6.0])
        >>> round(found.variance.item(), 9)
        4.666666667
    """
    count = 0
    for piece in pieces:
        rows = piece.astype(np.float64)
        own_mean = rows.mean(axis=0)
        own_squares = np.square(rows - own_mean).sum(axis=0)
        low, high = rows.min(axis=0), rows.max(axis=0)
        if not count:
            mean, squares, least, largest = np.zeros_like(own_mean), np.zeros_like(own_mean), low, high
        total, apart = count + len(rows), own_mean - mean
        squares = squares + own_squares + np.square(apart) * (count * len(rows) / total)
        mean = mean + apart * (len(rows) / total)
        least, largest = np.minimum(least, low), np.maximum(largest, high)
        count = total
    if not count:
        raise ValueError("statistics: there are no rows")
    return Statistics(tuple(names), count, mean, squares / count, least, largest)
