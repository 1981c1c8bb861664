"""Colours, letters and the place of captions that all writers of films share."""

from __future__ import annotations

from clarinet.glass.shapes import HEIGHT, LEVELS
from clarinet.views.theme import colors as color_map
from clarinet.views.theme import readable_on, theme_of

SANS = "system-ui, 'DejaVu Sans', sans-serif"
MONO = "'DejaVu Sans Mono', ui-monospace, monospace"
#: Pixels between the lines of a caption.
LINE = 23
_CAPTION = 466


def title_line() -> tuple[float, float]:
    """Where a caption's title begins, and the middle of its line."""
    return 40.0, float(_CAPTION)


def first_line() -> tuple[float, float]:
    """Where the text under the title begins."""
    return 40.0, _CAPTION + 31.0


def room() -> int:
    """Lines of text that fit under the title."""
    return int((HEIGHT - 12 - first_line()[1]) // LINE) + 1


def level_name(kind: str, level: int) -> str:
    """The name of a colour of the scale: ``v3``, below zero ``vm3``."""
    return f"{kind}{'m' * (level < 0)}{abs(level)}"


def colors(theme: str) -> dict[str, str]:
    """Colours by their use.

    Raises:
        ValueError: there is no such theme. ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib.colors import to_hex
    except ImportError as error:
        raise ImportError(
            f'glass.film needs matplotlib ({error}); install it with pip install "clarinet[film]"'
        ) from None
    look = theme_of(theme)
    scale = color_map(look.signed)
    fills = {i: to_hex(scale((i / LEVELS * 0.8 + 1) / 2)) for i in range(-LEVELS, LEVELS + 1)}
    named = {"background": look.background, "text": look.text, "quiet": look.quiet}
    named |= {
        "erase": look.background,
        "link": look.quiet,
        "plus": look.series[0],
        "minus": look.series[1],
        "ring": look.series[4],
        "delta": look.wrong,
    }
    named |= {level_name("v", i): fill for i, fill in fills.items()}
    return named | {level_name("on", i): readable_on(fill) for i, fill in fills.items()}
