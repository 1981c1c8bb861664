"""The studio's pages: one shell, a room in each."""

from __future__ import annotations

import html
from functools import lru_cache
from pathlib import Path

from clarinet.studio.words import LANGUAGES, Words, _
from clarinet.views import page as views

#: Files that pages load.
STATIC = Path(__file__).parent / "static"
#: Address and name of each room.
ROOMS = {
    "runs": _("Runs"),
    "train": _("Train"),
    "step": _("Step through"),
    "doctor": _("Doctor"),
    "learn": _("Learn"),
}
_NAME = _("Clarinet studio")


@lru_cache
def room(name: str, folder: str, language: str, *, chosen: bool = False) -> str:
    """The page of a room.

    Args:
        name: of the room, a key of ``ROOMS``.
        folder: of the runs that the studio looks at, for the page's foot.
        language: that it speaks, a key of ``LANGUAGES``.
        chosen: whether the address says so; then links to other rooms do.
    """
    words = Words(language)
    skip, foot = words.say(_("Skip to the room")), words.say(_("Runs of {folder}"), folder=folder)
    body = (
        f'<a class="skip" href="#room">{html.escape(skip)}</a>{_header(name, words, chosen)}\n'
        f'<main id="room" tabindex="-1">{words.in_template(_read(f"{name}.html"))}</main>\n'
        f'<footer class="quiet">{html.escape(foot)}</footer>\n'
        f"{views.data_element('words', words.for_scripts())}"
    )
    return views.page(
        f"{words.say(ROOMS[name])} · {words.say(_NAME)}",
        body,
        rules=_read("studio.css") + _read(f"{name}.css"),
        connect="'self'",
        modules=[f"/static/{name}.js"],
        language=language,
        right_to_left=words.right_to_left,
    )


def _header(name: str, words: Words, chosen: bool) -> str:
    """The way to the other rooms, and to the same one in other languages."""
    wish = f"?lang={words.language}" * chosen
    rooms = "".join(
        f'<a href="/{address}{wish}"{" aria-current=page" * (address == name)}>{html.escape(words.say(title))}</a>'
        for address, title in ROOMS.items()
    )
    languages = "".join(
        f'<a href="?lang={tag}" lang="{tag}" hreflang="{tag}" translate="no"'
        f"{' aria-current=true' * (tag == words.language)}>{own}</a>"
        for tag, own in LANGUAGES.items()
    )
    names = [html.escape(words.say(text)) for text in (_NAME, _("Rooms"), _("Language"))]
    return (
        f'<header class="rooms"><strong>{names[0]}</strong><nav aria-label="{names[1]}">{rooms}</nav>'
        f'<nav aria-label="{names[2]}" class="languages">{languages}</nav></header>'
    )


def _read(name: str) -> str:
    return (STATIC / name).read_text("utf-8")
