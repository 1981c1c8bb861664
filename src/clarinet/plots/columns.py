"""Which columns of a table a model goes by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clarinet import verdict
from clarinet.answers import coding_of
from clarinet.configurable import check_whole
from clarinet.data_adapters import provenance
from clarinet.data_adapters.rows import length
from clarinet.datasets.columns import Column, NumberColumn
from clarinet.plots import style
from clarinet.plots.data import check_model, given_rows
from clarinet.plots.style import plain
from clarinet.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from clarinet.trainable import Trainable


def importance(
    model: Trainable,
    x: object,
    y: object,
    *,
    feature_names: Sequence[object] | None = None,
    n: int = 20,
    repeats: int = 5,
    ax: Axes | None = None,
    theme: str | None = None,
) -> Axes | FigureBase:
    """Draw how much worse a model becomes when the cells of one column change places: permutation importance.

    The score is balanced accuracy for class numbers, else R². A bar is the mean of the repeats, its line their standard
    deviation. Columns that say the same take each other's place, so each of them seems to count for little. (Breiman,
    *Random forests*, 2001.)

    Args:
        model: of a table; one of ``clarinet train`` knows its columns, of others every feature is one.
        x, y: rows (n, features) and answers, best of data that it was not trained on.
        feature_names: names of the columns of ``x``, where the model does not know them.
        n: columns to draw, the most important first; default 20.
        repeats: how often each column is shuffled; default 5.
        ax: axes to draw in; default those of a new figure.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``ax``, else light.

    Returns:
        ``ax``, or the new Figure.

    Raises:
        ValueError: rows that are no table, another number of names or answers.

    Example:
        >>> import numpy as np, clarinet
        >>> from clarinet import plots
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> model.set_weights([[[2.0], [0.0]], [0.0]])
        >>> x = np.random.default_rng(0).normal(size=(50, 2))
        >>> figure = plots.importance(model, x, 2 * x[:, :1], feature_names=["size", "colour"])
        >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
        ['size', 'colour']
    """
    check_model(model, "importance")
    check_whole(n, "importance: n", low=1)
    check_whole(repeats, "importance: repeats", low=1)
    rows = np.asarray(given_rows(model, x, "importance"))
    answers = np.asarray(y)
    if rows.ndim != 2:
        raise ValueError(f"importance: expected rows of a table (n, features), received shape {rows.shape}")
    if len(answers) != length(rows):
        raise ValueError(f"importance: {len(answers)} answers for {length(rows)} rows")
    columns = _columns(model, rows, feature_names)
    found = list(verdict.importance(model, columns, rows, answers, repeats=repeats).items())[:n]
    measure = "balanced accuracy" if answers.dtype.kind in "iu" and _classes(model) > 1 else "R²"
    return _drawn(found, measure, ax, theme)


def _classes(model: Trainable) -> int:
    return (model.prediction_shape or (1,))[-1]


def _columns(model: Trainable, rows: Array, feature_names: Sequence[object] | None) -> Sequence[Column]:
    """The columns that the model knows, or one for each feature."""
    about = provenance.describe(model)
    coding = coding_of(about)
    if coding is not None and len(coding.feature_names) == rows.shape[1]:
        return coding.columns
    names = range(rows.shape[1]) if feature_names is None else feature_names
    if len(names) != rows.shape[1]:
        raise ValueError(f"importance: {len(names)} feature_names for {rows.shape[1]} features; name every feature")
    return [NumberColumn(str(name), 0.0) for name in names]


def _drawn(
    found: list[tuple[str, tuple[float, float]]], measure: str, ax: Axes | None, theme: str | None
) -> Axes | FigureBase:
    axes, look, drawn = style.open_axes(ax, theme, 6.4, 1.4 + 0.32 * len(found))
    places = np.arange(len(found))
    means, spreads = (np.array([value[part] for _, value in found]) for part in (0, 1))
    axes.barh(places, means, 0.7, color=look.series[0], xerr=spreads, ecolor=look.text, capsize=2)
    axes.set_yticks(places, [plain(name) for name, _ in found])
    axes.invert_yaxis()
    axes.axvline(0, color=look.text, linewidth=0.8)
    axes.set(xlabel=f"{measure} falls by", ylabel="shuffled column", title="What the model goes by")
    return drawn
