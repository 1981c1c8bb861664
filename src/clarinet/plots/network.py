"""The network as a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import activations
from clarinet.configurable import check_whole
from clarinet.plots import graph, style
from clarinet.plots.data import check_model, drawable
from clarinet.types import Array
from clarinet.views.diagram import MOST_UNITS, Column, Diagram, Edge, arrange, in_line, is_chain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from clarinet.trainable import Trainable

RADIUS = 0.36
_INCHES = 0.62  # a unit of the drawing
_MOST_WEIGHTS_WRITTEN = 12


def network(
    model: Trainable, x: object = None, ax: Axes | None = None, *, most: int = MOST_UNITS, theme: str | None = None
) -> Axes | FigureBase:
    """Draw the network: a circle for each unit, a line for each weight, and with an example the numbers in the circles.

    Lines are blue and full for weights above zero, red and dashed below it, and the thicker the larger the weight is,
    compared with the largest one between the same two layers. Of large layers the first and last units are drawn.
    Layers other than dense ones are blocks; those that work on each value alone are named under the column before.

    A network with branches is drawn as boxes, from its inputs at the top to its outputs: one for each use of a layer or
    model (dashed: of an operation), with its kind and the shape of one sample of what it gives; with an example there
    are the first of its numbers as colours.

    Args:
        model: built.
        x: one example, or rows of which the first is shown; default none, the circles stay empty.
        ax: axes to draw in; default those of a new figure.
        most: how many units of a layer, or of a box's numbers, are drawn at most; default 10.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``ax``, else light.

    Returns:
        ``ax``, or the new Figure.

    Raises:
        ValueError: the model is not built, the example does not fit it.

    Example:
        >>> import clarinet
        >>> from clarinet import plots
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(3), clarinet.layers.Dense(1)])
        >>> axes = plots.network(model, [0.5, 1.0]).axes[0]
        >>> {"input\\n2", "0.5", "1"} <= {text.get_text() for text in axes.texts}
        True
    """
    check_model(model, "network")
    check_whole(most, "network: most", low=2)
    if not is_chain(model):
        return graph.draw(model, x, ax, most, theme)
    diagram = arrange(model, most)
    values = None if x is None else _values(model, x, diagram)
    wide = (diagram.columns[-1].x + 2.2) * _INCHES
    axes, look, drawn = style.open_axes(ax, theme, max(4.0, wide), max(2.6, (diagram.height + 2.2) * _INCHES))
    _edges(axes, diagram, look)
    _nodes(axes, diagram, values, look)
    _captions(axes, model, diagram, look)
    style.bare(axes, framed=False)
    axes.set_aspect("equal")
    axes.set_title(style.plain(model.name))
    return drawn


def _values(model: Trainable, x: object, diagram: Diagram) -> list[Array]:
    """The numbers of every column for the first example."""
    from clarinet import glass

    layers = glass.trace(model, x, training=False).layers
    first = np.asarray(layers[0].x[0])
    return [np.ravel(first if column.layer < 0 else layers[column.layer].a[0]) for column in diagram.columns]


def _short(value: float) -> str:
    """A number that has room in a circle."""
    if not np.isfinite(value) or abs(value) >= 1000:
        return f"{value:.0e}".replace("e+0", "e")
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0" if abs(value) < 0.005 else "-0")


def _edges(axes: Axes, diagram: Diagram, look: style.Theme) -> None:
    from matplotlib.collections import LineCollection

    most: dict[int, float] = {}
    for edge in diagram.edges:
        size = abs(edge.weight) if np.isfinite(edge.weight) else 0.0
        most[edge.target.column] = max(most.get(edge.target.column, 1e-30), size)
    for positive, color, dash, name in (
        (True, look.series[0], "solid", "weight above zero"),
        (False, look.series[1], (0, (4, 2)), "below zero"),
    ):
        own = [edge for edge in diagram.edges if (edge.weight >= 0) == positive]
        own.sort(
            key=lambda edge: abs(edge.weight) / most[edge.target.column], reverse=True
        )  # the legend shows the first
        if not own:
            continue
        strong = np.nan_to_num([abs(edge.weight) / most[edge.target.column] for edge in own], nan=1.0, posinf=1.0)
        lines = [[edge.source[2:], edge.target[2:]] for edge in own]
        axes.add_collection(
            LineCollection(
                lines, colors=color, linestyles=[dash], linewidths=0.3 + 2.2 * strong, alpha=0.75, zorder=1, label=name
            )
        )
    if len(diagram.edges) <= _MOST_WEIGHTS_WRITTEN:
        _write_weights(axes, diagram.edges, look)
    if diagram.edges:
        style.legend(axes, look, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2, fontsize="small")


def _write_weights(axes: Axes, edges: tuple[Edge, ...], look: style.Theme) -> None:
    behind: dict[str, Any] = {"facecolor": look.background, "edgecolor": "none", "pad": 0.8}
    for edge in edges:
        steep = min(abs(edge.target.y - edge.source.y), 2) / 2
        at = 0.3 + 0.35 * steep  # so that lines that cross are not written over each other
        x, y = (a + at * (b - a) for a, b in zip(edge.source[2:], edge.target[2:], strict=True))
        words = _words(look) | {"fontsize": 7, "zorder": 2}
        axes.text(x, y, _short(edge.weight), bbox=behind, **words)


def _nodes(axes: Axes, diagram: Diagram, values: list[Array] | None, look: style.Theme) -> None:
    from matplotlib.patches import Circle, FancyBboxPatch

    for number, column in enumerate(diagram.columns):
        shown = None if values is None else values[number]
        most = 1.0 if shown is None else drawable(shown)[1]
        for node in column.nodes:
            value = np.nan if shown is None else float(shown[node.unit])
            fill = style.colors(look.signed)((value / most + 1) / 2) if np.isfinite(value) else look.background
            axes.add_patch(Circle(node[2:], RADIUS, facecolor=fill, edgecolor=look.text, linewidth=1, zorder=3))
            if shown is not None:
                style.write_on(axes, node.x, node.y, _short(value), fill, fontsize=7, zorder=4)
        if column.gap is not None:
            axes.text(column.x, column.gap, f"… {column.left_out:,} more", **_words(look))
        if number and (not column.nodes or not diagram.columns[number - 1].nodes):
            _flow(axes, diagram.columns[number - 1], column, look)
        if not column.nodes:
            box = FancyBboxPatch((column.x - 0.7, -0.6), 1.4, 1.2, "round,pad=0.1", fc=look.background, ec=look.text)
            axes.add_patch(box)
            axes.text(column.x, 0, " × ".join(map(str, column.shape)), **_words(look))


def _flow(axes: Axes, source: Column, target: Column, look: style.Theme) -> None:
    """Lines between a block and its neighbours, if no single weights can be shown."""
    ends = [[(c.x, node.y) for node in c.nodes] or [(c.x, 0.0)] for c in (source, target)]
    for x0, y0 in ends[0]:
        for x1, y1 in ends[1]:
            axes.plot([x0, x1], [y0, y1], color=look.faint, linewidth=0.8, zorder=0)


def _captions(axes: Axes, model: Trainable, diagram: Diagram, look: style.Theme) -> None:
    """Names and sizes under the columns."""
    low = -diagram.height / 2
    for column in diagram.columns:
        activation = "" if column.layer < 0 else getattr(in_line(model)[column.layer], "activation", None)
        name = "" if activation == activations.linear else getattr(activation, "name", "")
        about = f"{column.size:,}" + (f" · {name}" if name else "")
        axes.text(column.x, low - 0.1, style.plain(f"{column.title}\n{about}"), **{**_words(look), "va": "top"})
    deep = max(column.title.count("\n") for column in diagram.columns)
    axes.set_xlim(-1.1, diagram.columns[-1].x + 1.1)
    axes.set_ylim(low - 0.75 - 0.3 * deep, diagram.height / 2)


def _words(look: style.Theme) -> dict[str, Any]:
    return {"color": look.text, "fontsize": 8, "ha": "center", "va": "center", "zorder": 4}
