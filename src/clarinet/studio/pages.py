"""The studio's pages: one shell, a room in each."""

from __future__ import annotations

import html
from pathlib import Path

from clarinet.views import page as views

#: Files that pages load.
STATIC = Path(__file__).parent / "static"
#: Address and name of each room.
ROOMS = {"runs": "Runs", "train": "Train"}


def room(name: str, place: str) -> str:
    """The page of a room.

    Args:
        name: of the room, a key of ``ROOMS``.
        place: what the studio looks at, for the page's foot.
    """
    links = "".join(
        f'<a href="/{address}"{" aria-current=page" * (address == name)}>{title}</a>'
        for address, title in ROOMS.items()
    )
    body = (
        f'<a class="skip" href="#room">Skip to the room</a><header class="rooms"><strong>Clarinet studio</strong>'
        f'<nav aria-label="Rooms">{links}</nav></header>\n'
        f'<main id="room" tabindex="-1">{_read(f"{name}.html")}</main>\n'
        f'<footer class="quiet">{html.escape(place)}</footer>'
    )
    return views.page(
        f"{ROOMS[name]} · Clarinet studio",
        body,
        rules=_read("studio.css") + _read(f"{name}.css"),
        connect="'self'",
        modules=[f"/static/{name}.js"],
    )


def _read(name: str) -> str:
    return (STATIC / name).read_text("utf-8")
