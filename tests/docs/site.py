"""Lay out the pages of the documentation site: ``python -m tests.docs.site FOLDER``, which ``make docs`` then builds.

The folder has the places of this repository, so that links between pages need no change. What is linked and is no page
(pictures, source text) is laid beside them; folders lead to their README.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.docs.reference import reference_pages

ROOT = Path(__file__).parents[2]
PAGES = ("*.md", "docs/*.md", "examples/*.md", "examples/*/*.md", "benchmarks/*.md")
#: Shown as text by every browser, whatever it makes of their names.
_SOURCES = {".py", ".cpp", ".hpp", ".yml", ".toml", ""}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
#: Pictures for light and for dark screens are written in HTML.
_ATTRIBUTE = re.compile(r"(?:src|srcset|href)=\"([^\"#]+)\"")
_CODE = re.compile(r"^( *)(```|~~~).*?^\1\2\s*$|``.+?``|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def lay_out(folder: Path) -> None:
    """Write the site's settings and all pages, with what they link to, into an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    _write(folder / "mkdocs.yml", (ROOT / "docs" / "mkdocs.yml").read_text("utf-8"))
    shutil.copytree(ROOT / "docs" / "assets", folder / "pages" / "assets")
    for page in pages():
        _write(folder / "pages" / page, _linked(page, (ROOT / page).read_text("utf-8"), folder / "pages"))
    for name, text in reference_pages().items():
        _write(folder / "pages" / "reference" / name, text)


def pages() -> list[Path]:
    """The pages that are kept as files, as paths in this repository."""
    return sorted(path.relative_to(ROOT) for pattern in PAGES for path in ROOT.glob(pattern))


def links(text: str) -> Iterator[re.Match[str]]:
    """The links of a page, as ``("!" of a picture, text, target)``; those in code are none."""
    spans = [match.span() for match in _CODE.finditer(text)]
    for match in _LINK.finditer(text):
        if not any(start <= match.start() < end for start, end in spans):
            yield match


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _linked(page: Path, text: str, folder: Path) -> str:
    """A page whose links lead somewhere in the folder."""
    text = _beside(page, text, folder)
    pieces, end = [], 0
    for match in links(text):
        pieces += [text[end : match.start()], _moved(page, match, folder)]
        end = match.end()
    return "".join([*pieces, text[end:]])


def _beside(page: Path, text: str, folder: Path) -> str:
    """Copy what a page names in HTML; returns the page."""
    for target in _ATTRIBUTE.findall(text):
        if "://" not in target:
            _copied((ROOT / page.parent / target).resolve(), folder / page.parent / target)
    return text


def _moved(page: Path, match: re.Match[str], folder: Path) -> str:
    mark, words, link = match.groups()
    target, _, anchor = link.partition("#")
    if not target or "://" in target or target.startswith("mailto:"):
        return match[0]
    path = (ROOT / page.parent / target).resolve()
    if not path.exists():
        raise SystemExit(f"{page} links to {target}, which does not exist. Correct the link.")
    if path.is_dir():
        path, target = path / "README.md", f"{target.rstrip('/')}/README.md"
    place = path.relative_to(ROOT)
    if not path.exists():
        return words
    if place not in pages():
        target += _copied(path, folder / place)
    return f"{mark}[{words}]({target}{'#' + anchor if anchor else ''})"


def _copied(path: Path, to: Path) -> str:
    """Lay a file beside the pages; returns what its name there ends in, besides."""
    ending = ".txt" if path.suffix in _SOURCES else ""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to.with_name(to.name + ending))
    return ending


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
