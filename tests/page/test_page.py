"""The page in a browser: drawn digits are read through a file and through the server, and everybody can use it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.datasets.digits import from_ink
from clarinet.layers import Dense, Flatten, Input
from clarinet.page.server import Server
from tests.page.conftest import draw, seen_to, told
from tests.page.drawings import DRAWINGS, SCRIBBLE, beside


@pytest.fixture(scope="module")
def exported(reader: clarinet.Sequential, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "digits.html"
    reader.export_html(path)
    return path.as_uri()


@pytest.fixture(scope="module")
def served(reader: clarinet.Sequential) -> Iterator[str]:
    with Server(reader) as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        yield server.url
    thread.join()


@pytest.fixture
def opened(browser: Any) -> Iterator[Any]:
    """Opens an address; at the end nothing may have been complained about, or fetched from elsewhere."""
    complaints, fetched, contexts = [], [], []

    def opened(address: str, **settings: Any) -> Any:
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: fetched.append((address, request.url)))
        page.goto(address)
        seen_to(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints
    assert not [url for address, url in fetched if url not in (address, f"{address}predict", "data:,")]


@pytest.mark.parametrize("kind", ["exported", "served"])
def test_twenty_drawn_digits(kind: str, opened: Any, request: pytest.FixtureRequest) -> None:
    page = opened(request.getfixturevalue(kind))
    read = []
    for drawing in DRAWINGS:
        draw(page, drawing)
        read.append(told(page))
    right = sum(answer == str(drawing.digit) for answer, drawing in zip(read, DRAWINGS))
    assert right >= 18, f"drawn {[d.digit for d in DRAWINGS]}, read {read}"


@pytest.mark.parametrize("kind", ["exported", "served"])
def test_several_digits_and_none(kind: str, opened: Any, request: pytest.FixtureRequest) -> None:
    page = opened(request.getfixturevalue(kind))
    draw(page, beside(DRAWINGS[8], DRAWINGS[14]))
    assert told(page) == "47"
    assert [row.split()[0] for row in page.locator("#bars li").all_inner_texts()] == ["4", "7"]
    assert page.evaluate("() => [seen.width, seen.height]") == [56, 28]
    assert "look" not in page.locator("#sure").inner_text()
    draw(page, SCRIBBLE)
    assert page.locator("#sure").inner_text().endswith("%; this does not look like one digit")
    draw(page, beside(DRAWINGS[8], SCRIBBLE))
    assert page.locator("#sure").inner_text().endswith("of 2 does not look like a digit")


def test_the_picture_that_is_shown_is_clarinets_own_form(opened: Any, exported: str) -> None:
    page = opened(exported)
    for drawing in DRAWINGS[::3]:
        strokes = [{"points": stroke, "width": drawing.brush} for stroke in drawing.on_sheet()]
        ink, form = page.evaluate(
            "(strokes) => { const ink = blank(280, 280); strokes.forEach((stroke) => paint(ink, stroke));"
            "ink.at = ink.at.map((value) => Math.round(100 * value) / 100);"
            "return [ink.at.join(), mnistForm(ink).at.join()]; }",
            strokes,
        )
        ink, form = (np.array(numbers.split(","), float) for numbers in (ink, form))
        assert np.abs(from_ink(ink.reshape(280, 280)) - form.reshape(28, 28)).max() <= 1
    draw(page, DRAWINGS[4])
    shown = page.evaluate(
        "() => [seen.width, seen.height, Array.from(seen.getContext('2d').getImageData(0, 0, 28, 28).data)]"
    )
    assert shown[:2] == [28, 28]
    assert max(shown[2][::4]) == 255


def test_bars_and_words(opened: Any, exported: str, reader: clarinet.Sequential) -> None:
    page = opened(exported)
    assert told(page) == "?"
    draw(page, DRAWINGS[6])
    rows = page.locator("#bars li").all_inner_texts()
    assert [row.split()[0] for row in rows] == [str(digit) for digit in range(10)]
    assert sum(float(row.split()[1]) for row in rows) == pytest.approx(100, abs=0.6)
    assert page.locator("#bars li.best .name").inner_text() == told(page)
    spoken = page.locator("#spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    assert spoken.inner_text().startswith(f"{told(page)}, ")


def test_keys(opened: Any, exported: str) -> None:
    page = opened(exported)
    draw(page, DRAWINGS[8])
    count = "strokes.length"
    assert page.evaluate(count) == 2
    page.keyboard.press("Control+c")
    assert page.evaluate(count) == 2
    page.keyboard.press("z")
    assert page.evaluate(count) == 1
    page.keyboard.press("Control+z")
    assert page.evaluate(count) == 0
    assert page.locator("#undo").is_disabled()
    draw(page, DRAWINGS[8])
    page.keyboard.press("c")
    seen_to(page)
    assert (page.evaluate(count), told(page)) == (0, "?")
    draw(page, DRAWINGS[8])
    page.evaluate("document.activeElement.blur()")
    order = []
    for _ in range(3):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert order == ["undo", "clear", "brush"]


def test_a_finger_draws(opened: Any, exported: str) -> None:
    page = opened(exported, has_touch=True, viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box, session = page.locator("#paper").bounding_box(), page.context.new_cdp_session(page)
    for kind, y in [("touchStart", 0.2), *(("touchMove", 0.2 + 0.1 * k) for k in range(1, 7)), ("touchEnd", None)]:
        x = box["x"] + box["width"] / 2
        points = [] if y is None else [{"x": x, "y": box["y"] + y * box["height"]}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    seen_to(page)
    assert told(page) == "1"
    assert page.evaluate("scrollY") == 0


def test_light_and_dark(opened: Any, exported: str) -> None:
    def brightness(scheme: str) -> tuple[int, int]:
        page = opened(exported, color_scheme=scheme)
        colours = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        )
        return tuple(int(colour.split("(")[1].split(",")[0]) for colour in colours)  # type: ignore[return-value]

    for scheme, light_page in (("light", True), ("dark", False)):
        ground, ink = brightness(scheme)
        assert (ground > ink) == light_page
        assert abs(ground - ink) > 180


def test_one_number_logits_and_strange_names(opened: Any, tmp_path: Path) -> None:
    """Names come from files, so they may be anything; a single probability makes two bars; logits become shares."""
    names = ["</script><b>bold</b>", "<img src=x onerror=alert(1)>"]
    one = clarinet.Sequential([Input((28, 28)), Flatten(), Dense(1, "sigmoid")])
    one.export_html(tmp_path / "one.html", class_names=names)
    logits = clarinet.Sequential([Input((10, 20, 3)), Flatten(), Dense(3)])
    logits.metadata["data"] = {"kind": "images", "classes": ["a", "b", "c"], "size": [10, 20], "color": "rgb"}
    logits.compile("sgd", clarinet.losses.SparseCategoricalCrossentropy(from_logits=True))
    logits.export_html(tmp_path / "logits.html")
    for file, bars in (("one.html", 2), ("logits.html", 3)):
        page = opened((tmp_path / file).as_uri())
        page.locator("#paper").click()
        seen_to(page)
        shares = [float(text.split()[-2]) for text in page.locator("#bars li").all_inner_texts()]
        assert len(shares) == bars
        assert sum(shares) == pytest.approx(100, abs=0.2)
        assert not page.locator("#bars b, #bars img").count()
    assert page.evaluate("[seen.width, seen.height, sheet.width, sheet.height]") == [20, 10, 280, 140]
    pixels = np.array(page.evaluate("Array.from(wholeForm(blank(140, 280), subject).at)"))
    assert (pixels == 255).all()


def test_the_page_says_that_its_program_has_ended(reader: clarinet.Sequential, browser: Any) -> None:
    with Server(reader) as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        page = browser.new_page()
        page.goto(server.url)
    thread.join()
    draw(page, DRAWINGS[0])
    assert "has ended" in page.locator("#sure").text_content()
