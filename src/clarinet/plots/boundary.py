"""The answers of a model of two columns over the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.data_adapters import as_array
from clarinet.plots import style
from clarinet.plots.data import check_model, class_ids, is_classifier, predicted, probabilities, rows_of
from clarinet.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from clarinet.trainable import Trainable

_MARKERS = ("o", "X", "s", "^", "D", "v", "P")
_STEPS = 160  # points of the grid along each axis


def boundary(
    model: Trainable, x: object, y: object, ax: Axes | None = None, *, theme: str | None = None
) -> Axes | FigureBase:
    """Draw how a model divides the plane, with the rows on it: a class is a colour and a mark.

    The surer the model is of a class, the stronger its colour; the lines are where two classes are equally likely. Of a
    regression the predictions are drawn as colours, and the rows in the colours of their true values.

    Args:
        model: built for two columns.
        x: (n, 2).
        y: labels (n,) or one-hot, or true amounts.
        ax: axes to draw in; default those of a new figure.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``ax``, else light.

    Returns:
        ``ax``, or the new Figure.

    Raises:
        ValueError: the model does not take two columns, ``y`` has another number of rows.

    Example:
        >>> import clarinet
        >>> from clarinet import plots
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1, activation="sigmoid")])
        >>> axes = plots.boundary(model, [[0, 0], [1, 1]], [0, 1]).axes[0]
        >>> [line.get_label() for line in axes.lines]
        ['class 0', 'class 1']
    """
    check_model(model, "boundary")
    rows = rows_of(x, "boundary")
    if model.sample_shape != (2,) or rows.shape[1:] != (2,):
        raise ValueError(
            f"boundary: expected a model of two columns and x of shape (n, 2); the model takes {model.sample_shape}, x "
            f"has shape {rows.shape}; train a model on the two columns of interest"
        )
    if not np.isfinite(rows).all():
        raise ValueError("boundary: x holds NaN or infinity, which have no place in the plane; leave those rows out")
    truth = as_array(y, "y")
    if len(truth) != len(rows):
        raise ValueError(f"boundary: x has {len(rows)} rows but y has {len(truth)}; every row needs its label")
    axes, look, drawn = style.open_axes(ax, theme, 5.6, 4.8)
    grid, edges = _grid(rows)
    if is_classifier(model, y):
        shares = probabilities(model, grid, "boundary")
        _classes(axes, shares, edges, look)
        ids = class_ids(y, len(rows), "boundary")
        for number in range(shares.shape[1]):
            own = rows[ids == number]
            color, mark = look.series[number % len(look.series)], _MARKERS[number % len(_MARKERS)]
            dots: dict[str, Any] = {
                "color": color,
                "markersize": 6,
                "markeredgecolor": look.background,
                "markeredgewidth": 0.8,
            }
            axes.plot(own[:, 0], own[:, 1], mark, label=f"class {number}", **dots)
        axes.set_title("What the model says where")
        style.legend(axes, look, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    else:
        _amounts(axes, predicted(model, grid, "boundary"), rows, truth, edges, look)
    axes.set(xlabel="column 0", ylabel="column 1", xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]])
    return drawn


def _grid(rows: Array) -> tuple[Array, tuple[Array, Array]]:
    """Points all over the rows' range and a little beyond, and the coordinates along each axis."""
    low, high = rows.min(axis=0).astype(np.float64), rows.max(axis=0).astype(np.float64)
    room = np.where(high > low, (high - low) * 0.12, 1.0)
    first, second = (np.linspace(a, b, _STEPS) for a, b in zip(low - room, high + room, strict=True))
    across, up = np.meshgrid(first, second)
    return np.column_stack([across.ravel(), up.ravel()]).astype(np.float32), (first, second)


def _classes(axes: Axes, shares: Array, edges: tuple[Array, Array], look: style.Theme) -> None:
    from matplotlib.colors import to_rgb

    best, count = shares.argmax(axis=1), shares.shape[1]
    strength = (shares.max(axis=1) - 1 / count) / (1 - 1 / count)
    own = np.array([to_rgb(look.series[i % len(look.series)]) for i in range(count)])[best]
    canvas = np.array(to_rgb(look.background))
    mixed = canvas + (own - canvas) * (0.1 + 0.4 * np.clip(strength, 0, 1))[:, None]
    extent = (edges[0][0], edges[0][-1], edges[1][0], edges[1][-1])
    axes.imshow(
        mixed.reshape(_STEPS, _STEPS, 3), origin="lower", extent=extent, aspect="auto", interpolation="bilinear"
    )
    for number in range(count if count > 2 else 1):
        others = np.delete(shares, number, axis=1).max(axis=1)
        lead = (shares[:, number] - others).reshape(_STEPS, _STEPS)
        if lead.min() < 0 < lead.max():
            axes.contour(*edges, lead, levels=[0.0], colors=[look.text], linewidths=1.2)


def _amounts(axes: Axes, said: Array, rows: Array, truth: Array, edges: tuple[Array, Array], look: style.Theme) -> None:
    said = said.reshape(_STEPS, _STEPS, -1)
    if said.shape[-1] != 1:
        raise ValueError(f"boundary: the model predicts {said.shape[-1]} amounts; expected one, or classes")
    truth = truth.reshape(-1).astype(np.float64)
    low, high = min(said.min(), truth.min()), max(said.max(), truth.max())
    settings: dict[str, Any] = {"cmap": "viridis", "vmin": low, "vmax": high if high > low else low + 1}
    image = axes.pcolormesh(*edges, said[..., 0], shading="nearest", rasterized=True, **settings)
    axes.scatter(rows[:, 0], rows[:, 1], c=truth, edgecolors=look.text, linewidths=0.8, s=36, **settings)
    axes.set_title("Predictions, and the rows' true values")
    style.color_bar(axes.figure, image, axes, "amount", look)
