"""The page as HTML: one file with everything in it."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from clarinet import files
from clarinet.exchange.forward import forward_pass
from clarinet.page.subject import Subject, subject_of
from clarinet.views import page as views

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

_FOLDER = Path(__file__).parent


def export_html(
    model: Trainable,
    path: str | os.PathLike[str],
    *,
    class_names: Iterable[str] | None = None,
    largest: float | None = None,
) -> None:
    """Write the file of :meth:`clarinet.Sequential.export_html`, which documents it."""
    subject = subject_of(model, "export_html", class_names, largest)
    if model.target is not None:
        raise ValueError("export_html: a model with compile(target=...) cannot run in a page; use clarinet draw")
    operations, weights = forward_pass(model)
    text = document(subject, {"operations": operations, "weights": base64.b64encode(weights).decode()})
    files.write(Path(path), text.encode())


def document(subject: Subject, network: Mapping[str, object] | None = None) -> str:
    """The page.

    Args:
        subject: the model's facts.
        network: operations and weights to predict with; None for a page that asks the server it came from.
    """
    scripts = ["picture.js", *(["network.js"] if network else []), "page.js"]
    return views.page(
        f"{subject.title} · draw",
        _read("page.html"),
        rules=_read("page.css"),
        script="\n".join(map(_read, scripts)),
        data={**asdict(subject), "network": network},
        connect="'none'" if network else "'self'",
    )


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
