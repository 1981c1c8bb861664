"""What holds for every plot: a row in tests/cases/plots.py enrols one."""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import clarinet
from clarinet import Sequential, layers, plots, utils
from clarinet.views.theme import LIGHT, THEMES, luminance
from tests.cases.plots import CASES, Case

pytest.importorskip("matplotlib")

from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

each = pytest.mark.parametrize("case", CASES, ids=repr)
KINDS = ("lines", "images", "patches", "collections")


def texts(figure: Any) -> Iterator[Text]:
    """All words that can be seen, of every panel and over it; words on coloured cells choose their own colour."""
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            yield text


def contrast(one: Any, other: Any) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def background(text: Text, figure: Any) -> Any:
    """What stands behind a text: its cell's colour where the plot says so, else the canvas."""
    return text.get_gid() if (text.get_gid() or "").startswith("#") else figure.get_facecolor()


@each
@pytest.mark.parametrize("theme", THEMES)
def test_shows_what_it_says_within_its_canvas(case: Case, theme: str) -> None:
    figure = case.draw(theme=theme)
    assert isinstance(figure, Figure)
    assert to_rgba(figure.get_facecolor()) == to_rgba(THEMES[theme].background)
    assert len(figure.axes) == case.axes
    for kind, count in case.counts.items():
        assert len(list(chain.from_iterable(getattr(ax, kind) for ax in figure.axes))) == count, kind
    first = figure.axes[0]
    if case.labelled:
        assert first.get_xlabel() and first.get_ylabel() and first.get_title()
    assert (first.get_legend() is not None) == case.legend
    figure.draw_without_rendering()
    for text in texts(figure):
        assert contrast(text.get_color(), background(text, figure)) >= 4.5, text
    tight, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert tight.x0 >= -0.01 and tight.y0 >= -0.01 and tight.x1 <= width + 0.01 and tight.y1 <= height + 0.01


@each
def test_draws_in_what_it_is_given_with_the_theme_that_suits_it(case: Case) -> None:
    figure = Figure(figsize=(8, 6), facecolor="#101010", layout="constrained")
    place = figure.add_subplot() if case.onto == "ax" else figure.subfigures(1, 2)[0]
    assert case.draw(**{case.onto: place}) is place
    figure.draw_without_rendering()
    assert all(contrast(text.get_color(), background(text, figure)) >= 4.5 for text in texts(figure))


@each
def test_saves_vectors_and_leaves_pyplot_alone(case: Case, tmp_path: Path) -> None:
    loaded = "matplotlib.pyplot" in sys.modules
    assert plots.save(case.draw(), tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    assert ("matplotlib.pyplot" in sys.modules) == loaded


@pytest.mark.parametrize(("ending", "begin"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_the_same_picture_gives_the_same_file(ending: str, begin: bytes, tmp_path: Path) -> None:
    files = [plots.save(CASES[-1].draw(), tmp_path / f"{i}.{ending}").read_bytes() for i in range(2)]
    assert files[0] == files[1] and files[0].startswith(begin)


def test_every_plot_has_a_row() -> None:
    assert {case.name.split()[0] for case in CASES} == {*plots.__all__} - {"save"}


def test_colours_are_told_apart_without_their_hue() -> None:
    for theme in THEMES.values():
        for color in (theme.text, theme.right, theme.wrong):
            assert contrast(color, theme.background) >= 4.5
    assert contrast(LIGHT.series[0], LIGHT.background) >= 3


def test_plot_model_writes_a_picture_of_boxes(tmp_path: Path) -> None:
    model = Sequential([layers.Input((6, 6, 1)), layers.Conv2D(2, 3, activation="relu"), layers.Flatten()])
    figure = utils.plot_model(model, tmp_path / "model.png", show_shapes=True, dpi=60)
    assert (tmp_path / "model.png").read_bytes().startswith(b"\x89PNG")
    assert {"conv2d", "Conv2D  relu  4 × 4 × 2"} <= {text.get_text() for text in figure.axes[0].texts}
    assert utils.plot_model(model, None).axes
    with pytest.raises(ValueError, match="expected one of"):
        utils.plot_model(model, tmp_path / "model.gif")


def test_a_model_in_the_language_of_graphviz(tmp_path: Path) -> None:
    begin = clarinet.Input((3,), name='a "b"')
    both = clarinet.layers.Add(name="sum")([clarinet.layers.Dense(2, "relu", name=n)(begin) for n in ("left", "right")])
    model = clarinet.Model(begin, both, name="two ways")
    text = clarinet.utils.model_to_dot(model, rankdir="LR", dpi=96)
    assert text.startswith('digraph "two ways" {') and "rankdir=LR, dpi=96" in text and text == text.to_string()
    assert '[label="left\\nDense  relu  2"]' in text and r"a \"b\"" in text
    arrows = {tuple(line.strip(" ;").split(" -> ")) for line in text.splitlines() if "->" in line}
    assert {("n0", "n1"), ("n0", "n2"), ("n1", "n3"), ("n2", "n3"), ("n3", "n4")} == arrows
    assert "left" not in clarinet.utils.model_to_dot(model, show_layer_names=False)
    assert text.write(tmp_path / "m.dot") and (tmp_path / "m.dot").read_text("utf-8") == text + "\n"
    with pytest.raises(ValueError, match="drawn by plot_model"):
        text.write(tmp_path / "m.png", format="png")
    with pytest.raises(ValueError, match="rankdir is one of TB, LR"):
        clarinet.utils.model_to_dot(model, rankdir="up")
