"""Reports as pages: all of a finding is there, nothing is loaded, code can be copied, figures show the numbers."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.cli import main
from clarinet.doctor import Finding, Remedy, Report, examine, kinds
from clarinet.doctor.page import page, treatment
from clarinet.doctor.treatment import Comparison, Treatment
from clarinet.layers import Dense, Input

HOSTILE = "<script>alert(1)</script>"
FINDINGS = (
    Finding(
        "unscaled_inputs",
        "data.x",
        "error",
        0.9,
        "the inputs run from 0 to 255",
        f"They are large. {HOSTILE}",
        {"largest_rms": 123.456, "histogram": {"edges": [0.0, 1.0, 2.0], "counts": [3, 4]}, "of": HOSTILE},
        Remedy('x / 255 if x.dtype == "uint8" else x'),
    ),
    Finding("vanishing_gradient", "layer:2", "hint", 0.5, "it vanishes", "Why.", {"gradients": {"0": 1e-9, "2": 1.0}}),
    Finding(
        "wrong_loss",
        "loss",
        "warning",
        0.7,
        "mean_squared_error on classes",
        "Why.",
        {"loss": "mse", "explains": ["dying_relu & more"]},
    ),
)
REPORT = Report(FINDINGS, ("overfit", "outliers"), 0.5)


def test_everything_is_on_the_page(tmp_path: Path) -> None:
    text = REPORT.to_html(tmp_path / "report.html")
    assert text == (tmp_path / "report.html").read_text("utf-8")
    for words in (
        "1 error", "1 hint", "Unscaled inputs", "The inputs run from 0 to 255.", "in layer 2", "90% sure", "123.5",
        "<li>dying_relu &amp; more</li>",
        "x / 255", "mean_squared_error on classes.", "2 kinds of fault were looked for", "<li>overfit</li>",
    ):  # fmt: skip
        assert words in text
    assert "histogram" not in text
    assert HOSTILE not in text
    assert text.count("<article") == 3
    assert text.count("<figure>") == 2
    assert text.index("unscaled_inputs") < text.index("vanishing_gradient")  # in the report's order
    assert not re.findall(r"""(?:src|href|srcset)=["'](?!data:)""", text)


def test_healthy_and_several() -> None:
    healthy = Report((), ("overfit",), 0.1)
    assert "<b>Healthy.</b>" in healthy.to_html()
    assert "<b>Healthy</b>, with <b>1 hint</b>" in Report(FINDINGS[1:2], (), 0.1).to_html()
    both = page([("first & best", healthy), ("second", Report(FINDINGS[2:], (), 0.1))])
    assert "first &amp; best" in both
    assert both.count("<article") == 1


def test_without_matplotlib_there_are_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert "<article" in REPORT.to_html()
    assert "<figure>" not in REPORT.to_html()
    with pytest.raises(ImportError, match=r"clarinet\[plots\]"):
        FINDINGS[0].figure()


@pytest.mark.parametrize(
    ("evidence", "drawn"),
    [
        ({"gradients": {"0": 1e-9, "2": 1.0}}, ["layer 0", "layer 2"]),
        ({"updates": {"0": float("inf"), "1": float("nan")}}, ["layer 0", "layer 1"]),
        ({"progress": -0.5, "changed": 0.5}, ["as it is", "with the change"]),
        ({"loss": 9.0, "guess": 2.3}, ["now", "of a guess"]),
        ({"ratio": 99.0, "majority": 0.9, "smallest": 0.009}, ["largest class", "smallest class"]),
        ({"progress": 0.5}, None),
        ({"gradients": {"0": 1.0}}, None),
        ({"gradients": {"0": 0.0, "1": 0.0}}, None),
        ({}, None),
    ],
)
def test_bars(evidence: dict[str, Any], drawn: list[str] | None) -> None:
    pytest.importorskip("matplotlib")
    figure = Finding("kind", "model", "hint", 0.5, "", "", evidence).figure("dark")
    if drawn is None:
        assert figure is None
        return
    assert figure is not None
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == drawn
    assert len(ax.patches) == len(drawn)
    assert ax.get_xlabel()


def test_curves_and_histograms() -> None:
    pytest.importorskip("matplotlib")
    history = {"loss": [1.0, 0.5, 0.1], "val_loss": [1.0, 0.8, 0.9]}
    curves = Finding("overfit", "model", "hint", 0.5, "", "", {"history": history, "loss": 0.1}).figure()
    assert curves is not None
    assert [line.get_ydata().tolist() for line in curves.axes[0].lines] == list(history.values())
    histogram = FINDINGS[0].figure()
    assert histogram is not None
    assert histogram.axes[0].get_ylabel() == "how many"


def test_an_examination_as_a_page() -> None:
    x = np.random.default_rng(0).normal(size=(300, 4)) * 300
    model = clarinet.Sequential([Input((4,)), Dense(8, "relu"), Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    report = examine(model, x, (x[:, 0] > 0) * 1.0, epochs=20, budget="quick")
    [finding] = [f for f in report.findings if f.kind == "unscaled_inputs"]
    assert sum(finding.evidence["histogram"]["counts"]) == 4 * 256  # of the rows that rules look at
    assert "Unscaled inputs" in report.to_html()
    assert "histogram" in report.to_json()


def test_notebooks_show_it() -> None:
    shown = Report(FINDINGS[2:], (), 0.1)._repr_html_()
    assert "<article" in shown
    assert "<script" not in shown
    assert "<html" not in shown


def test_notebooks_show_treatments() -> None:
    comparison = Comparison(("unscaled_inputs",), (0.9, 0.91), (0.5, 0.52), (0.55, 0.5), (0.5, 0.5))
    treated = Treatment(True, None, None, FINDINGS[:1], FINDINGS[2:], comparison, "accuracy", "generalises")  # type: ignore[arg-type]
    text = treated._repr_html_()
    for words in (
        "Proved:",
        "far from size 1",
        "0.905",
        "0.900, 0.910",
        "rows held out",
        kinds.of("wrong_loss").changed,
    ):
        assert words in text
    nothing = Treatment(False, None, None, (), (), None, "accuracy", "fits")  # type: ignore[arg-type]
    assert "Nothing to treat" in treatment(nothing)


def test_the_command_writes_it(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        "import numpy as np, clarinet\n"
        "from clarinet.layers import Dense, Input\n"
        "model = clarinet.Sequential([Input((2,)), Dense(1, activation='softmax')], name='sick')\n"
        "model.compile('adam', 'binary_crossentropy')\n"
        "x = np.random.default_rng(0).normal(size=(200, 2))\n"
        "model.fit(x, (x[:, 0] > 0) * 1.0)\n",
        "utf-8",
    )
    assert main(["doctor", str(tmp_path / "train.py"), "--html", str(tmp_path / "report.html"), "--json"]) == 1
    assert "Softmax on single unit" in (tmp_path / "report.html").read_text("utf-8")


def test_in_a_browser(browser: Any, tmp_path: Path) -> None:
    REPORT.to_html(tmp_path / "report.html")
    address = (tmp_path / "report.html").as_uri()
    complaints, fetched = [], []
    context = browser.new_context(viewport={"width": 380, "height": 800}, color_scheme="dark")
    window = context.new_page()
    window.on("console", lambda message: complaints.append(message.text))
    window.on("request", lambda request: fetched.append(request.url))
    window.goto(address)
    assert not complaints
    assert [url for url in fetched if not url.startswith("data:")] == [address]
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
    images = window.evaluate("Array.from(document.images, (image) => [image.naturalWidth > 0, image.alt])")
    assert images == [[True, "Figure: the inputs run from 0 to 255"], [True, "Figure: it vanishes"]]
    dark, light = window.evaluate("[document.images[0].currentSrc, document.images[0].src]")
    assert dark != light
    button = window.locator(".code button").first
    button.click()
    window.locator(".code button", has_text=re.compile("Copied|Selected")).wait_for(timeout=5000)
    context.close()
