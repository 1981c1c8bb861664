"""Rows of data and a model's answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clarinet.configurable import check_whole
from clarinet.data_adapters import as_array
from clarinet.data_adapters.rows import length
from clarinet.plots import style
from clarinet.plots.data import (
    check_model,
    class_ids,
    drawable,
    given_rows,
    is_classifier,
    names_of,
    picture_shape,
    predicted,
    probabilities,
    rows_of,
    unit_range,
)
from clarinet.types import Array, Arrays

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from clarinet.trainable import Trainable

_PANEL = 1.25  # inches


def samples(
    x: object,
    y: object = None,
    *,
    n: int = 25,
    class_names: Sequence[object] | None = None,
    shape: tuple[int, ...] | None = None,
    figure: FigureBase | None = None,
    theme: str | None = None,
) -> FigureBase:
    """Show the first rows: pictures in a grid, or a table's rows as a map of numbers.

    Args:
        x: (n, height, width), (n, height, width, 1 or 3), or (n, columns); columns that make a square of at least 8 × 8
            are taken for a picture.
        y: labels (n,) or one-hot (n, classes), written over the pictures; default none.
        n: how many rows at most; default 25.
        class_names: the names of class 0, 1, ….
        shape: ``(height, width)`` or ``(height, width, 3)``, to be sure.
        figure: a Figure or SubFigure to draw in; default a new one.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``figure``, else light.

    Returns:
        the Figure.

    Raises:
        ValueError: ``x`` has no rows or is not (rows, …), ``y`` has another number of rows.

    Example:
        >>> import numpy as np
        >>> from clarinet import plots
        >>> len(plots.samples(np.zeros((12, 28, 28)), range(12), n=10).axes)
        10
    """
    check_whole(n, "samples: n", low=1)
    rows = rows_of(x, "samples")
    labels = None if y is None else _labels(y, len(rows), n, class_names, "samples")
    rows = rows[:n]
    picture = picture_shape(rows.shape[1:], shape, "samples")
    if picture is None:
        return _table(rows.reshape(len(rows), -1), labels, figure, theme)
    columns = _columns(len(rows))
    height = -(-len(rows) // columns) * (_PANEL + (0.25 if labels else 0))
    figure, look = style.open_figure(figure, theme, columns * _PANEL, height)
    for i, ax in enumerate(_pictures(figure, rows, picture, columns, look)):
        if labels is not None:
            ax.set_title(labels[i], fontsize="medium")
    return figure


def _columns(count: int) -> int:
    """Panels in a row: nearly as many as there are rows of them, but at least five."""
    return min(count, max(5, int(count**0.5 + 0.5)))


def _labels(y: object, rows: int, n: int, class_names: Sequence[object] | None, what: str) -> list[str]:
    """The captions of the first labels: a class's name or number, or an amount."""
    y = as_array(y, "y")
    amounts = class_names is None and (y.ndim == 1 or y.shape[-1] == 1) and bool((y != np.rint(y)).any())
    ids = class_ids(y, rows, what)
    if amounts:
        return [f"{value:.4g}" for value in y.reshape(-1)[:n]]
    if class_names is None:
        return [str(i) for i in ids[:n]]
    names = names_of(class_names, int(ids.max()) + 1, what)
    return [names[i] for i in ids[:n]]


def _pictures(figure: FigureBase, rows: Array, picture: tuple[int, ...], columns: int, look: style.Theme) -> list[Axes]:
    """A panel for each row."""
    axes = style.panels(figure, len(rows), columns, look)
    for ax, row in zip(axes, unit_range(rows), strict=True):
        ax.imshow(row.reshape(picture), cmap=look.ink, vmin=0, vmax=1, interpolation="nearest")
        style.bare(ax, framed=False)
    return axes


def _table(rows: Array, labels: list[str] | None, figure: FigureBase | None, theme: str | None) -> FigureBase:
    width = min(10.0, max(4.8, 3.0 + 0.3 * rows.shape[1]))
    figure, look = style.open_figure(figure, theme, width, 1.2 + 0.24 * len(rows))
    (ax,) = style.panels(figure, 1, 1, look)
    rows, most, odd = drawable(rows)
    signed = bool((rows < 0).any())
    image = ax.imshow(
        rows,
        cmap=style.colors(look.signed if signed else look.amount),
        vmin=-most if signed else 0,
        vmax=most,
        aspect="auto",
        interpolation="nearest",
    )
    ax.set(xlabel="column", ylabel="row" if labels is None else "label", title=f"The first {len(rows)} rows{odd}")
    style.whole_numbers(ax.xaxis)
    style.whole_numbers(ax.yaxis)
    if labels is not None:
        ax.set_yticks(range(len(rows)), labels[: len(rows)])
    style.color_bar(figure, image, ax, "value", look)
    return figure


def predictions(
    model: Trainable,
    x: object,
    y: object = None,
    *,
    n: int = 10,
    class_names: Sequence[object] | None = None,
    shape: tuple[int, ...] | None = None,
    figure: FigureBase | None = None,
    theme: str | None = None,
) -> FigureBase:
    """Show a model's answers for the first rows: ✓ and green if it is right, ✗ and red if it is not.

    Pictures are shown with class and confidence; of a table's rows the confidence is drawn as bars. Of a regression,
    predictions are drawn over the true values, a point for each row.

    Args:
        model: built; a classifier is one that ends with a sigmoid or softmax, or whose loss takes logits.
        x: rows, as for :func:`samples`.
        y: true labels; without them answers are not marked as right or wrong. A regression needs them.
        n: how many rows at most; default 10. A regression shows all rows.
        class_names, shape, figure, theme: as for :func:`samples`.

    Returns:
        the Figure.

    Raises:
        ValueError: the rows do not fit the model, ``y`` has another number of rows, a regression without ``y``.

    Example:
        >>> import numpy as np, clarinet
        >>> from clarinet import plots
        >>> layers = [clarinet.Input((8, 8)), clarinet.layers.Flatten(), clarinet.layers.Dense(3, activation="softmax")]
        >>> len(plots.predictions(clarinet.Sequential(layers), np.zeros((4, 8, 8)), [0, 1, 2, 0]).axes)
        4
    """
    check_whole(n, "predictions: n", low=1)
    check_model(model, "predictions")
    rows = given_rows(model, x, "predictions")
    if not is_classifier(model, y):
        return _regression(model, rows, y, figure, theme)
    truth = None if y is None else class_ids(y, length(rows), "predictions")[:n]
    rows = tuple(own[:n] for own in rows) if isinstance(rows, tuple) else rows[:n]
    shares = probabilities(model, rows, "predictions")
    names = names_of(class_names, shares.shape[1], "predictions")
    picture = None if isinstance(rows, tuple) else picture_shape(rows.shape[1:], shape, "predictions")
    if picture is None or isinstance(rows, tuple):
        return _bars(shares, truth, names, figure, theme)
    columns = _columns(len(rows))
    size = columns * 1.45, -(-len(rows) // columns) * 1.95
    figure, look = style.open_figure(figure, theme, *size)
    for i, ax in enumerate(_pictures(figure, rows, picture, columns, look)):
        text, color = _verdict(shares[i], None if truth is None else int(truth[i]), names, look)
        ax.set_title(text, color=color, fontsize="medium")
    return figure


def _verdict(
    shares: Array, truth: int | None, names: list[str], look: style.Theme, between: str = "\n"
) -> tuple[str, str]:
    """Words about one prediction, and their colour."""
    best = int(shares.argmax())
    sure = f"{100 * shares[best]:.1f} %"
    if truth is None:
        return f"{names[best]}{between}{sure}", look.text
    if best == truth:
        return f"{names[best]} ✓{between}{sure}", look.right
    right = names[truth] if 0 <= truth < len(names) else str(truth)
    return f"{names[best]} ✗ is {right}{between}{sure}", look.wrong


def _bars(
    shares: Array, truth: Array | None, names: list[str], figure: FigureBase | None, theme: str | None
) -> FigureBase:
    figure, look = style.open_figure(figure, theme, 6.4, 1.2 + 0.32 * len(shares))
    (ax,) = style.panels(figure, 1, 1, look)
    said = [_verdict(row, None if truth is None else int(truth[i]), names, look, ", ") for i, row in enumerate(shares)]
    bars = [look.series[0] if truth is None else color for _, color in said]
    ax.barh(range(len(shares)), shares.max(axis=1), color=bars, height=0.7)
    ax.set_yticks(range(len(shares)), [text for text, _ in said])
    for label, (_, color) in zip(ax.get_yticklabels(), said, strict=True):
        label.set_color(color)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel="confidence", ylabel="prediction", title=f"The first {len(shares)} predictions")
    return figure


def _regression(model: Trainable, rows: Arrays, y: object, figure: FigureBase | None, theme: str | None) -> FigureBase:
    if y is None:
        raise ValueError("predictions: the model predicts amounts; pass the true ones, y, for comparison")
    said = predicted(model, rows, "predictions")
    truth = as_array(y, "y").astype(np.float64)
    if truth.size != said.size:
        raise ValueError(f"predictions: y has shape {truth.shape}, the predictions have {said.shape}")
    figure, look = style.open_figure(figure, theme, 5.4, 4.6)
    (ax,) = style.panels(figure, 1, 1, look)
    ends = [min(truth.min(), said.min()), max(truth.max(), said.max())]
    ax.plot(ends, ends, color=look.text, linestyle="--", linewidth=1, label="as it should be")
    ax.plot(truth.ravel(), said.ravel(), "o", color=look.series[0], alpha=0.6, markersize=4, label="rows")
    error = float(np.abs(said.ravel() - truth.ravel()).mean())
    ax.set(xlabel="true value", ylabel="prediction", title=f"Predictions: off by {error:.3g} on average")
    style.legend(ax, look)
    return figure
