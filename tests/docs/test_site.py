"""The documentation's pages: no dead link, each in the menu; docstrings become Markdown that means the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.links import faults
from tests.docs.reference import markdown, reference_pages
from tests.docs.site import ROOT, lay_out, links, pages

MENU = (ROOT / "docs" / "mkdocs.yml").read_text("utf-8")
_ANCHOR = re.compile(r"[^\w\- ]")


def _anchors(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {_ANCHOR.sub("", heading.lower().strip()).replace(" ", "-") for heading in plain}


def test_no_link_is_dead(tmp_path: Path) -> None:
    lay_out(tmp_path / "site")  # ends where a file is missing
    for page in pages():
        for match in links((ROOT / page).read_text("utf-8")):
            target, _, anchor = match[3].partition("#")
            if anchor and "://" not in target:
                to = (ROOT / page.parent / target) if target else ROOT / page
                assert anchor in _anchors(to), f"{page}: {match[3]}"


def test_every_page_is_in_the_menu_and_the_list() -> None:
    listed = (ROOT / "docs" / "index.md").read_text("utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in MENU, f"{page.name} is missing in docs/mkdocs.yml"
        assert page.name == "index.md" or f"({page.name}" in listed, f"{page.name} is missing in docs/index.md"
    for path in re.findall(r": ([\w/.-]+\.md)$", MENU, re.MULTILINE):
        assert (ROOT / path).exists() or path.startswith("reference/")


def test_the_reference_has_every_public_name() -> None:
    page = reference_pages()["clarinet.layers.md"]
    assert "## `Dense`" in page and "Dense(\n    units,\n    activation=None," in page
    assert " at 0x" not in "".join(reference_pages().values())


def test_docstrings_become_markdown() -> None:
    text = "One ``a * b`` of c_d, *as it is*.\n\nArgs:\n    x: ``(n,)`` or <more>.\n\nExample:\n    >>> 1 + 1\n    2\n"
    assert [line for line in markdown(text).splitlines() if line] == [
        r"One `a * b` of c\_d, *as it is*.", "**Args**", r"- `x`: `(n,)` or \<more\>.", "**Example**",
        "```pycon", ">>> 1 + 1", "2", "```",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="b.html">', "there is no such file"),
        ('<a href="#c">', "there is no 'c' in it"),
        ('<script src="https://host/x.js">', "from another host"),
        ('<link rel="stylesheet" href="//host/x.css">', "from another host"),
        ('<img src="../outside.png">', "there is no such file"),
    ],
)
def test_faults_of_a_built_site_are_found(tmp_path: Path, body: str, fault: str) -> None:
    (tmp_path / "a.html").write_text(f"<p id='here'>{body}", "utf-8")
    assert [fault in found for found in faults(tmp_path)] == [True]
    (tmp_path / "a.html").write_text("<p id='here'><a href='#here'><a href='https://host/'>", "utf-8")
    assert list(faults(tmp_path)) == []
