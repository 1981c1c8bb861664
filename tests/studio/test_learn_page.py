"""The room Learn in a browser: each lesson from beginning to end, by mouse and by keyboard alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clarinet.studio.learn_lessons import Lesson, Step, lessons
from clarinet.studio.words import Words
from tests.page.waiting import wait_until
from tests.studio.conftest import violations

QUICK = ("hours", "knobs")


def each(*languages: str) -> list[Any]:
    """Every lesson; those that are no quick ones in English are slow."""
    return [
        pytest.param(language, lesson, id=f"{language}-{lesson.name}", marks=marks(lesson.name, language))
        for language in languages
        for lesson in lessons(Words(language))
    ]


def marks(name: str, language: str) -> list[pytest.MarkDecorator]:
    return [] if name in QUICK and language == "en" else [pytest.mark.slow]


def at_step(page: Any, at: int) -> Any:
    wait_until(page, f"document.querySelectorAll('.step').length > {at}")
    return page.locator(".step").nth(at)


def ran(page: Any, at: int) -> None:
    """Wait until a program has run; a busy machine may need some time for it."""
    wait_until(page, f"!document.querySelectorAll('.step')[{at}].querySelector('button.main').disabled")


#: Knobs by row and column that light the lamp for the five alone.
TURNS = {"2,3": -2, "4,1": -2, "1,1": 1, "2,1": 1}


def knob(part: Any, place: str) -> Any:
    row, column = map(int, place.split(","))
    return part.locator(".knobs input").nth(3 * (row - 1) + column - 1)


def by_mouse(page: Any, step: Step, at: int) -> None:
    part = at_step(page, at)
    if step.kind == "predict":
        part.locator("label").nth(step.right).click()
        part.locator("fieldset > button").click()
        assert part.locator(".answer.right").count() == 1
    elif step.kind == "code":
        part.locator("button.main").click()
        ran(page, at)
        assert part.locator(".answer.right").count() == 0
        assert part.locator(".answer").text_content() != ""
        part.locator("textarea").fill(step.solved)
        part.locator("button.main").click()
        ran(page, at)
        assert part.locator(".answer.right").count() == 1
    elif step.kind == "knobs":
        for place, value in {**TURNS}.items():
            knob(part, place).fill(str(value))
        part.locator(".bias input").fill("-1")
        assert part.locator(".answer.right").count() == 1


def by_keyboard(page: Any, step: Step, at: int) -> None:
    at_step(page, at)
    if step.kind == "predict":
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.type") != "radio":
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
        for _ in range(step.right):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    elif step.kind == "code":
        while page.evaluate("document.activeElement.tagName") != "TEXTAREA":
            page.keyboard.press("Tab")
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(step.solved)
        page.keyboard.press("Control+Enter")
        ran(page, at)
    elif step.kind == "knobs":
        while "range" not in page.evaluate("document.activeElement.type ?? ''"):
            page.keyboard.press("Tab")
        for number in range(15):
            value = TURNS.get(f"{number // 3 + 1},{number % 3 + 1}", 0)
            for _ in range(abs(value)):
                page.keyboard.press("ArrowUp" if value > 0 else "ArrowDown")
            page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")


def done(page: Any, lesson: Lesson) -> None:
    wait_until(page, "!document.querySelector('#done').hidden")
    kept = json.loads(page.evaluate("localStorage.getItem('clarinet-learn')"))
    assert kept[lesson.name] == len(lesson.steps)
    assert page.locator(".lessons a[aria-current] .learned").count() == 1


@pytest.mark.parametrize(("language", "lesson"), each("en", "ar"))
def test_by_mouse(opened: Any, language: str, lesson: Lesson) -> None:
    page = opened(f"learn?lang={language}#lesson={lesson.name}")
    for at, step in enumerate(lesson.steps):
        by_mouse(page, step, at)
    done(page, lesson)
    page.reload()
    wait_until(page, "document.querySelectorAll('.lessons .learned').length === 1")


@pytest.mark.parametrize(("language", "lesson"), each("en", "ar"))
def test_by_keyboard_alone(opened: Any, language: str, lesson: Lesson) -> None:
    page = opened(f"learn?lang={language}#lesson={lesson.name}")
    at_step(page, 1)
    page.locator("#lesson-title").focus()
    for at, step in enumerate(lesson.steps):
        by_keyboard(page, step, at)
    done(page, lesson)


def test_the_rule_comes_to_an_end(opened: Any) -> None:
    page = opened("learn#lesson=knobs")
    part = at_step(page, 1)
    part.locator("label").first.click()
    part.locator("fieldset > button").click()
    part = at_step(page, 2)
    for _ in range(30):
        if part.locator(".answer.right").count():
            break
        part.get_by_role("button", name="Let the rule").click()
    assert part.locator("li.on").count() == 1
    assert part.locator("li.on svg").get_attribute("aria-label") == "A 5"
    points = [1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1]
    turned = [float(value) for value in part.locator("input").evaluate_all("all => all.map((one) => one.value)")]
    expected = sum(point * value for point, value in zip(points, turned)) + turned[15]
    assert float(part.locator("li.on output").text_content()) == expected


def test_words_are_explained_where_they_stand(opened: Any) -> None:
    page = opened("learn?lang=es#lesson=scale")
    at_step(page, 1)
    page.locator(".word").first.press("Enter")
    wait_until(page, "document.querySelector('#word-sigmoid').matches(':popover-open')")
    assert "entre 0 y 1" in page.locator("#word-sigmoid").text_content()
    page.keyboard.press("Escape")
    wait_until(page, "!document.querySelector('#word-sigmoid').matches(':popover-open')")
    page.locator("#glossary-title").click()
    assert page.locator("#glossary dt").count() > 10


def test_a_solution_is_offered_after_two_tries_and_errors_are_shown(opened: Any) -> None:
    page = opened("learn#lesson=hidden")
    part = at_step(page, 1)
    part.locator("label").first.click()
    part.locator("fieldset > button").click()
    assert part.locator(".answer").text_content().startswith("Not quite: “No, however long it is trained”.")
    part = at_step(page, 2)
    for _ in range(2):
        part.locator("textarea").fill("1 / 0")
        part.locator("button.main").click()
        ran(page, 2)
    assert "ZeroDivisionError" in part.locator("pre").last.text_content()
    part.get_by_role("button", name="Show a solution").click()
    assert "units = 3" in part.locator("textarea").input_value()


def test_a_studio_whose_lessons_are_open_goes_on(opened: Any, studio: Any) -> None:
    page = opened("learn")
    wait_until(page, "document.querySelector('#state').textContent === ''")
    assert studio._guard.open > 0


def test_what_was_kept_badly_does_no_harm(opened: Any) -> None:
    page = opened("learn")
    for kept in ("nonsense", "null", "[1]", '{"hours": "<b>"}'):
        page.evaluate(f"localStorage.setItem('clarinet-learn', {json.dumps(kept)})")
        page.reload()
        at_step(page, 1)


@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.slow)])
def test_everybody_can_use_it(opened: Any, width: int) -> None:
    page = opened("learn#lesson=knobs", viewport={"width": width, "height": 800}, bypass_csp=True)
    part = at_step(page, 1)
    part.locator("label").first.click()
    part.locator("fieldset > button").click()
    at_step(page, 2)
    page.locator("#glossary-title").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    page.locator(".word").first.click()
    assert violations(page) == []
