"""The page of a film in a browser: it plays, waits, steps, listens to keys, and asks for nothing."""

import pytest

from clarinet import glass, layers, optimizers
from tests.glass.test_trace import compiled

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    model = compiled([layers.Dense(2, "sigmoid", name="<hidden>"), layers.Dense(1)], (2,), optimizers.SGD(0.5))
    return glass.film(model, ([0.5, 1.0], [1.0]), tmp_path_factory.mktemp("film") / "step.html", speed=20)


@pytest.fixture
def page(browser, film):
    page = browser.new_page(color_scheme="dark")
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: page.problems.append(request.url) if request.url != film.as_uri() else None)
    page.goto(film.as_uri())
    yield page
    assert page.problems == []
    page.close()


def step(page):
    return int(page.text_content("#where").split()[1])


def visible(page):
    """Titles of the groups that can be seen."""
    return page.evaluate(
        """() => [...document.querySelectorAll("g.moment")]
        .filter((g) => getComputedStyle(g).visibility === "visible")
        .map((g) => g.querySelector("text[font-weight]").textContent)"""
    )


def test_it_plays_to_its_end(page):
    page.locator("#play", has_text="Play").wait_for(timeout=20000)
    assert step(page) == page.locator("#steps li").count()
    assert len(visible(page)) == 1


def test_steps_and_keys(page):
    titles = page.locator("#steps li strong").all_text_contents()
    page.keyboard.press("Home")
    for number in range(3):
        assert step(page) == number + 1
        shown = page.locator("g.moment").nth(number)
        assert shown.evaluate("g => getComputedStyle(g).visibility") == "visible"
        assert page.locator("g.moment").nth(number + 1).evaluate("g => getComputedStyle(g).visibility") == "hidden"
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert step(page) == 3
    page.click("#next")
    assert step(page) == 4
    page.click("#back")
    page.click("#back")
    assert step(page) == 2
    page.keyboard.press("End")
    assert step(page) == len(titles)
    assert "The same example again" in page.text_content("#said")


def test_pause_holds_the_time(page):
    page.keyboard.press("Home")
    page.select_option("#speed", "1")
    assert page.text_content("#play") == "Play"
    page.locator("#film").click()
    page.keyboard.press("Space")
    assert page.text_content("#play") == "Pause"
    page.wait_for_timeout(300)
    page.keyboard.press("Space")
    assert page.text_content("#play") == "Play"
    held = page.evaluate("document.querySelector('svg').getCurrentTime()")
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelector('svg').getCurrentTime()") == held > 0


def test_speed_by_key_and_dark_theme(page):
    page.keyboard.press("Home")
    page.select_option("#speed", "1")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("+")
    assert page.input_value("#speed") == "2"
    assert page.evaluate("getComputedStyle(document.querySelector('.ground')).fill") == "rgb(20, 23, 28)"
