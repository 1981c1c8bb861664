"""Takes the pictures of docs/studio.md in Chromium, light and dark: `python docs/pictures/studio.py [NAMES]`."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from clarinet.runs import Store
from clarinet.studio.server import Studio

#: What is trained, as the page's address says it.
CHOSEN = "data=spirals&hidden=8-tanh,8-tanh,4-tanh&steps=1300"


def train(page: Page) -> None:
    page.wait_for_timeout(4000)  # it trains meanwhile


def learn(page: Page) -> None:
    page.locator(".step label").first.click()
    page.locator(".step fieldset > button").click()
    page.locator(".knobs").wait_for()
    while not page.locator(".step").nth(2).locator(".answer.right").count():
        page.locator(".step").nth(2).locator(".row button").first.click()
    page.mouse.wheel(0, -5000)
    page.wait_for_timeout(500)


#: Names of the pictures: the page, its height, and what is done there.
PICTURES = {
    "studio": (f"train#{CHOSEN}", 1010, train),
    "learn": ("learn?lang=ar#lesson=knobs", 1400, learn),
}


def main() -> None:
    """Each of them for each colour scheme."""
    with Studio(Store(tempfile.mkdtemp())) as studio, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name in sys.argv[1:] or PICTURES:
            address, height, prepare = PICTURES[name]
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": 1280, "height": height}, color_scheme=scheme)
                page.goto(studio.address(address))
                prepare(page)
                picture = Image.open(io.BytesIO(page.screenshot()))
                colours = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
                colours.save(Path(__file__).with_name(f"{name}-{scheme}.png"), optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
