"""The weights of a layer as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet.configurable import check_whole
from clarinet.plots import style
from clarinet.plots.data import check_model, drawable, picture_shape
from clarinet.types import Array

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from clarinet.layers.base import Layer
    from clarinet.trainable import Trainable

_MOST_PANELS = 32
#: Filters with up to this many channels show each of them; with more, the mean.
_MOST_CHANNELS = 4


def weights(
    model: Trainable,
    layer: int | str | None = None,
    *,
    n: int | None = None,
    shape: tuple[int, ...] | None = None,
    figure: FigureBase | None = None,
    theme: str | None = None,
) -> FigureBase:
    """Show a layer's weights in red (below zero) and blue (above), on one scale that is symmetric about zero.

    In a dense layer over pictures, every unit's weights are a picture of what it looks for. In a convolution every
    filter is one: its channels are side by side, or averaged if there are more than four. Other weights are drawn as
    one matrix.

    Args:
        model: built.
        layer: index in ``model.layers`` or name; default the first layer that has such weights.
        n: how many units or filters at most; default 32.
        shape: ``(height, width)`` or ``(height, width, channels)`` of the pictures that a dense layer takes; default
            the model's input, or a square.
        figure: a Figure or SubFigure to draw in; default a new one.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``figure``, else light.

    Returns:
        the Figure.

    Raises:
        ValueError: there is no such layer, it has no weights, ``shape`` does not fit.

    Example:
        >>> import clarinet
        >>> from clarinet import plots
        >>> model = clarinet.Sequential([clarinet.Input((784,)), clarinet.layers.Dense(10)])
        >>> len(plots.weights(model, n=6).axes)  # six pictures and the colour bar
        7
    """
    check_model(model, "weights")
    if n is not None:
        check_whole(n, "weights: n", low=1)
    chosen, name, values = _find(model, layer)
    kernel, most, odd = drawable(values)
    units, what = _pictures(model, chosen, name, kernel, shape)
    if units is None:
        title = f"{chosen.name}: {name}{odd}"
        return _matrix(kernel.reshape(-1, kernel.shape[-1]), most, title, figure, theme)
    total, units = len(units), units[: n or _MOST_PANELS]
    columns = min(len(units), max(4, round(1.5 * len(units) ** 0.5)))
    aspect = units.shape[1] / units.shape[2]
    rows = -(-len(units) // columns)
    figure, look = style.open_figure(figure, theme, 1.0 * columns + 1.2, 0.7 + rows * (1.0 * aspect + 0.25))
    axes, images = style.panels(figure, len(units), columns, look), []
    for number, (ax, unit) in enumerate(zip(axes, units, strict=True)):
        image = ax.imshow(unit, cmap=style.colors(look.signed), vmin=-most, vmax=most, interpolation="nearest")
        images.append(image)
        ax.set_title(str(number), fontsize="small", pad=2)
        style.bare(ax)
    style.color_bar(figure, images[-1], axes, "weight", look)
    count = (
        f"{what}s 0 to {len(units) - 1} of {total}"
        if len(units) < total
        else f"{total} {what}{'s' if total > 1 else ''}"
    )
    style.headline(figure, f"{chosen.name}: {name} of {count}{odd}", look)
    return figure


def _find(model: Trainable, layer: int | str | None) -> tuple[Layer, str, Array]:
    """The layer, and name and numbers of its first weight with at least two axes."""
    if layer is None:
        layers = model.layers
    else:
        layers = [model.get_layer(layer) if isinstance(layer, str) else model.get_layer(index=layer)]
    for one in layers:
        for name, array in _arrays(model, one):
            return one, name, array
    have = [f"{i} ({one.name})" for i, one in enumerate(model.layers) for _ in _arrays(model, one)[:1]]
    raise ValueError(
        f"weights: {'the model' if layer is None else f'layer {layer!r}'} has no weights to show as a picture; "
        f"layers with such weights: {', '.join(have) or 'none'}"
    )


def _arrays(model: Trainable, layer: Layer) -> list[tuple[str, Array]]:
    """Names and numbers of a layer's weights with at least two axes."""
    own = layer.named_weights().items()
    return [(name, np.array(variable, np.float64)) for name, variable in own if variable.ndim > 1]


def _pictures(
    model: Trainable, layer: Layer, name: str, kernel: Array, shape: tuple[int, ...] | None
) -> tuple[Array | None, str]:
    """A picture (height, width) for each unit or filter, and their names; None if they are no pictures."""
    if kernel.ndim == 4:
        if name.endswith("depthwise_kernel"):  # a filter for every channel
            height, width, channels, times = kernel.shape
            return np.moveaxis(kernel.reshape(height, width, channels * times), -1, 0), "filter"
        return _side_by_side(np.moveaxis(kernel, -1, 0)), "filter"
    if kernel.ndim == 2 and name.endswith("kernel") and not name.endswith("recurrent_kernel"):
        taken = model.sample_shape or ()
        own = (kernel.shape[0],)
        if shape is None and len(taken) > 1 and int(np.prod(taken)) == kernel.shape[0] and _sees_input(model, layer):
            shape = taken if picture_shape(taken) else None
        picture = picture_shape(own, shape, "weights")
        if picture is not None:
            channels = (1,) if len(picture) == 2 else ()
            return _side_by_side(kernel.T.reshape(-1, *picture, *channels)), "unit"
    if shape is not None:
        raise ValueError(f"weights: shape is for the units of a dense layer; {name} of {layer.name} is {kernel.shape}")
    return None, ""


def _sees_input(model: Trainable, layer: Layer) -> bool:
    """Whether nothing before the layer has weights: then its inputs are the model's, in order."""
    return all(one.count_params() == 0 for one in model.layers[: model.layers.index(layer)])


def _side_by_side(filters: Array) -> Array:
    """(n, height, width, channels) as (n, height, width): channels next to each other, or their mean."""
    n, height, _, channels = filters.shape
    if channels == 1:
        return filters[..., 0]
    if channels > _MOST_CHANNELS:
        return np.asarray(filters.mean(axis=-1))
    gap = np.full((n, height, 1), np.nan)
    pieces = [piece for c in range(channels) for piece in (gap, filters[..., c])]
    return np.concatenate(pieces[1:], axis=2)


def _matrix(kernel: Array, most: float, title: str, figure: FigureBase | None, theme: str | None) -> FigureBase:
    figure, look = style.open_figure(figure, theme, 6.4, 4.4)
    (ax,) = style.panels(figure, 1, 1, look)
    image = ax.imshow(
        kernel, cmap=style.colors(look.signed), vmin=-most, vmax=most, aspect="auto", interpolation="nearest"
    )
    ax.set(xlabel="unit", ylabel="input", title=style.plain(title))
    for axis in (ax.xaxis, ax.yaxis):
        style.whole_numbers(axis)
    style.color_bar(figure, image, ax, "weight", look)
    return figure
