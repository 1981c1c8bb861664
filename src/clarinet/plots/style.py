"""Figures without a screen, in the colours of :mod:`clarinet.views.theme`, and saving them.

They are matplotlib's own ``Figure`` objects, made without pyplot: nothing global is touched.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack, overload

from clarinet import files
from clarinet.views.theme import DARK, LIGHT, THEMES, Theme, colors, luminance, plain, readable_on, theme_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure, FigureBase
    from matplotlib.typing import ColorType

__all__ = [
    "DARK",
    "DPI",
    "ENDINGS",
    "LIGHT",
    "THEMES",
    "Theme",
    "bare",
    "color_bar",
    "colors",
    "encoded",
    "headline",
    "legend",
    "luminance",
    "new_figure",
    "open_axes",
    "open_figure",
    "paint",
    "panels",
    "plain",
    "png",
    "readable_on",
    "save",
    "theme_of",
    "whole_numbers",
    "write_on",
]


class LegendSettings(TypedDict, total=False):
    """Position and size of a legend."""

    loc: Literal["best", "upper left", "upper center", "lower center"]
    bbox_to_anchor: tuple[float, float]
    ncols: int
    fontsize: Literal["small"]


#: The endings that :func:`save` knows.
ENDINGS = (".svg", ".pdf", ".png")
#: Dots per inch of pictures that are no vector graphics.
DPI = 144


def write_on(ax: Axes, x: float, y: float, text: str, fill: ColorType, fontsize: float, zorder: float = 3) -> None:
    """Write in the middle of something of the colour ``fill``, which the text's ``gid`` keeps."""
    from matplotlib.colors import to_hex

    color, gid = readable_on(fill), to_hex(fill)
    ax.text(x, y, text, color=color, ha="center", va="center", gid=gid, fontsize=fontsize, zorder=zorder)


def new_figure(width: float, height: float, theme: Theme) -> Figure:
    """An empty figure, sizes in inches, which notebooks show as a picture.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError as error:
        raise ImportError(
            f'clarinet.plots needs matplotlib ({error}); install it with pip install "clarinet[plots]"'
        ) from None
    _tell_notebook()
    room = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)  # inches around every panel
    return Figure(figsize=(width, height), facecolor=theme.background, layout=room)


def _tell_notebook() -> None:
    """IPython shows figures as pictures only once pyplot was imported, which is not done here."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        shell.display_formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", png)


def png(figure: Figure) -> tuple[bytes, dict[str, int]]:
    """The figure as a PNG file's bytes, twice as fine as its size on the page asks for, and that size in pixels."""
    width, height = (round(inches * DPI / 2) for inches in figure.get_size_inches())
    return encoded(figure, "png"), {"width": width, "height": height}


def whole(picture: Axes | FigureBase) -> Figure:
    """The figure that axes or a part of a figure belong to."""
    from matplotlib.figure import Figure

    while not isinstance(picture, Figure):
        picture = picture.figure
    return picture


def encoded(figure: Figure, form: str) -> bytes:
    """The figure as the bytes of an ``"svg"``, ``"pdf"`` or ``"png"`` file; the same figure gives the same bytes."""
    from io import BytesIO

    import matplotlib

    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[form]
    file = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "clarinet"}):
        figure.savefig(file, format=form, dpi=DPI, metadata=undated)
    return file.getvalue()


def open_figure(figure: FigureBase | None, theme: str | None, width: float, height: float) -> tuple[FigureBase, Theme]:
    """The figure to draw in, a new one if none is given, and its theme."""
    look = theme_of(theme, figure)
    return (new_figure(width, height, look) if figure is None else figure), look


@overload
def open_axes(
    ax: None, theme: str | None, width: float = 6.4, height: float = 4.4
) -> tuple[Axes, Theme, FigureBase]: ...
@overload
def open_axes(ax: Axes, theme: str | None, width: float = 6.4, height: float = 4.4) -> tuple[Axes, Theme, Axes]: ...
def open_axes(
    ax: Axes | None, theme: str | None, width: float = 6.4, height: float = 4.4
) -> tuple[Axes, Theme, Axes | FigureBase]:
    """The axes to draw in, their theme, and the caller's result: ``ax``, or the new figure."""
    if ax is not None:
        look = theme_of(theme, ax.figure)
        return paint(ax, look), look, ax
    figure, look = open_figure(None, theme, width, height)
    return paint(figure.add_subplot(), look), look, figure


def panels(figure: FigureBase, count: int, columns: int, theme: Theme) -> list[Axes]:
    """So many axes in rows of ``columns``, painted."""
    rows = -(-count // columns)
    grid = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for unused in grid[count:]:
        unused.remove()
    return [paint(ax, theme) for ax in grid[:count]]


def paint(ax: Axes, theme: Theme) -> Axes:
    """Give axes the theme's colours."""
    ax.set_facecolor(theme.background)
    ax.tick_params(which="both", colors=theme.text, labelcolor=theme.text)
    for side, spine in ax.spines.items():
        spine.set_color(theme.faint)
        spine.set_visible(side in ("left", "bottom"))
    for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
        text.set_color(theme.text)
    return ax


def bare(ax: Axes, framed: bool = True) -> None:
    """No ticks: the axes show a picture, not a function."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(framed)


def legend(ax: Axes, theme: Theme, **settings: Unpack[LegendSettings]) -> None:
    """A legend in the theme's colours."""
    ax.legend(frameon=False, labelcolor=theme.text, **settings)


def color_bar(figure: FigureBase, image: ScalarMappable, axes: Axes | list[Axes], label: str, theme: Theme) -> None:
    """A scale for the colours of ``image``."""
    bar = figure.colorbar(image, ax=axes, shrink=0.85)
    bar.set_label(label, color=theme.text)
    bar.ax.tick_params(colors=theme.text, labelcolor=theme.text)
    bar.outline.set_edgecolor(theme.faint)


def whole_numbers(axis: Axis) -> None:
    """Ticks at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def headline(figure: FigureBase, text: str, theme: Theme) -> None:
    """A title over all panels."""
    figure.suptitle(plain(text), color=theme.text)


def save(figure: Axes | FigureBase, path: str | Path) -> Path:
    """Write a picture to a file, whole or not at all; its ending selects the format.

    Args:
        figure: a figure, or axes whose figure is meant.
        path: ends in ``.svg``, ``.pdf`` or ``.png``. The same picture gives the same bytes.

    Returns:
        the path.

    Raises:
        ValueError: another ending. OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> from clarinet import plots
        >>> figure = plots.history({"loss": [0.5, 0.3, 0.2]})
        >>> plots.save(figure, tempfile.mkdtemp() + "/loss.svg").name
        'loss.svg'
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(f"save: {str(path)!r} ends in {ending or 'nothing'!r}; expected one of {', '.join(ENDINGS)}")
    files.write(path, encoded(whole(figure), ending[1:]))
    return path
