"""How pictures look: two themes, colours that everybody can tell apart, figures without a screen, saving.

Colours are Okabe and Ito's (*Color universal design*, 2008); what a colour says, a mark, a line style or a number says
too. Figures are matplotlib's own ``Figure`` objects, made without pyplot: nothing global is touched.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clarinet import files
from clarinet.names import nearest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

#: The endings that :func:`save` knows.
ENDINGS = (".svg", ".pdf", ".png")
#: Dots per inch of pictures that are no vector graphics.
DPI = 144


@dataclass(frozen=True)
class Theme:
    """Colours of a picture.

    Attributes:
        background, text, faint: of the canvas, of words, of grids and frames.
        series: of lines and classes, in order.
        right, wrong: of words about right and wrong answers; at least 4.5 times as bright or dark as the background.
        ink: matplotlib's name of the map from 0 to 1 for grey pictures.
        amount: colours from little to much.
        signed: colours from below zero over zero to above.
    """

    name: str
    background: str
    text: str
    faint: str
    series: tuple[str, ...]
    right: str
    wrong: str
    ink: str
    amount: tuple[str, ...]
    signed: tuple[str, ...]


LIGHT = Theme(
    "light",
    background="#ffffff",
    text="#1f2328",
    faint="#c4c9d0",
    series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#1f2328"),
    right="#00694c",
    wrong="#a83c00",
    ink="gray_r",
    amount=("#ffffff", "#9ecae1", "#3182bd", "#08306b"),
    signed=("#67001f", "#d6604d", "#fddbc7", "#ffffff", "#d1e5f0", "#4393c3", "#053061"),
)
DARK = Theme(
    "dark",
    background="#14171c",
    text="#e8eaed",
    faint="#4a515b",
    series=("#56b4e9", "#e69f00", "#2bc39a", "#cc79a7", "#f0e442", "#e8743b", "#e8eaed"),
    right="#4fd6ac",
    wrong="#ff9a5c",
    ink="gray",
    amount=("#14171c", "#234a6b", "#3f8ec4", "#c6e6fb"),
    signed=("#ffb199", "#e0573c", "#5a2a24", "#14171c", "#1d3f5c", "#3f95d6", "#b5dcff"),
)
THEMES = {"light": LIGHT, "dark": DARK}


def theme_of(theme: str | None, where: Any = None) -> Theme:
    """The theme of this name; None takes what suits the background of the figure or axes ``where``.

    Raises:
        ValueError: there is no such theme.
    """
    if theme is not None:
        if theme not in THEMES:
            raise ValueError(f"theme: unknown theme {theme!r}: {nearest(str(theme), THEMES)}")
        return THEMES[theme]
    while where is not None:
        red, green, blue, alpha = _rgba(where.get_facecolor())
        if alpha > 0:
            return LIGHT if luminance((red, green, blue)) > 0.5 else DARK
        where = where.figure if where.figure is not where else None
    return LIGHT


def _rgba(color: Any) -> tuple[float, float, float, float]:
    from matplotlib.colors import to_rgba

    return to_rgba(color)


def luminance(color: Any) -> float:
    """Relative luminance from 0 to 1 (Web Content Accessibility Guidelines 2.2)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgba(color)[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def readable_on(color: Any) -> str:
    """Black or white, whichever is easier to read on ``color``."""
    return "#000000" if luminance(color) > 0.179 else "#ffffff"


def plain(text: str) -> str:
    """Words that matplotlib shows letter for letter; to it, what stands between two ``$`` is a formula.

    Names that users give (layers, classes, metrics, runs) go through here on their way into a picture.
    """
    return text.replace("$", r"\$")


def write_on(ax: Axes, x: float, y: float, text: str, fill: Any, **settings: Any) -> None:
    """Write in the middle of something of the colour ``fill``, which the text's ``gid`` keeps."""
    from matplotlib.colors import to_hex

    ax.text(x, y, text, color=readable_on(fill), ha="center", va="center", gid=to_hex(fill), **settings)


def colors(stops: tuple[str, ...]) -> Colormap:
    """A colour map through these colours, evenly spaced; what is no number has none."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("clarinet", list(stops)).with_extremes(bad=(0, 0, 0, 0))


def new_figure(width: float, height: float, theme: Theme) -> Figure:
    """An empty figure of so many inches, which notebooks show as a picture.

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


def encoded(figure: Figure, form: str) -> bytes:
    """The figure as the bytes of an ``"svg"``, ``"pdf"`` or ``"png"`` file; the same figure gives the same bytes."""
    from io import BytesIO

    import matplotlib

    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[form]
    file = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "clarinet"}):
        figure.savefig(file, format=form, dpi=DPI, metadata=undated)
    return file.getvalue()


def open_figure(figure: Any, theme: str | None, width: float, height: float) -> tuple[Any, Theme]:
    """The figure to draw in, a new one where none is given, and its theme."""
    look = theme_of(theme, figure)
    return (new_figure(width, height, look) if figure is None else figure), look


def open_axes(ax: Axes | None, theme: str | None, width: float = 6.4, height: float = 4.4) -> tuple[Axes, Theme, Any]:
    """The axes to draw in, their theme, and what the caller is to return: ``ax``, or the new figure."""
    if ax is not None:
        look = theme_of(theme, ax.figure)
        return paint(ax, look), look, ax
    figure, look = open_figure(None, theme, width, height)
    return paint(figure.add_subplot(), look), look, figure


def panels(figure: Any, count: int, columns: int, theme: Theme) -> list[Axes]:
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
    """No ticks: what the axes show is a picture, not numbers over numbers."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(framed)


def legend(ax: Axes, theme: Theme, **settings: Any) -> None:
    """A legend in the theme's colours."""
    ax.legend(frameon=False, labelcolor=theme.text, **settings)


def color_bar(figure: Any, image: Any, axes: Any, label: str, theme: Theme) -> None:
    """What the colours of ``image`` stand for."""
    bar = figure.colorbar(image, ax=axes, shrink=0.85)
    bar.set_label(label, color=theme.text)
    bar.ax.tick_params(colors=theme.text, labelcolor=theme.text)
    bar.outline.set_edgecolor(theme.faint)


def whole_numbers(axis: Any) -> None:
    """Ticks at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def headline(figure: Any, text: str, theme: Theme) -> None:
    """A title over all panels."""
    figure.suptitle(plain(text), color=theme.text)


def save(figure: Any, path: str | Path) -> Path:
    """Write a picture to a file, whole or not at all; its ending says how.

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
    files.write(path, encoded(figure if hasattr(figure, "savefig") else figure.figure, ending[1:]))
    return path
