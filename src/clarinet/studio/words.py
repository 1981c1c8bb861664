"""The studio's languages. A text that a page says is marked, in HTML, JavaScript and Python alike: ``_("Train")``.

Marked texts are in English; the catalogues beside this file (gettext's) have them in the other languages.
``python -m tests.tools.catalogues`` brings the catalogues up to date.
"""

from __future__ import annotations

import gettext
import html
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

#: Languages by their tags, each with its own name for itself; the first one is what texts are marked in.
LANGUAGES = {"en": "English", "es": "Español", "ar": "العربية"}
#: Languages that are written from right to left.
RIGHT_TO_LEFT = frozenset({"ar"})
#: Where the catalogues are.
CATALOGUES = Path(__file__).parent / "catalogues"
#: What is no text in a TOML file, by the names there.
CODE = frozenset({"kind", "before", "code", "solution", "that"})
_FOLDER = Path(__file__).parent
#: A number for each of the kinds that languages count by, by their names in the Unicode standard.
_COUNTS = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}
_LITERAL = r'"(?:[^"\\\n]|\\.)*"'
_LITERALS = rf"{_LITERAL}(?:\s*\+?\s*{_LITERAL})*"
_MARKED = re.compile(rf"(?<![\w.])(?:_\(\s*({_LITERALS})|many\(\s*({_LITERALS}),\s*({_LITERALS}))")

#: A marked text in a template of HTML, alone or as the value of an attribute.
IN_TEMPLATE = re.compile(rf"\b_\(({_LITERALS})\)")


def _(text: str) -> str:
    """Marks a text that a page says; in Python it stays in English until a page is made of it."""
    return text


def fill(text: str, values: Mapping[str, object]) -> str:
    """A text with values in place of the names in its braces.

    Example:
        >>> fill("{count} runs of {folder}", {"count": 3})
        '3 runs of {folder}'
    """
    return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], found[0])), text)


class Refusal(ValueError):
    """What cannot be done, in words that have a translation.

    Args:
        text: marked; it may have names in braces.
        **values: what stands in their place.

    Example:
        >>> str(Refusal(_("up to {most} runs can be drawn together, received {count}"), most=24, count=30))
        'up to 24 runs can be drawn together, received 30'
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(fill(text, values))
        self.text, self.values = text, values


def told(error: BaseException) -> dict[str, object]:
    """An error as a page is told of it, which says it in its reader's language, where it has a translation."""
    if isinstance(error, Refusal):
        return {"message": error.text, "values": error.values}
    return {"message": str(error), "values": {}}


class Words:
    """What texts are in a language.

    Args:
        language: one of ``LANGUAGES``.

    Example:
        >>> Words("es").say("Train"), Words("en").say("{count} runs", count=2)
        ('Entrenar', '2 runs')
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._found = translations(language)

    @property
    def right_to_left(self) -> bool:
        """Whether it is written from right to left."""
        return self.language in RIGHT_TO_LEFT

    def say(self, text: str, **values: object) -> str:
        """A marked text in this language; from right to left, values are set apart to keep their own direction."""
        apart = {name: f"\u2068{value}\u2069" for name, value in values.items()} if self.right_to_left else values
        return fill(self._found.gettext(text), apart)

    def translated(self, said: object, name: str = "") -> object:
        """What a TOML file holds, with its texts in this language."""
        if isinstance(said, dict):
            return {name: self.translated(value, name) for name, value in said.items()}
        if isinstance(said, list):
            return [self.translated(value, name) for value in said]
        return self.say(said) if isinstance(said, str) and name not in CODE else said

    def forms(self, one: str, more: str) -> dict[str, str]:
        """What a text that counts is in this language, by the kinds that languages count by."""
        return {kind: self._found.ngettext(one, more, count) for kind, count in _COUNTS.items()}

    def for_scripts(self) -> dict[str, object]:
        """All that scripts say, and what the server tells them."""
        texts = [pair for path in (*_FOLDER.glob("static/*.js"), *_FOLDER.glob("*.py")) for pair in marked(path)]
        return {
            "language": self.language,
            "texts": {one: self.say(one) for one, more in texts if more is None},
            "counted": {one: self.forms(one, more) for one, more in texts if more is not None},
        }

    def in_template(self, template: str) -> str:
        """A template of HTML with its marked texts in this language."""
        return IN_TEMPLATE.sub(lambda found: html.escape(self.say(_unquoted(found[1]))), template)


def marked(path: Path) -> Iterator[tuple[str, str | None]]:
    """The texts that a file marks: each alone, or with the text for more than one.

    In a TOML file, which holds what a lesson says, all are marked but code.
    """
    if path.suffix == ".toml":
        yield from ((text, None) for text in _texts(tomllib.loads(path.read_text("utf-8"))))
        return
    for found in _MARKED.finditer(path.read_text("utf-8")):
        yield (_unquoted(found[1]), None) if found[1] else (_unquoted(found[2]), _unquoted(found[3]))


def _texts(said: object, name: str = "") -> Iterator[str]:
    if isinstance(said, dict):
        for name, value in said.items():
            yield from _texts(value, name)
    elif isinstance(said, list) and name not in CODE:
        for value in said:
            yield from _texts(value, name)
    elif isinstance(said, str) and name not in CODE:
        yield said


def _unquoted(literals: str) -> str:
    return "".join(json.loads(part) for part in re.findall(_LITERAL, literals))


@lru_cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogues of a language, one for each room, as one."""
    found = gettext.NullTranslations()
    for path in sorted(CATALOGUES.glob(f"{language}/LC_MESSAGES/*.mo"), reverse=True):
        with path.open("rb") as file:
            more = gettext.GNUTranslations(file)
        more.add_fallback(found)
        found = more
    return found


def preferred(wish: str | None, accepted: str) -> str:
    """The language for a reader.

    Args:
        wish: what the address says, if it does.
        accepted: languages that the browser asks for, as in HTTP's ``Accept-Language``.

    Example:
        >>> preferred(None, "fr, ar-EG;q=0.9, en;q=0.8"), preferred("es", "ar"), preferred("xx", "")
        ('ar', 'es', 'en')
    """
    if wish in LANGUAGES:
        return str(wish)
    ranked = []
    for place, part in enumerate(accepted.split(",")[:50]):
        tag, _semicolon, rest = part.strip().partition(";")
        share = re.fullmatch(r"\s*q=(\d(?:\.\d{1,3})?)\s*", rest)
        ranked.append((-float(share[1]) if share else -1.0, place, tag.partition("-")[0].lower()))
    return next((tag for _share, _place, tag in sorted(ranked) if tag in LANGUAGES), "en")
