"""Photos on the page: the network sees what ``load_images`` would show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.datasets import read_image
from clarinet.layers import Dense, Flatten, Input, Rescaling
from tests.page.conftest import seen_to
from tests.page.waiting import wait_until

Image = pytest.importorskip("PIL.Image")


def model_of(height: int, width: int, color: str, fit: str) -> clarinet.Sequential:
    channels = (3,) if color == "rgb" else ()
    stack = [Rescaling(1 / 255), Flatten(), Dense(3, "softmax")]
    model = clarinet.Sequential([Input((height, width, *channels)), *stack])
    model.metadata["data"] = {
        "kind": "images", "classes": ["ant", "bee", "cat"], "size": [height, width], "color": color, "fit": fit
    }  # fmt: skip
    return model


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Smooth pictures of several proportions: a wide one, a high one, a small one with transparent parts."""
    found = []
    for number, (height, width) in enumerate([(90, 160), (200, 100), (20, 24)]):
        i, j = np.indices((height, width))
        pixels = np.stack([120 + 80 * np.sin(i / 17 + number), 100 + j * 150 / width, 40 + i * 150 / height], axis=-1)
        image = Image.fromarray(pixels.astype(np.uint8))
        if number == 2:
            image.putalpha(Image.fromarray(np.uint8(255 * (j > 4))))
        image.save(tmp_path / f"{number}.png")
        found.append(tmp_path / f"{number}.png")
    return found


@pytest.mark.parametrize(
    ("color", "fit", "size"),
    [("rgb", "letterbox", (32, 48)), ("grayscale", "letterbox", (40, 24)), ("rgb", "stretch", (24, 24))],
)
def test_a_photo(browser: Any, photos: list[Path], tmp_path: Path, color: str, fit: str, size: Any) -> None:
    model = model_of(*size, color, fit)
    model.export_html(tmp_path / "page.html")
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    for path in photos:
        page.locator("#file").set_input_files(path)
        wait_until(page, "photo !== null && !due && !looking")
        seen_to(page)
        shown = np.array(page.evaluate("Array.from(photoForm(photo, subject).at)")).reshape(*size, -1)
        expected = read_image(path, size, color, fit=fit).reshape(*size, -1).astype(float)
        assert np.abs(shown - expected).max() <= 2
        answer = model.answer(path)
        best = int(answer.scores[0].argmax())
        assert page.locator("#best").inner_text() == answer.classes[best]
        page.get_by_role("button", name="Clear").click()
        seen_to(page)
        page.evaluate("photo = null")
    page.close()


def test_dropped_pasted_and_no_picture(browser: Any, photos: list[Path], tmp_path: Path) -> None:
    model_of(24, 24, "rgb", "letterbox").export_html(tmp_path / "page.html")
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    give = """async ([kind, bytes, type]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], "photo", { type }));
      const event = kind === "drop" ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
        : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true });
      document.body.dispatchEvent(event);
    }"""
    for kind in ("drop", "paste"):
        page.evaluate(give, [kind, list(photos[0].read_bytes()), "image/png"])
        wait_until(page, "photo !== null")
        page.evaluate("clear()")
        assert page.evaluate("photo === null")
    page.evaluate(give, ["drop", [1, 2, 3], "image/png"])
    wait_until(page, "document.getElementById('sure').textContent.includes('no picture')")
    page.close()
