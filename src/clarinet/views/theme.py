"""Colours that everybody can distinguish, in two themes: those of all pictures, films and pages.

They are Okabe and Ito's (*Color universal design*, 2008); the meaning of a colour is also shown by a mark, a line style
or a number too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clarinet.names import nearest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import FigureBase
    from matplotlib.typing import ColorType


@dataclass(frozen=True)
class Theme:
    """Colours of a picture.

    Attributes:
        background, text, faint: of the canvas, of words, of grids and frames.
        quiet, card, rim: of less important words, of areas on the canvas, of buttons.
        series: of lines and classes, in order.
        right, wrong, error: of words about right and wrong answers, and what cannot work; at least 4.5 times as bright
            or dark as the background.
        ink: matplotlib's name of the map from 0 to 1 for grey pictures.
        amount: colours from little to much.
        signed: colours from below zero over zero to above.
    """

    name: str
    background: str
    text: str
    faint: str
    quiet: str
    card: str
    rim: str
    series: tuple[str, ...]
    right: str
    wrong: str
    error: str
    ink: str
    amount: tuple[str, ...]
    signed: tuple[str, ...]


LIGHT = Theme(
    "light",
    background="#ffffff",
    text="#1f2328",
    faint="#c4c9d0",
    quiet="#59616b",
    card="#eef0f3",
    rim="#767d86",
    series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#1f2328"),
    right="#00694c",
    wrong="#a83c00",
    error="#b3261e",
    ink="gray_r",
    amount=("#ffffff", "#9ecae1", "#3182bd", "#08306b"),
    signed=("#67001f", "#d6604d", "#fddbc7", "#ffffff", "#d1e5f0", "#4393c3", "#053061"),
)
DARK = Theme(
    "dark",
    background="#14171c",
    text="#e8eaed",
    faint="#4a515b",
    quiet="#a9b1bb",
    card="#22272e",
    rim="#8a929c",
    series=("#56b4e9", "#e69f00", "#2bc39a", "#cc79a7", "#f0e442", "#e8743b", "#e8eaed"),
    right="#4fd6ac",
    wrong="#ff9a5c",
    error="#ff8a80",
    ink="gray",
    amount=("#14171c", "#234a6b", "#3f8ec4", "#c6e6fb"),
    signed=("#ffb199", "#e0573c", "#5a2a24", "#14171c", "#1d3f5c", "#3f95d6", "#b5dcff"),
)
THEMES = {"light": LIGHT, "dark": DARK}


def theme_of(theme: str | None, where: Axes | FigureBase | None = None) -> Theme:
    """The theme of this name; None takes the one that suits the background of the figure or axes ``where``.

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


def _rgba(color: ColorType) -> tuple[float, float, float, float]:
    from matplotlib.colors import to_rgba

    return to_rgba(color)


def luminance(color: ColorType) -> float:
    """Relative luminance from 0 to 1 (Web Content Accessibility Guidelines 2.2)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgba(color)[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def readable_on(color: ColorType) -> str:
    """Black or white, whichever is easier to read on ``color``."""
    return "#000000" if luminance(color) > 0.179 else "#ffffff"


def plain(text: str) -> str:
    """Words that matplotlib shows literally; it treats text between two ``$`` as a formula.

    Users' names (of layers, classes, metrics, runs) pass through here before they are drawn.
    """
    return text.replace("$", r"\$")


def colors(stops: tuple[str, ...]) -> Colormap:
    """A colour map through these colours, evenly spaced; NaN has none."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("clarinet", list(stops)).with_extremes(bad=(0, 0, 0, 0))
