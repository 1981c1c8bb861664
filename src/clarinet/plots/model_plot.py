"""``keras.utils.plot_model``: a picture of a model in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from clarinet.plots import graph
from clarinet.plots.data import check_model
from clarinet.plots.style import save, whole
from clarinet.trainable import Trainable
from clarinet.views.diagram import MOST_UNITS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_model(
    model: Trainable,
    to_file: str | Path | None = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    **kwargs: object,
) -> Figure:
    """Draw a model as boxes, a box for each use of a layer or model, and write the picture to a file.

    A box shows name, kind, activation and the shape of one sample of what it gives, so the arguments that ask for these
    change nothing; neither do those that say how the picture is laid out. :func:`clarinet.plots.network` draws the
    units, too.

    Args:
        model: built.
        to_file: ends in ``.png``, ``.svg`` or ``.pdf``; None writes no file. A file of this name is replaced.
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable, rankdir, expand_nested, dpi:
            taken for Keras programs, without effect.

    Returns:
        the Figure, which notebooks show.

    Raises:
        ValueError: the model is not built; another ending. ImportError: matplotlib is not installed.

    Example:
        >>> import tempfile
        >>> from clarinet import Input, Sequential, layers, utils
        >>> figure = utils.plot_model(Sequential([Input((4,)), layers.Dense(2)]), tempfile.mkdtemp() + "/model.svg")
        >>> {"dense", "Dense  2"} <= {text.get_text() for text in figure.axes[0].texts}
        True
    """
    check_model(model, "plot_model")
    figure = whole(graph.draw(model, None, None, MOST_UNITS, None))
    if to_file is not None:
        save(figure, to_file)
    return figure


__all__ = ["plot_model"]
