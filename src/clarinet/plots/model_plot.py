"""``keras.utils.plot_model`` and ``model_to_dot``: a model as a picture in a file, and in Graphviz's language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from clarinet.files import write
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


def model_to_dot(
    model: Trainable,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: object,
) -> Dot:
    """A model in the language of Graphviz: a node for every input, use of a layer or operation, and output.

    The text needs no package; the program ``dot`` makes a picture of it. :func:`plot_model` draws without that.

    Args:
        model: built.
        show_layer_names: whether a node has the name above what it is; default True.
        rankdir: ``"TB"`` (default), from top to bottom, or ``"LR"``, ``"BT"``, ``"RL"``.
        dpi: dots per inch of a picture; default 200.
        splines: how lines run: ``"ortho"`` (default), ``"spline"``, ``"line"``, …
        show_shapes, show_dtype, expand_nested, subgraph, show_layer_activations, show_trainable: taken for Keras
            programs, without effect: a node says its kind, activation and shape.

    Returns:
        the text.

    Raises:
        ValueError: the model is not built, or another ``rankdir``.

    Example:
        >>> from clarinet import Input, Sequential, layers, utils
        >>> text = utils.model_to_dot(Sequential([Input((4,)), layers.Dense(2, name="last")]))
        >>> print(text.splitlines()[2].strip())
        n1 [label="last\\nDense  2"];
    """
    check_model(model, "model_to_dot")
    if rankdir not in _DIRECTIONS:
        raise ValueError(f"model_to_dot: rankdir is one of {', '.join(_DIRECTIONS)}; received {rankdir!r}")
    boxes, edges = graph.boxes_of(model)
    nodes = [
        f"  n{number} [label={_quoted(*[box.name] * bool(show_layer_names), box.about)}];"
        for number, box in enumerate(boxes)
    ]
    begin = f"digraph {_quoted(model.name)} {{ graph [rankdir={rankdir}, dpi={int(dpi)}, splines={_quoted(splines)}];"
    lines = [f"  n{source} -> n{target};" for source, target in edges]
    return Dot("\n".join([f"{begin} node [shape=box];", *nodes, *lines, "}"]))


#: The ways that a graph may run in.
_DIRECTIONS = ("TB", "LR", "BT", "RL")


def _quoted(*lines: str) -> str:
    """Lines as one text in quotes."""
    written = [line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") for line in lines]
    return '"' + "\\n".join(written) + '"'


class Dot(str):
    """A graph in the language of Graphviz."""

    __slots__ = ()

    def to_string(self) -> str:
        """The text itself."""
        return str(self)

    def write(self, path: str | Path, prog: object = None, format: str = "raw") -> bool:
        """Write the text to a file, whole or not at all.

        Raises:
            ValueError: another format than the text's, which Graphviz has to draw.
        """
        if format not in ("raw", "dot"):
            raise ValueError(
                f"Dot.write: a picture is drawn by plot_model, or by the program dot of this text; received {format!r}"
            )
        write(Path(path), f"{self}\n".encode())
        return True


__all__ = ["model_to_dot", "plot_model"]
