"""Takes the pictures of docs/studio.md in Chromium, light and dark: `python docs/pictures/studio.py`."""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from clarinet.runs import Store
from clarinet.studio.server import Studio

#: What is trained, as the page's address says it.
CHOSEN = "data=spirals&hidden=8-tanh,8-tanh,4-tanh&steps=1300"


def main() -> None:
    """One picture for each colour scheme."""
    with Studio(Store(tempfile.mkdtemp())) as studio, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1280, "height": 1010}, color_scheme=scheme)
            page.goto(f"{studio.address('train')}#{CHOSEN}")
            page.wait_for_timeout(4000)  # it trains meanwhile
            picture = Image.open(io.BytesIO(page.screenshot()))
            colours = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
            colours.save(Path(__file__).with_name(f"studio-{scheme}.png"), optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
