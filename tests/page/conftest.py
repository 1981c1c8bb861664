"""A network that reads digits, trained for the tests, and hands that draw on the page."""

from __future__ import annotations

from typing import Any

import pytest

import clarinet
from clarinet.layers import Dense, Flatten, Input, Rescaling
from tests.page.drawings import Drawing


@pytest.fixture(scope="session")
def reader() -> clarinet.Sequential:
    """784-128-64-10 on MNIST, a few epochs."""
    (x, y), _ = clarinet.datasets.mnist.load_data()
    stack = [Rescaling(1 / 255), Flatten(), Dense(128, "relu"), Dense(64, "relu"), Dense(10, "softmax")]
    model = clarinet.Sequential([Input((28, 28)), *stack], name="reader")
    model.metadata["data"] = {"kind": "mnist", "classes": [str(digit) for digit in range(10)]}
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=64, epochs=4, verbose=0, seed=1)
    return model


def draw(page: Any, drawing: Drawing) -> None:
    """Draw with the mouse, after clearing the paper."""
    page.keyboard.press("c")
    page.locator("#brush").fill(str(drawing.brush))
    box = page.locator("#paper").bounding_box()
    zoom = box["width"] / 280
    for stroke in drawing.on_sheet():
        places = [(box["x"] + x * zoom, box["y"] + y * zoom) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()
    seen_to(page)


def told(page: Any) -> str:
    """What the page says it sees."""
    return str(page.locator("#best").text_content())


def seen_to(page: Any) -> None:
    """Wait until the network has seen what is drawn."""
    page.evaluate("async () => { while (due || looking) await new Promise((done) => setTimeout(done, 5)); }")
