"""Tables in HTML for notebooks. They have no colours of their own, so they suit light and dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table; all text is escaped.

    Args:
        columns: headings.
        rows: one text for each column.
        numbers: columns whose cells stand on the right.

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
