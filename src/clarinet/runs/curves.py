"""Curves: a metric over steps or epochs, smoothed, and with few enough points to draw."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clarinet.names import nearest
from clarinet.runs import numbers, stored
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.runs.database import Database

Floats = NDArray[np.float64]


def read(store: Database, run: int, name: str, kind: str | None = None) -> tuple[NDArray[np.int64], Floats]:
    """All values of a metric of a run.

    Args:
        store, run: which.
        name: of the metric.
        kind: ``"step"``, ``"epoch"`` or ``"log"``; default the finest there is.

    Returns:
        steps and values, both of shape (n,).

    Raises:
        ValueError: the run has no such metric.
    """
    kinds = ("step", "log", "epoch") if kind is None else (kind,)
    rows = [
        (stored.name(found), stored.name(by), stored.id(series))
        for found, by, series in store.query("SELECT name, kind, id FROM series WHERE run = ?", (run,))
    ]
    known = {(found, by): series for found, by, series in rows}
    chosen = next((known[name, by] for by in kinds if (name, by) in known), None)
    if chosen is None:
        names = {found for found, by, _ in rows if by in kinds}
        hint = nearest(name, names) if names else "there are none"
        raise ValueError(f"no metric {name!r}{'' if kind is None else f' by {kind}'} in this run: {hint}")
    return numbers.read(store.query, chosen)


def smooth(values: ArrayLike, weight: float = 0.6) -> Floats:
    """Exponential moving average without the pull of the start: ``m_t = w m_(t-1) + (1 - w) v_t``, divided by
    ``1 - w^t``. Values that are NaN are passed over and stay NaN.

    Args:
        values: shape (n,).
        weight: of the values before; 0 changes nothing.

    Raises:
        ValueError: a weight outside [0, 1).

    Example:
        >>> smooth([1.0, 1.0, 4.0], 0.5).round(3).tolist()
        [1.0, 1.0, 2.714]
    """
    if not 0.0 <= weight < 1.0:
        raise ValueError(f"smooth: weight is from 0 up to but not including 1, received {weight!r}")
    result = np.array(values, np.float64)
    mean, total = 0.0, 0.0
    for i, value in enumerate(result):
        if np.isfinite(value):
            mean, total = weight * mean + (1 - weight) * value, weight * total + (1 - weight)
            result[i] = mean / total
    return result


def downsample(x: ArrayLike, y: ArrayLike, points: int, method: str = "lttb") -> tuple[Array, Floats]:
    """Few points that look like all of them.

    Args:
        x, y: shape (n,), x ascending.
        points: the number to keep, at least 3; approximately for ``"minmax"``.
        method: ``"lttb"``: from each of equal parts the point that makes the largest triangle with the one before and
            the mean of the next part (S. Steinarsson, Downsampling Time Series for Visual Representation, 2013);
            ``"minmax"``: from each part the lowest and the highest, so that no peak is lost.

    Returns:
        x and y of shape (points,), unchanged where there are no more.

    Raises:
        ValueError: fewer than 3 points, or an unknown method.

    Example:
        >>> x, y = downsample(range(1000), [0.0] * 500 + [9.0] + [0.0] * 499, 10)
        >>> len(x), float(y.max())
        (10, 9.0)
    """
    x, y = np.asarray(x), np.asarray(y, np.float64)
    if points < 3:
        raise ValueError(f"downsample: expected at least 3 points, received {points}")
    if method not in ("lttb", "minmax"):
        raise ValueError(f"downsample: unknown method {method!r}: {nearest(str(method), ('lttb', 'minmax'))}")
    if len(x) <= points:
        return x, y
    kept = _triangles(x, y, points) if method == "lttb" else _extremes(y, points)
    return x[kept], y[kept]


def _triangles(x: Array, y: Floats, points: int) -> NDArray[np.int64]:
    height = np.where(np.isfinite(y), y, 0.0)  # a NaN makes no triangle
    edges = np.linspace(1, len(x) - 1, points - 1).astype(np.int64)
    kept = np.empty(points, np.int64)
    kept[0], kept[-1] = 0, len(x) - 1
    means_x = np.add.reduceat(x.astype(np.float64), edges[:-1]) / np.diff(np.append(edges[:-1], len(x)))
    means_y = np.add.reduceat(height, edges[:-1]) / np.diff(np.append(edges[:-1], len(x)))
    for i in range(points - 2):
        part = slice(edges[i], edges[i + 1])
        a = kept[i]
        next_x, next_y = (x[-1], height[-1]) if i == points - 3 else (means_x[i + 1], means_y[i + 1])
        area = np.abs((x[a] - next_x) * (height[part] - height[a]) - (x[a] - x[part]) * (next_y - height[a]))
        kept[i + 1] = edges[i] + int(np.argmax(area))
    return kept


def _extremes(y: Floats, points: int) -> NDArray[np.int64]:
    parts = max(1, points // 2)
    edges = np.linspace(0, len(y), parts + 1).astype(np.int64)
    low, high = np.where(np.isnan(y), np.inf, y), np.where(np.isnan(y), -np.inf, y)
    kept = []
    for start, stop in pairwise(edges.tolist()):
        kept += [start + int(np.argmin(low[start:stop])), start + int(np.argmax(high[start:stop]))]
    return np.unique(kept)
