"""Every text of the pages is marked, and said in every language; what stands in braces is the same in all of them."""

from __future__ import annotations

import gettext
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from clarinet.studio import pages, words
from clarinet.studio.words import CATALOGUES, LANGUAGES, Refusal, Words, marked, preferred, told
from tests.page.waiting import wait_until
from tests.studio.conftest import violations
from tests.tools.catalogues import by_catalogue, texts

OTHERS = [language for language in LANGUAGES if language != "en"]
TEMPLATES = sorted(pages.STATIC.glob("*.html"))


def names(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_missing_and_what_stands_in_braces_agrees(language: str) -> None:
    found = Words(language)
    missing, differ = [], []
    for one, more in texts():
        if more is None:
            in_words = found.say(one)
            known = any(translation_of(path, one) for path in CATALOGUES.glob(f"{language}/*/*.mo"))
            missing += [] if known else [one]
            differ += [] if names(in_words) == names(one) else [one]
        else:
            forms = found.forms(one, more)
            missing += [one] if forms["few"] == more else []
            differ += [] if names(forms["other"]) == names(more) else [more]
            differ += [form for form in forms.values() if not names(form) <= names(more)]
    assert (missing, differ) == ([], [])


def said(catalogue: Any) -> dict[Any, Any]:
    """What a catalogue has, by texts; Babel's reader of ``.mo`` files has lists where the other one has tuples."""
    return {_alike(message.id): _alike(message.string) for message in catalogue if message.id}


def _alike(text: Any) -> Any:
    return text if isinstance(text, str) else tuple(text)


def translation_of(path: Path, text: str) -> str:
    """What a catalogue has for a text; empty if nothing."""
    with path.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    catalogue.add_fallback(Nothing())
    return catalogue.gettext(text)


class Nothing(gettext.NullTranslations):
    """A catalogue that has no text, and does not give back what it is asked."""

    def gettext(self, message: str) -> str:
        return ""


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_read_is_what_translators_wrote(language: str) -> None:
    pofile = pytest.importorskip("babel.messages.pofile", reason="Babel is missing")
    mofile = pytest.importorskip("babel.messages.mofile", reason="Babel is missing")
    for name, expected in by_catalogue().items():
        path = CATALOGUES / language / "LC_MESSAGES" / f"{name}.po"
        with path.open("rb") as file:
            written = pofile.read_po(file, locale=language)
        with path.with_suffix(".mo").open("rb") as file:
            read = mofile.read_mo(file)
        assert said(written) == said(read)
        ids = {one if more is None else (one, more) for one, more in expected}
        assert {message.id for message in written if message.id} == ids


class Unmarked(HTMLParser):
    """Finds words of a template that no catalogue has."""

    SAID = ("aria-label", "title", "placeholder", "alt", "aria-description")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._apart: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [str(given[name]) for name in self.SAID if re.search(r"[^\W\d_]", given.get(name) or "")]
        if given.get("translate") == "no" or self._apart:
            self._apart += [] if tag in ("input", "br") else [tag]

    def handle_endtag(self, tag: str) -> None:
        if self._apart:
            self._apart.pop()

    def handle_data(self, data: str) -> None:
        if not self._apart and re.search(r"[^\W\d_]", data):
            self.found.append(data.strip())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_text_of_a_template_is_marked(path: Path) -> None:
    assert unmarked(words.IN_TEMPLATE.sub("", path.read_text("utf-8"))) == []


def unmarked(template: str) -> list[str]:
    parser = Unmarked()
    parser.feed(template)
    return parser.found


@pytest.mark.parametrize("language", OTHERS)
def test_links_and_code_in_texts_agree(language: str) -> None:
    found = Words(language)
    parts = re.compile(r"`[^`]+`|\]\(\w+\)")
    differ = [
        one for one, more in texts() if not more and set(parts.findall(one)) != set(parts.findall(found.say(one)))
    ]
    assert differ == []


def test_texts_that_are_not_marked_are_found() -> None:
    template = '<p aria-label="Here">One <b>two</b></p><pre translate="no">code <i>x</i></pre> 3'
    assert unmarked(template) == ["Here", "One", "two"]


#: What marks texts where it is not called: so a parameter or variable of its name, which hides it from what is inside.
HIDDEN = re.compile(r"(?<![\w.$])(?:_|many)(?![\w$(])")
APART = re.compile(r'^import .*$|//.*$|/\*[\s\S]*?\*/|"(?:[^"\\\n]|\\.)*"', re.MULTILINE)


def hidden(script: str) -> list[str]:
    return HIDDEN.findall(APART.sub("", script))


@pytest.mark.parametrize("path", sorted(pages.STATIC.glob("*.js")), ids=lambda path: path.stem)
def test_nothing_hides_what_marks_texts(path: Path) -> None:
    assert hidden(path.read_text("utf-8")) == []


def test_what_hides_marks_is_found() -> None:
    script = 'import { _, many } from "./words.js";\nf((_, at) => _("One")); const many = "_"; x._; // _ many\n'
    assert hidden(script) == ["_", "many"]


class Brackets(gettext.NullTranslations):
    """A language that sets every text in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


SAID = """() => {
  const found = [];
  const code = (element) => element.closest('[translate=no], script, style, canvas.chart, [data-part=name]');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const lesson = parent.closest('p:has(.word, code)'); // its text is in parts
    if (lesson) found.push(lesson.textContent);
    else if (!code(parent)) found.push(walker.currentNode.data);
  }
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (element.closest('[translate=no]:not(select)')) continue;
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) found.push(element.getAttribute(name) ?? '');
  }
  return found;
}"""


@pytest.mark.parametrize("name", pages.ROOMS)
def test_every_text_that_a_script_says_is_marked(opened: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(words, "translations", lambda language: Brackets())
    pages.room.cache_clear()
    page = opened(f"{name}?lang=es")
    wait_until(page, "document.querySelector('canvas, .step') !== null")
    for summary in page.locator("details:visible > summary").all():
        summary.click()
    page.wait_for_timeout(500)
    pages.room.cache_clear()
    inside = re.compile(r"⟦[^⟦⟧]*(⟦[^⟦⟧]*⟧[^⟦⟧]*)*⟧")
    rest = [inside.sub("", said) for said in page.evaluate(SAID)]
    # Names and numbers of the runs and data themselves are as they are.
    known = r"digits-\d|net|<.*|'&#60.*|x\d.*|e[+-]\d+|loss|accuracy|val_\w+"
    assert [
        text for text in rest if re.search(r"[^\W\d_]", text) and not re.fullmatch(rf"\W*({known})[\W\d]*", text)
    ] == []


def test_languages_are_chosen_by_address_and_browser(opened: Any) -> None:
    page = opened("train?lang=ar")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("html").get_attribute("lang") == "ar"
    wait_until(page, "document.querySelector('#go').textContent === 'تدريب'")
    assert page.locator("nav").first.locator("a").first.get_attribute("href") == "/runs?lang=ar"
    page.locator(".languages a[lang=es]").click()
    wait_until(page, "document.querySelector('#go')?.textContent === 'Entrenar'")
    by_browser = opened("runs", locale="es-MX")
    assert by_browser.locator("h1").text_content() == "Ejecuciones"
    assert by_browser.locator("nav").first.locator("a").first.get_attribute("href") == "/runs"


@pytest.mark.slow
def test_another_language_keeps_what_is_shown(opened: Any) -> None:
    page = opened("train")
    wait_until(page, "document.querySelector('#program').textContent.includes('import')")
    page.locator("#data").select_option("moons")
    wait_until(page, "location.hash.includes('moons')")
    page.locator(".languages a[lang=ar]").click()
    wait_until(page, "document.querySelector('#program')?.textContent.includes('toys.moons')")
    assert page.locator("#data").input_value() == "moons"


def test_refusals_are_said_in_the_readers_language(opened: Any) -> None:
    page = opened("train?lang=es#hidden=300-tanh")
    wait_until(page, "document.querySelector('#trouble').textContent.startsWith('units: se esperaba un número entero')")


def test_what_browsers_ask_for() -> None:
    assert preferred("ar", "es") == "ar"
    assert preferred("nonsense", "ES-mx, ar") == "es"
    assert preferred(None, "fr;q=1, en;q=0.5, ar;q=0.7") == "ar"
    assert preferred(None, "; ;q=x,,,\x00ar;q=9") == "en"


def test_errors_are_told_with_their_values() -> None:
    assert told(Refusal("{name}: {given}", name="a", given=3)) == {
        "message": "{name}: {given}",
        "values": {"name": "a", "given": 3},
    }
    assert told(OSError("no such file")) == {"message": "no such file", "values": {}}


def test_one_way_to_mark(tmp_path: Path) -> None:
    path = tmp_path / "page.js"
    path.write_text('x(_("One \\"two\\""), many("{count} a", "{count} b", n), a_("no"), _("long " +\n  "text", {}))')
    assert [*marked(path)] == [('One "two"', None), ("{count} a", "{count} b"), ("long text", None)]


#: The looks of a room that are tried every time; the others are tried with what is slow.
OFTEN = [("ar", "dark"), ("es", "light")]
LOOKS = [
    pytest.param(*look, id="-".join(look), marks=[] if look in OFTEN else [pytest.mark.slow])
    for look in [(language, theme) for language in LANGUAGES for theme in ("light", "dark")]
]


@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("name", pages.ROOMS)
def test_everybody_can_use_every_room_in_every_language(opened: Any, name: str, language: str, theme: str) -> None:
    page = opened(
        f"{name}?lang={language}", viewport={"width": 390, "height": 800}, color_scheme=theme, bypass_csp=True
    )
    wait_until(page, "document.querySelector('canvas, .step') !== null")
    for summary in page.locator("details:visible > summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
