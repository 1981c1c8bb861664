"""Inside a model: the outputs of layers, and their gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.plots import style
from clarinet.plots.data import check_model, drawable
from clarinet.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from clarinet.glass import LayerTrace
    from clarinet.layers.base import Layer
    from clarinet.trainable import Trainable

_MOST_ROWS, _MOST_MAPS, _BINS = 100, 32, 30
_DEAD = 1e-12  # the position of an exact zero on a logarithmic axis


def activations(
    model: Trainable,
    x: object,
    layer: int | str | None = None,
    *,
    figure: FigureBase | None = None,
    theme: str | None = None,
) -> FigureBase:
    """Show the outputs of layers for some rows, in inference mode.

    Without ``layer``, the distribution of each layer's outputs, with the share of exact zeros. Of one layer: the
    feature maps of the first row, if its outputs are pictures, else a matrix of rows and units.

    Args:
        model: built.
        x: rows, or one example.
        layer: index in ``model.layers`` or name; default an overview of all.
        figure: a Figure or SubFigure to draw in; default a new one.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``figure``, else light.

    Returns:
        the Figure.

    Raises:
        ValueError: there is no such layer, the rows do not fit the model.

    Example:
        >>> import numpy as np, clarinet
        >>> from clarinet import plots
        >>> layers = [clarinet.Input((2,)), clarinet.layers.Dense(4), clarinet.layers.Dense(3)]
        >>> [ax.get_title() for ax in plots.activations(clarinet.Sequential(layers), np.ones((5, 2))).axes]
        ['dense\\n0 % zeros', 'dense_1\\n0 % zeros']
    """
    from clarinet import glass

    check_model(model, "activations")
    chosen = None
    if layer is not None:
        chosen = model.get_layer(layer) if isinstance(layer, str) else model.get_layer(index=layer)
    layers = glass.trace(model, x, training=False).layers
    if chosen is None:
        return _distributions(layers, figure, theme)
    given = np.asarray(_of(chosen, layers).a, np.float64)
    if given.ndim == 4:
        return _maps(given[0], chosen.name, figure, theme)
    return _rows(given.reshape(len(given), -1)[:_MOST_ROWS], chosen.name, figure, theme)


def _of(layer: Layer, layers: tuple[LayerTrace, ...]) -> LayerTrace:
    """The first use of a layer."""
    found = next((one for one in layers if one.layer is layer), None)
    if found is None:
        names = ", ".join(repr(one.name) for one in layers)
        raise ValueError(f"activations: layer {layer.name!r} gives nothing by itself; choose one of {names}")
    return found


def _distributions(layers: tuple[LayerTrace, ...], figure: FigureBase | None, theme: str | None) -> FigureBase:
    columns = min(len(layers), 4)
    figure, look = style.open_figure(figure, theme, 0.6 + 2.6 * columns, 0.4 + 2.4 * -(-len(layers) // columns))
    for one, ax in zip(layers, style.panels(figure, len(layers), columns, look), strict=True):
        values = np.asarray(one.a, np.float64).ravel()
        finite = values[np.isfinite(values)]
        ax.hist(finite, bins=_BINS, color=look.series[0], weights=np.full(len(finite), 100 / max(len(values), 1)))
        zeros = f"{np.mean(values == 0):.0%} zeros".replace("%", " %")
        odd = f", {len(values) - len(finite):,} not finite" if len(finite) < len(values) else ""
        ax.set(xlabel="output", ylabel="% of outputs", title=style.plain(f"{one.name}\n{zeros}{odd}"))
    return figure


def _maps(maps: Array, name: str, figure: FigureBase | None, theme: str | None) -> FigureBase:
    total = maps.shape[-1]
    count = min(total, _MOST_MAPS)
    columns = min(count, max(4, round(1.5 * count**0.5)))
    figure, look = style.open_figure(figure, theme, 1.0 * columns + 1.2, 0.7 + 1.2 * -(-count // columns))
    maps, most, odd = drawable(maps)
    signed = bool((maps < 0).any())
    settings: dict[str, Any] = {
        "cmap": style.colors(look.signed if signed else look.amount),
        "vmin": -most if signed else 0,
        "vmax": most,
    }
    axes, images = style.panels(figure, count, columns, look), []
    for number, ax in enumerate(axes):
        images.append(ax.imshow(maps[..., number], interpolation="nearest", **settings))
        ax.set_title(str(number), fontsize="small", pad=2)
        style.bare(ax)
    style.color_bar(figure, images[-1], axes, "output", look)
    shown = f"{total} maps" if count == total else f"maps 0 to {count - 1} of {total}"
    style.headline(figure, f"{name}: {shown}, {maps.shape[0]} × {maps.shape[1]}{odd}", look)
    return figure


def _rows(values: Array, name: str, figure: FigureBase | None, theme: str | None) -> FigureBase:
    figure, look = style.open_figure(figure, theme, 6.4, min(6.0, 2.2 + 0.12 * len(values)))
    (ax,) = style.panels(figure, 1, 1, look)
    values, most, odd = drawable(values)
    signed = bool((values < 0).any())
    cmap = style.colors(look.signed if signed else look.amount)
    image = ax.imshow(values, cmap=cmap, vmin=-most if signed else 0, vmax=most, aspect="auto", interpolation="nearest")
    ax.set(xlabel="unit", ylabel="row", title=style.plain(f"{name}: outputs{odd}"))
    style.whole_numbers(ax.xaxis)
    style.whole_numbers(ax.yaxis)
    style.color_bar(figure, image, ax, "output", look)
    return figure


def gradient_flow(
    model: Trainable, x: object, y: object, ax: Axes | None = None, *, theme: str | None = None
) -> Axes | FigureBase:
    """Draw how large the gradients are, layer by layer: whether they vanish or explode on their way back.

    For every layer the root mean square of the batch's gradients of its trainable weights (bars), and of the gradient
    at its output (line), on a logarithmic axis, as the next training step would take them.

    Args:
        model: compiled.
        x, y: a batch of rows and labels, as for ``fit``.
        ax: axes to draw in; default those of a new figure.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``ax``, else light.

    Returns:
        ``ax``, or the new Figure.

    Raises:
        ValueError: the model is not compiled, the data does not fit it.

    Example:
        >>> import numpy as np, clarinet
        >>> from clarinet import plots
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(3), clarinet.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> axes = plots.gradient_flow(model, np.ones((4, 2)), np.ones(4)).axes[0]
        >>> len(axes.patches), axes.get_yscale()
        (2, 'log')
    """
    from clarinet import glass

    check_model(model, "gradient_flow")
    if y is None:
        raise ValueError("gradient_flow: gradients need labels; pass y as for fit")
    layers = glass.trace(model, x, y).layers
    of_weights = [_rms(list(_gradients(one))) for one in layers]
    of_outputs = [_rms([one.da if one.da is not None else one.dz]) for one in layers]
    axes, look, drawn = style.open_axes(ax, theme, max(4.8, 1.8 + 0.75 * len(layers)), 4.2)
    axes.bar(*_sizes(of_weights), 0.6, color=look.series[0], label="gradients of the weights")
    axes.plot(*_sizes(of_outputs), "s--", color=look.series[1], markersize=5, label="gradient at the output")
    axes.set(yscale="log", xlabel="layer, from input to output", ylabel="root mean square")
    axes.set_title("Gradient flow", pad=26)
    lost = [size is not None and not np.isfinite(size) for size in of_weights]
    names = [style.plain(one.name) + " (not finite)" * odd for one, odd in zip(layers, lost, strict=True)]
    axes.set_xticks(range(len(layers)), names, rotation=30, ha="right")
    axes.grid(axis="y", color=look.faint, alpha=0.4, linewidth=0.6)
    axes.set_axisbelow(True)
    style.legend(axes, look, fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return drawn


def _gradients(layer: LayerTrace) -> list[Array]:
    """Gradients of the trainable weights of a layer and of those within it."""
    inner = [gradient for one in layer.layers for gradient in _gradients(one)]
    return inner or [w.gradient for w in layer.weights.values() if w.trainable and w.gradient is not None]


def _sizes(found: list[float | None]) -> tuple[list[int], list[float]]:
    """Places and sizes of the layers that have one, for a logarithmic axis."""
    there = {i: size for i, size in enumerate(found) if size is not None and np.isfinite(size)}
    return list(there), [max(size, _DEAD) for size in there.values()]


@np.errstate(all="ignore")
def _rms(arrays: list[Any]) -> float | None:
    """Root mean square over all elements; None where there are none."""
    values = [np.asarray(array, np.float64).ravel() for array in arrays if array is not None]
    if not values:
        return None
    return float(np.sqrt(np.mean(np.concatenate(values) ** 2)))
