"""The frame of all pages: its security policy, its colours and the rules for them."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path

from clarinet.views.theme import DARK, LIGHT, THEMES, Theme

_FOLDER = Path(__file__).parent


def page(
    title: str,
    body: str,
    *,
    rules: str = "",
    script: str = "",
    data: object = None,
    theme: str | None = None,
    connect: str = "'none'",
    modules: Sequence[str] = (),
    language: str = "en",
    right_to_left: bool = False,
) -> str:
    """A whole page as HTML; it loads nothing, and runs no code, but what it is given.

    Args:
        title: of the window; escaped here.
        body: its content, as HTML.
        rules: CSS of this page alone, in addition to :func:`stylesheet`.
        script: its code.
        data: for the code, as JSON in the element ``data``; None: no such element.
        theme: ``"light"`` or ``"dark"``; None follows the reader's own setting.
        connect: where the code may connect to.
        modules: addresses of JavaScript modules on the server that sends the page, instead of ``script``.
        language: of its content, as a tag such as ``"en"``.
        right_to_left: whether it is written so.
    """
    scripts = [data_element("data", data)] if data is not None else []
    scripts += [f"<script>{script}</script>"] if script else []
    scripts += [f'<script type="module" src="{html.escape(address)}"></script>' for address in modules]
    return (
        f'<!doctype html>\n<html lang="{language}"{" dir=rtl" * right_to_left}>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="{theme or "light dark"}">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(script, connect, modules)}">\n'
        f'<title>{html.escape(title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>\n{stylesheet(theme)}{rules}</style>\n</head>\n"
        f'<body class="clarinet">\n{body}\n{"".join(line + chr(10) for line in scripts)}</body>\n</html>\n'
    )


def data_element(name: str, data: object) -> str:
    """Data for the scripts of a page, as JSON in an element of that id."""
    # In a script element only "<" could end the data: as an escape it is the same JSON.
    given = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{given}</script>'


def stylesheet(theme: str | None = None) -> str:
    """The rules for the content of an element of the class ``clarinet``, in a page or a notebook."""
    rules = (_FOLDER / "page.css").read_text("utf-8")
    if theme is not None:
        return f".clarinet {{ {_variables(THEMES[theme])} }}\n{rules}"
    dark = f"@media (prefers-color-scheme: dark) {{ .clarinet {{ {_variables(DARK)} }} }}"
    return f".clarinet {{ {_variables(LIGHT)} }}\n{dark}\n{rules}"


def _variables(theme: Theme) -> str:
    """A theme's colours by their use; ``first`` and ``second`` are of lines and of the words about them, ``series-0``
    and so on of many lines and of classes."""
    named = {
        "page": theme.background,
        "card": theme.card,
        "ink": theme.text,
        "quiet": theme.quiet,
        "line": theme.faint,
        "rim": theme.rim,
        "first": theme.series[0],
        "second": theme.wrong,
        "error": theme.error,
    }
    named |= {f"series-{number}": color for number, color in enumerate(theme.series)}
    return " ".join(f"--{name}: {color};" for name, color in named.items())


def _policy(script: str, connect: str, modules: Sequence[str]) -> str:
    """The security policy of a page: its own style and pictures, and this script or its server's, and no other."""
    if modules:
        return f"default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; connect-src {connect}"
    if not script:
        return "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; connect-src {connect}"
    return f"default-src 'none'; {allowed}"
