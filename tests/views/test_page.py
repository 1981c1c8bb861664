"""The one page that all pages are: no page has colours, a frame or a security policy of its own."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import clarinet
from clarinet import glass, layers
from clarinet.doctor import examine
from clarinet.runs import Store, Tracker
from clarinet.views.page import page, stylesheet
from clarinet.views.theme import THEMES


def _model(*shape: int) -> clarinet.Sequential:
    model = clarinet.Sequential([clarinet.Input(shape), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def _drawing(path: Path) -> None:
    _model(28, 28).export_html(path)


def _film(path: Path) -> None:
    pytest.importorskip("matplotlib")
    glass.film(_model(2), ([0.5, -1.0], [1.0]), path)


def _run(path: Path) -> None:
    store = Store(path.parent / "store")
    _model(2).fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0, run=Tracker("one", store=store))
    store.get("one").to_html(path)


def _report(path: Path) -> None:
    examine(_model(2), np.ones((40, 2)), np.zeros((40, 1)), budget="quick").to_html(path)


@pytest.mark.parametrize("write", [_drawing, _film, _run, _report])
def test_all_pages_are_one(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert stylesheet() in text
    script = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    frame, _, _ = page("", "", script="".join(script)).partition("<title>")
    assert text.startswith(frame)


def test_colours_are_those_of_the_pictures() -> None:
    for name, theme in THEMES.items():
        one = stylesheet(name)
        assert f"--page: {theme.background}; " in one
        assert f"--first: {theme.series[0]}; " in one
        assert "prefers-color-scheme" not in one
    assert "#" not in stylesheet().split("\n", 2)[2], "a colour of no theme"


def test_what_users_name_closes_nothing() -> None:
    evil = "</script></title><script>alert(1)</script>"
    text = page(evil, "<main></main>", script="run()", data=[evil])
    assert text.count("<script") == text.count("</script>") == 2
    assert f"<title>{html.escape(evil)}</title>" in text
    digest = base64.b64encode(hashlib.sha256(b"run()").digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert "script-src" not in page("still", "<main></main>")
