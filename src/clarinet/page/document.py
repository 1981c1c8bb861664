"""The page as HTML: one file with everything in it."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from clarinet import files
from clarinet.data_adapters.provenance import describe
from clarinet.exchange.forward import forward_pass
from clarinet.page.form import Form, form_of
from clarinet.page.sequences import SEQUENCES
from clarinet.page.subject import Subject, subject_of
from clarinet.reading import LEAST, judge_of_digits
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
    subject = _subject(model, class_names, largest)
    if model.target is not None:
        raise ValueError("export_html: a model with compile(target=...) cannot run in a page; use clarinet draw")
    texts = isinstance(subject, Form) and subject.columns[0]["kind"] == "tokens"
    operations, weights = forward_pass(model, more=SEQUENCES, prepared=texts)
    text = document(subject, _packed(operations, weights))
    files.write(Path(path), text.encode())


def _packed(operations: Sequence[object], weights: bytes) -> dict[str, object]:
    """A network as the page holds it."""
    return {"operations": operations, "weights": base64.b64encode(weights).decode()}


def _subject(model: Trainable, class_names: Iterable[str] | None, largest: float | None) -> Subject | Form:
    """The facts for a form, or for a page for pictures."""
    about = describe(model)
    if about["kind"] not in ("table", "unknown"):
        return subject_of(model, "export_html", class_names, largest)
    if largest is not None:
        raise ValueError(
            f"export_html: largest={largest} is the value of a white pixel, and this is not a model for pictures"
        )
    if model.input_names[1:] or model.sample_shape is None:
        raise ValueError(
            f"export_html: expected a model with one input of numbers; this one has {len(model.input_names)} inputs"
        )
    return form_of(model, "export_html", about, class_names)


def document(subject: Subject | Form, network: Mapping[str, object] | None = None) -> str:
    """The page.

    Args:
        subject: the model's facts.
        network: operations and weights to predict with; None for a page that asks the server it came from.
    """
    drawing, judge = isinstance(subject, Subject), None
    name, own = ("page", ["picture.js", "photo.js"]) if drawing else ("form", ["coding.js"])
    if isinstance(subject, Subject) and subject.reads_digits:
        judge, own = _packed(*forward_pass(judge_of_digits())), [*own, "numbers.js"]
    scripts = [*own, *(["network.js"] if network or judge else []), "answers.js", f"{name}.js"]
    return views.page(
        f"{subject.title} · {'draw' if drawing else 'predict'}",
        _read(f"{name}.html"),
        rules=_read("answers.css") + _read(f"{name}.css"),
        script="\n".join(map(_read, scripts)),
        data={**asdict(subject), "network": network, "judge": judge, "least": LEAST},
        connect="'none'" if network else "'self'",
    )


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
