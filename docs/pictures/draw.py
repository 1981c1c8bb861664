"""Takes the pictures of docs/draw.md in Chromium, light and dark: `python docs/pictures/draw.py digits.clarinet`."""

from __future__ import annotations

import io
import math
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

import clarinet

#: A hand that draws a 3 and goes on: two strokes in shares of the paper.
BOWLS = [(0.42 + 0.19 * math.cos(a), 0.33 + 0.17 * math.sin(a)) for a in [-2.9 + 0.2 * k for k in range(23)]] + [
    (0.44 + 0.24 * math.cos(a), 0.68 + 0.19 * math.sin(a)) for a in [-1.6 + 0.2 * k for k in range(26)]
]
STROKES = [BOWLS, [(0.25, 0.38), (0.27, 0.5), (0.33, 0.55)]]


def main() -> None:
    """One picture for each colour scheme."""
    page_file = Path(tempfile.mkdtemp(), "digits.html")
    clarinet.models.load_model(sys.argv[1]).export_html(page_file)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 900, "height": 640}, color_scheme=scheme)
            page.goto(page_file.as_uri())
            box = page.locator("#paper").bounding_box()
            assert box is not None
            for stroke in STROKES:
                places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
                page.mouse.move(*places[0])
                page.mouse.down()
                for place in places:
                    page.mouse.move(*place)
                page.mouse.up()
            page.wait_for_timeout(500)
            picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
            colours = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
            colours.save(Path(__file__).with_name(f"draw-{scheme}.png"), optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
