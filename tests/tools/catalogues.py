"""Brings the studio's catalogues up to date: ``python -m tests.tools.catalogues`` (needs Babel).

New texts get an empty place in ``catalogues/LANGUAGE/LC_MESSAGES/ROOM.po``, those that no page says any more are
removed, and the ``.mo`` files, which the studio reads, are written anew. It says what still has no translation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from clarinet.studio.pages import ROOMS
from clarinet.studio.words import CATALOGUES, LANGUAGES, marked

STUDIO = CATALOGUES.parent
#: The catalogue of the shell, and of what several rooms say.
SHARED = "studio"
#: The files change when their texts do, and not with the day.
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
Text = tuple[str, str | None]


def sources() -> Iterator[Path]:
    """The files that mark texts."""
    yield from sorted(path for kind in ("py", "js", "html", "toml") for path in STUDIO.rglob(f"*.{kind}"))


def catalogue_of(path: Path) -> str:
    """The catalogue for a file's texts: that of the room whose name the file's or folder's name begins with."""
    parts = path.relative_to(STUDIO).parts
    return next((room for room in ROOMS if any(part.startswith(room) for part in parts)), SHARED)


def texts() -> dict[Text, list[Path]]:
    """All marked texts, and where they are."""
    found: dict[Text, list[Path]] = {}
    for path in sources():
        if path.name != "words.py":  # it marks none but in examples
            for text in marked(path):
                found.setdefault(text, []).append(path)
    return found


def by_catalogue() -> dict[str, dict[Text, list[Path]]]:
    """The texts of each catalogue; a text of several rooms is in the one that they share."""
    found: dict[str, dict[Text, list[Path]]] = {SHARED: {}, **{room: {} for room in ROOMS}}
    for text, paths in texts().items():
        names = {catalogue_of(path) for path in paths}
        found[names.pop() if len(names) == 1 else SHARED][text] = paths
    return found


def main() -> None:
    """Update all catalogues."""
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po, write_po

    known: dict[str, dict[object, object]] = {language: {} for language in LANGUAGES if language != "en"}
    for language, translations in known.items():
        for path in sorted(CATALOGUES.glob(f"{language}/LC_MESSAGES/*.po")):
            old = read_po(path.open("rb"), locale=language)
            translations.update({message.id: message.string for message in old if message.id and message.string})
    for name, found in by_catalogue().items():
        for language, translations in known.items():
            catalogue = Catalog(locale=language, project="Clarinet studio", fuzzy=False)
            for (one, more), paths in found.items():
                id = one if more is None else (one, more)
                places = [(path.relative_to(STUDIO).as_posix(), None) for path in dict.fromkeys(paths)]
                catalogue.add(id, translations.get(id, ""), locations=places)
            place = CATALOGUES / language / "LC_MESSAGES" / f"{name}.po"
            place.parent.mkdir(parents=True, exist_ok=True)
            catalogue.creation_date = catalogue.revision_date = FIRST
            with place.open("wb") as file:
                write_po(file, catalogue, width=120, sort_by_file=True, include_lineno=False)
            with place.with_suffix(".mo").open("wb") as file:
                write_mo(file, catalogue)
            missing = [message.id for message in catalogue if message.id and not all_said(message.string)]
            print(f"{language} {name}: {len(found)} texts, {len(missing)} without a translation")
            for id in missing:
                print(f"  {id!r}")


def all_said(string: object) -> bool:
    """Whether a translation is whole."""
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


if __name__ == "__main__":
    main()
