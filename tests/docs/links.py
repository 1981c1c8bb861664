"""Check a built site: ``python -m tests.docs.links FOLDER``. No link leads nowhere, and no page asks another host."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

#: What a browser fetches by itself; links of other kinds wait for a click.
_FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("source", "srcset"),
    ("video", "src"),
}
_FETCHED_RELATIONS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "modulepreload", "dns-prefetch"}
_REMOTE = re.compile(r"^(https?:)?//")
_CSS = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])((?:https?:)?//[^)'\"]+)")


class _Page(HTMLParser):
    """The links and anchors of a page, and what it fetches."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = {"", "__top"}
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and _FETCHED_RELATIONS & set(given.get("rel", "").split()):
            self.fetched.append(given["href"])
        self.fetched += [value for name, value in given.items() if (tag, name) in _FETCHED]


def faults(folder: Path) -> Iterator[str]:
    """Every link of the site that leads nowhere, and everything that a page would ask of another host."""
    folder, read = folder.resolve(), cache(_Page)
    for path in sorted(folder.rglob("*.html")):
        page, name = read(path), path.relative_to(folder)
        yield from (f"{name} fetches {link} from another host" for link in page.fetched if _REMOTE.match(link))
        for link in [*page.links, *page.fetched]:
            if fault := _dead(folder, path, link, read):
                yield f"{name} links to {link}: {fault}"
    for path in sorted(folder.rglob("*.css")):
        yield from (f"{path.relative_to(folder)} fetches {m}" for m in _CSS.findall(path.read_text("utf-8")))


def _dead(folder: Path, path: Path, link: str, read: Callable[[Path], _Page]) -> str:
    if _REMOTE.match(link) or re.match(r"^(mailto|data|javascript|blob):", link) or path.name == "404.html":
        return ""
    target, _, anchor = unquote(link).partition("#")
    to = (path.parent / target.partition("?")[0]).resolve() if target else path
    to = to / "index.html" if to.is_dir() else to
    if not to.is_relative_to(folder) or not to.exists():
        return "there is no such file"
    return f"there is no {anchor!r} in it" if to.suffix == ".html" and anchor not in read(to).anchors else ""


def main() -> int:
    """Run from the command line; the status is 1 where there is a fault."""
    found = list(faults(Path(sys.argv[1])))
    print(*found, sep="\n", end="\n" * bool(found))
    print(f"{len(list(Path(sys.argv[1]).rglob('*.html')))} pages, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
