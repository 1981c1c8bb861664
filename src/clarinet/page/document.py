"""The page as HTML: one file with everything in it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clarinet import files
from clarinet.page.forward import forward_pass
from clarinet.page.subject import Subject, subject_of

if TYPE_CHECKING:
    from clarinet.model import Sequential

_FOLDER = Path(__file__).parent


def export_html(
    model: Sequential,
    path: str | os.PathLike[str],
    *,
    class_names: Iterable[str] | None = None,
    largest: float | None = None,
) -> None:
    """Write the file behind :meth:`clarinet.Sequential.export_html`, which says more."""
    subject = subject_of(model, "export_html", class_names, largest)
    if model.target is not None:
        raise ValueError("export_html: a model with compile(target=...) cannot run in a page; use clarinet draw")
    operations, weights = forward_pass(model)
    text = document(subject, {"operations": operations, "weights": base64.b64encode(weights).decode()})
    files.write(Path(path), text.encode())


def document(subject: Subject, network: dict[str, Any] | None = None) -> str:
    """The page.

    Args:
        subject: what it draws for.
        network: operations and weights to predict with; None for a page that asks the server it came from.
    """
    scripts = ["picture.js", *(["network.js"] if network else []), "page.js"]
    code = "\n".join((_FOLDER / name).read_text("utf-8") for name in scripts)
    # In a script element only "<" could end the data: as an escape it is the same JSON.
    data = json.dumps({**asdict(subject), "network": network}, separators=(",", ":")).replace("<", "\\u003c")
    parts = {
        "TITLE": html.escape(subject.title),
        "POLICY": policy(code, connect="'none'" if network else "'self'"),
        "STYLE": (_FOLDER / "page.css").read_text("utf-8"),
        "DATA": data,
        "CODE": code,
    }
    text = (_FOLDER / "page.html").read_text("utf-8")
    head, *rest = text.split("{{")
    pieces = (piece.split("}}", 1) for piece in rest)
    return head + "".join(parts[name] + after for name, after in pieces)


def policy(code: str, connect: str = "'none'") -> str:
    """A page's security policy: this script and no other, and nothing from elsewhere.

    Args:
        code: what stands in its one script element.
        connect: where the script may connect to.
    """
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    allowed = f"script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; connect-src {connect}"
    return f"default-src 'none'; {allowed}"
