"""Pieces of HTML: tables for notebooks, without colours of their own, so that they suit light and dark; pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table; all text is escaped.

    Args:
        columns: headings.
        rows: one text for each column.
        numbers: columns whose cells are aligned to the right.

    Example:
        >>> table(["a"], [["<b>"]]).endswith("&lt;b&gt;</td></tr></tbody></table>")
        True
    """
    from html import escape  # with a large table of names

    def line(tag: str, cells: Sequence[str]) -> str:
        sides = ("right" if number in numbers else "left" for number in range(len(cells)))
        styles = (f"text-align:{side};padding:.1em .6em" for side in sides)
        row = (f'<{tag} style="{style}">{escape(cell)}</{tag}>' for style, cell in zip(styles, cells))
        return f"<tr>{''.join(row)}</tr>"

    body = "".join(line("td", row) for row in rows)
    return f"<table><thead>{line('th', columns)}</thead><tbody>{body}</tbody></table>"


def paragraph(*lines: str) -> str:
    """Lines of text; escaped."""
    from html import escape

    return f"<p>{'<br>'.join(map(escape, lines))}</p>"


def bitmap(pixels: NDArray[np.uint8]) -> str:
    """The address of a picture with the picture in it: in the BMP format, the simplest that browsers read.

    Args:
        pixels: (height, width) in grey, or (height, width, 3).
    """
    import base64
    import struct

    import numpy as np

    height, width = pixels.shape[:2]
    grey = pixels.ndim == 2
    lines = pixels[::-1] if grey else pixels[::-1, :, ::-1].reshape(height, -1)  # from below; blue comes first
    rows = np.pad(lines, ((0, 0), (0, -lines.shape[1] % 4))).tobytes()
    palette = b"".join(bytes((i, i, i, 0)) for i in range(256)) if grey else b""
    start, depth, colours = 14 + 40 + len(palette), 8 if grey else 24, 256 if grey else 0
    header = struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start)
    about = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, 0, len(rows), 2835, 2835, colours, 0)
    return f"data:image/bmp;base64,{base64.b64encode(header + about + palette + rows).decode()}"
