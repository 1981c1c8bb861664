"""The page about a run: what its curves say, that all of it can be read, and that it fits a phone."""

from __future__ import annotations

import re

import numpy as np
import pytest

import clarinet
from clarinet import problems

THEMES = ("light", "dark")
#: Where a page says its colours; those of words, and those that words stand on.
PALETTE = r"\.clarinet \{ (--page.*?)\}"
WORDS, GROUNDS = ("ink", "quiet", "first", "second", "error"), ("page", "card")
#: For every piece of text its colour and that of what it stands on, and whether some of it is outside its picture.
TEXTS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.textContent.trim()) continue;
    const style = getComputedStyle(parent), svg = parent.closest("svg");
    let clipped = false;
    if (svg) {
      const inner = parent.getBoundingClientRect(), outer = svg.getBoundingClientRect();
      clipped = inner.left < outer.left || inner.right > outer.right + 0.5
        || inner.top < outer.top || inner.bottom > outer.bottom;
    }
    found.push([node.textContent, svg ? style.fill : style.color, clipped]);
  }
  return [getComputedStyle(document.body).backgroundColor, document.documentElement.scrollWidth, found];
}"""


@pytest.fixture
def path(store, tmp_path):
    model = clarinet.Sequential([clarinet.Input((3, 3)), clarinet.layers.Flatten(), clarinet.layers.Dense(2)])
    model.compile("sgd", clarinet.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = np.random.default_rng(0).random((20, 3, 3))
    model.fit(x, [0, 1] * 10, batch_size=10, epochs=3, validation_split=0.2, verbose=0, run="a")
    with store.start("long") as run:
        for step in range(5):
            run.log({"a.long/name_of.a_metric_" + "x" * 60: 1e-300 * step, "close": -1234567.0 + step, "flat": 0.1})
        run.find(problems.warning("dead_units", "layer:0", "half of the units are silent"), step=7)
    return {name: store.get(name).to_html(tmp_path / f"{name}.html") for name in ("a", "long")}


def luminance(color: tuple[float, ...]) -> float:
    """Relative luminance, as the Web Content Accessibility Guidelines define it."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_colour_of_both_themes_can_be_read(path):
    text = path["a"].read_text()
    palettes = [dict(re.findall(r"--([\w-]+): #(\w{6});", part)) for part in re.findall(PALETTE, text)]
    assert len(palettes) == 2
    for palette in palettes:
        colours = {name: tuple(int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)) for name, code in palette.items()}
        assert {name for name in WORDS for ground in GROUNDS if contrast(colours[name], colours[ground]) < 4.5} == set()
        assert contrast(colours["rim"], colours["page"]) > 3
    assert not re.search(r"(color|fill|stroke)[:=] *\"?#", re.sub(PALETTE, "", text)), "a colour of no theme"


def test_epochs_are_counted_from_one_and_steps_as_they_are(path):
    text = path["a"].read_text()
    axes = re.findall(r">(epoch|step) (\d+)</text><text [^>]*>(\d+)<", text)
    assert set(axes) == {("epoch", "1", "3"), ("step", "1", "6")}


def test_the_ends_of_an_axis_can_be_told_apart(path):
    found = re.findall(r'text-anchor="end">(-\d[^<]*)<', path["long"].read_text())
    assert found == ["-1.23456e+06", "-1.23457e+06"]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits_and_can_be_read_in_a_browser(browser, path, theme, width):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme, is_mobile=width < 500)
    for file in path.values():
        page = context.new_page()
        page.goto(file.as_uri())
        ground, wide, texts = page.evaluate(TEXTS)
        assert wide <= width
        assert [text for text, _, clipped in texts if clipped] == []
        assert [text for text, color, _ in texts if contrast(rgb(color), rgb(ground)) < 4.5] == []
        assert len(texts) > 10
    context.close()


def rgb(color: str) -> tuple[float, ...]:
    return tuple(int(part) / 255 for part in re.findall(r"\d+", color)[:3])
